"""The shop's days in figures. Written last in a transaction, because everybody writes the same row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from zhanggui.api import shop_day

from ..models import Day

_days = Day.__table__


def count(db: Session, at: datetime, currency: str, **figures: int) -> None:
    """Add figures (``paid_count=1, paid_amount=1990``) to the day of a moment."""
    count_many(db, {(shop_day(at), currency): figures})


def count_many(db: Session, figures: Mapping[tuple[date, str], Mapping[str, int]]) -> None:
    """Add figures to many days, in the order of the days."""
    insert = insert_on_postgresql if db.get_bind().dialect.name == "postgresql" else insert_on_sqlite
    for (day, currency), amounts in sorted(figures.items()):
        statement = insert(_days).values(day=day, currency=currency, **amounts)
        statement = statement.on_conflict_do_update(
            index_elements=["day", "currency"],
            set_={name: _days.c[name] + statement.excluded[name] for name in amounts},
        )
        db.execute(statement)
