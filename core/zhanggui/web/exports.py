"""What a list holds, block by block for a file: as CSV, which the importer reads back, or as the cells of a workbook for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ..kernel.actors import Actor
from ..kernel.reader import Reader
from .cells import reader as value_reader
from .describe import Column, Screen
from .gateway import gateway
from .kinds import kind_of
from .kinds.kind import plain_text
from .query import ListQuery, visible_columns


def csv_rows(
    db: Session, screen: Screen, reader: Reader, query: ListQuery, *, currency: str
) -> Iterator[bytes]:
    """The header line, then blocks of lines. UTF-8 with a mark, so that spreadsheets read Chinese."""
    yield csv_title(screen, reader.actor)
    for cells, _last in cell_blocks(db, screen, reader, query, currency=currency):
        yield csv_lines(cells)


def csv_title(screen: Screen, actor: Actor) -> bytes:
    """The header line of an export."""
    return csv_head([c.name for c in exported_columns(screen, actor)])


def cell_blocks(
    db: Session, screen: Screen, reader: Reader, query: ListQuery, *, currency: str, after: Any = None, people: bool = False
) -> Iterator[tuple[list[tuple[Any, ...]], Any]]:
    """Blocks of rows of cells, each with the key of its last row.

    :param after: the key behind which it goes on.
    :param people: cells of a workbook instead of a CSV file, see ``Kind.sheet``.
    """
    columns, zone = exported_columns(screen, reader.actor), reader.zone
    ways = [kind.sheet if people else kind.csv for kind in (kind_of(c.kind) for c in columns)]
    for rows, extra in gateway.stream(db, screen, reader, query, after=after):
        # By columns, because what is the same for a whole column is decided once.
        stored = dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True))
        cells = [
            way(c, _values(c, rows, stored, extra.get(c.name), screen.key), rows, extra.get(c.name), zone, currency)
            for c, way in zip(columns, ways, strict=True)
        ]
        yield list(zip(*cells, strict=True)), getattr(rows[-1], screen.key)


def exported_columns(screen: Screen, actor: Actor) -> list[Column]:
    """What stands in a file for this actor."""
    return [c for c in visible_columns(screen, actor) if kind_of(c.kind).stored]


def _values(column: Column, rows: Sequence[Any], stored: Mapping[str, Sequence[Any]], extra: Any, key: str) -> Sequence[Any]:
    """One column of a block, as it is stored."""
    if column.value is None and column.load is None:
        return stored[column.name]
    return list(map(value_reader(column, extra, key), rows))


def csv_head(names: Sequence[str]) -> bytes:
    """The header line, behind the mark by which spreadsheets know UTF-8."""
    return "\ufeff".encode() + csv_lines([names])


def csv_values(rows: Sequence[Sequence[Any]], zone: ZoneInfo) -> bytes:
    """Lines of plain values; times are written in ``zone``."""
    return csv_lines([[plain_text(value, zone) for value in row] for row in rows])


def csv_lines(rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows of cells as lines."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
