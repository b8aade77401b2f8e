"""Jobs: functions that a worker runs, each a row first."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..host.declare import DEFAULT_LANE, LANES, JobDef
from ..kernel import clock
from ..kernel.trace import current_trace
from . import lanes
from .dead_letters import dead, requeue
from .models import Job, Lease
from .nudge import backlog, nudge_after, workers
from .store import add_job

__all__ = ["dead", "enqueue", "job", "readiness", "requeue", "status"]
LATE = 60.0  # seconds after which a due job that nobody took makes the instance "degraded"


def job(
    title: Any = "", *, max_attempts: int = 8, timeout: int = 120, lane: str = DEFAULT_LANE, hears: Callable[[str], bool] | None = None,
    together: bool = False, first: bool = False,
) -> Callable[[Callable[..., Any]], JobDef]:  # fmt: skip
    """Make a function a job.

    With a first parameter named ``db`` it runs in a unit of work that also marks it done, so its effect
    on the database happens once. Without, it may run twice and must stand that.

    :param title: what it does, as a lazy text: ``_l("Close orders that nobody paid")``.
    :param lane: ``io`` for a job that waits for others (a provider, a printer, a mail server): it has
        workers of its own, and everything else goes on meanwhile.
    :param hears: for a handler of every event: ``hears("orders.order.paid@1")`` says whether this one is for it. Others make no job.
    :param together: for a handler of every event with ``db``: up to ten events share a job and its transaction, in which it is called
        for one after another. When one of them fails, each gets a job of its own.
    :param first: it is done before all jobs of its lane that are not, however many wait: for what a provider told of money, and for nothing
        that comes in crowds by itself.
    """

    def wrap(function: Callable[..., Any]) -> JobDef:
        takes_db = next(iter(inspect.signature(function).parameters), "") == "db"
        return JobDef(function, max_attempts, timeout, takes_db, lane, title, hears, together, first)

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
        nudge_after(db, job.lane)
    return job_id


# -- what a person sees ----------------------------------------------------------------------------


def status(db: Session) -> dict[str, Any]:
    """How many jobs are in which state; per lane how many are due, since when, and how many workers there are for it."""
    c = Job.__table__.c
    counts = dict(db.execute(select(c.state, func.count()).group_by(c.state)).tuples().all())
    now, by_lane = clock.now(), {}
    for lane in LANES:
        waits = select(func.count(), func.min(c.run_at)).where(c.state == "ready", c.run_at <= now, lanes.belongs_to(lane))
        due, oldest = db.execute(waits).one()
        by_lane[lane] = {"due": due, "oldest_due": oldest, "workers": workers(lane)}
    oldest_due = min((found["oldest_due"] for found in by_lane.values() if found["oldest_due"]), default=None)
    shown = {s: counts.get(s, 0) for s in ("ready", "running", "held", "done", "dead")}
    return {"counts": shown, "oldest_due": oldest_due, "lanes": by_lane}


def readiness(db: Session) -> tuple[dict[str, Any], dict[str, Any]]:
    """The queue's and the jobs' part of ``/readyz``."""
    queue: dict[str, Any] = {"status": "ok"} if backlog() is not None else {"status": "down"}
    now = clock.now()
    lease = db.get(Lease, "scheduler")
    c = Job.__table__.c
    waits = {}
    for lane in LANES:
        due = select(c.run_at).where(c.state == "ready", c.run_at <= now, lanes.belongs_to(lane))
        oldest = db.scalar(due.order_by(c.run_at).limit(1))
        waits[lane] = round((now - oldest).total_seconds(), 1) if oldest else 0.0
    late = max(waits.values())
    led = lease is not None and lease.until > now
    fine = led and late < LATE
    return queue, {"status": "ok" if fine else "degraded", "scheduler": led, "oldest_due_seconds": late, "lanes": waits}
