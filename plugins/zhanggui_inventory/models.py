"""Tables of the stock."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import AppendOnly, BigKey, Model, Pii, UTCDateTime, Versioned, code_string


class Location(Versioned, Model):
    """Where goods lie. Orders are served from the default one."""

    __tablename__ = "inventory__location"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    code: Mapped[str] = mapped_column(code_string(32), unique=True)
    name: Mapped[str] = mapped_column(String(120))


class StockLevel(Model):
    """How much of a variant lies at a location. Changed by one conditional statement at a time, never read first."""

    __tablename__ = "inventory__stock_level"
    __table_args__ = (
        UniqueConstraint("variant_id", "location_id"),
        Index("ix_inventory__stock_level_sku", "sku", "id"),
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("reserved >= 0", name="reserved"),
        Index("ix_inventory__stock_level_low", "low", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("products__variant.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("inventory__location.id"))
    # What the catalogue calls it, kept in step by an event, so that the list needs no join.
    product_id: Mapped[int] = mapped_column(BigKey, index=True)
    sku: Mapped[str] = mapped_column(code_string(64))
    title: Mapped[str] = mapped_column(String(420))
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")  # see `words.stored`: the title
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    warn_level: Mapped[int] = mapped_column(default=0)
    sellable: Mapped[bool] = mapped_column(default=True, server_default=true())  # what is a draft or off sale does not run low
    low: Mapped[bool] = mapped_column(default=True)  # sellable and on_hand - reserved <= warn_level, kept for its index
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class StockMovement(AppendOnly, Model):
    """One change of a level, never altered afterwards. Their sums are the level."""

    __tablename__ = "inventory__stock_movement"
    __table_args__ = (
        # What an order line or a shipment line did happens once: a repeat meets this constraint.
        UniqueConstraint("reference", "kind", "variant_id"),
        Index("ix_inventory__stock_movement_variant", "variant_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    kind: Mapped[str] = mapped_column(String(16))
    variant_id: Mapped[int] = mapped_column(ForeignKey("products__variant.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("inventory__location.id"))
    on_hand_change: Mapped[int] = mapped_column(default=0)
    reserved_change: Mapped[int] = mapped_column(default=0)
    on_hand_after: Mapped[int]
    reserved_after: Mapped[int]
    reference: Mapped[str | None] = mapped_column(code_string(64))  # "orders.Order:12"
    reason: Mapped[str | None] = mapped_column(Pii)
    actor: Mapped[str] = mapped_column(String(120), default="")


class StockReservation(Model):
    """What an order holds of a variant until it is shipped or let go."""

    __tablename__ = "inventory__stock_reservation"
    __table_args__ = (
        UniqueConstraint("order_id", "variant_id"),
        CheckConstraint("quantity >= 0", name="quantity"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigKey)
    variant_id: Mapped[int] = mapped_column(ForeignKey("products__variant.id"), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("inventory__location.id"))
    quantity: Mapped[int]  # still held
    state: Mapped[str] = mapped_column(String(16), default="held")
    held_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Pace(Model):
    """How fast a variant goes, over the 28 days before a day; worked out anew every night."""

    __tablename__ = "inventory__pace"

    variant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sold: Mapped[int]  # pieces that orders took hold of, less what they let go
    days: Mapped[int]  # of these, on which it could be bought
    sold_out: Mapped[int]  # of these, on which it could not
    as_of: Mapped[date] = mapped_column(Date)
