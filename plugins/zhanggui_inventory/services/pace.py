"""How fast goods go: pieces a day, over the days on which they could be bought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from zhanggui.api import shop_zone

from ..models import Pace, StockMovement

_move, _pace = StockMovement.__table__, Pace.__table__
DAYS = 28
AT_ONCE = 300  # variants
_ONE_DAY = timedelta(days=1)


def midnight(day: date) -> datetime:
    """When a day of the shop began."""
    return datetime.combine(day, datetime.min.time(), shop_zone())


def work_out(db: Session, variant_ids: Sequence[int], today: date) -> None:
    """The pace of some variants over the 28 days before today, from their movements."""
    m, first = _move.c, today - timedelta(days=DAYS)
    own = (m.variant_id.in_(variant_ids), m.at < midnight(today))
    before = select(func.max(m.id)).where(*own, m.at < midnight(first)).group_by(m.variant_id, m.location_id)
    columns = (m.id, m.at, m.kind, m.variant_id, m.location_id, m.reserved_change, (m.on_hand_after - m.reserved_after).label("left"))
    rows = list(db.execute(select(*columns).where(m.id.in_(before)))) + list(db.execute(select(*columns).where(*own, m.at >= midnight(first)).order_by(m.id)))
    by_variant: dict[int, list[Any]] = {}
    for row in rows:
        by_variant.setdefault(row.variant_id, []).append(row)
    db.execute(delete(_pace).where(_pace.c.variant_id.in_(variant_ids)))
    found = [{"variant_id": variant_id, "as_of": today, **pace_of(moves, first, today)} for variant_id, moves in by_variant.items()]
    if found:
        db.execute(insert(_pace), found)


def pace_of(moves: Sequence[Any], first: date, today: date) -> dict[str, int]:
    """Pieces sold, days on which there was something to buy at some moment, and days on which there never was.

    Days before the first movement count as neither: it was not there yet.
    """
    borders = [midnight(first + timedelta(days=n)) for n in range((today - first).days + 1)]
    sold = sum(move.reserved_change for move in moves if move.kind in ("reserve", "release") and move.at >= borders[0])
    days = sold_out = 0
    for start, end in pairwise(borders):
        left = list(_left_on(moves, start, end))
        if not left:
            continue
        days += max(left) > 0
        sold_out += max(left) <= 0
    return {"sold": max(sold, 0), "days": days, "sold_out": sold_out}


def _left_on(moves: Sequence[Any], start: datetime, end: datetime) -> Iterator[int]:
    """What could be bought as the day began, and after each movement of it, all locations together."""
    there: dict[int, int] = {}
    begun = False
    for move in moves:
        if move.at >= end:
            break
        if move.at >= start and not begun:
            begun = True
            if there:
                yield sum(there.values())
        there[move.location_id] = move.left
        if begun:
            yield sum(there.values())
    if not begun and there:
        yield sum(there.values())
