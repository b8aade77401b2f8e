"""Jobs: functions that a worker runs, each a row first."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ..db.uow import after_commit
from ..host.declare import JobDef
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.trace import current_trace
from .models import Job, Lease
from .nudge import connect, nudge_jobs
from .store import add_job


def job(*, max_attempts: int = 8, timeout: int = 120, queue: str = "default") -> Callable[[Callable[..., Any]], JobDef]:
    """Make a function a job.

    With a first parameter named ``db`` it runs in a unit of work that also marks it done, so its effect
    on the database happens once. Without, it may run twice and must stand that.
    """

    def wrap(function: Callable[..., Any]) -> JobDef:
        takes_db = next(iter(inspect.signature(function).parameters), "") == "db"
        return JobDef(function, max_attempts, timeout, queue, takes_db)

    return wrap


def enqueue(db: Session, job: JobDef, *, run_at: datetime | None = None, unique: str | None = None, **kwargs: Any) -> int | None:
    """Store a job in this transaction; it leaves after the commit.

    :param unique: while an unfinished job has the same one, nothing is added and None is returned.
    """
    trace = current_trace()
    job_id = add_job(
        db, job, kwargs, run_at=run_at, unique=unique, correlation=trace.correlation, causation=trace.causation, depth=trace.depth
    )
    if job_id is not None and run_at is None:
        after_commit(db, lambda: nudge_jobs([job_id]))
    return job_id


# -- what a person sees ----------------------------------------------------------------------------


def status(db: Session) -> dict[str, Any]:
    """How many jobs are in which state, and since when the oldest due one waits."""
    c = Job.__table__.c
    counts = dict(db.execute(select(c.state, func.count()).group_by(c.state)).tuples().all())
    oldest = db.scalar(select(func.min(c.run_at)).where(c.state == "ready", c.run_at <= clock.now()))
    return {"counts": {s: counts.get(s, 0) for s in ("ready", "running", "held", "done", "dead")}, "oldest_due": oldest}


def dead(db: Session, limit: int = 100) -> Sequence[Any]:
    """The newest jobs that were given up."""
    c = Job.__table__.c
    return db.execute(select(*c).where(c.state == "dead").order_by(c.id.desc()).limit(limit)).all()


def requeue(db: Session, ids: Sequence[int] | None, *, actor: Actor, now: datetime) -> int:
    """Give dead jobs a new set of tries; all of them when ``ids`` is None. Answers how many."""
    from .. import audit

    c = Job.__table__.c
    statement = update(Job.__table__).where(c.state == "dead")
    if ids is not None:
        statement = statement.where(c.id.in_(ids))
    count = db.execute(statement.values(state="ready", attempts=0, run_at=now, finished_at=None, nudged_at=None)).rowcount
    if count:
        after = {"count": count, "ids": list(ids or ())}
        audit.record(db, "core.job.requeued", target=("core.Job", ids[0] if ids and len(ids) == 1 else "*"), actor=actor, now=now, after=after)
    return int(count)


def readiness(db: Session) -> tuple[dict[str, Any], dict[str, Any]]:
    """The queue's and the jobs' part of ``/readyz``."""
    from ..runtime import current_runtime

    try:
        connect(current_runtime()).ping()
        queue: dict[str, Any] = {"status": "ok"}
    except Exception as error:
        queue = {"status": "down", "detail": type(error).__name__}
    now = clock.now()
    lease = db.get(Lease, "scheduler")
    oldest = status_oldest(db)
    late = (now - oldest).total_seconds() if oldest else 0.0
    led = lease is not None and lease.until > now
    jobs = {"status": "ok" if led and late < 60 else "degraded", "scheduler": led, "oldest_due_seconds": round(late, 1)}
    return queue, jobs


def status_oldest(db: Session) -> datetime | None:
    """When the job that waits longest was due."""
    c = Job.__table__.c
    due = select(c.run_at).where(c.state == "ready", c.run_at <= clock.now() - timedelta(seconds=1)).order_by(c.run_at).limit(1)
    return db.scalar(due)
