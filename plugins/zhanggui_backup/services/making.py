"""Making a copy, rehearsing one, and writing down how it went."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import (
    Code,
    DomainError,
    TaskRun,
    _l,
    backups,
    clock,
    keep_text,
    notify,
    record_audit,
    unit_of_work,
)

from ..models import Run

READS = ("can_list", "backup.Backup")
_PAUSE = 1.0  # seconds between two looks whether somebody canceled it


class NotMade(DomainError):
    """A backup, or a drill, that did not come to its end."""

    code = "backup_failed"


def make(run: TaskRun, *, cause: str) -> backups.Backup:
    """Write a copy, and let go of those that are not kept any more.

    :raises NotMade: when it could not be written; it is written down, and staff is told.
    """
    began = clock.now()
    try:
        made = backups.make(kind=cause, now=began, report=_progress(run, _l("The rows of %(table)s are being written.")))
    except (DomainError, OSError) as error:
        raise NotMade(_failed("backup", cause, began, _sentence(error))) from error
    gone = backups.prune() if cause == "scheduled" else []
    with unit_of_work() as db:
        write_down(db, kind="backup", cause=cause, name=made.name, started_at=began, tables=made.tables, rows=made.rows, files=made.files)
        record_audit(db, "backup.backup.created", target=("backup.Backup", made.name[:64]), label=Code(made.name), actor=run.actor, now=clock.now(),
                     after={"tables": made.tables, "rows": made.rows, "files": made.files, "size": made.size, "removed": len(gone)})  # fmt: skip
    return made


def rehearse(run: TaskRun, *, name: str, cause: str) -> Any:
    """Bring a copy back into a place that is thrown away.

    :raises NotMade: when what came back is not the shop that it was; it is written down, and staff is told.
    """
    began = clock.now()
    try:
        said = backups.rehearse(name, report=_progress(run, _l("The rows of %(table)s are being brought back.")))
    except (DomainError, OSError) as error:
        raise NotMade(_failed("drill", cause, began, _sentence(error), name=name)) from error
    totals = {total: list(pair) for total, pair in said.totals.items()}
    facts = {"name": said.backup, "tables": said.tables, "rows": said.rows, "files": said.files, "totals": totals}
    if not said.passed:
        raise NotMade(_failed("drill", cause, began, said.why, **facts))
    with unit_of_work() as db:
        write_down(db, kind="drill", cause=cause, started_at=began, **facts)
        record_audit(db, "backup.drill.passed", target=("backup.Backup", said.backup[:64]), label=Code(said.backup), actor=run.actor, now=clock.now(),
                     after={"tables": said.tables, "rows": said.rows, "files": said.files})  # fmt: skip
    return said


def write_down(db: Session, *, kind: str, cause: str, started_at: datetime, why: Any = "", **facts: Any) -> None:
    """How something went, for the page and the history. With ``why`` it failed."""
    db.add(Run(kind=kind, cause=cause, state="failed" if why else "done", started_at=started_at, finished_at=clock.now(), why=keep_text(why, 500) or None, **facts))


def _failed(kind: str, cause: str, began: datetime, why: Any, **facts: Any) -> Any:
    now = clock.now()
    titles = {"backup": _l("The backup failed: %(why)s"), "drill": _l("The drill failed: %(why)s")}
    with unit_of_work() as db:
        write_down(db, kind=kind, cause=cause, started_at=began, why=why, **facts)
        notify(db, kind=f"backup.{kind}", title=titles[kind], params={"why": why}, href="/backups/", permission=READS, now=now)
    return why


def _sentence(error: DomainError | OSError) -> Any:
    return error.said() if isinstance(error, DomainError) else _l("The copy could not be written: %(why)s", why=error.strerror or type(error).__name__)


def _progress(run: TaskRun, words: Any) -> Callable[[str, int, int], None]:
    """Each second a step of the task: it shows how far it is, and ends here when somebody canceled it."""
    last = 0.0

    def report(what: str, done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last < _PAUSE:
            return
        with run.step():
            run.report(done=done, total=of, sentence=type(words)(words.msgid, {"table": what[:60]}, words.domain))
        last = time.monotonic()

    return report
