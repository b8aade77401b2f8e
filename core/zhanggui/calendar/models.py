"""Days that the merchant says something of."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, code_string


class CalendarDay(Model):
    """A day as the merchant knows it: off, at work, or with a name alone. It counts before what is shipped."""

    __tablename__ = "core__calendar_day"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    day: Mapped[date] = mapped_column(Date, unique=True)
    kind: Mapped[str] = mapped_column(code_string(8))  # off, work or named
    name: Mapped[str] = mapped_column(String(60), default="")
