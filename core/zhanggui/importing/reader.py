"""Rows of a file as text, one at a time: CSV, XLSX, Parquet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from ..kernel.spreadsheets import as_meant
from .limits import MAX_COLUMNS, Budget

Row = Sequence[str | None]
_KINDS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}


@dataclass(frozen=True)
class Table:
    """A file that can be read: its columns, and (where the format tells) how many rows there are."""

    path: Path
    columns: Sequence[str]
    rows_expected: int | None
    kind: str  # csv | xlsx | parquet
    how: dict[str, Any] = field(default_factory=dict)  # what the reader of this kind found out when it opened the file

    def rows(self) -> Iterator[Row]:
        """Every row below the header; empty ones are left out.

        :raises Invalid: where the file is damaged or too large for its own size, naming the place.
        """
        budget = Budget(self.path, self.kind)
        for number, raw in enumerate(_reader(self.kind).rows(self), 1):
            if len(raw) > MAX_COLUMNS:
                budget.take(number, len(raw), 0)
            row = [plain(value) for value in raw]
            budget.take(number, len(row), sum([len(value) for value in row if value is not None]))
            if any(value is not None for value in row):
                yield row


def open_table(path: Path) -> Table:
    """Look at a file: its kind by its ending, its columns by its header.

    :raises Invalid: when it cannot be read, or has no header.
    """
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise Invalid(_l("%(name)s: only CSV, XLSX and Parquet files can be read.", name=path.name))
    header, expected, how = _reader(kind).open(path)
    Budget(path, kind).take(0, len(header), 0)
    names = [plain(name) or "" for name in header]
    if not any(names):
        raise Invalid(_l("%(name)s has no header row.", name=path.name))
    return Table(path, names, expected, kind, how)


def _reader(kind: str) -> Any:
    from . import csv_rows, parquet_rows, xlsx_rows

    return {"csv": csv_rows, "xlsx": xlsx_rows, "parquet": parquet_rows}[kind]


def plain(value: Any) -> str | None:
    """A cell as text: exact, without the ``.0`` that spreadsheets give to whole numbers; None when empty."""
    if value is None:
        return None
    if isinstance(value, str):
        # No database takes a NUL inside text; old programs pad with them.
        return as_meant(value.replace("\0", "").strip()) or None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else None
    return str(value)
