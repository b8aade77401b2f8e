"""Tables of figures that are kept ready. All of them can be worked out anew from the facts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, UTCDateTime, code_string

SUMS = tuple(f"n{place}" for place in range(1, 9))
DIMENSIONS = ("d1", "d2", "d3")
NO_HOUR = -1


class Bucket(Model):
    """A day of a fact: whether its kept sums are those of its rows."""

    __tablename__ = "analytics__bucket"
    __table_args__ = (Index("ix_analytics__bucket_dirty", "dirty_at"),)

    fact: Mapped[str] = mapped_column(code_string(80), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    dirty_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # since when it may be something else; None: it is right
    computed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[str] = mapped_column(code_string(40), default="")  # of the definition and the zone it was worked out by
    rows: Mapped[int] = mapped_column(default=0)


class Cell(Model):
    """Sums of a day under the values of a kept set of dimensions. Which columns are which is said by the fact."""

    __tablename__ = "analytics__cell"
    __table_args__ = (Index("ix_analytics__cell_day", "kept", "day"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kept: Mapped[str] = mapped_column(code_string(160))  # "orders.lines:product,sku"
    day: Mapped[date] = mapped_column(Date)
    hour: Mapped[int] = mapped_column(SmallInteger, default=NO_HOUR)
    currency: Mapped[str] = mapped_column(String(3), default="")
    d1: Mapped[str] = mapped_column(code_string(96), default="")
    d2: Mapped[str] = mapped_column(code_string(96), default="")
    d3: Mapped[str] = mapped_column(code_string(96), default="")
    n1: Mapped[int] = mapped_column(BigInteger, default=0)
    n2: Mapped[int] = mapped_column(BigInteger, default=0)
    n3: Mapped[int] = mapped_column(BigInteger, default=0)
    n4: Mapped[int] = mapped_column(BigInteger, default=0)
    n5: Mapped[int] = mapped_column(BigInteger, default=0)
    n6: Mapped[int] = mapped_column(BigInteger, default=0)
    n7: Mapped[int] = mapped_column(BigInteger, default=0)
    n8: Mapped[int] = mapped_column(BigInteger, default=0)


class Buyer(Model):
    """A customer by what he bought up to a day: his scores among all buyers, and the segment that they make."""

    __tablename__ = "analytics__buyer"
    __table_args__ = (Index("ix_analytics__buyer_segment", "segment", "customer_id"),)

    customer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_day: Mapped[date] = mapped_column(Date)  # of his first order
    again_after: Mapped[int | None]  # days from the first to the second; None: there is none
    last_day: Mapped[date] = mapped_column(Date)
    orders: Mapped[int]
    net: Mapped[int] = mapped_column(BigInteger)  # in the shop's currency
    recent: Mapped[int] = mapped_column(SmallInteger)
    often: Mapped[int] = mapped_column(SmallInteger)
    much: Mapped[int] = mapped_column(SmallInteger)
    segment: Mapped[str] = mapped_column(code_string(24))


class Repair(Model):
    """A day whose kept sums were not those of its rows although nobody had said that they changed."""

    __tablename__ = "analytics__repair"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    fact: Mapped[str] = mapped_column(code_string(80))
    day: Mapped[date] = mapped_column(Date)
    name: Mapped[str] = mapped_column(code_string(40))  # of the sum
    kept_sum: Mapped[int] = mapped_column(BigInteger)
    right_sum: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
