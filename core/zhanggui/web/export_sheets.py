"""A list as a workbook for people: its heads and words in their language, with a sheet that says what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy.orm import Session

from ..i18n.texts import gettext as _
from ..kernel.reader import Reader
from ..papers.sheets import Sheet
from .describe import Screen
from .exports import cell_blocks, exported_columns
from .kinds import filter_kind
from .query import ListQuery, visible_filters

_MARKS = {"t": datetime.fromisoformat, "d": date.fromisoformat, "n": Decimal}


def write_workbook(out: IO[bytes], db: Session, screen: Screen, reader: Reader, query: ListQuery, *, currency: str) -> None:
    """A short list in one go.

    :raises Invalid: when it has more rows than a workbook holds.
    """
    with _sheet(out, db, screen, reader, query) as sheet:
        for cells, _last in cell_blocks(db, screen, reader, query, currency=currency, people=True):
            sheet.add(cells)


def cell_lines(cells: Iterable[Sequence[Any]]) -> bytes:
    """Rows of cells as they wait in a file, until all of them are there: a workbook cannot be written on later."""
    return b"".join(json.dumps(row, ensure_ascii=False, default=_marked).encode() + b"\n" for row in cells)


def lines_to_workbook(file: IO[bytes], db: Session, screen: Screen, reader: Reader, query: ListQuery) -> None:
    """Put the workbook in the place of the lines that wait in ``file``."""
    lines_of(file, lambda out: _sheet(out, db, screen, reader, query))


def lines_of(file: IO[bytes], sheet_on: Callable[[IO[bytes]], Sheet]) -> None:
    """Put a workbook of the lines that wait in ``file`` in their place."""
    with TemporaryFile() as made:
        file.seek(0)
        with sheet_on(made) as sheet:
            sheet.add(json.loads(line, object_hook=_unmarked) for line in file)
        file.seek(0)
        file.truncate()
        made.seek(0)
        while block := made.read(1 << 20):
            file.write(block)


def _sheet(out: IO[bytes], db: Session, screen: Screen, reader: Reader, query: ListQuery) -> Sheet:
    heads = [str(c.label) for c in exported_columns(screen, reader.actor)]
    return Sheet(out, title=str(screen.title), heads=heads, zone=reader.zone, about=_about(db, screen, reader, query))


def _about(db: Session, screen: Screen, reader: Reader, query: ListQuery) -> list[tuple[str, str]]:
    at = f"{reader.now.astimezone(reader.zone):%Y-%m-%d %H:%M} ({reader.zone.key})"
    about = [(_("List"), str(screen.title)), (_("Exported by"), reader.actor.name), (_("Exported at"), at)]
    for f in visible_filters(screen, reader.actor):
        if f.name in query.filters:
            kind, ranged = filter_kind(f.kind)
            low, high = (query.raw.get(f"{f.name}_{end}", "") or "…" for end in ("from", "to"))
            about.append((str(f.label), f"{low} – {high}" if ranged else kind.words(f, query.filters[f.name], db)))
    # What was searched for can be a phone: the file goes further than the list did.
    return [*about, *([(_("Search"), _("yes"))] if query.q else [])]


def _marked(value: Any) -> Mapping[str, str]:
    if isinstance(value, Decimal):
        return {"n": str(value)}
    return {"t" if isinstance(value, datetime) else "d": value.isoformat()}


def _unmarked(pair: Mapping[str, str]) -> Any:
    ((mark, text),) = pair.items()
    return _MARKS[mark](text)
