"""The kind of private files: one belongs to its row, and whoever may see that downloads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from ...kernel import clock
from ...kernel.spreadsheets import harmless
from ..describe import Field
from .kind import Kind, Posted, Show

_NONE = Markup("–")


class PrivateFile(Kind):
    """A private file, by its id: a text of 24 characters. A column says what it is called and where it is downloaded."""

    name = "file"
    sent_as = (str,)
    control = "file"
    wide = True
    upload = True
    looks_up = True
    longest = 24
    types = (str,)

    def look_up(self, db: Any, reader: Any, column: Any, screen: Any, ids: Collection[Any], values: Collection[Any]) -> Mapping[Any, Any]:
        """The files that belong to these rows, by id."""
        from ..file_fields import files_of

        return files_of(db, screen.resource, ids, values)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """A way to download it."""
        from ...files.private import url_for_private

        files = extra or {}

        def show(value: Any, _row: Any) -> Markup:
            info = files.get(value)
            return Markup('<a href="%s" download>%s</a>') % (url_for_private(info.id), info.name) if info else _NONE

        return show

    def csv(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """What it is called."""
        return [harmless(name) for name in self.sheet(column, values, rows, extra, zone, currency)]

    def sheet(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """What it is called."""
        files = extra or {}
        return [info.name if (info := files.get(value)) else "" for value in values]

    def dumper(self, column: Any, read: Callable[[Any], Any], extra: Mapping[Any, Any], currency: str) -> Callable[[Any], Any]:
        """With what it is called and where it is downloaded."""
        files = extra

        def get(row: Any) -> Any:
            info = files.get(read(row))
            if info is None:
                return None
            return {"id": info.id, "name": info.name, "media_type": info.media_type, "size": info.size, "href": f"/api/v1/core/files/{info.id}"}

        return get

    def schema(self, thing: Any) -> dict[str, Any]:
        """Answered with its name, sent as the id that bringing it gave."""
        if isinstance(thing, Field):
            return {"type": "string", **self.room(thing)}
        texts = {name: {"type": "string"} for name in ("id", "name", "media_type", "href")}
        return {"type": "object", "required": [*texts, "size"], "properties": {**texts, "size": {"type": "integer"}}}

    def read(self, f: Any, name: str, posted: Posted) -> Any:
        """The id of the file that was sent, stored in this transaction, or of the one that stays."""
        from ..file_fields import keep, read_file

        kept = posted.form.get(name) or None
        posted.typed[name] = kept
        upload = posted.files.get(f"{name}__new")
        if upload is not None and upload.filename:
            from ...files.private import keep_loose, save_private_file

            sent = save_private_file(
                posted.db, upload.stream, filename=upload.filename, actor=posted.context.actor, now=clock.now(), kinds=f.accept,
                max_bytes=f.max_bytes,
            )  # fmt: skip
            posted.typed[name] = kept = sent.id
            posted.drafts.append(partial(keep_loose, info=sent, now=posted.context.now))
        elif kept is not None:
            read_file(posted.db, f, kept, posted.context.actor)
        keep(posted.db, name, kept)
        return kept

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """The id of a file that this actor may see."""
        from ..file_fields import read_file

        read_file(posted.db, f, text, posted.context.actor)
        return text

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """With the file that is there, and which kinds may be sent. An id that was typed may have been made up."""
        from ...files.kinds import endings
        from ...files.private import infos, url_for_private
        from ..private_files import may_read

        found = infos(posted.db, [value], clock.now()).get(value) if value else None
        if found is not None and typed and not may_read(posted.db, posted.context.actor, found):
            found = None
        shown.accept = ",".join(endings(f.accept))
        shown.file = (found.id, found.name, url_for_private(found.id)) if found else None


KINDS = (PrivateFile(),)
