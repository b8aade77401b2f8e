"""A task whose job was given up has failed. Here because jobs know nothing else of tasks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from ..i18n.wording import stored
from ..notices import notify
from .models import Task
from .states import TaskState, before
from .texts import BROKEN, FAILED

KEEP = timedelta(days=30)  # a row, after it ended
c = Task.__table__.c


def fail_task_of(db: Session, job_id: int, now: datetime) -> None:
    """The task that this job did stopped where it was, and may be resumed."""
    mine = update(Task.__table__).where(c.job_id == job_id, c.state.in_(before(TaskState.FAILED)))
    ended = {"state": TaskState.FAILED, "finished_at": now, "changed_at": now, "expires_at": now + KEEP, "sentence": stored(BROKEN)}
    for task in db.execute(mine.values(**ended).returning(c.id, c.user_id)).all():
        tell(db, task.id, task.user_id, FAILED, now)


def tell(db: Session, task_id: int, user_id: int | None, title: Any, now: datetime) -> None:
    """Tell whoever began a task that it ended, and how."""
    if user_id is not None:
        notify(db, kind="core.task.ended", title=title, href=f"/tasks/{task_id}", user_id=user_id, now=now, key=f"task:{task_id}:{now:%Y%m%d%H%M%S}")
