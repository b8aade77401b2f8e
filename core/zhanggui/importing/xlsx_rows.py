"""Rows of the first sheet of a workbook, read as a stream.

The library knows what a cell means. What it does not do is to let go of what it has read, or to leave unread
what nobody asked for: it takes every text of the workbook, every style and every row element into memory, and a
file of one megabyte can hold gigabytes of them. So the parts are walked here, with an eye on their size.
"""

from __future__ import annotations

import array
import os
import posixpath
import re
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from .limits import CELLS_PER_BYTE, FREE_CELLS, FREE_TEXT, MAX_COLUMNS, MAX_RATIO, MAX_ROW, unpacks_too_far

if TYPE_CHECKING:
    from .reader import Table

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_RID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DIRECTORY = 1 << 20  # bytes: the list of 15,000 members; a workbook has a dozen, and one for each of its pictures
_DEPTH = 32
_BLOCK = 1 << 18
_SHORT = 1000  # bytes: such texts are kept for the next cell that has the same
_PIECE = 4 * MAX_ROW  # bytes between one row and the next
_INSIDE = 40_000  # elements of one row or one text: programs write every formatted cell of a row, 16,384 of them
_DAMAGE = (zipfile.BadZipFile, zlib.error, ParseError, EOFError, OSError, ValueError, LookupError, TypeError, AttributeError,
           OverflowError, NotImplementedError, RuntimeError)  # fmt: skip


def open(path: Path) -> tuple[Sequence[Any], int | None, dict[str, Any]]:
    """The first row that has a cell."""
    found = _rows(path)
    try:
        return next((row for row in found if any(value is not None for value in row)), ()), None, {}
    finally:
        found.close()


def rows(table: Table) -> Iterator[Sequence[Any]]:
    """Every row below the header."""
    found = _rows(table.path)
    next((row for row in found if any(value is not None for value in row)), None)
    return found


def _rows(path: Path) -> Iterator[Any]:
    from openpyxl.worksheet._reader import WorkSheetParser

    try:
        with path.open("rb") as file, _Book(path.name, file) as book:
            strings = _Strings(book)
            parser = WorkSheetParser(None, strings, True, book.epoch, book.dates, book.durations)
            for _in, element in book.walk(book.sheet, {f"{_MAIN}row"}):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # a date out of range becomes an error value, which the importer names
                    _number, cells = parser.parse_row(element)
                yield _placed(cells, book.widths)
    except _DAMAGE as error:
        raise Invalid(_l("%(name)s is no workbook that can be read.", name=path.name)) from error


def _placed(cells: list[dict[str, Any]], widths: dict[int, int]) -> list[Any]:
    """The values at their columns."""
    filled = [cell for cell in cells if cell["value"] is not None]  # formats reach further than values do
    row: list[Any] = [None] * min(max((cell["column"] for cell in filled), default=0), MAX_COLUMNS + 1)
    for cell in filled:
        value = cell["value"]
        if cell["column"] <= len(row):
            # People see 00017 where the cell holds 17: codes are meant as they are shown.
            if widths and type(value) is int and value >= 0 and (width := widths.get(cell["style_id"])):
                value = str(value).zfill(width)
            row[cell["column"] - 1] = value
    return row


