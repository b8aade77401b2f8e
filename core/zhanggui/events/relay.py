"""From the outbox to jobs: one row per handler, which is also the inbox that makes its effect happen once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ..db.locks import one_at_a_time
from ..db.uow import unit_of_work
from ..host import current_host
from ..jobs.store import add_job
from ..kernel import clock
from .models import OutboxEvent

BATCH = 200
c = OutboxEvent.__table__.c


class Dispatched(NamedTuple):
    """What one batch came to: how many events, and the ids of the jobs that they became, oldest first."""

    events: int
    jobs: list[int]


def dispatch(limit: int = BATCH) -> Dispatched:
    """Give every handler of the oldest undispatched events its job.

    Two relays at once are harmless: the unique (event, handler) keeps one row.
    """
    with unit_of_work() as db:
        return _dispatch(db, limit)


def _dispatch(db: Session, limit: int) -> Dispatched:
    # One relay at a time: a second one would give later events their jobs while the earlier ones
    # have none yet, and nothing would hold these jobs back.
    one_at_a_time(db, "core.relay")
    rows = db.execute(select(*c).where(c.dispatched_at.is_(None)).order_by(c.id).limit(limit)).all()
    handlers = current_host().handlers
    made: list[int] = []
    for row in rows:
        for job in handlers.get(f"{row.name}@{row.version}", ()):
            job_id = add_job(
                db, job, row.payload, event_id=row.id, key=row.key, correlation=row.correlation, causation=f"event:{row.id}",
                depth=row.depth + 1,
            )  # fmt: skip
            if job_id is not None:
                made.append(job_id)
    if rows:
        done = update(OutboxEvent.__table__).where(c.id.in_([row.id for row in rows]))
        db.execute(done.values(dispatched_at=clock.now()))
    return Dispatched(len(rows), made)


def status(db: Session) -> dict[str, Any]:
    """How many events nobody was told of yet (at most a thousand are counted), and since when the oldest waits."""
    oldest: datetime | None = db.scalar(select(func.min(c.occurred_at)).where(c.dispatched_at.is_(None)))
    return {"waiting": waiting_count(db), "oldest": oldest}


def waiting_count(db: Session) -> int:
    """How many events nobody was told of yet (at most a thousand are counted)."""
    return len(db.execute(select(c.id).where(c.dispatched_at.is_(None)).limit(1000)).all())
