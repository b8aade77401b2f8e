"""A task whose job was given up has failed. Here because jobs know nothing else of tasks."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from .models import Task
from .states import TaskState, before
from .texts import BROKEN
from .wording import stored

KEEP = timedelta(days=30)  # a row, after it ended
c = Task.__table__.c


def fail_task_of(db: Session, job_id: int, now: datetime) -> None:
    """The task that this job did stopped where it was, and may be resumed."""
    mine = update(Task.__table__).where(c.job_id == job_id, c.state.in_(before(TaskState.FAILED)))
    db.execute(mine.values(state=TaskState.FAILED, finished_at=now, changed_at=now, expires_at=now + KEEP, sentence=stored(BROKEN)))
