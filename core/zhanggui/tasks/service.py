"""Beginning, canceling and resuming tasks, and the job that does them."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, and_, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from .. import audit
from ..db.uow import after_commit, unit_of_work
from ..files.private import owner_id, unlink
from ..host import current_host
from ..host.declare import DEFAULT_LANE, JobDef
from ..i18n.texts import LazyText
from ..i18n.texts import lazy_gettext as _l
from ..i18n.wording import spoken, stored
from ..jobs import enqueue
from ..jobs.models import Job
from ..kernel import clock
from ..kernel.actors import Actor, acting_as
from ..kernel.errors import DomainError, IllegalMove, WiringError
from .ending import KEEP
from .models import Task
from .running import TaskCanceled, TaskRested, TaskRun, TaskTaken
from .states import ENDED, TaskState
from .texts import CANCELED, GONE, NOBODY

log = logging.getLogger(__name__)
c: Any = Task.__table__.c


@dataclass(frozen=True)
class TaskDef(JobDef):
    """A job that does a task; made by the ``@task`` decorator, listed in ``register_jobs``."""

    rests: bool = True


def task(title: Any, *, max_attempts: int = 8, timeout: int = 300, lane: str = DEFAULT_LANE, rests: bool = True) -> Callable[[Callable[..., Any]], TaskDef]:
    """Make ``function(run, **arguments)`` a task: it goes on from ``run.place`` in steps, each ``with run.step() as db:``.

    It is called anew after a kill, after a failure that may pass, and after every few seconds, to let other jobs have their turn.

    :param title: what it is called among the tasks of whoever begins it, as a lazy text.
    :param timeout: seconds for one call: a few, and the longest step.
    :param rests: whether it makes room for others after some seconds. One that reads everything as of one moment cannot: it is of the lane ``io``
        and begins anew when it was killed.
    """

    def wrap(function: Callable[..., Any]) -> TaskDef:
        @functools.wraps(function)
        def turn(*, task_id: int, **_from_newer_releases: object) -> None:
            _take_turn(made, function, task_id)

        made = TaskDef(turn, max_attempts, timeout, False, lane, title, rests=rests)
        return made

    return wrap


def start_task(db: Session, task: TaskDef, *, actor: Actor, now: datetime, title: Any = None, **arguments: Any) -> int:
    """Begin a task once this transaction is committed; answers its id, for a way to ``/tasks/<id>``.

    :param title: instead of the task's own, with what it is about.
    :param arguments: JSON for its function; ids rather than texts.
    """
    if task.name not in current_host().jobs:
        raise WiringError(f"register_jobs must name {task.name}")
    task_id = add_task(db, task.name, title if title is not None else task.title, TaskState.WAITING, actor=actor, now=now, arguments=arguments)
    _enqueue(db, task, task_id)
    audit.record(db, "core.task.started", target=("core.Task", task_id), actor=actor, now=now)
    return task_id


def add_task(db: Session, name: str, title: Any, state: TaskState, *, actor: Actor, now: datetime, arguments: Any = None) -> int:
    """A task row, for what does its steps by itself (a command) as well."""
    values = {
        "name": name, "title": stored(title), "state": state, "done": 0, "step": 0, "file_size": 0, "arguments": arguments,
        "user_id": owner_id(actor), "actor_kind": actor.kind, "actor": actor.name[:128], "created_at": now, "changed_at": now,
        "started_at": now if state == TaskState.RUNNING else None,
    }  # fmt: skip
    task_id: int = db.execute(insert(Task.__table__).values(**values).returning(c.id)).scalar_one()
    return task_id


def cancel_task(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """End a task: at once while nobody does a step of it, else before its next step.

    :raises IllegalMove: when it ended already.
    """
    file_id = db.scalar(select(c.file_id).where(c.id == id))
    worked_on = exists(select(Job.id).where(Job.id == c.job_id, Job.state == "running"))
    idle = or_(c.state == TaskState.WAITING, and_(c.state == TaskState.RUNNING, c.job_id.is_not(None), ~worked_on))
    ended = {
        "state": TaskState.CANCELED, "finished_at": now, "changed_at": now, "expires_at": now + KEEP, "sentence": stored(CANCELED),
        "file_id": None, "file_size": 0,
    }  # fmt: skip
    table = update(Task.__table__).where(c.id == id)
    if _changed(db, table.where(idle).values(**ended)):
        if file_id is not None:
            after_commit(db, lambda: unlink([file_id]))
    elif not _changed(db, table.where(c.state == TaskState.RUNNING).values(state=TaskState.STOPPING, changed_at=now)):
        raise IllegalMove(_l("This task has ended, or is being canceled already."))
    audit.record(db, "core.task.canceled", target=("core.Task", id), actor=actor, now=now)


def resume_task(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Let a task that failed go on where it was.

    :raises IllegalMove: when it did not fail, or its plugin is off.
    """
    name = db.scalar(select(c.name).where(c.id == id))
    job = current_host().jobs.get(name or "")
    again = update(Task.__table__).where(c.id == id, c.state == TaskState.FAILED)
    values = {"state": TaskState.WAITING, "finished_at": None, "expires_at": None, "changed_at": now, "sentence": None}
    if not isinstance(job, TaskDef) or not _changed(db, again.values(**values)):
        raise IllegalMove(_l("Only a task that failed can go on, while its plugin is enabled."))
    _enqueue(db, job, id)
    audit.record(db, "core.task.resumed", target=("core.Task", id), actor=actor, now=now)