class _Book:
    """The parts of a workbook that its first sheet needs."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self.name, self._size = name, os.fstat(file.fileno()).st_size
        self._zip = zipfile.ZipFile(_Careful(name, file))  # type: ignore[arg-type] - all of a file that it asks for
        self._names = set(self._zip.namelist())
        main = next((t for _i, kind, t in self._relations("") if kind == "officeDocument"), "xl/workbook.xml")
        parts = {i: (kind, target) for i, kind, target in self._relations(main)}
        self.sheet, self.epoch = self._first_sheet(main, parts)
        self.strings = next((target for kind, target in parts.values() if kind == "sharedStrings"), None)
        styles = next((target for kind, target in parts.values() if kind == "styles"), None)
        self.dates: set[int] = set()
        self.durations: set[int] = set()
        self.widths: dict[int, int] = {}
        if styles in self._names:
            self._read_styles(styles)

    def __enter__(self) -> _Book:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """(id, kind, target) of what a part names; of the workbook itself, when it is the empty one."""
        folder, base = posixpath.split(part)
        where = posixpath.join(folder, "_rels", f"{base}.rels")
        if where in self._names:
            for _in, e in self.walk(where, {f"{_REL}Relationship"}):
                target = posixpath.normpath(posixpath.join("/", folder, e.get("Target", ""))).lstrip("/")
                yield e.get("Id", ""), e.get("Type", "").rsplit("/", 1)[-1], target

    def _first_sheet(self, main: str, parts: dict[str, tuple[str, str]]) -> tuple[str, Any]:
        from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

        sheet, epoch = None, CALENDAR_WINDOWS_1900
        for _in, e in self.walk(main, {f"{_MAIN}workbookPr", f"{_MAIN}sheet"}):
            if e.tag.endswith("workbookPr"):
                epoch = CALENDAR_MAC_1904 if e.get("date1904") in ("1", "true") else epoch
            elif sheet is None and (found := parts.get(e.get(_RID, ""), ("", "")))[0] == "worksheet" and found[1] in self._names:
                sheet = found[1]
        if sheet is None:
            raise KeyError("no worksheet")
        return sheet, epoch

    def _read_styles(self, part: str) -> None:
        from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format

        codes: dict[int, str] = {}
        index = 0
        for parent, e in self.walk(part, {f"{_MAIN}numFmt", f"{_MAIN}xf"}):
            number = int(e.get("numFmtId", 0))
            if e.tag.endswith("numFmt"):
                codes[number] = e.get("formatCode", "")[:255]
            elif parent == f"{_MAIN}cellXfs":
                code = codes.get(number) or builtin_format_code(number)
                if is_date_format(code):
                    self.dates.add(index)
                if is_timedelta_format(code):
                    self.durations.add(index)
                if code and re.fullmatch("0{2,15}", code):
                    self.widths[index] = len(code)
                index += 1

    def walk(self, name: str, wanted: Collection[str]) -> Iterator[tuple[str, Element]]:
        """The elements of a part that have one of these names, whole, and what they stand in. Nothing else is ever kept.

        :raises Invalid: for a part that unpacks too far, or a piece of it that does not end.
        """
        info = self._zip.getinfo(name)
        if info.file_size > FREE_TEXT + MAX_RATIO * info.compress_size:
            raise unpacks_too_far(self.name)
        left = FREE_CELLS + CELLS_PER_BYTE["xlsx"] * self._size
        with self._zip.open(info) as unpacked:
            stream = _Stream(self.name, unpacked)
            path: list[Element] = []
            depth = inside = 0  # the depth at which a wanted element began, and how many it holds
            for event, element in _events(stream):
                if event == "start":
                    path.append(element)
                    if inside:
                        inside += 1
                    elif element.tag in wanted:
                        depth, inside = len(path), 1
                    else:
                        left -= 1
                    if len(path) > _DEPTH or inside > _INSIDE:
                        raise self._endless()
                    continue
                if inside and len(path) == depth:
                    yield path[-2].tag if depth > 1 else "", element
                    inside, left = 0, left - 1
                path.pop()
                if not inside:
                    if left < 0:
                        raise unpacks_too_far(self.name)
                    element.clear()
                    if path:
                        del path[-1][:]
                    stream.piece_ended()

    def _endless(self) -> Invalid:
        return Invalid(_l("%(name)s has a row of more than %(limit)s columns.", name=self.name, limit=MAX_COLUMNS))


def _events(stream: _Stream) -> Iterator[tuple[str, Any]]:
    """What a part is made of. The parser looks at a tag without an end again with every block: few large ones, then."""
    parser = XMLPullParser(("start", "end"))
    while data := stream.read(_BLOCK):
        parser.feed(data)
        yield from parser.read_events()  # type: ignore[misc]
    parser.close()
    yield from parser.read_events()  # type: ignore[misc]


class _Careful:
    """A file that does not give a list of members without end: :mod:`zipfile` reads that at one stroke."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name, self._file = name, file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY:
            raise Invalid(_l("%(name)s has more parts than a workbook has.", name=self._name))
        return self._file.read(size)

    def close(self) -> None:
        """Whoever opened it closes it."""


class _Stream:
    """An unpacked part. A document type is refused: what it is good for here is to write a text a million times."""

    def __init__(self, name: str, unpacked: IO[bytes]) -> None:
        self._name, self._unpacked = name, unpacked
        self._since, self._end = 0, b""
        self._first = True

    def read(self, size: int = -1) -> bytes:
        data = self._unpacked.read(size)
        self._since += len(data)
        seen = self._end + data
        # In an encoding whose letters are not these bytes a document type could hide.
        if self._first and not re.match(rb"(\xef\xbb\xbf)?\s*<(?!\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8[\"']))", seen, re.I):
            raise ValueError("not UTF-8")
        if b"<!DOCTYPE" in seen or b"\0" in data:
            raise ValueError("a document type")
        if self._since > _PIECE:
            raise Invalid(_l("%(name)s has a row longer than %(limit)s characters.", name=self._name, limit=MAX_ROW))
        self._first, self._end = False, seen[-16:]
        return data

    def piece_ended(self) -> None:
        self._since = 0


class _Strings:
    """The texts that cells point to, in a nameless file: a sheet may have millions of them."""

    def __init__(self, book: _Book) -> None:
        self._file = tempfile.TemporaryFile(buffering=1 << 16)  # noqa: SIM115 - as long as the sheet is read; then it is gone
        self._ends = array.array("Q", [0])
        self._often = lru_cache(4096)(self._read)
        if book.strings is not None:
            end = 0
            for _in, element in book.walk(book.strings, {f"{_MAIN}si"}):
                text = _text_of(element).encode()
                end += len(text)
                self._file.write(text)
                self._ends.append(end)
        self._file.flush()

    def __getitem__(self, place: int) -> str:
        if not 0 <= place < len(self._ends) - 1:
            raise IndexError(place)
        begin, end = self._ends[place], self._ends[place + 1]
        return (self._often if end - begin < _SHORT else self._read)(begin, end)

    def _read(self, begin: int, end: int) -> str:
        return os.pread(self._file.fileno(), end - begin, begin).decode()


def _text_of(element: Element) -> str:
    """Plain text of one entry: its own, or that of its runs; how it is to be pronounced is left out."""
    pieces = [child.text if child.tag == f"{_MAIN}t" else child.findtext(f"{_MAIN}t") for child in element if child.tag != f"{_MAIN}rPh"]
    return "".join(piece for piece in pieces if piece).replace("x005F_", "")
