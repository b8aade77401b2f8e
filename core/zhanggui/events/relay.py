"""From the outbox to jobs: one row per handler, which is also the inbox that makes its effect happen once.

All rows of a batch of events go in one statement: each statement more is time that others wait.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ..db.locks import one_at_a_time
from ..db.uow import unit_of_work
from ..host import current_host
from ..host.declare import EVERY, JobDef
from ..jobs.store import PARCELED, SHARED_KEY, add_jobs, job_row
from ..kernel import clock
from .models import OutboxEvent

log = logging.getLogger(__name__)
BATCH = 200
PARCEL = 10  # events in one job of a handler that takes them together: on SQLite everybody waits for its transaction
c = OutboxEvent.__table__.c


class Dispatched(NamedTuple):
    """What one batch came to: how many events, and in which lanes the jobs are that they became."""

    events: int
    lanes: frozenset[str]


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
    found = [(row, job, row.payload) for row in rows for job in handlers.get(f"{row.name}@{row.version}", ())]
    heard = {(name, job.name) for name in {f"{row.name}@{row.version}" for row in rows} for job in handlers.get(EVERY, ()) if _hears(job, name)}
    found += [
        (row, job, {**(row.payload or {}), "event": _about(row)}) for row in rows for job in handlers.get(EVERY, ()) if (f"{row.name}@{row.version}", job.name) in heard
    ]
    add_jobs(db, list(_jobs(sorted(found, key=lambda one: one[0].id))))
    if rows:
        done = update(OutboxEvent.__table__).where(c.id.in_([row.id for row in rows]))
        db.execute(done.values(dispatched_at=clock.now()))
    return Dispatched(len(rows), frozenset(job.lane for _row, job, _arguments in found))


def _jobs(found: Iterable[tuple[Any, JobDef, Any]]) -> Iterator[dict[str, Any]]:
    """A job for each event and handler; of a handler that takes them together one for some, under the key that all such jobs of it share."""
    parcels: dict[str, list[tuple[Any, JobDef, Any]]] = {}
    for row, job, arguments in found:
        parcel = parcels.setdefault(job.name, []) if job.together else []
        parcel.append((row, job, arguments))
        if len(parcel) == PARCEL or not job.together:
            yield _job(parcel)
            parcels.pop(job.name, None)
    yield from map(_job, parcels.values())


def _job(parcel: Sequence[tuple[Any, JobDef, Any]]) -> dict[str, Any]:
    row, job, arguments = parcel[0]
    key = row.key
    if len(parcel) > 1:
        events = [{"with": given, "key": one.key, "correlation": one.correlation, "depth": one.depth + 1} for one, _job, given in parcel]
        key, arguments = SHARED_KEY, {PARCELED: events}
    return job_row(job, arguments, event_id=row.id, key=key, correlation=row.correlation, causation=f"event:{row.id}", depth=row.depth + 1)


def _hears(job: JobDef, name: str) -> bool:
    """Whether a handler of every event is for this one. One that cannot say it gets its job, and fails there alone."""
    try:
        return job.hears is None or bool(job.hears(name))
    except Exception:
        log.exception("%s cannot say whether it hears %s", job.name, name)
        return True


def _about(row: Any) -> dict[str, Any]:
    """What a handler of every event has to know of each; what is sealed stays beside it, where it is opened."""
    return {"id": row.id, "name": f"{row.name}@{row.version}", "key": row.key, "at": row.occurred_at.isoformat()}


def status(db: Session) -> dict[str, Any]:
    """How many events nobody was told of yet (at most a thousand are counted), and since when the oldest waits."""
    oldest: datetime | None = db.scalar(select(func.min(c.occurred_at)).where(c.dispatched_at.is_(None)))
    return {"waiting": waiting_count(db), "oldest": oldest}


def anything_waits(db: Session) -> bool:
    """Whether there is an event that nobody was told of yet."""
    return db.scalar(select(c.id).where(c.dispatched_at.is_(None)).limit(1)) is not None


def waiting_count(db: Session) -> int:
    """How many events nobody was told of yet (at most a thousand are counted)."""
    return len(db.execute(select(c.id).where(c.dispatched_at.is_(None)).limit(1000)).all())
