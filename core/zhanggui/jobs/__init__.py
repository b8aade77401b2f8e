"""Jobs: functions that a worker runs, each a row first."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..db.uow import after_commit
from ..host.declare import JobDef
from ..kernel import clock
from ..kernel.trace import current_trace
from .dead_letters import dead, requeue
from .models import Job, Lease
from .nudge import backlog, nudge_jobs
from .store import add_job

__all__ = ["dead", "enqueue", "job", "readiness", "requeue", "status"]
LATE = 60.0  # seconds after which a due job that nobody took makes the instance "degraded"


def job(*, max_attempts: int = 8, timeout: int = 120) -> Callable[[Callable[..., Any]], JobDef]:
    """Make a function a job.

    With a first parameter named ``db`` it runs in a unit of work that also marks it done, so its effect
    on the database happens once. Without, it may run twice and must stand that.
    """

    def wrap(function: Callable[..., Any]) -> JobDef:
        takes_db = next(iter(inspect.signature(function).parameters), "") == "db"
        return JobDef(function, max_attempts, timeout, takes_db)

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


def readiness(db: Session) -> tuple[dict[str, Any], dict[str, Any]]:
    """The queue's and the jobs' part of ``/readyz``."""
    queue: dict[str, Any] = {"status": "ok"} if backlog() is not None else {"status": "down"}
    now = clock.now()
    lease = db.get(Lease, "scheduler")
    c = Job.__table__.c
    oldest = db.scalar(select(c.run_at).where(c.state == "ready", c.run_at <= now).order_by(c.run_at).limit(1))
    late = (now - oldest).total_seconds() if oldest else 0.0
    led = lease is not None and lease.until > now
    fine = led and late < LATE
    return queue, {"status": "ok" if fine else "degraded", "scheduler": led, "oldest_due_seconds": round(late, 1)}
