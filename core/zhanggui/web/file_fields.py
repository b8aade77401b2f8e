"""Fields and columns of the kind ``file``: private files of a row, in forms, details, lists, REST and exports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict

from ..files.kinds import endings
from ..files.private import FileInfo, attach_private_file, check_file, infos, remove_private_files, save_private_file, url_for_private
from ..i18n.texts import gettext as _
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import NotFound
from .describe import Field, Screen
from .page import FormField
from .private_files import may_read, readable_file

_READ = "zhanggui_files_of_form"


def read_file(f: Field, form: MultiDict[str, str], files: MultiDict[str, FileStorage], actor: Actor, db: Session, typed: dict[str, Any]) -> str | None:
    """The id of the file that was sent, or of the one that stays.

    :raises ValueError: for an id that this actor may not see.
    :raises Invalid: for a file that this field does not take.
    """
    kept = form.get(f.name) or None
    typed[f.name] = kept
    upload = files.get(f"{f.name}__new")
    if upload is not None and upload.filename:
        kept = save_private_file(
            db, upload.stream, filename=upload.filename, actor=actor, now=clock.now(), kinds=f.accept, max_bytes=f.max_bytes
        ).id
    elif kept is not None:
        try:
            found = readable_file(db, kept, actor=actor)
        except NotFound:
            raise ValueError(_("Choose from the list.")) from None
        if not found.resource:  # it came by another way than this field
            check_file(found, f.accept, f.max_bytes)
    db.info.setdefault(_READ, {})[f.name] = kept
    return kept


def settle_files(db: Session, screen: Screen, row_id: Any, actor: Actor) -> None:
    """Give the row the files of the form that was read in this transaction; those that they replace go."""
    row = (screen.resource, row_id)
    for name, file_id in db.info.pop(_READ, {}).items():
        remove_private_files(db, row=row, field=name, but=[file_id] if file_id else [])
        if file_id and not infos(db, [file_id], clock.now())[file_id].resource:
            attach_private_file(db, file_id, row, field=name, actor=actor)


def present_file(f: Field, result: FormField, db: Session, typed_by: Actor | None) -> None:
    """What the input shows: the file that is there, and which kinds may be sent.

    :param typed_by: who typed what is shown, when it is not the row's own: an id may have been made up.
    """
    found = infos(db, [result.value], clock.now()).get(result.value) if result.value else None
    if found is not None and typed_by is not None and not may_read(db, typed_by, found):
        found = None
    result.accept = ",".join(endings(f.accept))
    result.file = (found.id, found.name, url_for_private(found.id)) if found else None


def files_of(db: Session, resource: str, row_ids: Collection[Any], file_ids: Collection[str]) -> dict[str, FileInfo]:
    """What a column shows: the files that belong to these rows, by id."""
    rows = {str(row_id) for row_id in row_ids}
    return {i: info for i, info in infos(db, file_ids, clock.now()).items() if info.resource == resource and info.row_id in rows}


def file_link(extra: Mapping[Any, FileInfo] | None) -> Callable[[Any, Any], Markup]:
    """Prints a file as a way to download it."""

    def show(value: Any, _row: Any) -> Markup:
        info = (extra or {}).get(value)
        return Markup('<a href="%s" download>%s</a>') % (url_for_private(info.id), info.name) if info else Markup("–")

    return show


def file_json(value: Any, extra: Mapping[Any, FileInfo] | None) -> dict[str, Any] | None:
    """A file for programs, with where it is downloaded."""
    info = (extra or {}).get(value)
    if info is None:
        return None
    return {"id": info.id, "name": info.name, "media_type": info.media_type, "size": info.size, "href": f"/api/v1/core/files/{info.id}"}


def file_names(values: Sequence[Any], extra: Mapping[Any, FileInfo] | None) -> list[str]:
    """Files for a spreadsheet: what they are called."""
    return [info.name if (info := (extra or {}).get(value)) else "" for value in values]
