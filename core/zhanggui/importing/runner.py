"""``zhanggui import``: a file becomes rows, batch by batch, each in one unit of work with its own bookmark."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from .. import audit
from ..db.uow import reading, unit_of_work
from ..db.upsert import insert_or_skip
from ..host import current_host
from ..host.declare import Importer, Preparation
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import current_actor
from ..kernel.errors import DomainError, Invalid, NotFound
from ..kernel.ids import public_id
from ..runtime import Runtime
from ..tasks.running import TaskCanceled, TaskRun, TaskTaken
from ..tasks.service import add_task, take_up
from ..tasks.states import TaskState
from ..tasks.texts import LOST
from .contracts import ImportRow, ImportRun, Outcome
from .mapping import Ask, check_options, match, read_mapping
from .models import Import, Rejection, Rounding
from .noting import Notes
from .reader import Table, open_table
from .report import Report, Tally
from .scratch import Scratch

log = logging.getLogger(__name__)
BATCH_ROWS = 4000
NOTED_ROWS = 500  # while somebody watches: more steps, and a cancel that waits for less
BATCH_KEYS = 500
DEFAULT_SOURCE = "file"
TASK = "core.import"  # no job: the command does it
_OPTIONS = ("zone", "currency", "source")
_imports: Any = Import.__table__
_rejections: Any = Rejection.__table__
_roundings: Any = Rounding.__table__


class BeingImported(DomainError):
    """Another process reads the same file at this moment."""

    code = "being_imported"
    message = _l("Another process is importing this file.")


class ImportCanceled(DomainError):
    """Somebody asked for its end, on the page of its task."""

    code = "import_canceled"
    message = _l("This import was canceled. Give the same command again to go on where it stopped.")


class _NothingKept(Exception):
    """Ends the unit of work of a dry run."""


def run_import(
    runtime: Runtime, kind: str, path: Path | str, mapping: Path | str | None = None, *, zone: str | None = None,
    currency: str | None = None, source: str | None = None, dry_run: bool = False, quiet: bool = False, ask: Ask | None = None,
) -> Report:  # fmt: skip
    """Read a file of one KIND. What was read before is not read again; what was interrupted goes on.

    :param ask: is asked for a required field that no column was recognized as; by default the person at the terminal.
    :raises NotFound: when no enabled plugin reads this kind.
    :raises Invalid: for a file or a mapping that cannot be read.
    """
    started = time.monotonic()
    job = _prepare(runtime, kind, Path(path), Path(mapping) if mapping else None, {"zone": zone, "currency": currency, "source": source},
                   ask if ask is not None else None if quiet or not sys.stdin.isatty() else _ask)  # fmt: skip
    bookmark = Bookmark() if dry_run else _open(job)
    if bookmark.done:
        return _report(job, bookmark, already=True, seconds=time.monotonic() - started)
    scratch = Scratch(job.places, job.table.columns, job.importer.order_by)
    try:
        with _progress(quiet, "Reading", job.table.rows_expected) as tick:
            for count in scratch.fill(job.table.rows()):
                tick(count)
        bookmark.rows = scratch.count
        _run(job, scratch, bookmark, quiet)
    except (BeingImported, ImportCanceled):
        raise
    except BaseException:
        if bookmark.run is not None:
            try:
                bookmark.run.fail(LOST)
            except (Exception, TaskTaken):  # what is raised below is the cause; this is but its mark
                log.warning("that the import was lost could not be written down", exc_info=True)
        raise
    finally:
        scratch.close()
    return _report(job, bookmark, dry_run=dry_run, seconds=time.monotonic() - started)


@dataclass(frozen=True)
class Job:
    importer: Importer
    table: Table
    places: dict[str, int]
    run: ImportRun
    digest: str

    @property
    def mapping(self) -> dict[str, str]:
        return {name: self.table.columns[place] for name, place in self.places.items()}

    @property
    def fingerprint(self) -> str:
        """Of the file and of everything that decides how it is read."""
        how = [self.importer.kind, self.digest, self.mapping, self.run.source, self.run.currency, str(self.run.zone), dict(self.run.options)]
        return hashlib.sha256(json.dumps(how, sort_keys=True, default=str).encode()).hexdigest()


@dataclass
class Bookmark:
    """How far an import is. ``run`` moves its task on; a dry run has none."""

    id: int = 0
    run: TaskRun | None = None
    done: bool = False
    phase: int = 0
    position: str = ""
    rows: int = 0
    tally: Tally = field(default_factory=Tally)
    notes: Notes | None = None  # of a file that was brought on the screen
    finish: Callable[[Session], object] | None = None  # in the last step


def _prepare(runtime: Runtime, kind: str, path: Path, mapping: Path | None, said: dict[str, str | None], ask: Ask | None) -> Job:
    importers = {importer.kind: importer for importer in current_host().every("importers")}
    if kind not in importers:
        raise NotFound(_l("There is no kind %(kind)s; there are: %(known)s.", kind=kind, known=", ".join(sorted(importers))))
    importer, table = importers[kind], open_table(path)
    columns, options = read_mapping(mapping)
    places = match(importer, table.columns, columns, ask)
    settings = {name: said[name] or options.pop(name, None) for name in _OPTIONS}
    options = {name: value for name, value in options.items() if name not in _OPTIONS}
    wrong = [name for name, value in settings.items() if value is not None and not isinstance(value, str)]
    if wrong:
        raise Invalid(_l("There is no option %(name)s.", name=", ".join(wrong)))
    check_options(importer, options)
    zone = settings["zone"] or runtime.config["instance.time_zone"]
    try:
        tz = ZoneInfo(zone)
    except (KeyError, ValueError) as error:
        raise Invalid(_l("There is no time zone %(name)s.", name=zone)) from error
    wanted = (settings["currency"] or runtime.config["instance.currency"]).upper()
    if not (len(wanted) == 3 and wanted.isascii() and wanted.isalpha()):
        raise Invalid(_l("%(name)s is no currency code such as CNY.", name=wanted))
    origin = settings["source"] or DEFAULT_SOURCE
    if not (0 < len(origin) <= 24 and origin.isascii() and origin.replace("-", "").replace("_", "").isalnum()):
        raise Invalid(_l("A source is a short name of letters, digits, - and _."))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    run = ImportRun(origin, public_id(), tz, wanted, current_actor(), clock.now(), options)
    return Job(importer, table, places, run, digest)


def _ask(name: str, columns: Sequence[str]) -> str | None:
    """Ask the person at the terminal which column is meant."""
    click.echo(f"Which column is {name}? " + ", ".join(f"[{n}] {column}" for n, column in enumerate(columns, 1)), err=True)
    number = click.prompt("Number", type=click.IntRange(0, len(columns)), default=0, err=True)
    return columns[number - 1] if number else None


def _open(job: Job) -> Bookmark:
    """Where an earlier run of the same reading stands; a new one begins when there was none."""
    c, actor, name = _imports.c, job.run.actor, job.table.path.name[-200:]
    with unit_of_work() as db:
        # Of two who begin the same file at once one makes the row; the other finds it, and is stopped at his first step.
        insert_or_skip(
            db, Import, fingerprint=job.fingerprint, kind=job.importer.kind, source=job.run.source, file_name=name,
            digest=job.digest, mapping=job.mapping, currency=job.run.currency, tally=Tally().dump(), rows=0,
            options={"zone": str(job.run.zone), **job.run.options},
        )  # fmt: skip
        import_id, task_id = db.execute(select(c.id, c.task_id).where(c.fingerprint == job.fingerprint)).one()
        if task_id is None:
            title = _l("Import of %(kind)s from %(file)s", kind=job.importer.label, file=name)
            task_id = add_task(db, TASK, title, TaskState.RUNNING, actor=actor, now=job.run.now)
            db.execute(update(_imports).where(c.id == import_id).values(task_id=task_id))
        task = take_up(db, task_id, now=job.run.now, canceled=True)
        # Read while the task is held: rows and place were moved on together.
        row = db.execute(select(_imports).where(c.id == import_id)).one()
    mark = Bookmark(import_id, rows=row.rows, tally=Tally.load(row.tally), done=task is None)
    if task is not None:
        mark.run = TaskRun(task, actor, rests=False, keep=None)
        place = mark.run.place or {}
        mark.phase, mark.position = place.get("phase", 0), place.get("position", "")
    return mark


def _run(job: Job, scratch: Scratch, mark: Bookmark, quiet: bool) -> None:
    for phase, preparation in enumerate(job.importer.prepare):
        if phase >= mark.phase:
            _prepare_keys(job, scratch, mark, phase, preparation)
    first = len(job.importer.prepare)
    if mark.phase < first:
        mark.phase, mark.position = first, "0"
    with _progress(quiet, "Writing", scratch.count) as tick:
        tick(mark.tally.rows)
        for place, rows in scratch.batches(int(mark.position or 0), BATCH_ROWS if mark.notes is None else NOTED_ROWS):
            with _step(mark) as db:
                _write(db, job, scratch, mark, rows)
                mark.position = str(place)
            tick(mark.tally.rows)
    if mark.tally.rows != scratch.count:
        raise RuntimeError(f"{scratch.count} rows were read and {mark.tally.rows} became something")
    if mark.run is None:
        return
    with _step(mark, last=True) as db:
        if mark.finish is not None:
            mark.finish(db)
        audit.record(
            db, "core.import.finished", target=("core.Import", mark.id), label=job.table.path.name, actor=job.run.actor,
            now=clock.now(), after={"kind": job.importer.kind, "rows": mark.rows, **mark.tally.dump()},
        )  # fmt: skip


def write_noted(
    job: Job, run: TaskRun, notes: Notes, *, name: str, place: Mapping[str, Any] | None, import_id: int | None, finish: Callable[[Session, int], object]
) -> None:  # fmt: skip
    """Write a file that was brought on the screen, from where it was left. What ends a task ends this too."""
    c = _imports.c
    if import_id is None:
        with unit_of_work() as db:
            values = {
                "fingerprint": hashlib.sha256(f"screen:{notes.file_id}".encode()).hexdigest(), "kind": job.importer.kind, "source": job.run.source,
                "file_name": name[-200:], "digest": job.digest, "mapping": job.mapping, "currency": job.run.currency, "tally": Tally().dump(),
                "rows": 0, "options": {"zone": str(job.run.zone)}, "task_id": run.id,
            }  # fmt: skip
            insert_or_skip(db, Import, **values)
    with reading() as db:
        row = db.execute(select(_imports).where(c.fingerprint == hashlib.sha256(f"screen:{notes.file_id}".encode()).hexdigest())).one()
    place = run.place or place or {}
    mark = Bookmark(row.id, run, phase=place.get("phase", 0), position=place.get("position", ""), rows=row.rows, tally=Tally.load(row.tally),
                    notes=notes, finish=lambda db: finish(db, row.id))  # fmt: skip
    scratch = Scratch(job.places, job.table.columns, job.importer.order_by)
    try:
        for _count in scratch.fill(job.table.rows()):
            pass
        mark.rows = scratch.count
        _run(job, scratch, mark, True)
    finally:
        scratch.close()


def _prepare_keys(job: Job, scratch: Scratch, mark: Bookmark, phase: int, preparation: Preparation) -> None:
    after = mark.position if mark.phase == phase else ""
    for keys in scratch.keys(preparation.key, preparation.columns, after, BATCH_KEYS):
        with _step(mark) as db:
            preparation.batch(db, keys, job.run)
            mark.phase, mark.position = phase, keys[-1][0]


def _write(db: Session, job: Job, scratch: Scratch, mark: Bookmark, rows: list[ImportRow]) -> None:
    outcomes: list[Outcome]
    if mark.notes is not None:
        outcomes = mark.notes.take(db, job.importer, rows, job.run, scratch.raw, keep=True)
    else:
        outcomes = job.importer.batch(db, rows, job.run)
    if len(outcomes) != len(rows):
        raise RuntimeError(f"{job.importer.kind}: {len(rows)} rows came back as {len(outcomes)} outcomes")
    pairs = list(zip(rows, outcomes, strict=True))
    rejected = [
        {"import_id": mark.id, "row": row.number, "reason": outcome.reason, "raw": scratch.raw(row.number), "amount": str(outcome.amount)}
        for row, outcome in pairs
        if outcome.reason
    ]
    rounded = [
        {"import_id": mark.id, "row": row.number, "exact": str(outcome.amount), "stored": str(outcome.stored)}
        for row, outcome in pairs
        if outcome.stored is not None and outcome.stored != outcome.amount
    ]
    if mark.id:
        for table, found in ((_rejections, rejected), (_roundings, rounded)):
            if found:
                db.execute(insert(table), found)
    mark.tally.add(outcomes)


@contextlib.contextmanager
def _step(mark: Bookmark, *, last: bool = False) -> Iterator[Session]:
    """One unit of work that also moves the bookmark; a dry run takes everything back."""
    if mark.run is None:
        with contextlib.suppress(_NothingKept), unit_of_work() as db:
            yield db
            raise _NothingKept()
        return
    try:
        with mark.run.step(last=last) as db:
            yield db
            db.execute(update(_imports).where(_imports.c.id == mark.id).values(rows=mark.rows, tally=mark.tally.dump()))
            said = _l("The file is read.") if last else _l("The rows are being written.")
            place = {"phase": mark.phase, "position": mark.position}
            mark.run.report(done=mark.tally.rows, total=mark.rows, sentence=said, place=place)
    except (TaskTaken, TaskCanceled) as end:
        if mark.notes is not None:  # its job knows what these mean
            raise
        raise (BeingImported() if isinstance(end, TaskTaken) else ImportCanceled()) from None


def _report(job: Job, mark: Bookmark, *, already: bool = False, dry_run: bool = False, seconds: float = 0) -> Report:
    return Report(
        job.importer.kind, job.table.path.name, job.run.source, job.run.currency, mark.rows, mark.tally, dry_run=dry_run, already=already,
        import_id=mark.id or None, seconds=seconds, words=job.run.memory.get("unknown words", {}),
    )  # fmt: skip


@contextlib.contextmanager
def _progress(quiet: bool, label: str, expected: int | None) -> Iterator[Callable[[int], Any]]:
    if quiet or not expected:
        yield lambda count: None
        return
    with click.progressbar(length=expected, label=label, file=sys.stderr) as bar:
        yield lambda count: bar.update(count - bar.pos)
