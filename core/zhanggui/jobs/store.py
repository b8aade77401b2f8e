"""Jobs as rows: added in the transaction of the business, claimed and finished under a lease."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..host.declare import JobDef
from ..kernel import clock
from ..kernel.ids import public_id
from .models import Job

LEASE = timedelta(seconds=15)
c = Job.__table__.c


def add_job(
    db: Session, job: JobDef, kwargs: Mapping[str, Any], *, run_at: datetime | None = None, unique: str | None = None,
    event_id: int | None = None, key: str = "", correlation: str, causation: str | None = None, depth: int = 0,
) -> int | None:  # fmt: skip
    """Insert a job row; None when the same one (same event and handler, or same ``unique``) is there already."""
    now = clock.now()
    values = {
        "name": job.name, "kwargs": dict(kwargs), "queue": job.queue, "state": "ready", "attempts": 0, "max_attempts": job.max_attempts,
        "run_at": run_at or now, "event_id": event_id, "key": key, "unique_key": unique, "correlation": correlation,
        "causation": causation, "depth": depth, "created_at": now,
    }  # fmt: skip
    if event_id is None and unique is None:
        return int(db.execute(insert(Job.__table__).values(**values)).inserted_primary_key[0])
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Job.__table__).values(**values).on_conflict_do_nothing().returning(c.id)
    return db.scalar(statement)


def claim(db: Session, job_id: int) -> tuple[Any, str] | None:
    """Take a ready job that is due; ``(row, token)``, or None when somebody else has it or it must wait.

    A job of an event waits while an earlier one of the same handler and key is unfinished.
    """
    now, token = clock.now(), public_id(24)
    row = db.execute(select(*c).where(c.id == job_id)).first()
    if row is None:
        return None
    waits = False
    if row.key:
        earlier = Job.__table__.alias()
        waits = exists().where(
            earlier.c.name == row.name, earlier.c.key == row.key, earlier.c.id < row.id,
            earlier.c.state.in_(("ready", "running", "held")),
        )  # fmt: skip
    statement = update(Job.__table__).where(c.id == job_id, c.state == "ready", c.run_at <= now)
    if row.key:
        statement = statement.where(~waits)  # type: ignore[operator]
    taken = statement.values(state="running", attempts=c.attempts + 1, lease_until=now + LEASE, lease_token=token)
    if db.execute(taken).rowcount == 0:
        return None
    return row, token


def renew(db: Session, job_id: int, token: str) -> bool:
    """Keep a job a little longer; False when it was taken away."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token, c.state == "running")
    return bool(db.execute(statement.values(lease_until=clock.now() + LEASE)).rowcount)


def finish(db: Session, job_id: int, token: str) -> bool:
    """Mark a job done, in the transaction of its effect; False when the lease was lost: roll back."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token, c.state == "running")
    done = statement.values(state="done", finished_at=clock.now(), lease_until=None, lease_token=None, unique_key=None, last_error=None)
    return bool(db.execute(done).rowcount)


def fail(db: Session, row: Any, token: str | None, error: str, traceback: str, *, retry: bool = True) -> str:
    """Put a job back for later, or among the dead once its attempts are used up; answers the new state."""
    attempts = row.attempts + 1
    dead = not retry or attempts >= row.max_attempts
    delay = min(2**attempts, 3600) * random.uniform(0.8, 1.2)
    values: dict[str, Any] = {
        "state": "dead" if dead else "ready", "last_error": error[:500], "traceback": traceback[-8000:], "lease_until": None,
        "lease_token": None, "nudged_at": None, "run_at": clock.now() + timedelta(seconds=0 if dead else delay),
    }  # fmt: skip
    if dead:
        values |= {"finished_at": clock.now(), "unique_key": None}
    statement = update(Job.__table__).where(c.id == row.id, c.state == "running", c.lease_token == token)
    db.execute(statement.values(**values))
    return str(values["state"])


def hold(db: Session, job_id: int, token: str, why: str) -> None:
    """Keep a job until its plugin is back; the try does not count."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token)
    db.execute(statement.values(state="held", last_error=why[:500], attempts=c.attempts - 1, lease_until=None, lease_token=None))


def due(db: Session, limit: int = 500) -> Sequence[int]:
    """Ready jobs whose time has come and that nobody was told of in the last ten seconds."""
    now = clock.now()
    quiet = or_(c.nudged_at.is_(None), c.nudged_at < now - timedelta(seconds=10))
    ids = db.scalars(select(c.id).where(c.state == "ready", c.run_at <= now, quiet).order_by(c.run_at, c.id).limit(limit)).all()
    if ids:
        db.execute(update(Job.__table__).where(c.id.in_(ids)).values(nudged_at=now))
    return ids
