"""Rows of a file as text, one at a time: CSV, XLSX, Parquet."""

from __future__ import annotations

import codecs
import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from ..kernel.spreadsheets import as_meant

Row = Sequence[str | None]
_DELIMITERS = ",;\t|"
_BLOCK = 1 << 20
_BATCH = 8192


@dataclass(frozen=True)
class Table:
    """A file that can be read: its columns, and (where the format tells) how many rows there are."""

    path: Path
    columns: Sequence[str]
    rows_expected: int | None
    kind: str  # csv | xlsx | parquet
    encoding: str = ""
    delimiter: str = ""

    def rows(self) -> Iterator[Row]:
        """Every row below the header; empty ones are left out.

        :raises Invalid: where the file is damaged, naming the place.
        """
        reader = {"csv": _csv_rows, "xlsx": _xlsx_rows, "parquet": _parquet_rows}[self.kind]
        for row in reader(self):
            if any(value is not None for value in row):
                yield row


def open_table(path: Path) -> Table:
    """Look at a file: its kind by its ending, its columns by its header.

    :raises Invalid: when it cannot be read, or has no header.
    """
    kind = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}.get(path.suffix.lower())
    if kind is None:
        raise Invalid(_l("%(name)s: only CSV, XLSX and Parquet files can be read.", name=path.name))
    table = {"csv": _open_csv, "xlsx": _open_xlsx, "parquet": _open_parquet}[kind](path)
    if not any(table.columns):
        raise Invalid(_l("%(name)s has no header row.", name=path.name))
    return table


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


# -- CSV ------------------------------------------------------------------------------------------


def _open_csv(path: Path) -> Table:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as lines:
        sample = lines.read(_BLOCK // 16)
    delimiter = _delimiter(sample)
    with path.open(encoding=encoding, newline="") as lines:
        header = next(csv.reader(lines, delimiter=delimiter), [])
    return Table(path, [name.strip() for name in header], None, "csv", encoding, delimiter)


def _encoding(path: Path) -> str:
    """UTF-8 if every byte of the file is; else GB 18030, which the programs of Chinese shops write."""
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Invalid(_l("%(name)s is neither UTF-8 nor GB 18030.", name=path.name))


def _delimiter(sample: str) -> str:
    """The sign that cuts the first rows into the most columns, equally many in each."""
    best, score = ",", (0, 0)
    for sign in _DELIMITERS:
        widths = [len(row) for row, _n in zip(csv.reader(sample.splitlines(keepends=True), delimiter=sign), range(20), strict=False)]
        if widths and (found := (widths.count(widths[0]) if widths[0] > 1 else 0, widths[0])) > score:
            best, score = sign, found
    return best


def _csv_rows(table: Table) -> Iterator[Row]:
    with table.path.open(encoding=table.encoding, newline="") as lines:
        reader = csv.reader(lines, delimiter=table.delimiter)
        next(reader, None)
        try:
            for row in reader:
                yield [plain(value) for value in row]
        except csv.Error as error:
            raise Invalid(_l("Line %(line)s cannot be read: %(error)s", line=reader.line_num, error=str(error))) from error


# -- XLSX -----------------------------------------------------------------------------------------


def _sheet(path: Path) -> Any:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # a damaged archive shows in many kinds of exceptions
        raise Invalid(_l("%(name)s is no workbook that can be read.", name=path.name)) from error
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # programs that write in one pass say "A1" and mean all
    return book, sheet


def _open_xlsx(path: Path) -> Table:
    book, sheet = _sheet(path)
    header = next(sheet.iter_rows(values_only=True), ())
    expected = sheet.max_row - 1 if sheet.max_row else None
    book.close()
    return Table(path, [plain(name) or "" for name in header], expected, "xlsx")


def _xlsx_rows(table: Table) -> Iterator[Row]:
    book, sheet = _sheet(table.path)
    try:
        for row in sheet.iter_rows(min_row=2, values_only=True):
            yield [plain(value) for value in row]
    finally:
        book.close()


# -- Parquet --------------------------------------------------------------------------------------


def _parquet(path: Path) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise Invalid(_l("%(name)s is no Parquet file that can be read.", name=path.name)) from error


def _open_parquet(path: Path) -> Table:
    file = _parquet(path)
    return Table(path, list(file.schema_arrow.names), file.metadata.num_rows, "parquet")


def _parquet_rows(table: Table) -> Iterator[Row]:
    for batch in _parquet(table.path).iter_batches(batch_size=_BATCH):
        columns = [[plain(value) for value in column.to_pylist()] for column in batch.columns]
        yield from zip(*columns, strict=True)
