"""What was asked of the provider, and what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, UTCDateTime, code_string


class Charge(Model):
    """One order's payment: asked, waiting, paid, refunding, refunded, or failed when nothing came of it."""

    __tablename__ = "pandapay__charge"
    __table_args__ = (Index("ix_pandapay__charge_state", "state", "asked_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    number: Mapped[str] = mapped_column(code_string(32))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(16), default="asked")
    pay_url: Mapped[str | None] = mapped_column(String(400))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
