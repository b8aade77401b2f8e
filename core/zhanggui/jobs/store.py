"""Jobs as rows: added in the transaction of the business, claimed and finished under a lease."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.orm import Session

from ..db.upsert import insert_for
from ..host.declare import JobDef
from ..kernel import clock
from ..kernel.ids import public_id
from .models import Job

LEASE = timedelta(seconds=15)
NUDGE_LASTS = timedelta(seconds=10)
LOST = "its worker was lost every time"
c = Job.__table__.c


def add_job(
    db: Session, job: JobDef, kwargs: Mapping[str, Any], *, run_at: datetime | None = None, unique: str | None = None,
    event_id: int | None = None, key: str = "", correlation: str, causation: str | None = None, depth: int = 0,
) -> int | None:  # fmt: skip
    """Insert a job row; None when the same one (same event and handler, or same ``unique``) is there already."""
    now = clock.now()
    values = {
        "name": job.name, "kwargs": dict(kwargs), "state": "ready", "attempts": 0, "max_attempts": job.max_attempts,
        "run_at": run_at or now, "event_id": event_id, "key": key, "unique_key": unique, "correlation": correlation,
        "causation": causation, "depth": depth, "created_at": now,
        "nudged_at": None if run_at else now,  # whoever adds a job that is due tells the queue server after the commit
    }  # fmt: skip
    if event_id is None and unique is None:
        return int(db.execute(insert(Job.__table__).values(**values)).inserted_primary_key[0])
    statement = insert_for(db, Job).values(**values).on_conflict_do_nothing().returning(c.id)
    return db.scalar(statement)


def _must_wait() -> ColumnElement[bool]:
    """Whether an earlier event of the same key still has an unfinished job of the same handler."""
    earlier = Job.__table__.alias()
    before = select(earlier.c.id).where(
        earlier.c.name == c.name, earlier.c.key == c.key, earlier.c.event_id < c.event_id,
        earlier.c.state.in_(("ready", "running", "held")),
    )  # fmt: skip
    return and_(c.key != "", before.correlate(Job.__table__).exists())


def claim(db: Session, job_id: int) -> tuple[Any, str] | None:
    """Take a ready job that is due; ``(row, token)``, or None when somebody else has it or it must wait.

    A job of an event waits while an earlier one of the same handler and key is unfinished.
    """
    now, token = clock.now(), public_id(24)
    statement = update(Job.__table__).where(c.id == job_id, c.state == "ready", c.run_at <= now, ~_must_wait())
    taken = statement.values(state="running", attempts=c.attempts + 1, lease_until=now + LEASE, lease_token=token)
    row = db.execute(taken.returning(*c)).first()
    return None if row is None else (row, token)


def renew(db: Session, job_id: int, token: str) -> bool:
    """Keep a job a little longer; False when it was taken away."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token, c.state == "running")
    return bool(db.execute(statement.values(lease_until=clock.now() + LEASE)).rowcount)


def finish(db: Session, job_id: int, token: str) -> bool:
    """Mark a job done, in the transaction of its effect; False when the lease was lost: roll back."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token, c.state == "running")
    done = statement.values(state="done", finished_at=clock.now(), lease_until=None, lease_token=None, unique_key=None, last_error=None)
    return bool(db.execute(done).rowcount)


def fail(db: Session, row: Any, token: str, error: str, traceback: str, *, retry: bool = True) -> str:
    """Put a job back for later, or among the dead once its attempts are used up.

    :returns: the new state, or ``skipped`` when the job was taken away meanwhile.
    """
    now = clock.now()
    values: dict[str, Any] = {"last_error": error[:500], "traceback": traceback[-8000:], "lease_until": None, "lease_token": None}
    if not retry or row.attempts >= row.max_attempts:
        values |= {"state": "dead", "finished_at": now, "unique_key": None}
    else:
        pause = min(2**row.attempts, 3600) * random.uniform(0.8, 1.2)
        values |= {"state": "ready", "nudged_at": None, "run_at": now + timedelta(seconds=pause)}
    statement = update(Job.__table__).where(c.id == row.id, c.state == "running", c.lease_token == token)
    return str(values["state"]) if db.execute(statement.values(**values)).rowcount else "skipped"


def hold(db: Session, job_id: int, token: str, why: str) -> None:
    """Keep a job until its plugin is back; the try does not count."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token)
    db.execute(statement.values(state="held", last_error=why[:500], attempts=c.attempts - 1, lease_until=None, lease_token=None))


def take_back(db: Session) -> Sequence[Any]:
    """Make jobs ready whose worker was lost; those that lost every one of theirs are dead, and answered."""
    now = clock.now()
    lost = update(Job.__table__).where(c.state == "running", c.lease_until < now)
    db.execute(lost.where(c.attempts < c.max_attempts).values(state="ready", lease_token=None, nudged_at=None, run_at=now))
    spent = lost.where(c.attempts >= c.max_attempts)
    dead = spent.values(state="dead", lease_token=None, unique_key=None, finished_at=now, last_error=LOST).returning(c.id, c.name)
    return db.execute(dead).all()


def release(db: Session, known: Sequence[str]) -> None:
    """Make held jobs ready whose plugin is back."""
    back = update(Job.__table__).where(c.state == "held", c.name.in_(known))
    db.execute(back.values(state="ready", run_at=clock.now(), nudged_at=None))


def due(db: Session, *, again: bool = True, limit: int = 500) -> Sequence[int]:
    """Ready jobs whose time has come, that need not wait, and that the queue server was not told of.

    :param again: also those that it was told of more than ten seconds ago: that may have been lost.
    """
    now = clock.now()
    untold: ColumnElement[bool] = c.nudged_at.is_(None)
    if again:
        untold = or_(untold, c.nudged_at < now - NUDGE_LASTS)
    statement = select(c.id).where(c.state == "ready", c.run_at <= now, untold, ~_must_wait())
    ids = db.scalars(statement.order_by(c.run_at, c.id).limit(limit)).all()
    if ids:
        db.execute(update(Job.__table__).where(c.id.in_(ids)).values(nudged_at=now))
    return ids


def following(db: Session, row: Any) -> int | None:
    """The next job of the same handler and key, which may have waited for this one."""
    if not row.key:
        return None
    later = select(c.id).where(c.name == row.name, c.key == row.key, c.event_id > row.event_id, c.state == "ready")
    return db.scalar(later.order_by(c.event_id).limit(1))
