"""Reading a file: whatever program wrote it, the same rows come out."""

from __future__ import annotations

from pathlib import Path

import pytest
from messy import ROWS, SOURCE, write

from zhanggui.importing.reader import open_table, plain
from zhanggui.kernel.errors import Invalid

KINDS = ("utf-8", "utf-8-sig", "gb18030", ";", "\t", "xlsx", "parquet")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_gives_the_same_rows(kind: str, tmp_path: Path) -> None:
    table = open_table(write(kind, tmp_path))
    rows = [list(row) for row in table.rows()]
    assert list(table.columns)[:3] == ["Invoice No", "Stock Code", "Description"]
    assert len(rows) == ROWS
    assert rows[0][:5] == ["70001", "TP-01", 'TEAPOT, BLUE "WILLOW"', "2", "2025-01-06 09:15:00"]
    assert rows[4][2] == "茶叶罐 TIN WITH CRANES"
    assert [rows[0][6], rows[3][6], rows[21][0]] == ["9001", None, None]


@pytest.mark.parametrize(
    ("cell", "text"),
    [(17850.0, "17850"), (0.001, "0.001"), (2.55, "2.55"), (float("nan"), None), ("  ", None), ("a\0b", "ab"), (7, "7")],
)
def test_a_cell_is_exact_text(cell: object, text: str | None) -> None:
    assert plain(cell) == text


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("notes.pdf", b"%PDF"), ("empty.csv", b""), ("broken.xlsx", b"PK\x03\x04 not a workbook"), ("broken.parquet", b"PAR1xxxx"),
        ("latin.csv", b"name\n\xff\xff\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_name(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Invalid, match=name):
        open_table(tmp_path / name)


def test_empty_lines_are_no_rows_and_long_ones_keep_their_tail(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("a,b\n1,2\n\n,\n3\n4,5,6\n", "utf-8")
    assert [list(row) for row in open_table(path).rows()] == [["1", "2"], ["3"], ["4", "5", "6"]]


def test_the_fixture_is_our_own(repository: Path) -> None:
    assert SOURCE.stat().st_size < 5000
    assert not list(repository.glob("**/online_retail*"))
