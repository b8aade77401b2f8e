"""A table for spreadsheet programs: what is in it is what they show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from zhanggui.kernel.errors import Invalid
from zhanggui.kernel.money import Money
from zhanggui.papers import Sheet, sheets

SHANGHAI = ZoneInfo("Asia/Shanghai")


def written(*rows, title="Orders", about=()):
    out = BytesIO()
    with Sheet(out, title=title, heads=[f"Head {n}" for n in range(len(rows[0]))], zone=SHANGHAI, about=about) as sheet:
        sheet.add(rows)
    return load_workbook(out)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "=1+1"), ("http://example.com", "http://example.com"), ("007", "007"), (12, 12), (None, None), ("", None), (True, True),
        (Decimal("19.90"), 19.9), (Money(1990, "CNY"), 19.9), (Money(-5, "JPY"), -5), (123456789012345, 123456789012345),
        (1234567890123456, "1234567890123456"), (Decimal("123456789012345.67"), "123456789012345.67"), (date(2026, 2, 28), datetime(2026, 2, 28)),
        (datetime(2026, 2, 28, 17, 30, 5, tzinfo=UTC), datetime(2026, 3, 1, 1, 30, 5)), ("a\x01b", "a\x01b"), ("x" * 40_000, "x" * 32_766 + "…"),
    ],
)  # fmt: skip
def test_a_value_is_what_it_is(value, shown):
    sheet = written([value]).worksheets[0]
    cell = sheet.cell(2, 1)
    assert cell.value == shown or str(cell.value).replace("_x0001_", "\x01") == shown
    assert cell.data_type != "f" and cell.hyperlink is None


def test_decimals_are_shown_as_many_as_there_are():
    sheet = written([Decimal("19.90"), Decimal(3), Money(1234, "KWD")]).worksheets[0]
    assert [sheet.cell(2, n).number_format for n in (1, 2, 3)] == ["0.00", "General", "0.000"]


def test_heads_stay_in_sight_columns_are_wide_enough_and_a_second_sheet_says_what_it_is():
    book = written(["龙井茶明前特级礼盒", "x"], title="a/b[c]:?*'", about=[("List", "Orders")])
    table, about = book.worksheets
    assert table.title == "a b c" and table.freeze_panes == "A2"
    assert table.column_dimensions["A"].width > 18 > table.column_dimensions["B"].width
    assert [c.value for c in about[1]] == ["List", "Orders"] and about.title == "About"
    assert [s.title for s in written(["x"], title="ABOUT", about=[("a", "b")]).worksheets] == ["ABOUT", "About 2"]


def test_more_rows_than_a_workbook_holds_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 2)
    with pytest.raises(Invalid, match="at most 2 rows"):
        written([1], [2], [3])
