"""Which column is which: recognized, given, or asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from zhanggui.host.declare import Importer
from zhanggui.importing.mapping import check_options, match, read_mapping
from zhanggui.kernel.errors import Invalid

THINGS = Importer(
    "things", "Things", {"sku": ("Stock Code", "商品编码"), "name": ("Title",), "price": ("Unit price",)}, ("sku", "price"), lambda *_: []
)


@pytest.mark.parametrize("header", [["StockCode", "UnitPrice"], ["stock_code", "UNIT PRICE"], ["商品编码", "price"], ["SKU", "Price"]])
def test_usual_headers_are_recognized(header: list[str]) -> None:
    assert match(THINGS, header, {}) == {"sku": 0, "price": 1}


def test_what_was_given_wins(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text('[columns]\nsku = "Ref"\n[options]\nzone = "Europe/London"\n', "utf-8")
    columns, options = read_mapping(file)
    assert match(THINGS, ["SKU", "Ref", "Price"], columns) == {"sku": 1, "price": 2}
    assert options == {"zone": "Europe/London"}


def test_json_does_as_well(tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    file.write_text('{"columns": {"sku": "Ref"}}', "utf-8")
    assert read_mapping(file) == ({"sku": "Ref"}, {})


def test_a_missing_one_is_asked_for() -> None:
    asked = []

    def ask(field: str, columns: Sequence[str]) -> str | None:
        asked.append((field, list(columns)))
        return "What it costs"

    assert match(THINGS, ["SKU", "What it costs"], {}, ask)["price"] == 1
    assert asked == [("price", ["What it costs"])]


def test_an_answer_takes_a_column_from_an_optional_field() -> None:
    assert match(THINGS, ["SKU", "Title"], {}, lambda field, columns: "Title") == {"sku": 0, "price": 1}


@pytest.mark.parametrize(
    ("header", "given", "words"),
    [
        (["SKU"], {}, "price"), (["SKU", "Price"], {"colour": "SKU"}, "colour"), (["SKU", "Price"], {"name": "Nowhere"}, "Nowhere"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(header: list[str], given: dict[str, str], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        match(THINGS, header, given)


@pytest.mark.parametrize("text", ["not toml at all", "[rows]\nx = 1\n"])
def test_a_file_that_is_no_mapping_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(Invalid):
        check_options(THINGS, read_mapping(file)[1])