@dataclass(frozen=True)
class AtWork:
    """A task that has not ended: what it does and how far it is."""

    id: int
    name: str
    sentence: str
    done: int
    total: int | None


def tasks_at_work(db: Session, *tasks: TaskDef) -> list[AtWork]:
    """Those of these tasks that wait or run, whoever began them; the oldest first."""
    names = [task.name for task in tasks]
    rows = db.execute(select(c.id, c.name, c.sentence, c.done, c.total).where(c.name.in_(names), c.state.not_in(ENDED)).order_by(c.id))
    return [AtWork(row.id, row.name, spoken(row.sentence), row.done, row.total) for row in rows]


def take_up(db: Session, task_id: int, *, now: datetime, canceled: bool = False) -> Any | None:
    """The row of a task that this process does from now on, as it stands; None when it ended.

    :param canceled: whether one that was canceled goes on, because its command was given again.
    """
    row = db.execute(select(*c).where(c.id == task_id).with_for_update()).first()
    if row is None or row.state == TaskState.DONE or (row.state == TaskState.CANCELED and not canceled):
        return None
    state = TaskState.STOPPING if row.state == TaskState.STOPPING else TaskState.RUNNING
    values = {"state": state, "started_at": row.started_at or now, "changed_at": now, "finished_at": None, "expires_at": None}
    db.execute(update(Task.__table__).where(c.id == task_id).values(**values))
    return row


def _changed(db: Session, statement: Any) -> bool:
    done: CursorResult[Any] = db.execute(statement)  # type: ignore[assignment] # an update answers a cursor
    return bool(done.rowcount)


def _enqueue(db: Session, task: TaskDef, task_id: int) -> None:
    job_id = enqueue(db, task, task_id=task_id)
    db.execute(update(Task.__table__).where(c.id == task_id).values(job_id=job_id))


def _take_turn(task: TaskDef, function: Callable[..., Any], task_id: int) -> None:
    """One call of a task's function: to its end, or until it is the turn of others."""
    with unit_of_work() as db:
        row = take_up(db, task_id, now=clock.now())
    if row is None:
        return
    actor = _author(row)
    run = TaskRun(row, actor or Actor("user", row.user_id, row.actor), rests=task.rests)
    try:
        if actor is None or run.result_is_lost:
            run.fail(NOBODY if actor is None else GONE)
            return
        with acting_as(actor):
            function(run, **row.arguments or {})
            if not run.ended:
                with run.step(last=True):
                    pass
    except TaskRested:
        with unit_of_work() as db:
            _enqueue(db, task, task_id)
    except TaskCanceled:
        log.info("task %s was canceled", task_id)
    except TaskTaken:
        log.warning("task %s is done by another process, or was ended", task_id)
    except DomainError as error:
        run.close()
        run.fail(_sentence(error))
    finally:
        run.close()


def _author(row: Any) -> Actor | None:
    """Who began it, with the rights of now; None when that user is gone or locked out."""
    from ..auth.principal import find_principal

    if row.user_id is not None:
        principal = find_principal(row.user_id)
        return principal.actor() if principal is not None else None
    return Actor(row.actor_kind, name=row.actor, everything=row.actor_kind in ("system", "job"))


def _sentence(error: DomainError) -> Any:
    message = error.message
    return LazyText(message.msgid, {**message.params, **error.params}, message.domain) if isinstance(message, LazyText) else error.text()
