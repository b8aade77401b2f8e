"""The file store: pictures in a folder of the instance, known by random ids."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..db.uow import after_commit
from ..kernel.actors import Actor
from ..kernel.errors import NotFound
from ..kernel.ids import public_id
from ..runtime import current_runtime
from .models import StoredFile
from .pictures import read_picture

SIZES = ("thumb", "full")
DRAFT = timedelta(days=1)


@dataclass(frozen=True)
class FileRef:
    """A stored file, by its id."""

    id: str


def path_of(file_id: str, size: str) -> Path:
    """Where the bytes of a size lie. ``file_id`` must come from the database or have been checked."""
    return current_runtime().data / "files" / file_id[:2] / f"{file_id}.{size}.webp"


def save_image(db: Session, stream: IO[bytes], *, filename: str, actor: Actor, now: datetime) -> FileRef:
    """Store a picture in two sizes. Its bytes are on disk before the row is committed.

    :raises Invalid: when it is no picture we take, or too large.
    """
    made = put_image(stream, filename=filename, now=now)
    keep_image(db, made)
    return FileRef(made["id"])


def put_image(stream: IO[bytes], *, filename: str, now: datetime) -> dict[str, Any]:
    """The bytes of a picture on the disk; answers its row, for :func:`keep_image`.

    :raises Invalid: when it is no picture we take, or too large.
    """
    picture = read_picture(stream)
    file_id = public_id()
    for size, data in (("full", picture.full), ("thumb", picture.thumb)):
        target = path_of(file_id, size)
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_suffix(".part")
        with scratch.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        scratch.replace(target)
    return {
        "id": file_id, "name": os.path.basename(filename)[-200:], "media_type": "image/webp", "size": len(picture.full),
        "digest": hashlib.sha256(picture.full).hexdigest(), "width": picture.width, "height": picture.height, "created_at": now,
    }  # fmt: skip


def keep_image(db: Session, made: Mapping[str, Any], *, draft: bool = False) -> None:
    """Write the row of a picture. A ``draft`` belongs to a form that was refused: it goes after a day, unless the form is saved."""
    db.add(StoredFile(**made, expires_at=made["created_at"] + DRAFT if draft else None))


def adopt_images(db: Session, file_ids: Collection[str]) -> None:
    """Keep for good what a form that is saved now holds."""
    drafts = update(StoredFile).where(StoredFile.id.in_(file_ids), StoredFile.expires_at.is_not(None))
    db.execute(drafts.values(expires_at=None).execution_options(synchronize_session=False))


def remove_drafts(db: Session, now: datetime, limit: int = 500) -> None:
    """Remove pictures of forms that nobody saved; their bytes go after the commit."""
    over = db.scalars(select(StoredFile.id).where(StoredFile.expires_at <= now).limit(limit)).all()
    db.execute(delete(StoredFile).where(StoredFile.id.in_(over)).execution_options(synchronize_session=False))

    def unlink() -> None:
        for file_id in over:
            for size in SIZES:
                path_of(file_id, size).unlink(missing_ok=True)

    after_commit(db, unlink)


def known(db: Session, file_ids: Collection[str]) -> set[str]:
    """Of these ids, those of stored files."""
    plain = [i for i in file_ids if i.isascii() and i.isalnum() and len(i) == 16]
    return set(db.scalars(select(StoredFile.id).where(StoredFile.id.in_(plain)))) if plain else set()


def url_for_file(file_id: str, size: str = "thumb") -> str:
    """The address of a picture: it never changes, so browsers keep it."""
    return f"/files/{file_id}/{size}"


def find(file_id: str, size: str) -> Path:
    """The file on disk.

    :raises NotFound: for an id or a size that there is not.
    """
    if size not in SIZES or not (file_id.isascii() and file_id.isalnum() and len(file_id) == 16):
        raise NotFound()
    path = path_of(file_id, size)
    if not path.is_file():
        raise NotFound()
    return path
