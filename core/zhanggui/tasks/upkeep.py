"""What is forgotten: tasks that ended long ago, results whose end has come, bytes that belong to nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..db.uow import reading
from ..files import private, remove_drafts
from ..i18n.texts import lazy_gettext as _l
from ..i18n.wording import stored
from ..jobs import job
from ..kernel import clock
from .models import Task
from .states import TaskState
from .texts import LOST

SILENT = timedelta(hours=1)  # without a step, of a task that no job does: its command was killed
_BATCH = 500
c: Any = Task.__table__.c


@job(_l("Clear away tasks that are over"))
def tidy_tasks(db: Session) -> None:
    """Every hour: what is over goes."""
    now = clock.now()
    silent = (c.job_id.is_(None)) & (c.changed_at < now - SILENT)
    ended = {"finished_at": now, "changed_at": now, "sentence": stored(LOST)}
    db.execute(update(Task.__table__).where(silent, c.state == TaskState.RUNNING).values(state=TaskState.FAILED, **ended))
    db.execute(update(Task.__table__).where(silent, c.state == TaskState.STOPPING).values(state=TaskState.CANCELED, **ended))
    old = db.scalars(select(c.id).where(c.expires_at < now).limit(_BATCH)).all()
    for task_id in old:
        private.remove_private_files(db, row=("core.Task", task_id))
    db.execute(delete(Task.__table__).where(c.id.in_(old)))
    private.remove_ended(db, now)
    remove_drafts(db, now)


@job(_l("Clear away files that belong to nothing"), timeout=600)
def sweep_private_files(**_from_newer_releases: object) -> None:
    """Every night: bytes without a row."""
    with reading() as db:
        private.sweep(db, but=set(db.scalars(select(c.file_id).where(c.file_id.is_not(None)))))
