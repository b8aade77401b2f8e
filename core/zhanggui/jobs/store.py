"""Jobs as rows: added in the transaction of the business, claimed and finished under a lease."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, select, text, update
from sqlalchemy.orm import Session

from ..db.upsert import insert_for
from ..host.declare import JobDef
from ..i18n.texts import lazy_gettext as _l
from ..i18n.wording import keep_text
from ..kernel import clock
from ..kernel.ids import public_id
from .models import FIRST, Job

LEASE = timedelta(seconds=15)
LOST = _l("The worker that did it was lost every time.")
PARCELED = "parceled"  # the one argument of a job with several events: [{"with": arguments, "key", "correlation", "depth"}]
SHARED_KEY = "*"  # of such jobs: those of one handler are done one after another
# In the words of the index: with parameters in their place neither database would know that it may look there.
_UNFINISHED = bindparam(None, ("ready", "running", "held"), expanding=True, literal_execute=True, unique=True)
c = Job.__table__.c


def job_row(
    job: JobDef, kwargs: Mapping[str, Any], *, run_at: datetime | None = None, unique: str | None = None,
    event_id: int | None = None, key: str = "", correlation: str, causation: str | None = None, depth: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """A job as the values of its row."""
    now = clock.now()
    return {
        "name": job.name, "kwargs": dict(kwargs), "state": "ready", "attempts": 0, "max_attempts": job.max_attempts,
        "run_at": run_at or now, "event_id": event_id, "key": key, "unique_key": unique, "correlation": correlation,
        "causation": causation, "depth": depth, "created_at": now, "rank": int(job.first),
    }  # fmt: skip


def add_job(db: Session, job: JobDef, kwargs: Mapping[str, Any], **more: Any) -> int | None:
    """Insert a job row (``more`` as :func:`job_row` takes it); None when the same one (same ``unique``) is there already."""
    return db.scalar(_insert(db).values(**job_row(job, kwargs, **more)).returning(c.id))


def add_jobs(db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many job rows in one statement, in this order; those that are there already (same event and handler) stay as they are."""
    if rows:
        db.connection().execute(_insert(db), rows)


def _insert(db: Session) -> Any:
    return insert_for(db, Job).on_conflict_do_nothing()


def _must_wait() -> ColumnElement[bool]:
    """Whether an earlier event of the same key still has an unfinished job of the same handler."""
    earlier = Job.__table__.alias()
    before = select(earlier.c.id).where(
        earlier.c.name == c.name, earlier.c.key == c.key, earlier.c.event_id < c.event_id,
        earlier.c.state.in_(_UNFINISHED),
    )  # fmt: skip
    return and_(c.key != "", before.correlate(Job.__table__).exists())


def claim(db: Session, which: ColumnElement[bool], limit: int = 1) -> tuple[list[int], str]:
    """Take due jobs, those that come first and then the oldest: ``(ids, token)``. None of them is tried yet: see :func:`start`.

    A job of an event waits while an earlier one of the same handler and key is unfinished.
    """
    now, token = clock.now(), public_id(24)
    due = select(c.id).where(which, c.state == "ready", c.run_at <= now, ~_must_wait()).order_by(c.run_at, c.id).with_for_update(skip_locked=True, of=Job.__table__)
    ids = list(db.scalars(due.where(text(FIRST)).limit(limit)))
    if len(ids) < limit:
        ids += db.scalars(due.where(c.rank == 0).limit(limit - len(ids)))
    if ids:
        taken = update(Job.__table__).where(c.id.in_(ids)).values(state="running", lease_until=now + LEASE, lease_token=token)
        db.execute(taken)
    return ids, token


def start(db: Session, job_id: int, token: str) -> Any | None:
    """Count a try of a job that was claimed, before it is made; its row, or None when it was taken away meanwhile."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token, c.state == "running")
    return db.execute(statement.values(attempts=c.attempts + 1, lease_until=clock.now() + LEASE).returning(*c)).first()


def give_back(db: Session, ids: Sequence[int], token: str) -> None:
    """Let others have jobs that were claimed and not started."""
    statement = update(Job.__table__).where(c.id.in_(ids), c.lease_token == token, c.state == "running")
    db.execute(statement.values(state="ready", lease_until=None, lease_token=None))


def renew(db: Session, job_id: int, token: str) -> bool:
    """Keep a job a little longer; False when it was taken away."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token, c.state == "running")
    return bool(db.execute(statement.values(lease_until=clock.now() + LEASE)).rowcount)


