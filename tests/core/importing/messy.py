"""The small messy year, as every kind of file, and its totals added up by hand."""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "fixtures" / "messy_shop.csv"
ROWS = 30
BECAME = {"order line": 12, "return": 1, "fee": 9, "rejected": 8}


def rows() -> list[dict[str, str]]:
    with SOURCE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def total() -> Decimal:
    """Quantity times price, wherever both are numbers."""
    amount = Decimal(0)
    for row in rows():
        try:
            amount += Decimal(row["Quantity"]) * Decimal(row["Unit Price"])
        except InvalidOperation:
            continue
    return amount


def write(kind: str, folder: Path) -> Path:
    """The same rows as another kind of file."""
    text = SOURCE.read_text("utf-8")
    if kind == "utf-8-sig":
        return _text(folder / "bom.csv", text.encode("utf-8-sig"))
    if kind == "gb18030":
        return _text(folder / "gb.csv", text.encode("gb18030"))
    if kind in (";", "\t"):
        target = folder / ("semicolon.csv" if kind == ";" else "tabs.tsv")
        with target.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, delimiter=kind).writerows([list(rows()[0]), *[list(row.values()) for row in rows()]])
        return target
    if kind == "xlsx":
        return _workbook(folder / "year.xlsx")
    if kind == "parquet":
        return _parquet(folder / "year.parquet")
    return SOURCE


def _text(target: Path, data: bytes) -> Path:
    target.write_bytes(data)
    return target


def _number(text: str) -> float | str | None:
    try:
        return float(text)
    except ValueError:
        return text or None


def _workbook(target: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(list(rows()[0]))
    for row in rows():
        book.active.append([_number(v) if name in ("Quantity", "Unit Price", "Customer ID") else v or None for name, v in row.items()])
    book.save(target)
    return target


def _parquet(target: Path) -> Path:
    import pyarrow
    import pyarrow.parquet

    columns = {name: [row[name] or None for row in rows()] for name in rows()[0]}
    columns["Customer ID"] = [float(v) if v else None for v in columns["Customer ID"]]
    pyarrow.parquet.write_table(pyarrow.table(columns), target)
    return target
