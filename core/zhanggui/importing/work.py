"""The tasks of files that people bring: finding out, writing, taking back. Each goes on where it was left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from ..db.uow import reading
from ..i18n.texts import lazy_gettext as _l
from ..jobs import job
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import IllegalMove
from ..tasks.running import TaskRun
from ..tasks.service import cancel_task, start_task, task
from .brought import UNDO, WORKED_ON, file_row, forget_old, idle, importer_of, job_of, match_columns, move, record
from .contracts import ImportRow, Made, Outcome, Present
from .models import ImportFile, ImportFileRow
from .noting import CHANGED, NEW, Notes, stand
from .runner import NOTED_ROWS, Job, write_noted
from .scratch import Scratch
from .states import FileState

GONE, MOVED, REFUSES = "gone", "moved", "refuses"  # why a row is not taken back
STAYS = {
    GONE: _l("It is not there any more."),
    MOVED: _l("Somebody changed it since."),
    REFUSES: _l("It cannot be written back as it was."),
}  # fmt: skip
_UNDONE_AT_ONCE = 200
_files: Any = ImportFile.__table__
_rows: Any = ImportFileRow.__table__


# -- beginning -------------------------------------------------------------------------------------


def look(db: Session, file_id: int, places: Mapping[str, int], *, actor: Actor, now: datetime) -> None:
    """Find out what a file would change, with its columns matched so."""
    row = file_row(db, file_id, actor)
    if not idle(row):
        cancel_task(db, id=row.task_id, actor=actor, now=now)
    match_columns(db, file_id, places, actor=actor, now=now)
    _start(db, look_at_file, row, _l("Preview of %(file)s", file=row.file_name), actor, now)


def write(db: Session, file_id: int, *, actor: Actor, now: datetime) -> None:
    """Write the rows of a file that was looked at, or go on with one that was stopped.

    :raises IllegalMove: while it is being looked at, or when it was written.
    """
    row = file_row(db, file_id, actor)
    if not idle(row) or (row.state == FileState.LOOKING and row.task_state != "done"):
        raise IllegalMove(_l("This import has moved on meanwhile. Look at it again."))
    again = row.state == FileState.WRITING
    move(db, file_id, FileState.WRITING, expires_at=now + WORKED_ON, **({} if again else {"counts": {}}))
    record(db, "core.import.begun", row, actor=actor, now=now, after={"counts": dict(row.counts)})
    _start(db, write_file, row, _l("Import of %(file)s", file=row.file_name), actor, now, place=row.place if again else None)


def undo(db: Session, file_id: int, *, actor: Actor, now: datetime) -> None:
    """Take back what a file changed.

    :raises IllegalMove: when its day is over, or its kind cannot be taken back.
    """
    row = file_row(db, file_id, actor)
    if not can_undo(row, importer_of(row.kind, actor), now):
        raise IllegalMove(_l("This import cannot be taken back any more."))
    move(db, file_id, FileState.UNDOING, expires_at=now + WORKED_ON)
    record(db, "core.import.undo_begun", row, actor=actor, now=now, after={"counts": dict(row.counts)})
    _start(db, undo_file, row, _l("Taking back %(file)s", file=row.file_name), actor, now)


def stop(db: Session, file_id: int, *, actor: Actor, now: datetime) -> None:
    """Stop the task that works on a file; what it wrote so far stays written.

    :raises IllegalMove: when none does.
    """
    row = file_row(db, file_id, actor)
    if idle(row):
        raise IllegalMove(_l("This import has moved on meanwhile. Look at it again."))
    cancel_task(db, id=row.task_id, actor=actor, now=now)


def can_undo(row: Any, importer: Any, now: datetime) -> bool:
    """Whether what a file changed can be taken back now: for a day after it was written, or was stopped."""
    if importer.remove is None or row.file_id is None or not idle(row):
        return False
    until = undo_until(row)
    return row.state in (FileState.WRITTEN, FileState.WRITING, FileState.UNDOING) and until is not None and now < until


def undo_until(row: Any) -> datetime | None:
    """Until when; None while it is not known."""
    until: datetime | None = row.undo_until or (row.finished_at + UNDO if row.finished_at is not None else None)
    return until


def _start(db: Session, work: Any, row: Any, title: Any, actor: Actor, now: datetime, **arguments: Any) -> None:
    task_id = start_task(db, work, actor=actor, now=now, title=title, file_id=row.id, **arguments)
    db.execute(update(_files).where(_files.c.id == row.id).values(task_id=task_id))


# -- working ---------------------------------------------------------------------------------------


@task(_l("Preview of an import"), timeout=900)
def look_at_file(run: TaskRun, *, file_id: int, **_from_newer_releases: object) -> None:
    """Write every row and take it back at once, batch by batch: what stays are notes."""
    with job_of(file_id, run.actor, clock.now()) as (row, job):
        notes = Notes(file_id, row.counts if run.place is not None else None)
        scratch = _read(job)
        try:
            run.report(total=scratch.count, sentence=_l("What would change is being found out."))
            if run.place is None:
                with run.step() as db:
                    notes.forget(db)
                    db.execute(update(_files).where(_files.c.id == file_id).values(rows=scratch.count))
                    run.report(place=0)
            for place, rows in scratch.batches(int(run.place), NOTED_ROWS):
                with run.step() as db:
                    notes.take(db, job.importer, rows, job.run, scratch.raw, keep=False)
                    run.report(done=notes.counts.total(), place=place)
        finally:
            scratch.close()
    run.report(sentence=_l("The preview is ready."))


@task(_l("Import"), timeout=900)
def write_file(run: TaskRun, *, file_id: int, place: Any = None, **_from_newer_releases: object) -> None:
    """Write the rows of a file, with notes of what became of each."""
    with job_of(file_id, run.actor, clock.now()) as (row, job):
        notes = Notes(file_id, row.counts)
        if run.place is None and place is None:
            with run.step() as db:
                notes.forget(db)
                run.report(place={})

        def finish(db: Session, import_id: int) -> None:
            now = clock.now()
            values = {"import_id": import_id, "written_at": now, "undo_until": now + UNDO, "expires_at": now + UNDO}
            move(db, file_id, FileState.WRITTEN, **values)

        write_noted(job, run, notes, name=row.file_name, place=place, import_id=row.import_id, finish=finish)


def _read(job: Job) -> Scratch:
    scratch = Scratch(job.places, job.table.columns, job.importer.order_by)
    for _count in scratch.fill(job.table.rows()):
        pass
    return scratch


@task(_l("Taking back an import"), timeout=900)
def undo_file(run: TaskRun, *, file_id: int, **_from_newer_releases: object) -> None:
    """Put back what was changed, take away what was made, leave what somebody touched since. The last row first."""
    with job_of(file_id, run.actor, clock.now()) as (row, job):
        mine = (_rows.c.file_id == file_id) & _rows.c.what.in_((NEW, CHANGED)) & (_rows.c.undone == "")
        run.report(total=run.total or sum(row.counts.get(what, 0) for what in (NEW, CHANGED)), sentence=_l("The import is being taken back."))
        while True:
            with reading() as db:
                some = db.execute(select(_rows).where(mine).order_by(_rows.c.row.desc()).limit(_UNDONE_AT_ONCE)).all()
            if not some:
                break
            with run.step() as db:
                became = _take_back(db, job, some)
                change = update(_rows).where(_rows.c.file_id == file_id, _rows.c.row == bindparam("_row"))
                values = change.values(undone=bindparam("_undone"), stayed_because=bindparam("_why"))
                db.connection().execute(values, [{"_row": n, "_undone": "stayed" if why else "undone", "_why": why} for n, why in became.items()])
                run.report(done=run.done + len(some), place=some[-1].row)
        with run.step(last=True) as db:
            found = db.execute(select(_rows.c.undone).where(_rows.c.file_id == file_id, _rows.c.undone != "")).scalars()
            counts = {**row.counts, **Counter(found)}
            move(db, file_id, FileState.UNDONE, counts=counts)
            record(db, "core.import.undone", row, actor=run.actor, now=clock.now(), after={"counts": counts})
            run.report(sentence=_l("The import was taken back."))


def _take_back(db: Session, job: Job, notes: Sequence[Any]) -> dict[int, str]:
    """Why each of some rows stays as it is; "" for one that was taken back."""
    rows = [ImportRow(note.row, note.told["after"]) for note in notes]
    now = stand(job.importer, db, rows, job.run)
    became: dict[int, str] = {}
    back, gone = [], []
    for note in sorted(notes, key=lambda note: note.row):
        there, after, was = now.get(note.row), note.told["after"], note.told["before"]
        if there is None or there.id != note.target:
            became[note.row] = GONE
        elif note.what == NEW:
            same = there.mark == note.told["mark"] and dict(there.values) == note.told["whole"]
            became[note.row] = "" if same else MOVED
            if same:
                gone.append(Made(note.row, note.target))
        else:
            became[note.row] = _conflict(there, was, after)
            if not became[note.row]:
                values = {name: was[name] if was[name] != value else there.values.get(name) or None for name, value in after.items()}
                back.append(ImportRow(note.row, values))
    became |= _write_back(db, job, back) if back else {}
    became |= {number: why or "" for number, why in job.importer.remove(db, gone, job.run).items()} if gone and job.importer.remove else {}
    return became


def _conflict(there: Present, was: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    for name, value in after.items():
        if value != was[name] and (there.values.get(name) or None) not in (value, was[name]):
            return MOVED
    return ""


def _write_back(db: Session, job: Job, rows: Sequence[ImportRow]) -> dict[int, str]:
    outcomes: list[Outcome] = job.importer.batch(db, rows, job.run)
    return {row.number: REFUSES if outcome.reason else "" for row, outcome in zip(rows, outcomes, strict=True)}


@job(_l("Clear away files that were imported"))
def tidy_imports(db: Session) -> None:
    """Every hour: files and rows whose time is over go."""
    forget_old(db, clock.now())


TASKS = (look_at_file, write_file, undo_file)
