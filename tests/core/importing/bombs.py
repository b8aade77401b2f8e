"""Files that unpack without end, or are one thing without an end; each with the sentence that refuses it."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CSV_HEAD = b"sku,name,price\n"
HEAD = '<row r="1">' + "".join(f'<c t="inlineStr"><is><t>{n}</t></is></c>' for n in ("sku", "name", "price")) + "</row>"
BEGIN, END = f'<worksheet xmlns="{MAIN}"><sheetData>{HEAD}', "</sheetData></worksheet>"


def times(piece: str, size: int) -> Iterator[str]:
    """``piece`` again and again, ``size`` bytes of it."""
    block = piece * max(1, 100_000 // len(piece))
    for _n in range(max(1, size // len(block))):
        yield block


def book(path: Path, sheet: Iterable[str], strings: Iterable[str] = (), styles: Iterable[str] = (), media: int = 0) -> None:
    """A workbook of these parts."""
    parts: dict[str, Iterable[str]] = {
        "_rels/.rels": [f'<Relationships xmlns="{RELATIONS}"><Relationship Id="a" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
                        "</Relationships>"],
        "xl/workbook.xml": [f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="a"/></sheets></workbook>'],
        "xl/_rels/workbook.xml.rels": [
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="a" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="b" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
            f'<Relationship Id="c" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'],
        "xl/sharedStrings.xml": [f'<sst xmlns="{MAIN}">', *strings, "</sst>"],
        "xl/styles.xml": [f'<styleSheet xmlns="{MAIN}"><cellXfs>', *styles, "</cellXfs></styleSheet>"],
        **{f"xl/media/{n}.png": ["x"] for n in range(media)},
        "xl/worksheets/sheet1.xml": sheet,
    }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1 if media else 6) as packed:
        for name, pieces in parts.items():
            with packed.open(name, "w") as out:
                for piece in pieces:
                    out.write(piece.encode())


def make(folder: Path, size: int, *, large: bool) -> dict[str, str]:
    """Write them all; name of the file -> what its refusal says ("" for a good file). ``size`` in bytes."""
    folder.mkdir()
    found = _workbooks(folder, size, large=large) | _texts(folder, size, large=large) | _parquets(folder, large=large)
    assert {path.name for path in folder.iterdir()} == set(found)
    return found


def _workbooks(folder: Path, size: int, *, large: bool) -> dict[str, str]:
    cell = '<row><c t="inlineStr"><is><t>'
    book(folder / "long_cell.xlsx", [BEGIN, cell, *times("a", size), "</t></is></c></row>", END])
    book(folder / "cells_in_row.xlsx", [BEGIN, "<row>", *times("<c/>", size), "</row>", END])
    book(folder / "wide.xlsx", [BEGIN, "<row>", *times("<c><v>1</v></c>", 30_000), "</row>", END])
    book(folder / "deep.xlsx", [BEGIN, *times("<a>", 300_000)])
    book(folder / "space.xlsx", [BEGIN, *times(" ", size), END])
    book(folder / "attributes.xlsx", [BEGIN, "<row ", *(f'a{n}="1" ' for n in range(size // 9)), "/>", END])
    book(folder / "ratio.xlsx", [BEGIN, *times(" ", 80_000_000), END])
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    book(folder / "entities.xlsx", [f'<!DOCTYPE x [<!ENTITY a0 "lollollol">{entities}]>{BEGIN}', cell, "&a9;</t></is></c></row>", END])
    book(folder / "members.xlsx", [BEGIN, END], media=100_000 if large else 18_000)
    rng = random.Random(5)
    good = (
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>K{n}</t></is></c><c r="B{n}" t="s"><v>{n % 3000}</v></c><c r="C{n}"><v>{n % 90 + 1}.5</v></c></row>'
        for n in range(2, 200_002 if large else 1002)
    )
    book(folder / "good.xlsx", [BEGIN, *good, END], [f"<si><t>{rng.getrandbits(200):x}</t></si>" for _ in range(3000)])
    found = {
        "long_cell.xlsx": "longer than 2000000", "cells_in_row.xlsx": "more than 1000 columns", "wide.xlsx": "more than 1000 columns",
        "deep.xlsx": "more than 1000 columns", "space.xlsx": "longer than 2000000", "ratio.xlsx": "unpacks to far more",
        "attributes.xlsx": "longer than 2000000", "entities.xlsx": "no workbook", "members.xlsx": "more parts than a workbook",
        "good.xlsx": "",
    }  # fmt: skip
    if large:  # these run into the budget of two million cells, which takes seconds
        book(folder / "rows.xlsx", [BEGIN, *times("<row/>", size), END])
        book(folder / "texts.xlsx", [BEGIN, END], times("<si><t>a</t></si>", size))
        book(folder / "styles.xlsx", [BEGIN, END], (), times("<xf/>", size))
        found |= dict.fromkeys(("rows.xlsx", "texts.xlsx", "styles.xlsx"), "unpacks to far more")
        # The archive says so itself, before a row is read.
        found |= dict.fromkeys(("long_cell.xlsx", "cells_in_row.xlsx", "space.xlsx"), "unpacks to far more")
    return found


def _texts(folder: Path, size: int, *, large: bool) -> dict[str, str]:
    line = 390_000_000 if large else size
    with (folder / "line.csv").open("wb") as out:
        out.write(CSV_HEAD)
        for piece in times("a", line):
            out.write(piece.encode())
    good = b"".join(b"K%d,Tea %d,%d.5\n" % (n, n, n % 90 + 1) for n in range(200_000 if large else 1000))
    files = {
        "commas.csv": (CSV_HEAD + b"," * (29_000_000 if large else size), "longer than 2000000"),
        "columns.csv": (CSV_HEAD + b"a," * 16_384, "row 1 has more than 1000 columns"),
        "header.csv": (b"a," * 16_384 + b"\n1,2\n", "row 0 has more than 1000 columns"),
        "header_line.csv": (b"," * size, "longer than 2000000"),
        "quote.csv": (CSV_HEAD + b'"' + b"a,b\n" * (size // 4), "more than 1000000 characters"),
        "quotes.csv": (CSV_HEAD + b'"\n",' * (size // 4), "longer than 2000000"),
        "nul.csv": (CSV_HEAD + b"\0" * size, "longer than 2000000"),
        "one_group.csv": (b"sku,name,price,product\n" + b"".join(b"k%d,n,5,same\n" % n for n in range(10_001)), "10001 rows have the same product"),
        "good.csv": (CSV_HEAD + good, ""),
        "long_text.csv": (CSV_HEAD.replace(b"\n", b",description\n") + b"K,Tea,5," + b"x" * 140_000 + b"\n", ""),
    }  # fmt: skip
    for name, (data, _sentence) in files.items():
        (folder / name).write_bytes(data)
    return {name: sentence for name, (_data, sentence) in files.items()} | {"line.csv": "longer than 2000000"}


def _parquets(folder: Path, *, large: bool) -> dict[str, str]:
    def write(name: str, columns: dict[str, object], **how: object) -> None:
        pq.write_table(pa.table(columns), folder / name, compression="zstd", **how)

    count = 5000
    keys, prices = [f"k{n}" for n in range(count)], ["5"] * count
    write("dictionary.parquet", {"sku": keys, "name": pa.DictionaryArray.from_arrays(pa.array([0] * count), pa.array(["x" * 900_000])),
                                 "price": prices})  # fmt: skip
    cells = 60_000_000 if large else 800_000
    write("equal.parquet", {name: pa.repeat(pa.scalar(1, pa.int8()), cells) for name in ("sku", "name", "price")})
    long = 1_500_000_000 if large else 150_000_000
    write("page.parquet", {"sku": pa.array(["x" * long], pa.large_string()), "name": ["a"], "price": ["5"]}, use_dictionary=False)
    write("columns.parquet", {f"c{n}": [1] for n in range(8000)})
    items = 2000 if large else 200
    lists = pa.ListArray.from_arrays(pa.array(range(0, (count + 1) * items, items)), pa.repeat(pa.scalar("x" * 200), count * items))
    write("lists.parquet", {"sku": keys, "name": keys, "price": prices, "more": lists})
    write("good.parquet", {"sku": keys, "name": ["Tea"] * count, "price": prices})
    return {
        "dictionary.parquet": "unpacks to far more", "equal.parquet": "unpacks to far more", "page.parquet": "unpacks to far more",
        "columns.parquet": "more than 1000 columns", "lists.parquet": "unpacks to far more", "good.parquet": "",
    }  # fmt: skip
