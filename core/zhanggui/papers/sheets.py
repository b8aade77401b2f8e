"""Tables as XLSX, written row by row: numbers are numbers, times are times, and no text is a formula."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import TracebackType
from typing import IO, Any
from zoneinfo import ZoneInfo

from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from ..kernel.money import Money
from ..kernel.spreadsheets import harmless

MAX_ROWS = 1_048_575  # below the heads: what a spreadsheet program opens
_MAX_TEXT = 32_767  # characters of a cell, likewise
_MAX_DIGITS = 15  # of a number; a longer one would lose its last digits in silence
_MEASURED = 200  # rows that decide how wide columns are
_WIDEST, _NARROWEST = 60, 8  # characters


class Sheet:
    """A workbook with one table, its heads frozen, and a sheet that says what the table is. Use it as a context manager.

    Values are text, whole numbers, ``Decimal``, ``Money`` (its amount in major units; the currency is a column of its own),
    ``date``, aware ``datetime`` (shown in ``zone``), ``bool``, or None.

    :param out: binary, from its present position; it stays open. It is whole when the context ends well.
    :param title: the name of the sheet, cut to what a spreadsheet program allows.
    :param about: pairs of a label and a text for the second sheet: filters, rights, when it was made.
    """

    def __init__(self, out: IO[bytes], *, title: str, heads: Sequence[str], zone: ZoneInfo, about: Sequence[tuple[str, str]] = ()) -> None:
        from xlsxwriter import Workbook  # only those who write one pay for it

        self.rows = 0
        self._zone, self._about = zone, about
        self._book = Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
        self._head = self._book.add_format({"bold": True, "bottom": 1})
        self._formats: dict[str, Any] = {}
        self._table = self._book.add_worksheet(_sheet_name(title))
        self._table.freeze_panes(1, 0)
        self._widths = [_width(head) for head in heads]
        for column, head in enumerate(heads):
            self._table.write_string(0, column, head, self._head)

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        if kind is None:
            self._close()

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows below those that stand there.

        :raises Invalid: when there are more than a spreadsheet program opens.
        """
        for row in rows:
            if self.rows == MAX_ROWS:
                raise Invalid(_l("A workbook holds at most %(count)s rows. Narrow the list, or export it as CSV.", count=MAX_ROWS))
            self.rows += 1
            for column, value in enumerate(row):
                self._write(self.rows, column, value)
            if self.rows <= _MEASURED:
                self._widths = [max(wide, _width(value)) for wide, value in zip(self._widths, row, strict=True)]

    def _write(self, row: int, column: int, value: Any) -> None:
        table = self._table
        if value is None or value == "":
            return
        if isinstance(value, Money):
            value = value.decimal
        if isinstance(value, bool):
            table.write_boolean(row, column, value)
        elif isinstance(value, int | Decimal) and len(Decimal(value).as_tuple().digits) <= _MAX_DIGITS:
            table.write_number(row, column, value, self._number(value))
        elif isinstance(value, datetime):
            table.write_datetime(row, column, value.astimezone(self._zone).replace(tzinfo=None), self._format("yyyy-mm-dd hh:mm:ss"))
        elif isinstance(value, date):
            table.write_datetime(row, column, value, self._format("yyyy-mm-dd"))
        else:
            text = str(value)
            # Marked as text also for who edits the cell, or saves the sheet as another kind of file.
            kept = self._quoted() if harmless(text) != text else None
            table.write_string(row, column, text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…", kept)

    def _number(self, value: int | Decimal) -> Any:
        exponent = Decimal(value).as_tuple().exponent
        assert isinstance(exponent, int)  # no NaN has digits
        return self._format("0." + "0" * -exponent) if exponent < 0 else None

    def _quoted(self) -> Any:
        if "'" not in self._formats:
            self._formats["'"] = self._book.add_format({"quote_prefix": True})
        return self._formats["'"]

    def _format(self, pattern: str) -> Any:
        if pattern not in self._formats:
            self._formats[pattern] = self._book.add_format({"num_format": pattern})
        return self._formats[pattern]

    def _close(self) -> None:
        for column, wide in enumerate(self._widths):
            self._table.set_column(column, column, max(_NARROWEST, min(wide + 2, _WIDEST)))
        if self._about:
            sheet = self._book.add_worksheet(_sheet_name(_("About"), but=self._table.name))
            sheet.set_column(0, 0, 24)
            sheet.set_column(1, 1, _WIDEST)
            for row, (label, text) in enumerate(self._about):
                sheet.write_string(row, 0, label, self._head)
                sheet.write_string(row, 1, text[:_MAX_TEXT])
        self._book.close()


def _sheet_name(title: str, but: str = "") -> str:
    """A name that spreadsheet programs take: 31 characters, none of ``[]:*?/\\``, no quote at an end, not taken."""
    name = "".join(" " if ch in "[]:*?/\\" or ch < " " else ch for ch in title)[:31].strip(" '") or "1"
    return name if name.casefold() != but.casefold() else f"{name[:29]} 2"


def _width(value: Any) -> int:
    """How many columns of a screen a value takes; a Chinese sign takes two."""
    if isinstance(value, datetime):
        return 19
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in str(value if value is not None else "")[:_WIDEST])
