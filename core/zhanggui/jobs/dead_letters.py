"""Jobs that were given up: told to staff, listed, tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .. import audit
from ..host import current_host
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..notices import notify
from ..tasks.ending import fail_task_of
from .models import Job

c = Job.__table__.c


def tell(db: Session, job_id: int, name: str, why: str, *, now: datetime) -> None:
    """Leave a notice for those who may look at jobs; the task that the job did has failed."""
    fail_task_of(db, job_id, now)
    notify(
        db, kind="core.job.dead", title=_l("A job was given up: %(name)s"), params={"name": _title(name)}, body=why,
        href=f"/system/jobs/{job_id}", permission=("can_list", "core.Job"), now=now, key=f"job:{job_id}:{now:%Y%m%d%H%M%S}",
    )  # fmt: skip


def _title(name: str) -> Any:
    job = current_host().jobs.get(name)
    return job.title if job is not None and job.title else name


def dead(db: Session, limit: int = 100) -> Sequence[Any]:
    """The newest jobs that were given up."""
    return db.execute(select(*c).where(c.state == "dead").order_by(c.id.desc()).limit(limit)).all()


def requeue(db: Session, ids: Sequence[int] | None, *, actor: Actor, now: datetime) -> int:
    """Give dead jobs a new set of tries; all of them when ``ids`` is None. Answers how many."""
    statement = update(Job.__table__).where(c.state == "dead")
    if ids is not None:
        statement = statement.where(c.id.in_(ids))
    again = statement.values(state="ready", attempts=0, run_at=now, finished_at=None)
    done = sorted(db.scalars(again.returning(c.id)).all())
    if done:
        target = done[0] if len(done) == 1 else "*"
        after = {"count": len(done), "ids": done[:100]}
        audit.record(db, "core.job.requeued", target=("core.Job", target), actor=actor, now=now, after=after)
    return len(done)
