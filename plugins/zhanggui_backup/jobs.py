"""Entry points of the worker: the two tasks, what the clock asks, and sending."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zhanggui.api import (
    SYSTEM,
    Actor,
    TaskRun,
    _l,
    clock,
    enqueue,
    job,
    one_at_a_time,
    reading,
    start_task,
    task,
    tasks_at_work,
    unit_of_work,
)

from .services import making, sending, watching
from .services.making import NotMade

_SEND = "backup.send"


class AtWork(NotMade):
    """One is being made, or rehearsed, already."""

    code = "backup_busy"
    message = _l("A backup or a drill is under way already. It stands under tasks.")


@task(_l("Backup"), lane="io", rests=False, timeout=3 * 3600, max_attempts=3)
def back_up(run: TaskRun, *, cause: str = "manual", **_from_newer_releases: object) -> None:
    """Write a copy, then send it away."""
    made = making.make(run, cause=cause)
    with run.step(last=True) as db:
        enqueue(db, send, unique=_SEND)
        run.report(total=made.tables, done=made.tables, sentence=_l("%(name)s: %(tables)s tables, %(rows)s rows.", name=made.name, tables=made.tables, rows=made.rows))


@task(_l("Drill"), lane="io", rests=False, timeout=3 * 3600, max_attempts=3)
def rehearse(run: TaskRun, *, name: str = "latest", cause: str = "manual", **_from_newer_releases: object) -> None:
    """Bring a copy back into a place that is thrown away, and compare."""
    said = making.rehearse(run, name=name, cause=cause)
    with run.step(last=True):
        run.report(total=said.tables, done=said.tables, sentence=_l("Passed: %(tables)s tables, sums equal.", tables=said.tables))


@job(_l("Send copies of the shop away"), lane="io", timeout=3 * 3600, max_attempts=1)
def send(**_from_newer_releases: object) -> None:
    """What the targets do not have yet."""
    sending.send_missing()


@job(_l("Look whether a backup is due"), max_attempts=1, timeout=60)
def look(**_from_newer_releases: object) -> None:
    """Once a minute."""
    now = clock.now()
    with reading() as db:
        late = watching.late(db, now)
        idle = not tasks_at_work(db, back_up, rehearse)
        backup_due = idle and watching.backup_is_due(db, now)
        drill_due = idle and not backup_due and watching.drill_is_due(db, now)
    unsent = bool(sending.missing(now))
    if not (late or backup_due or drill_due or unsent):
        return
    with unit_of_work() as db:
        watching.tell(db, late, now)
        if backup_due:
            begin_backup(db, cause="scheduled", actor=SYSTEM)
        if drill_due:
            begin_drill(db, name="latest", cause="scheduled", actor=SYSTEM)
        if unsent:
            enqueue(db, send, unique=_SEND)


def begin_backup(db: Session, *, cause: str, actor: Actor) -> int:
    """Start the task.

    :raises AtWork: when one is under way.
    """
    _alone(db)
    return start_task(db, back_up, actor=actor, now=clock.now(), cause=cause)


def begin_drill(db: Session, *, name: str, cause: str, actor: Actor) -> int:
    """Start the task.

    :raises AtWork: when one is under way.
    """
    _alone(db)
    return start_task(db, rehearse, actor=actor, now=clock.now(), name=name, cause=cause)


def _alone(db: Session) -> None:
    one_at_a_time(db, "backup")
    if tasks_at_work(db, back_up, rehearse):
        raise AtWork()
