"""Private files: they belong to a row or a task, and only who may see that gets them (``web.private_files`` asks).

Their bytes lie under ``files/private`` of the instance, by a random id. Bytes without a row, of a transaction that
was rolled back or of a process that was killed, are swept up after a day.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import CursorResult, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from ..db.uow import after_commit
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import Invalid, NotFound
from ..kernel.ids import public_id
from ..runtime import current_runtime
from .kinds import DOCUMENTS, HEAD, KINDS, MAX_BYTES, media_type, not_among
from .models import PrivateFile

LOOSE = timedelta(days=1)  # how long a file waits to be attached
_BLOCK = 1 << 16
_LONGEST_NAME = 200
c = PrivateFile.__table__.c


@dataclass(frozen=True)
class FileInfo:
    """What is known of a private file. ``resource`` and ``row_id`` are empty until it is attached; ``size`` is in bytes."""

    id: str
    name: str
    media_type: str
    size: int
    digest: str
    resource: str
    row_id: str
    field: str
    user_id: int | None

    @property
    def path(self) -> Path:
        """Where its bytes lie."""
        return path_of(self.id)


def path_of(file_id: str) -> Path:
    """Where the bytes of an id of ours lie."""
    return _folder() / file_id[:2] / file_id


def _folder() -> Path:
    return current_runtime().data / "files" / "private"


def new_path() -> tuple[str, Path]:
    """A new id, and where its bytes may be written."""
    file_id = public_id(24)
    path = path_of(file_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    return file_id, path


def url_for_private(file_id: str) -> str:
    """Where a file is downloaded by who may see its row."""
    return f"/private-files/{file_id}"


def owner_id(actor: Actor) -> int | None:
    """The user behind an actor, if it is one."""
    return actor.id if actor.kind in ("user", "token") else None


def save_private_file(
    db: Session, stream: IO[bytes], *, filename: str, actor: Actor, now: datetime, row: tuple[str, Any] | None = None, field: str = "",
    kinds: Collection[str] = DOCUMENTS, max_bytes: int = MAX_BYTES, expires_at: datetime | None = None,
) -> FileInfo:  # fmt: skip
    """Store a file. Its bytes are on disk before the row is committed.

    :param row: what it belongs to, as ``("orders.Order", 12)``; without one it waits for :func:`attach_private_file`,
        for a day, and is meanwhile seen by ``actor`` alone.
    :param field: name of the field or column whose permission counts beside the row's.
    :raises Invalid: when it is larger than ``max_bytes``, empty, or none of ``kinds``.
    """
    head = stream.read(HEAD)
    if not head:
        raise Invalid(_l("This file is empty."))
    kind = media_type(filename, head, kinds)
    file_id, path = new_path()
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as out:
            block = head
            while block:
                size += len(block)
                if size > max_bytes:
                    raise _too_large(max_bytes)
                if kind.startswith("text/") and b"\0" in block:
                    raise Invalid(_l("This file is no text."))
                digest.update(block)
                out.write(block)
                block = stream.read(_BLOCK)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    resource, row_id = (row[0], str(row[1])) if row is not None else ("", "")
    return keep(db, file_id, filename=filename, media_type=kind, size=size, digest=digest.hexdigest(), resource=resource, row_id=row_id,
                field=field, user_id=owner_id(actor), now=now, expires_at=expires_at)  # fmt: skip


def check_file(file: FileInfo, kinds: Collection[str], max_bytes: int) -> None:
    """Whether a file that is there already would have been taken.

    :raises Invalid: when it is larger, or of another kind.
    """
    if file.size > max_bytes:
        raise _too_large(max_bytes)
    if file.media_type not in {KINDS[kind].media_type for kind in kinds}:
        raise not_among(kinds)


def _too_large(max_bytes: int) -> Invalid:
    return Invalid(_l("A file may have at most %(size)s MB."), size=f"{max_bytes / 1024 / 1024:.3g}")


def keep(
    db: Session, file_id: str, *, filename: str, media_type: str, size: int, digest: str, resource: str, row_id: str, field: str,
    user_id: int | None, now: datetime, expires_at: datetime | None,
) -> FileInfo:  # fmt: skip
    """The row of bytes that lie there already."""
    name = "".join(ch for ch in os.path.basename(filename.replace("\\", "/")) if ch.isprintable())[-_LONGEST_NAME:]
    db.add(
        PrivateFile(
            id=file_id, resource=resource, row_id=row_id, field=field, name=name, media_type=media_type, size=size, digest=digest,
            user_id=user_id, created_at=now, expires_at=expires_at,
        )
    )  # fmt: skip
    db.flush()
    return FileInfo(file_id, name, media_type, size, digest, resource, row_id, field, user_id)


def keep_loose(db: Session, info: FileInfo, now: datetime) -> None:
    """Write the row of a file that was sent with a form that was refused: it waits to be attached, for whoever sent it."""
    keep(db, info.id, filename=info.name, media_type=info.media_type, size=info.size, digest=info.digest, resource="", row_id="", field="",
         user_id=info.user_id, now=now, expires_at=None)  # fmt: skip


def attach_private_file(db: Session, file_id: str, row: tuple[str, Any], *, field: str = "", actor: Actor) -> None:
    """Give a file that ``actor`` brought to the row it belongs to. One that belongs to a row already stays there.

    :raises NotFound: for a file that is not waiting, or that somebody else brought.
    """
    mine = c.user_id.is_(None) if owner_id(actor) is None else c.user_id == owner_id(actor)
    loose = update(PrivateFile.__table__).where(c.id == file_id, c.resource == "", mine)
    done: CursorResult[Any] = db.execute(loose.values(resource=row[0], row_id=str(row[1]), field=field))  # type: ignore[assignment] # an update answers a cursor
    if done.rowcount == 0:
        raise NotFound()


def find_private_file(db: Session, file_id: str, now: datetime) -> FileInfo:
    """A file by its id, whoever asks: only for what has asked for the right already.

    :raises NotFound: when there is none, or its time is over.
    """
    found = infos(db, [file_id], now).get(file_id)
    if found is None:
        raise NotFound()
    return found


def infos(db: Session, file_ids: Collection[str], now: datetime) -> dict[str, FileInfo]:
    """What is known of these files, by id; those whose time is over are left out. One query."""
    if not file_ids:
        return {}
    names = [column for column in c if column.name not in ("created_at", "expires_at")]
    rows = db.execute(select(*names).where(c.id.in_(file_ids), or_(c.expires_at.is_(None), c.expires_at > now)))
    return {r.id: FileInfo(r.id, r.name or "", r.media_type, r.size, r.digest, r.resource, r.row_id, r.field, r.user_id) for r in rows}


def remove_private_files(db: Session, *, row: tuple[str, Any], field: str | None = None, but: Collection[str] = ()) -> int:
    """Remove the files of a row, or those of one field of it, all ``but`` some. Their bytes go after the commit. Answers how many."""
    mine = select(c.id).where(c.resource == row[0], c.row_id == str(row[1]), c.id.not_in(but))
    return _remove(db, db.scalars(mine if field is None else mine.where(c.field == field)).all())


def _remove(db: Session, file_ids: Iterable[str]) -> int:
    gone = list(file_ids)
    if gone:
        db.execute(delete(PrivateFile.__table__).where(c.id.in_(gone)))
        after_commit(db, lambda: unlink(gone))
    return len(gone)


def unlink(file_ids: Iterable[str]) -> None:
    """Take the bytes away."""
    for file_id in file_ids:
        path_of(file_id).unlink(missing_ok=True)


def remove_ended(db: Session, now: datetime, limit: int = 500) -> int:
    """Remove files whose time is over, and those that nobody attached for a day."""
    over = or_(c.expires_at <= now, and_(c.resource == "", c.created_at < now - LOOSE))
    return _remove(db, db.scalars(select(c.id).where(over).limit(limit)).all())


def sweep(db: Session, but: Collection[str] = ()) -> int:
    """Take away bytes that have no row and were not written to for a day: of what was rolled back, or killed. Answers how many.

    It writes nothing to the database. :param but: ids of what is still being written.
    """
    young, gone = time.time() - LOOSE.total_seconds(), 0
    for folder in sorted(_folder().iterdir()) if _folder().is_dir() else ():
        old = [path.name for path in folder.iterdir() if path.stat().st_mtime < young]
        for start in range(0, len(old), 500):
            names = old[start : start + 500]
            lost = set(names) - set(db.scalars(select(c.id).where(c.id.in_(names)))) - set(but)
            unlink(lost)
            gone += len(lost)
    return gone
