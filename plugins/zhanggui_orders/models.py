"""Tables of orders. Prices, names and the address are copies, frozen at placing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, BlindIndex, Model, Pii, UTCDateTime, Versioned, code_string


class Order(Versioned, Model):
    """What somebody ordered, with its three statuses and the stage they add up to."""

    __tablename__ = "orders__order"
    __table_args__ = (
        # Each list that people open is one walk along one of these.
        Index("ix_orders__order_newest", "placed_at", "id"),
        Index("ix_orders__order_stage", "stage", "placed_at", "id"),
        Index("ix_orders__order_payment", "payment_status", "placed_at", "id"),
        Index("ix_orders__order_customer", "customer_id", "placed_at", "id"),
        # All of one buyer, the newest first: without the time behind it a planner walks the whole list for the first page.
        Index("ix_orders__order_named", "name_index", "placed_at", "id"),
        Index("ix_orders__order_phoned", "phone_index", "placed_at", "id"),
        # What the figures above the list add up, without the rows.
        Index("ix_orders__order_sums", "currency", "payment_status", "total"),
        # The money of a day.
        Index("ix_orders__order_paid", "paid_at", "currency", "payment_status", "total"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    number: Mapped[str] = mapped_column(code_string(32), unique=True)
    external_key: Mapped[str | None] = mapped_column(code_string(96), unique=True)  # "<source>:<key>" of an import
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers__customer.id"))
    status: Mapped[str] = mapped_column(String(16))
    payment_status: Mapped[str] = mapped_column(String(16))
    fulfillment_status: Mapped[str] = mapped_column(String(16))
    stage: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(32))
    currency: Mapped[str] = mapped_column(String(3))
    goods_total: Mapped[int] = mapped_column(BigInteger)
    discount_total: Mapped[int] = mapped_column(BigInteger, default=0)
    freight_total: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_total: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    tax_total: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    total: Mapped[int] = mapped_column(BigInteger)
    paid_total: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded_total: Mapped[int] = mapped_column(BigInteger, default=0)
    summary: Mapped[str] = mapped_column(String(200), default="")  # in the language of the order
    summaries: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))  # {locale: summary}, in the shop's other languages where it reads otherwise
    buyer_name: Mapped[str] = mapped_column(Pii)
    name_index: Mapped[str | None] = mapped_column(BlindIndex)
    phone_index: Mapped[str | None] = mapped_column(BlindIndex)  # of the address
    region: Mapped[str | None] = mapped_column(code_string(6), index=True)  # of the address: an official code, see ``regions``
    address: Mapped[str | None] = mapped_column(Pii)  # JSON, as it was at placing
    note: Mapped[str | None] = mapped_column(Pii)  # the buyer's
    staff_note: Mapped[str | None] = mapped_column(Pii)
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    shipped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    canceled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancel_reason: Mapped[str | None] = mapped_column(Pii)


class OrderTerm(Model):
    """An order under a word of what was ordered, or four digits of its number. The key is the index: the newest of a term are one walk."""

    __tablename__ = "orders__order_term"

    term: Mapped[str] = mapped_column(code_string(40), primary_key=True)
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders__order.id"), primary_key=True)


class OrderLine(Model):
    """One SKU in an order."""

    __tablename__ = "orders__order_line"
    __table_args__ = (
        Index("ix_orders__order_line_order", "order_id", "position"),
        Index("ix_orders__order_line_sku", "sku", "id"),
        Index("ix_orders__order_line_product", "product_id", "id"),
        CheckConstraint(
            "shipped_quantity >= 0 AND (shipped_quantity <= quantity OR quantity < 0)", name="shipped_quantity"
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders__order.id"))
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(8), default="goods")  # goods | return | fee
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("products__variant.id"), index=True)
    product_id: Mapped[int | None] = mapped_column(BigKey)
    variant_public_id: Mapped[str | None] = mapped_column(code_string(16))
    sku: Mapped[str] = mapped_column(code_string(64))
    name: Mapped[str] = mapped_column(String(200))
    option: Mapped[str] = mapped_column(String(200), default="")
    texts: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))  # {locale: {"name", "option"}}, where they are other than in the language of the order
    picture: Mapped[str | None] = mapped_column(String(40))
    unit_price: Mapped[int] = mapped_column(BigInteger)
    unit_cost: Mapped[int | None] = mapped_column(BigInteger)  # what one cost the shop at placing, where it said so
    quantity: Mapped[int]
    discount: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger)
    shipped_quantity: Mapped[int] = mapped_column(default=0)


class PriceAdjustment(Model):
    """What a price step changed, kept so that the total can be explained."""

    __tablename__ = "orders__price_adjustment"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders__order.id"), index=True)
    step: Mapped[str] = mapped_column(String(64), server_default="")  # "<plugin>.<id>" of the price step
    kind: Mapped[str] = mapped_column(String(16))  # see contracts.ADJUSTMENT_KINDS
    label: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(64), default="")  # what it comes from there: "coupon:81"
    amount: Mapped[int] = mapped_column(BigInteger)


class LineAdjustment(Model):
    """The part of an adjustment that falls on one line: what a refund of the line gives back, and what it cost."""

    __tablename__ = "orders__line_adjustment"
    __table_args__ = (UniqueConstraint("adjustment_id", "order_line_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    adjustment_id: Mapped[int] = mapped_column(ForeignKey("orders__price_adjustment.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("orders__order_line.id"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)


class Shipment(Versioned, Model):
    """A parcel."""

    __tablename__ = "orders__shipment"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders__order.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(32))
    tracking_number: Mapped[str] = mapped_column(code_string(40), index=True)
    shipped_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ShipmentLine(Model):
    """So many of an order line in a parcel."""

    __tablename__ = "orders__shipment_line"
    __table_args__ = (
        UniqueConstraint("shipment_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    shipment_id: Mapped[int] = mapped_column(ForeignKey("orders__shipment.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("orders__order_line.id"), index=True)
    quantity: Mapped[int]


class Day(Model):
    """A day of the shop in figures, kept by every placing, payment, cancellation and refund.

    Home reads thirty of these rows, whether the shop had a hundred orders or a million.
    """

    __tablename__ = "orders__day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    placed_count: Mapped[int] = mapped_column(default=0)
    placed_amount: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_count: Mapped[int] = mapped_column(default=0)
    paid_amount: Mapped[int] = mapped_column(BigInteger, default=0)
    canceled_count: Mapped[int] = mapped_column(default=0)
    refunded_amount: Mapped[int] = mapped_column(BigInteger, default=0)
