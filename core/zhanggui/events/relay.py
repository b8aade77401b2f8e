"""From the outbox to jobs: one row per handler, which is also the inbox that makes its effect happen once."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ..db.uow import unit_of_work
from ..host import current_host
from ..jobs.store import add_job
from ..kernel import clock
from .models import OutboxEvent

BATCH = 200


def dispatch(limit: int = BATCH) -> list[int]:
    """Give every handler of undispatched events its job; answers the jobs' ids, oldest first.

    Two relays at once are harmless: the unique (event, handler) keeps one row.
    """
    with unit_of_work() as db:
        return _dispatch(db, limit)


def _dispatch(db: Session, limit: int) -> list[int]:
    c = OutboxEvent.__table__.c
    waiting = select(*c).where(c.dispatched_at.is_(None)).order_by(c.id).limit(limit)
    rows = db.execute(waiting.with_for_update(skip_locked=True)).all()
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
    return made


def waiting_count(db: Session) -> int:
    """How many events nobody was told of yet (at most a thousand are counted)."""
    c = OutboxEvent.__table__.c
    return len(db.execute(select(c.id).where(c.dispatched_at.is_(None)).limit(1000)).all())
