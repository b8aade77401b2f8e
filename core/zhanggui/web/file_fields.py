"""Private files of a form: which may stand in a field, and how those of a form that was read come to belong to its row."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from ..files.private import FileInfo, attach_private_file, check_file, infos, remove_private_files
from ..i18n.texts import gettext as _
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import NotFound
from .describe import Field, Screen
from .private_files import readable_file

_READ = "zhanggui_files_of_form"


def read_file(db: Session, f: Field, file_id: str, actor: Actor) -> None:
    """That a file may stay in a field, or come into it.

    :raises ValueError: for an id that this actor may not see.
    :raises Invalid: for a file that this field does not take.
    """
    try:
        found = readable_file(db, file_id, actor=actor)
    except NotFound:
        raise ValueError(_("Choose from the list.")) from None
    if not found.resource:  # it came by another way than this field
        check_file(found, f.accept, f.max_bytes)


def keep(db: Session, name: str, file_id: str | None) -> None:
    """Remember what a field of the form that is read in this transaction holds, for :func:`settle_files`."""
    db.info.setdefault(_READ, {})[name] = file_id


def settle_files(db: Session, screen: Screen, row_id: Any, actor: Actor) -> None:
    """Give the row the files of the form that was read in this transaction; those that they replace go."""
    row = (screen.resource, row_id)
    for name, file_id in db.info.pop(_READ, {}).items():
        remove_private_files(db, row=row, field=name, but=[file_id] if file_id else [])
        if file_id and not infos(db, [file_id], clock.now())[file_id].resource:
            attach_private_file(db, file_id, row, field=name, actor=actor)


def files_of(db: Session, resource: str, row_ids: Collection[Any], file_ids: Collection[str]) -> dict[str, FileInfo]:
    """What a column shows: the files that belong to these rows, by id."""
    rows = {str(row_id) for row_id in row_ids}
    return {i: info for i, info in infos(db, file_ids, clock.now()).items() if info.resource == resource and info.row_id in rows}
