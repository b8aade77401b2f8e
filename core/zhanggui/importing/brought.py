"""Files that people bring on the screen: looked at, matched, tried, written, taken back."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.orm import Session

from .. import audit
from ..config.days import shop_zone
from ..db.uow import reading
from ..files import private
from ..host import current_host
from ..host.declare import Importer
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import Forbidden, IllegalMove, Invalid, NotFound
from ..kernel.ids import public_id
from ..runtime import current_runtime
from ..tasks.models import Task
from ..tasks.states import ENDED
from .contracts import ImportRun
from .mapping import guess, normal
from .models import ImportFile, ImportFileRow, ImportMatching
from .reader import Table, open_table
from .runner import DEFAULT_SOURCE, Job
from .states import FileState, before

RESOURCE = "core.ImportFile"
KINDS = ("xlsx", "csv")
KEEP = timedelta(days=2)  # a file that nobody goes on with
WORKED_ON = timedelta(days=7)  # the longest that one lies where its task stopped
UNDO = timedelta(days=1)
SAMPLES = 3
_SAMPLE = 60  # characters
_COUNTING = 2.0  # seconds that somebody waits for the number of rows
_files: Any = ImportFile.__table__
_matching: Any = ImportMatching.__table__
_tasks: Any = Task.__table__
c = _files.c


@dataclass(frozen=True)
class Glance:
    """What a file holds, at first sight."""

    heads: Sequence[tuple[str, Sequence[str]]]  # of each column: its head, some values
    rows: int | None


def importers_of(actor: Actor) -> dict[str, Importer]:
    """The kinds that somebody may bring, as they stand on the screen."""
    return {i.kind: i for i in current_host().every("importers") if actor.may(*i.permission)}


def importer_of(kind: str, actor: Actor) -> Importer:
    """:raises Forbidden: when the actor may not bring this kind, or its plugin is off."""
    found = importers_of(actor).get(kind)
    if found is None:
        raise Forbidden()
    return found


def fields_of(importer: Importer, actor: Actor) -> list[str]:
    """The fields that somebody may fill: who may not see one does not change it."""
    return [name for name in importer.columns if name not in importer.rights or actor.may(*importer.rights[name])]


def glance(stream: IO[bytes], filename: str) -> Glance:
    """Read the head and some rows of a file; the stream is at its beginning again.

    :raises Invalid: when it cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _plain(filename)
        with path.open("wb") as out:
            shutil.copyfileobj(stream, out)
        stream.seek(0)
        table = open_table(path)
        samples: list[list[str]] = [[] for _head in table.columns]
        rows: int | None = 0
        stop = time.monotonic() + _COUNTING
        for number, row in enumerate(table.rows(), 1):
            for place, value in enumerate(row[: len(samples)]):
                if value and len(samples[place]) < SAMPLES and value[:_SAMPLE] not in samples[place]:
                    samples[place].append(value[:_SAMPLE])
            rows = number
            if number % 200 == 0 and time.monotonic() > stop:
                rows = None
                break
    if rows == 0:
        raise Invalid(_l("%(name)s has no rows below its head.", name=filename))
    return Glance([(head[:200], some) for head, some in zip(table.columns, samples, strict=True)], rows)


def bring(db: Session, stream: IO[bytes], seen: Glance, *, filename: str, kind: str, actor: Actor, now: datetime) -> int:
    """Take a file in, its columns matched as it seems; answers its id.

    :raises Forbidden: when the actor may not bring this kind.
    """
    importer = importer_of(kind, actor)
    places = guess(importer, [head for head, _some in seen.heads], kept_matching(db, kind), fields_of(importer, actor))
    values = {
        "kind": kind, "state": FileState.MATCHING, "file_name": filename[-200:], "heads": [[head, list(some)] for head, some in seen.heads],
        "rows": seen.rows, "mapping": places, "counts": {}, "zone": shop_zone().key, "user_id": private.owner_id(actor), "actor": actor.name[:128],
        "created_at": now, "expires_at": now + KEEP,
    }  # fmt: skip
    file_id: int = db.execute(insert(_files).values(**values).returning(c.id)).scalar_one()
    kept = private.save_private_file(db, stream, filename=filename, actor=actor, now=now, row=(RESOURCE, file_id), kinds=KINDS)
    db.execute(update(_files).where(c.id == file_id).values(file_id=kept.id))
    return file_id


def kept_matching(db: Session, kind: str) -> dict[str, str]:
    """Fields by the normal form of the heads that were confirmed for a kind."""
    found: dict[str, str] | None = db.scalar(select(_matching.c.fields).where(_matching.c.kind == kind))
    return found or {}


def file_row(db: Session, file_id: int, actor: Actor) -> Any:
    """A file with the state of its task, for who may bring its kind.

    :raises NotFound: when there is none, or it is not for this actor.
    """
    joined = select(_files, _tasks.c.state.label("task_state"), _tasks.c.finished_at, _tasks.c.place, _tasks.c.sentence, _tasks.c.started_at)
    row = db.execute(joined.outerjoin(_tasks, _tasks.c.id == c.task_id).where(c.id == file_id)).first()
    if row is None or row.kind not in importers_of(actor):
        raise NotFound()
    return row


