"""What a customer means to buy, on whichever device, and what he likes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, UTCDateTime


class CartLine(Model):
    """One variant in the cart of a customer. It holds no stock and no price: both are as they are when somebody looks."""

    __tablename__ = "storefront__cart_line"
    __table_args__ = (UniqueConstraint("customer_id", "variant_id"), CheckConstraint("quantity > 0", name="quantity"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers__customer.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("products__variant.id"), index=True)
    quantity: Mapped[int]
    choices: Mapped[Any] = mapped_column(JSON, default=dict)
    place: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Favourite(Model):
    """A product that a customer wants to find again."""

    __tablename__ = "storefront__favourite"
    __table_args__ = (UniqueConstraint("customer_id", "product_id"), Index("ix_storefront__favourite_newest", "customer_id", "added_at", "id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers__customer.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products__product.id"), index=True)
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
