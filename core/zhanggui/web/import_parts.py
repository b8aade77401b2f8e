"""What the pages of an import show: counts, rows with what would change, reasons in words, how far its task is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..host.declare import Importer
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..i18n.texts import ngettext
from ..i18n.wording import spoken
from ..importing import brought, work
from ..importing.models import ImportFile, ImportFileRow
from ..importing.states import FileState
from ..kernel.actors import Actor
from ..kernel.reader import Reader
from ..tasks.models import Task
from ..tasks.states import TaskState

ERRORS = 20_000  # rows of a file to correct
_HISTORY = 20
_HEAD = 1  # people count the line of the heads as well
_rows: Any = ImportFileRow.__table__
_files: Any = ImportFile.__table__
_tasks: Any = Task.__table__


@dataclass(frozen=True)
class BatchPart:
    """A file where it stands. ``step`` is 3 while it is looked at, 4 from the writing on."""

    id: int
    step: int
    live: bool
    done: int
    total: int | None
    sentence: str
    counts: list[tuple[str, str, int]]
    writes: int = 0  # rows that the button would write
    stopped: bool = False
    failed: str = ""
    can_write: bool = False
    can_undo: bool = False
    undo_until: str = ""
    stays: str = ""
    finished: str = ""
    undone: int = 0
    stayed: int = 0
    left: str = ""


@dataclass(frozen=True)
class RowPart:
    """Some rows of a file: ``[{"number", "label", "lines", "reason"}]``; a line is ``(label, before, after)``."""

    what: str
    title: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    more: int | None = None


def row_counts(row: Any) -> Mapping[str, int]:
    """How many rows became what."""
    counts: Mapping[str, int] = row.counts or {}
    return counts


def batch_part(db: Session, row: Any, reader: Reader) -> BatchPart:
    """The file as its page shows it."""
    importer = brought.importer_of(row.kind, reader.actor)
    counts = row_counts(row)
    live = not brought.idle(row)
    done, total = db.execute(select(_tasks.c.done, _tasks.c.total).where(_tasks.c.id == row.task_id)).one() if row.task_id else (0, None)
    words = {"new": _("new"), "changed": _("changed"), "same": _("the same"), "refused": _("with errors")}
    looked = row.state == FileState.LOOKING
    until = work.undo_until(row)
    stopped = row.state == FileState.WRITING and row.task_state == TaskState.CANCELED
    return BatchPart(
        row.id, 3 if looked else 4, live, done, total, spoken(row.sentence) if live else "",
        [(what, label, counts.get(what, 0)) for what, label in words.items()],
        writes=counts.get("new", 0) + counts.get("changed", 0), stopped=stopped,
        failed=spoken(row.sentence) if row.task_state == TaskState.FAILED else "",
        can_write=not live and ((looked and row.task_state == TaskState.DONE) or row.state == FileState.WRITING),
        can_undo=work.can_undo(row, importer, reader.now), undo_until=fmt.datetime(until) if until else "",
        stays=str(importer.stays) if importer.remove is None else "",
        finished=fmt.datetime(row.written_at) if row.written_at else "", undone=counts.get("undone", 0), stayed=counts.get("stayed", 0),
        left=_left(row, done, total, reader) if live else "",
    )  # fmt: skip


def _left(row: Any, done: int, total: int | None, reader: Reader) -> str:
    """How long it still takes, as it seems by how long it took so far."""
    if not total or not done or row.started_at is None:
        return ""
    seconds = round((reader.now - row.started_at).total_seconds() / done * (total - done))
    if seconds < 60:
        return ngettext("About %(num)s second is left.", "About %(num)s seconds are left.", max(seconds, 1))
    return ngettext("About %(num)s minute is left.", "About %(num)s minutes are left.", round(seconds / 60))


def rows_part(db: Session, row: Any, what: str, actor: Actor, *, limit: int, after: int = 0) -> RowPart:
    """Rows that became ``what``, or that could not be taken back (``stayed``), from behind a number on."""
    importer = brought.importer_of(row.kind, actor)
    count = row_counts(row).get(what, 0)
    which = _rows.c.undone == "stayed" if what == "stayed" else _rows.c.what == what
    found = db.execute(select(_rows).where(_rows.c.file_id == row.id, which, _rows.c.row > after).order_by(_rows.c.row).limit(limit + 1)).all()
    shown = [_row(importer, note, actor) for note in found[:limit]]
    return RowPart(what, _titles(what, count, row), shown, found[limit - 1].row if len(found) > limit else None)


def _titles(what: str, count: int, row: Any) -> str:
    written = row.state not in (FileState.LOOKING, FileState.MATCHING)
    if what == "refused":
        return ngettext("%(num)s row has an error and is left out", "%(num)s rows have errors and are left out", count)
    if what == "changed":
        return (ngettext("%(num)s row changed something", "%(num)s rows changed something", count) if written
                else ngettext("%(num)s row changes something", "%(num)s rows change something", count))  # fmt: skip
    if what == "same":
        return ngettext("%(num)s row is in the shop as it is", "%(num)s rows are in the shop as they are", count)
    if what == "stayed":
        return ngettext("%(num)s row could not be taken back", "%(num)s rows could not be taken back", count)
    return ngettext("%(num)s row was added", "%(num)s rows were added", count) if written else ngettext("%(num)s row is new", "%(num)s rows are new", count)


def _row(importer: Importer, note: Any, actor: Actor) -> dict[str, Any]:
    told = note.told
    fields = brought.fields_of(importer, actor)
    before, after = told.get("before"), told.get("after") or {}
    lines = [(str(importer.labels.get(name, name)), before[name] or "–", after[name] or "–")
             for name in fields if before is not None and name in after and before[name] != after[name]]  # fmt: skip
    reason = reason_text(importer, note.reason, told.get("said") or {}) if note.reason else stayed_text(importer, note.stayed_because)
    return {"number": note.row + _HEAD, "label": told.get("label") or "", "lines": lines, "reason": reason}


def reason_text(importer: Importer, code: str, said: Mapping[str, str | None]) -> str:
    """Why a row was not taken: the field, and what is wrong with what stands there."""
    name, text = importer.reasons.get(code, ("", ""))
    if not text:
        return _("This row could not be taken.")
    label, value = str(importer.labels.get(name, name)), said.get(name) or ""
    if not value and "%(value)s" in str(text):
        return _("%(field)s: nothing stands there.", field=label)
    return _("%(field)s: %(sentence)s", field=label, sentence=str(text) % {"value": value[:60]})


def stayed_text(importer: Importer, code: str) -> str:
    """Why a row was not taken back."""
    if not code:
        return ""
    return str(work.STAYS[code]) if code in work.STAYS else str(importer.reasons[code][1]) if code in importer.reasons else _("This row could not be taken back.")


def errors_of(db: Session, row: Any, actor: Actor) -> tuple[list[str], list[list[Any]]]:
    """The rows that were refused as they stood in the file, with the number and the reason of each."""
    importer = brought.importer_of(row.kind, actor)
    found = db.execute(select(_rows).where(_rows.c.file_id == row.id, _rows.c.what == "refused").order_by(_rows.c.row).limit(ERRORS)).all()
    heads = [head for head, _some in row.heads]
    named = [head or f"column {place}" for place, head in enumerate(heads, 1)]
    rows = [[*(note.told["raw"].get(name) or "" for name in named), note.row + _HEAD, reason_text(importer, note.reason, note.told["said"])] for note in found]
    return [*heads, _("Row"), _("Reason")], rows


def earlier(db: Session, actor: Actor, reader: Reader) -> list[dict[str, Any]]:
    """What was brought before, newest first."""
    importers = brought.importers_of(actor)
    joined = select(_files, _tasks.c.state.label("task_state"), _tasks.c.finished_at).outerjoin(_tasks, _tasks.c.id == _files.c.task_id)
    found = db.execute(joined.where(_files.c.kind.in_(list(importers))).order_by(_files.c.id.desc()).limit(_HISTORY)).all()
    return [
        {"id": row.id, "name": row.file_name, "kind": str(importers[row.kind].label), "at": fmt.datetime(row.created_at), "actor": row.actor,
         "state": _state(row), "can_undo": work.can_undo(row, importers[row.kind], reader.now),
         "until": fmt.datetime(until) if (until := work.undo_until(row)) else ""}
        for row in found
    ]  # fmt: skip


def _state(row: Any) -> str:
    counts = row_counts(row)
    if row.state == FileState.MATCHING:
        return _("columns not matched yet")
    if row.state == FileState.LOOKING:
        return _("preview, nothing is written")
    if row.state == FileState.UNDONE:
        return _("taken back")
    added = _("%(new)s new, %(changed)s changed", new=fmt.number(counts.get("new", 0)), changed=fmt.number(counts.get("changed", 0)))
    if row.state == FileState.WRITTEN:
        return added
    if row.state == FileState.UNDOING:
        return _("being taken back")
    return _("stopped: %(sofar)s", sofar=added) if brought.idle(row) else _("being written")
