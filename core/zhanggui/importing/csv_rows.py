"""Rows of a CSV file, whatever its encoding and its delimiter."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from .limits import MAX_CELL, MAX_ROW, too_long

if TYPE_CHECKING:
    from .reader import Table

_DELIMITERS = ",;\t|"
_BLOCK = 1 << 20
_SAMPLE = 1 << 16

# The module's own limit (131,072) is met by descriptions with pictures in them.
csv.field_size_limit(MAX_CELL)


def open(path: Path) -> tuple[list[str], int | None, dict[str, Any]]:
    """The header, and how the file is written."""
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE)
    how = {"encoding": encoding, "delimiter": _delimiter(sample)}
    return next(_rows(path, how), []), None, how


def rows(table: Table) -> Iterator[list[str]]:
    """Every row below the header."""
    found = _rows(table.path, table.how)
    next(found, None)
    return found


def _rows(path: Path, how: dict[str, Any]) -> Iterator[list[str]]:
    with path.open(encoding=how["encoding"], newline="") as file:
        number, taken = 1, 0

        def lines() -> Iterator[str]:
            nonlocal taken
            # A line, and a row of many lines, may never end: nothing longer than a row is ever in memory.
            while line := file.readline(MAX_ROW + 1):
                taken += len(line)
                if taken > MAX_ROW:
                    raise too_long(path.name, number)
                yield line

        reader = csv.reader(lines(), delimiter=how["delimiter"])
        try:
            for row in reader:
                yield row
                number, taken = number + 1, 0
        except csv.Error as error:  # the one that this reader meets: a cell beyond MAX_CELL
            raise Invalid(_l("%(name)s: line %(line)s has a cell of more than %(limit)s characters.",
                             name=path.name, line=reader.line_num, limit=MAX_CELL)) from error  # fmt: skip


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
