"""Rows of a Parquet file, batch by batch; equal values are held once, as they are in the file."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from .limits import CELLS_PER_BYTE, FREE_CELLS, MAX_COLUMNS, unpacks_too_far, within_headroom

if TYPE_CHECKING:
    from .reader import Table

_BATCH = 2048
_BUFFER = 1 << 16  # bytes of a column read ahead
_FOOTER = 2 << 20  # bytes: 50 columns in 300 groups of rows take half of it


def open(path: Path) -> tuple[list[str], int | None, dict[str, Any]]:
    """The names of the columns, and how many rows the file says it has."""
    with _parquet(path) as file:
        names, count = list(file.schema_arrow.names), file.metadata.num_rows
    if count * len(names) > FREE_CELLS + CELLS_PER_BYTE["parquet"] * path.stat().st_size and len(names) <= MAX_COLUMNS:
        raise unpacks_too_far(path.name)
    return names, count, {}


def rows(table: Table) -> Iterator[Sequence[Any]]:
    """Every row."""
    import pyarrow

    with _parquet(table.path) as file:
        batches = file.iter_batches(batch_size=_BATCH, use_threads=False)
        while True:
            try:
                with within_headroom(table.path.name):
                    batch = next(batches, None)
                    columns = [] if batch is None else [_values(column) for column in batch.columns]
            except MemoryError as error:
                raise unpacks_too_far(table.path.name) from error
            except (pyarrow.ArrowException, OSError, ValueError) as error:
                raise _damaged(table.path) from error
            if batch is None:
                return
            yield from zip(*columns, strict=True)


def _values(column: Any) -> list[Any]:
    """A column of a batch. What the file holds once is unpacked once, and shared."""
    import pyarrow

    if not isinstance(column, pyarrow.DictionaryArray):
        return list(column.to_pylist())
    kept = column.dictionary.to_pylist()
    return [None if place is None else kept[place] for place in column.indices.to_pylist()]


def _parquet(path: Path) -> Any:
    # Another allocator asks for a gigabyte at its first word, and what is kept within a headroom then fails at a good
    # file. Read when the library is loaded; asked for later, it keeps the other for what it reads before a table.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    import pyarrow
    import pyarrow.parquet

    with path.open("rb") as raw:
        size = raw.seek(0, 2)
        raw.seek(max(0, size - 8))
        end = raw.read(8)
    if size < 12 or end[4:] != b"PAR1":
        raise _damaged(path)
    if struct.unpack("<I", end[:4])[0] > _FOOTER:
        raise Invalid(_l("%(name)s describes its columns in more than %(limit)s MB.", name=path.name, limit=_FOOTER >> 20))
    try:
        with within_headroom(path.name):
            with pyarrow.parquet.ParquetFile(path, buffer_size=_BUFFER) as file:
                texts = [f.name for f in file.schema_arrow if f.type in (pyarrow.string(), pyarrow.large_string(), pyarrow.binary())]
            return pyarrow.parquet.ParquetFile(path, buffer_size=_BUFFER, read_dictionary=texts)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> Invalid:
    return Invalid(_l("%(name)s is no Parquet file that can be read.", name=path.name))
