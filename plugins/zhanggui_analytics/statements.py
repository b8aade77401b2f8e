"""Statements over facts and cells: rows of either as the same columns, so that what is kept and what is not adds up in one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Integer, Select, String, and_, case, cast, func, literal, literal_column, select, union_all
from sqlalchemy.sql.selectable import Subquery

from zhanggui.api import Fact, UTCDateTime

from .kept import Kept, sums_of
from .models import Cell
from .periods import Step, midnight

_cell = Cell.__table__.c
_ONE_DAY = timedelta(days=1)
MEMBER = "member"
MOST_PIECES = 400  # of a compound SELECT, SQLite takes 500


@dataclass(frozen=True)
class Piece:
    """A stretch of time that is read from the rows: of one step, under one distance from UTC."""

    label: str
    first: date  # of its step
    start: datetime
    end: datetime
    offset: int = 0  # seconds that the shop's clock is ahead of UTC


def pieces(steps: Sequence[Step], days: Collection[date], zone: ZoneInfo, until: datetime | None = None, *, hours: bool = False) -> list[Piece]:
    """The days as stretches, as few as there can be."""
    found: list[Piece] = []
    for step in steps:
        start: date | None = None
        day = step.first
        while day <= step.end:
            inside = day < step.end and day in days
            if inside and start is None:
                start = day
            if not inside and start is not None:
                end = midnight(day, zone)
                found += _split(step, midnight(start, zone), min(end, until) if until is not None else end, zone, hours)
                start = None
            day += _ONE_DAY
    return [piece for piece in found if piece.start < piece.end]


def _split(step: Step, start: datetime, end: datetime, zone: ZoneInfo, hours: bool) -> Iterable[Piece]:
    """By the distance of the clock from UTC, where hours are asked for."""

    def offset(moment: datetime) -> int:
        return int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds())

    at = start
    while hours and offset(at) != offset(end):
        low, high = at, end
        while high - low > timedelta(minutes=1):
            middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
            if middle <= low:
                break
            low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
        yield Piece(step.label, step.first, at, high, offset(at))
        at = high
    yield Piece(step.label, step.first, at, end, offset(at))


def of_rows(fact: Fact, by: Sequence[str], clauses: Sequence[ColumnElement[bool]], parts: Sequence[Piece], dialect: str, *, sums: Sequence[str]) -> Select[Any]:
    """Sums of the rows of some stretches: ``label``, ``first``, ``currency``, one column a dimension, one a sum."""
    rows = fact.rows()
    at = rows.selected_columns["at"]
    where = list(clauses)
    if len(parts) == 1:
        one = parts[0]
        label, first, offset = literal(one.label, String), literal(one.first, Date), literal(one.offset, Integer)
        where += [at >= one.start, at < one.end]
    else:
        listed = union_all(*(
            select(
                literal(p.label, String).label("label"), literal(p.first, Date).label("first"), literal(p.start, UTCDateTime).label("start"),
                literal(p.end, UTCDateTime).label("end"), literal(p.offset, Integer).label("offset"),
            ) for p in parts
        )).subquery()  # fmt: skip
        label, first, offset = listed.c.label, listed.c.first, listed.c.offset
        where += [at >= listed.c.start, at < listed.c.end]
    extra = [label.label("zg_label"), first.label("zg_first")]
    if "hour" in by:
        extra.append(_hour(at, offset, dialect).label("zg_hour"))
    inner = rows.add_columns(*extra).where(*where).subquery()
    dims = [inner.c.zg_hour if name == "hour" else _text(inner.c[fact.by[name]]) for name in by]
    money = [inner.c.currency] if "currency" in inner.c else []
    currency = money[0] if money else literal("", String)
    shown = [inner.c.zg_label.label("label"), inner.c.zg_first.label("first"), currency.label("currency"), *(e.label(name) for name, e in zip(by, dims, strict=True))]
    added = [func.coalesce(func.sum(inner.c[name]), 0).label(name) for name in sums]
    return select(*shown, *added).group_by(inner.c.zg_label, inner.c.zg_first, *money, *dims)


def _text(column: Any) -> ColumnElement[str]:
    # Written out, not bound: PostgreSQL takes two parameters of one value for two things, and this one is grouped by.
    return func.coalesce(cast(column, String), literal_column("''"))


def _hour(at: Any, offset: Any, dialect: str) -> ColumnElement[int]:
    """The hour of the shop's clock."""
    if dialect == "postgresql":
        ahead = func.make_interval(0, 0, 0, 0, 0, 0, offset)
        return cast(func.date_part("hour", func.timezone("UTC", at) + ahead), Integer)
    return cast(func.strftime("%H", at, cast(offset, String).concat(" seconds"), type_=String), Integer)


def of_cells(kept: Kept, by: Sequence[str], steps: Sequence[Step], days: Collection[date], *, sums: Sequence[str]) -> Select[Any]:
    """The same of what is kept of some days."""
    columns, named = sums_of(kept.fact), kept.columns
    where: list[Any] = [_cell.kept == kept.id]
    if len(steps) == 1:
        label, first = literal(steps[0].label, String), literal(steps[0].first, Date)
        where += [_cell.day >= steps[0].first, _cell.day < steps[0].end]
        keys: list[Any] = []
    else:
        listed = union_all(*(
            select(literal(s.label, String).label("label"), literal(s.first, Date).label("first"), literal(s.end, Date).label("end")) for s in steps
        )).subquery()  # fmt: skip
        label, first = listed.c.label, listed.c.first
        where += [_cell.day >= listed.c.first, _cell.day < listed.c.end]
        keys = [label, first]
    inside = {day for step in steps for day in _days(step)}
    missing = inside - set(days)
    if missing:
        where.append(_cell.day.not_in(sorted(missing)) if len(missing) <= len(days) else _cell.day.in_(sorted(inside & set(days))))
    dims = [_cell.hour if name == "hour" else _cell[named[name]] for name in by]
    added = [func.sum(_cell[columns[name]]).label(name) for name in sums]
    shown = [e.label(name) for name, e in zip(by, dims, strict=True)]
    return select(label.label("label"), first.label("first"), _cell.currency.label("currency"), *shown, *added).where(*where).group_by(*keys, _cell.currency, *dims)


def _days(step: Step) -> Iterable[date]:
    return (step.first + timedelta(days=n) for n in range((step.end - step.first).days))


def one_table(parts: Sequence[Select[Any]]) -> Subquery:
    """Rows of several such statements, one below the other."""
    return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery()


def firsts(table: Subquery, member: str, sum_: str) -> Subquery:
    """When each member was there for the first time, in steps."""
    return (
        select(table.c[member].label("who"), func.min(table.c.first).label("since"))
        .where(table.c[sum_] > 0, table.c[member] != "")
        .group_by(table.c[member])
        .subquery()
    )


def buyer_kind(table: Subquery, member: str, since: Subquery) -> ColumnElement[str]:
    """Guest, new in this step, or there before."""
    return case((table.c[member] == "", "guest"), (and_(since.c.since.is_not(None), since.c.since >= table.c.first), "new"), else_="returning")
