"""Days that are kept ready: marked when something about them happened, worked out anew from the rows, and proved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, String, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from zhanggui.api import Fact, shop_zone

from ..kept import kept_of, sums_of, version_of
from ..models import NO_HOUR, Bucket, Cell, Repair
from ..periods import Step
from ..statements import of_rows, pieces

_bucket, _cell = Bucket.__table__, Cell.__table__
_ONE_DAY = timedelta(days=1)
_AT_ONCE = 200  # days that one statement marks


@dataclass(frozen=True)
class Difference:
    """A sum that was kept and is not the one of the rows."""

    fact: str
    day: date
    column: str
    kept: int
    right: int


def mark(db: Session, fact: Fact, days: Iterable[date], now: datetime) -> None:
    """These days of a fact may add up to something else now."""
    insert_on = insert_on_postgresql if db.get_bind().dialect.name == "postgresql" else insert_on_sqlite
    wanted = sorted(set(days))
    for start in range(0, len(wanted), _AT_ONCE):
        rows = [{"fact": fact.id, "day": day, "dirty_at": now, "version": "", "rows": 0} for day in wanted[start : start + _AT_ONCE]]
        statement = insert_on(_bucket).values(rows)
        db.execute(statement.on_conflict_do_update(index_elements=["fact", "day"], set_={"dirty_at": statement.excluded.dirty_at}))


def reach(db: Session, fact: Fact) -> tuple[date, date] | None:
    """The first and the last day that a fact has rows of; None without any."""
    at = fact.rows().selected_columns["at"]
    first, last = (db.scalar(fact.rows().with_only_columns(ends(at))) for ends in (func.min, func.max))
    return None if first is None or last is None else (first.astimezone(shop_zone()).date(), last.astimezone(shop_zone()).date())


def mark_unknown(db: Session, fact: Fact, now: datetime) -> int:
    """Mark the days of a fact that were never worked out, or by another definition or in another zone. Answers how many."""
    ends = reach(db, fact)
    if ends is None:
        return 0
    good = set(db.scalars(select(_bucket.c.day).where(_bucket.c.fact == fact.id, _bucket.c.version == version_of(fact, shop_zone()))))
    waits = set(db.scalars(select(_bucket.c.day).where(_bucket.c.fact == fact.id, _bucket.c.dirty_at.is_not(None))))
    days = {ends[0] + timedelta(days=n) for n in range((ends[1] - ends[0]).days + 1)} - good - waits
    mark(db, fact, days, now)
    return len(days)


def dirty(db: Session, fact_ids: Sequence[str], *, before: date, limit: int) -> list[tuple[str, date, datetime]]:
    """The days that wait longest. Those that are not over are read from their rows, so they can wait."""
    wanted = select(_bucket.c.fact, _bucket.c.day, _bucket.c.dirty_at).where(_bucket.c.dirty_at.is_not(None), _bucket.c.day < before, _bucket.c.fact.in_(fact_ids))
    return [(row.fact, row.day, row.dirty_at) for row in db.execute(wanted.order_by(_bucket.c.dirty_at, _bucket.c.day).limit(limit))]


def marked(db: Session, fact: Fact, day: date) -> datetime | None:
    """Since when a day waits to be worked out."""
    return db.scalar(select(_bucket.c.dirty_at).where(_bucket.c.fact == fact.id, _bucket.c.day == day))


def recompute(db: Session, fact: Fact, day: date, seen: datetime | None, now: datetime) -> None:
    """Work a day out anew from its rows, in this transaction: the old cells stay until the new ones are there.

    :param seen: the mark that this answers; one that was set since stays.
    """
    zone, taken = shop_zone(), 0
    # Two workers on one day: the second waits here, and then does the same again.
    db.execute(update(_bucket).where(_bucket.c.fact == fact.id, _bucket.c.day == day).values(computed_at=now))
    step = [Step("", day, day + _ONE_DAY)]
    for kept in kept_of(fact):
        db.execute(delete(_cell).where(_cell.c.kept == kept.id, _cell.c.day == day))
        rows = of_rows(fact, kept.by, (), pieces(step, {day}, zone, hours=kept.hour), db.get_bind().dialect.name, sums=fact.sums).subquery()
        columns, sums = kept.columns, sums_of(fact)
        into = ["kept", "day", "hour", "currency", *columns.values(), *sums.values()]
        hour = rows.c.hour if kept.hour else literal(NO_HOUR)
        values = [literal(kept.id, String), literal(day, Date), hour, rows.c.currency, *(rows.c[name] for name in columns), *(rows.c[name] for name in sums)]
        # What a cell has beyond is nothing: text that is not there reads as one that is empty.
        empty = [name for name in list(_cell.columns.keys()) if name not in ("id", *into)]
        blanks = [literal("", String) if name.startswith("d") else literal(0) for name in empty]
        taken += db.execute(insert(_cell).from_select([*into, *empty], select(*values, *blanks))).rowcount  # type: ignore[attr-defined] # a CursorResult
    clean = update(_bucket).where(_bucket.c.fact == fact.id, _bucket.c.day == day)
    db.execute(clean.values(computed_at=now, version=version_of(fact, zone), rows=taken))
    db.execute(clean.where(_bucket.c.dirty_at == seen if seen is not None else _bucket.c.dirty_at.is_(None)).values(dirty_at=None))


def differences(db: Session, fact: Fact, day: date) -> list[Difference]:
    """Where the kept sums of a day are not those of its rows: of each kept set, each sum."""
    zone, found = shop_zone(), []
    dialect = db.get_bind().dialect.name
    right: Any = db.execute(_total(of_rows(fact, (), (), pieces([Step("", day, day + _ONE_DAY)], {day}, zone), dialect, sums=fact.sums), fact.sums)).one()
    for kept in kept_of(fact):
        sums = sums_of(fact)
        stored = db.execute(
            select(*(func.coalesce(func.sum(_cell.c[column]), 0).label(name) for name, column in sums.items())).where(_cell.c.kept == kept.id, _cell.c.day == day)
        ).one()
        for name in fact.sums:
            if int(getattr(stored, name)) != int(getattr(right, name)):
                found.append(Difference(fact.id, day, name, int(getattr(stored, name)), int(getattr(right, name))))
    return found


def _total(rows: Any, sums: Sequence[str]) -> Any:
    table = rows.subquery()
    return select(*(func.coalesce(func.sum(table.c[name]), 0).label(name) for name in sums))


def note_repair(db: Session, found: Sequence[Difference], now: datetime) -> None:
    """Keep what was wrong, for whoever looks for the one that writes without telling."""
    if found:
        rows = [{"fact": d.fact, "day": d.day, "name": d.column, "kept_sum": d.kept, "right_sum": d.right, "at": now} for d in found]
        db.execute(insert(Repair), rows)


def clean_days(db: Session, fact: Fact, first: date, last: date) -> set[date]:
    """Of these days, those whose kept sums are right."""
    wanted = select(_bucket.c.day).where(
        _bucket.c.fact == fact.id, _bucket.c.day >= first, _bucket.c.day <= last, _bucket.c.dirty_at.is_(None), _bucket.c.version == version_of(fact, shop_zone())
    )
    return set(db.scalars(wanted))


def first_day(db: Session, fact: Fact) -> date | None:
    """The first day that a fact has rows of."""
    at = fact.rows().selected_columns["at"]
    first = db.scalar(fact.rows().with_only_columns(func.min(at)))
    return None if first is None else first.astimezone(shop_zone()).date()


