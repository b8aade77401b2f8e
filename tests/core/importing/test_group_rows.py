"""The scratch table: rows of one key together, wherever they stand in the file."""

from __future__ import annotations

import tracemalloc

from zhanggui.importing.scratch import Scratch

HEADER = ["no", "sku", "extra"]
PLACES = {"number": 0, "sku": 1}


def filled(*rows: list[str | None], group_by: str | None = "number") -> Scratch:
    scratch = Scratch(PLACES, HEADER, group_by)
    assert list(scratch.fill(iter(rows)))[-1] == len(rows)
    return scratch


def test_groups_come_whole_and_in_the_order_in_which_they_begin() -> None:
    scratch = filled(["B", "1"], ["A", "2"], ["B", "3"], ["A", "4"], ["C", "5"])
    batches = list(scratch.batches(0, 2))
    assert [[row.number for row in rows] for _place, rows in batches] == [[1, 3], [2, 4], [5]]


def test_it_goes_on_after_a_place() -> None:
    scratch = filled(["B", "1"], ["A", "2"], ["B", "3"], ["C", "5"])
    place = next(iter(scratch.batches(0, 1)))[0]
    assert [row["number"] for _place, rows in scratch.batches(place, 1) for row in rows] == ["A", "C"]


def test_rows_without_a_key_stay_alone() -> None:
    scratch = filled([None, "1"], [None, "2"])
    assert [len(rows) for _place, rows in scratch.batches(0, 1)] == [1, 1]


def test_keys_come_with_what_stands_beside_them() -> None:
    scratch = filled(["1", "A"], ["2", "A"], ["2", "A"], ["9", None], ["1", "B"])
    [batch] = scratch.keys("sku", ("number",), "", 10)
    assert [(key, [(seen.values["number"], seen.count) for seen in found]) for key, found in batch] == [
        ("A", [("1", 1), ("2", 2)]), ("B", [("1", 1)]),
    ]  # fmt: skip
    assert [key for batch in scratch.keys("sku", (), "A", 10) for key, _seen in batch] == ["B"]


def test_a_row_keeps_what_no_field_was_made_of() -> None:
    scratch = filled(["A", "1", "till 4", "and more"])
    assert scratch.raw(1) == {"no": "A", "sku": "1", "extra": "till 4", "column 4": "and more"}


def test_a_hundred_thousand_rows_do_not_stay_in_memory() -> None:
    tracemalloc.start()
    scratch = Scratch(PLACES, HEADER, "number")
    for _count in scratch.fill([f"N{n % 5000}", f"S{n}", "x" * 50] for n in range(100_000)):
        pass
    rows = sum(len(batch) for _place, batch in scratch.batches(0, 1000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (rows, peak < 16 * 2**20) == (100_000, True), peak