def finish(db: Session, job_id: int, token: str) -> bool:
    """Mark a job done, in the transaction of its effect; False when the lease was lost: roll back."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token, c.state == "running")
    done = statement.values(state="done", finished_at=clock.now(), lease_until=None, lease_token=None, unique_key=None, last_error=None)
    return bool(db.execute(done).rowcount)


def fail(db: Session, row: Any, token: str, error: str, traceback: str, *, retry: bool = True, counts: bool = True) -> str:
    """Put a job back for later, or among the dead once its attempts are used up.

    :param counts: whether this was a try of the job, and not the database's fault.
    :returns: the new state, or ``skipped`` when the job was taken away meanwhile.
    """
    now = clock.now()
    values: dict[str, Any] = {"last_error": keep_text(error, 500), "traceback": traceback[-8000:], "lease_until": None, "lease_token": None}
    if not counts:
        values |= {"state": "ready", "attempts": c.attempts - 1, "run_at": now + timedelta(seconds=random.uniform(1, 3))}
    elif not retry or row.attempts >= row.max_attempts:
        values |= {"state": "dead", "finished_at": now, "unique_key": None}
    else:
        pause = min(2**row.attempts, 3600) * random.uniform(0.8, 1.2)
        values |= {"state": "ready", "run_at": now + timedelta(seconds=pause)}
    statement = update(Job.__table__).where(c.id == row.id, c.state == "running", c.lease_token == token)
    return str(values["state"]) if db.execute(statement.values(**values)).rowcount else "skipped"


def part(db: Session, row: Any, token: str) -> str:
    """Of a job with several events, one of which failed: each gets a job of its own, which waits only for those of its key.

    :returns: the new state, or ``skipped`` when the job was taken away meanwhile.
    """
    now, events = clock.now(), row.kwargs[PARCELED]
    own = {"state": "ready", "run_at": now, "attempts": 0, "lease_until": None, "lease_token": None, "kwargs": events[0]["with"], "key": events[0]["key"]}
    statement = update(Job.__table__).where(c.id == row.id, c.state == "running", c.lease_token == token)
    if not db.execute(statement.values(**own)).rowcount:
        return "skipped"
    taken = {name: getattr(row, name) for name in ("name", "max_attempts", "causation")}
    add_jobs(db, [
        {**taken, "kwargs": one["with"], "state": "ready", "attempts": 0, "run_at": now, "event_id": one["with"]["event"]["id"], "key": one["key"],
         "unique_key": None, "correlation": one["correlation"], "depth": one["depth"], "created_at": now}
        for one in events[1:]
    ])  # fmt: skip
    return "ready"


def hold(db: Session, job_id: int, token: str, why: str) -> None:
    """Keep a job until its plugin is back; the try does not count."""
    statement = update(Job.__table__).where(c.id == job_id, c.lease_token == token)
    db.execute(statement.values(state="held", last_error=why, attempts=c.attempts - 1, lease_until=None, lease_token=None))


def take_back(db: Session) -> Sequence[Any]:
    """Make jobs ready whose worker was lost; those that lost every one of theirs are dead, and answered."""
    now = clock.now()
    lost = update(Job.__table__).where(c.state == "running", c.lease_until < now)
    db.execute(lost.where(c.attempts < c.max_attempts).values(state="ready", lease_token=None, run_at=now))
    spent = lost.where(c.attempts >= c.max_attempts)
    dead = spent.values(state="dead", lease_token=None, unique_key=None, finished_at=now, last_error=keep_text(LOST)).returning(c.id, c.name)
    return db.execute(dead).all()


def release(db: Session, known: Sequence[str]) -> None:
    """Make held jobs ready whose plugin is back."""
    back = update(Job.__table__).where(c.state == "held", c.name.in_(known))
    db.execute(back.values(state="ready", run_at=clock.now()))


def is_due(db: Session, which: ColumnElement[bool]) -> bool:
    """Whether there is a job whose time has come and that need not wait."""
    return db.scalar(select(c.id).where(which, c.state == "ready", c.run_at <= clock.now(), ~_must_wait()).limit(1)) is not None
