"""Rows that a job met and could not handle: set aside for a while, so that those behind them get their turn.

A job that takes the first so many due rows would meet the same ones again and again, and no other, as soon as so many of
them are refused. What is set aside comes again later, each time after a longer pause.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, exists, select
from sqlalchemy.orm import Session

from ..db.upsert import insert_for
from .models import SetAside

FIRST, LONGEST = timedelta(minutes=2), timedelta(hours=1)
KEEP = timedelta(days=30)  # of rows that nobody asks for any more
_LONGEST_REASON = 200
_table: Any = SetAside.__table__
_c = _table.c


def set_aside(db: Session, queue: str, row_id: int, reason: str, *, now: datetime) -> datetime:
    """Leave a row alone until the answered moment: 2 minutes after the first time, twice as long each time, at most an hour.

    :param queue: what is done with such rows, ``orders.close``: each has pauses of its own.
    :param reason: a sentence for who looks why; sealed.
    """
    tries = (db.scalar(select(_c.tries).where(_c.queue == queue, _c.row_id == row_id)) or 0) + 1
    until = now + min(FIRST * 2 ** min(tries - 1, 10), LONGEST)
    held = {"tries": tries, "until": until, "reason": reason[:_LONGEST_REASON]}
    made = insert_for(db, SetAside).values(queue=queue, row_id=row_id, **held)
    db.execute(made.on_conflict_do_update(index_elements=["queue", "row_id"], set_=held))
    return until


def is_aside(queue: str, row_id: ColumnElement[Any], now: datetime) -> ColumnElement[bool]:
    """The clause of a query for due rows: ``~is_aside("orders.close", Order.id, now)``."""
    return exists().where(_c.queue == queue, _c.row_id == row_id, _c.until > now)


def take_back(db: Session, queue: str, row_ids: Collection[int]) -> None:
    """Forget rows that were handled."""
    db.execute(delete(SetAside).where(_c.queue == queue, _c.row_id.in_(list(row_ids))))


def aside(db: Session, queue: str, limit: int = 100) -> list[Row[Any]]:
    """What is set aside (``row_id``, ``tries``, ``until``, ``reason``), what was refused most often first."""
    shown = select(_c.row_id, _c.tries, _c.until, _c.reason).where(_c.queue == queue)
    return list(db.execute(shown.order_by(_c.tries.desc(), _c.row_id).limit(limit)))


def forget_old(db: Session, now: datetime) -> None:
    """Drop what was set aside long ago: somebody else has handled it."""
    db.execute(delete(SetAside).where(_c.until < now - KEEP))