def match_columns(db: Session, file_id: int, places: Mapping[str, int], *, actor: Actor, now: datetime) -> None:
    """Say which column is which field, for this file and for the next ones of its kind; what was found out before is void.

    :raises Invalid: naming the field that is needed, or that two columns are for.
    """
    row = file_row(db, file_id, actor)
    importer, width = importer_of(row.kind, actor), len(row.heads)
    if any(name not in fields_of(importer, actor) or not 0 <= place < width for name, place in places.items()):
        raise Invalid(_l("Choose from the list."))
    missing = [str(importer.labels.get(name, name)) for name in importer.required if name not in places]
    if missing:
        raise Invalid(_l("No column is for %(fields)s. Choose one: without it no row can be taken.", fields=", ".join(missing)))
    _move(db, file_id, FileState.LOOKING, mapping=dict(places), counts={}, expires_at=now + WORKED_ON)
    fields = {place: name for name, place in places.items()}
    said = {normal(head): fields.get(place, "") for place, (head, _some) in enumerate(row.heads) if head}
    keep = {"fields": kept_matching(db, row.kind) | said, "changed_at": now}
    if not _changed(db, update(_matching).where(_matching.c.kind == row.kind).values(**keep)):
        db.execute(insert(_matching).values(kind=row.kind, **keep))


def move(db: Session, file_id: int, state: FileState, **values: Any) -> None:
    """Bring a file into another state.

    :raises IllegalMove: from where it stands it does not come there.
    """
    _move(db, file_id, state, **values)


def _move(db: Session, file_id: int, state: FileState, **values: Any) -> None:
    if not _changed(db, update(_files).where(c.id == file_id, c.state.in_(before(state))).values(state=state, **values)):
        raise IllegalMove(_l("This import has moved on meanwhile. Look at it again."))


def idle(row: Any) -> bool:
    """Whether no task works on a file."""
    return row.task_state is None or row.task_state in ENDED


@contextmanager
def job_of(file_id: int, actor: Actor, now: datetime) -> Iterator[tuple[Any, Job]]:
    """A file as the importer reads it: its row and its job, for as long as it is open.

    :raises NotFound: when the file was swept away.
    :raises Forbidden: when the rights are gone by now.
    """
    with reading() as db:
        row = file_row(db, file_id, actor)
        info = private.find_private_file(db, row.file_id or "", now)
    importer = importer_of(row.kind, actor)
    if not set(row.mapping) <= set(fields_of(importer, actor)):
        raise Forbidden()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _plain(info.name)  # by its own name, which refusals say, and whose ending says what it is
        path.symlink_to(info.path.resolve())
        table: Table = open_table(path)
        run = ImportRun(DEFAULT_SOURCE, public_id(), ZoneInfo(row.zone), current_runtime().config["instance.currency"], actor, now)
        yield row, Job(importer, table, dict(row.mapping), run, hashlib.sha256(info.digest.encode()).hexdigest())


def _plain(filename: str) -> str:
    """A name that a file may have."""
    name = os.path.basename(filename.replace("\\", "/")).replace("\0", "")[-120:]
    return name if name.strip(". ") else "file"


def forget_old(db: Session, now: datetime, limit: int = 50) -> None:
    """Sweep up the bytes and rows of files whose time is over; the line that says what was brought stays."""
    over = db.scalars(select(c.id).where(c.expires_at < now, c.file_id.is_not(None)).limit(limit)).all()
    for file_id in over:
        private.remove_private_files(db, row=(RESOURCE, file_id))
    db.execute(delete(ImportFileRow.__table__).where(ImportFileRow.__table__.c.file_id.in_(over)))
    db.execute(update(_files).where(c.id.in_(over)).values(file_id=None, heads=[]))


def forget_person(db: Session, person: tuple[str, Any]) -> None:
    """Take away the notes about rows that an import wrote for a person who is erased. They cannot be taken back then."""
    kinds = [i.kind for i in current_host().every("importers") if i.permission[1] == person[0]]
    of_kind = select(c.id).where(c.kind.in_(kinds))
    rows = ImportFileRow.__table__
    if kinds and str(person[1]).isdecimal():
        db.execute(delete(rows).where(rows.c.target == int(person[1]), rows.c.file_id.in_(of_kind)))


def record(db: Session, action: str, row: Any, *, actor: Actor, now: datetime, after: Mapping[str, Any]) -> None:
    """Leave in the trail what was done with a file."""
    audit.record(db, action, target=(RESOURCE, row.id), label=row.file_name, actor=actor, now=now, after={"kind": row.kind, **after})


def _changed(db: Session, statement: Any) -> bool:
    done: CursorResult[Any] = db.execute(statement)  # type: ignore[assignment] # an update answers a cursor
    return bool(done.rowcount)
