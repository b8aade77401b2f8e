"""So much in a window of time: counted in the transaction of what is counted, so that both happen or neither."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import case
from sqlalchemy.orm import Session

from ..db.upsert import insert_for
from ..kernel import clock
from .models import Throttle
from .throttle import bucket


def count_one(db: Session, name: str, *, window: timedelta) -> tuple[int, int]:
    """One more of ``name`` (``"shop-newcomer:203.0.113.9"``); ``(how many, seconds until the count starts anew)``.

    The counter stays locked until the transaction ends, so whoever refuses by the answer refuses exactly.
    """
    now, c = clock.now(), Throttle.__table__.c
    kind, _, value = name.partition(":")
    over = c.window_start <= now - window
    statement = insert_for(db, Throttle).values(bucket=bucket(kind, value), window_start=now, count=1)
    found = db.execute(
        statement.on_conflict_do_update(
            index_elements=["bucket"],
            set_={"count": case((over, 1), else_=c.count + 1), "window_start": case((over, now), else_=c.window_start)},
        ).returning(c.count, c.window_start)
    ).one()
    return found.count, max(int((found.window_start + window - now).total_seconds()), 1)
