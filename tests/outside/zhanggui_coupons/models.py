"""A coupon, and who used it on which order."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, UTCDateTime, Versioned, code_string


class Coupon(Versioned, Model):
    """What a code is worth. ``taken`` counts the orders that have it now."""

    __tablename__ = "coupons__coupon"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("taken >= 0 AND (most IS NULL OR taken <= most)", name="taken"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    code: Mapped[str] = mapped_column(code_string(32), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    amount: Mapped[int] = mapped_column(BigInteger)  # minor units of the shop's currency
    least: Mapped[int] = mapped_column(BigInteger, default=0)  # what the goods must cost
    most: Mapped[int | None]  # orders that may have it
    taken: Mapped[int] = mapped_column(default=0)
    last_day: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Claim(Model):
    """A coupon on an order; given back when the order is called off."""

    __tablename__ = "coupons__claim"
    __table_args__ = (Index("ix_coupons__claim_customer", "customer_id", "id"), Index("ix_coupons__claim_taken", "taken_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupons__coupon.id"), index=True)
    order_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    order_number: Mapped[str] = mapped_column(code_string(32))
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)
    returned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
