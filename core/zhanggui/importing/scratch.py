"""The rows of a file on disk, so that they can be grouped without holding them in memory.

SQLite's own temporary database: it stands in a nameless file that is gone with the process, however
that ends.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from .contracts import ImportRow, Seen
from .reader import Row

_BATCH = 5000
_TEXT = 4_000_000  # characters that are in memory at once, besides one group
_GROUP = 10_000  # rows that are written together: the longest order of a real year has 1,114
_GROUP_TEXT = 16_000_000
_SEEN = 20_000  # different values beside one key: the shop's best customer has some thousand


class Scratch:
    """Rows by field. ``rest`` keeps what no field was made of, for the rows that are rejected."""

    def __init__(self, columns: Mapping[str, int], header: Sequence[str], group_by: str | None) -> None:
        self._places = dict(columns)
        self._header = list(header)
        self._group_by = group_by if group_by in self._places else None
        # Names of fields come from the code of an importer, never from the file.
        self._names = [f'"{name}"' for name in self._places]
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA cache_size=-24000")
        columns_sql = ", ".join(f"{name} TEXT" for name in self._names)
        self._db.execute(f"CREATE TABLE rows (row INTEGER PRIMARY KEY, size INTEGER, rest TEXT, grp TEXT, {columns_sql})")
        self.count = 0

    def fill(self, rows: Iterable[Row]) -> Iterator[int]:
        """Take every row in; yields how many there are after each batch.

        :raises Invalid: when more rows belong together than can be written together.
        """
        marks = ", ".join("?" for _ in range(len(self._names) + 4))
        statement = f"INSERT INTO rows VALUES ({marks})"
        batch: list[tuple[object, ...]] = []
        text = 0
        self._db.execute("BEGIN")
        for row in rows:
            self.count += 1
            size = sum([len(value) for value in row if value is not None])
            batch.append(self._packed(row, size))
            text += size
            if len(batch) == _BATCH or text > _TEXT:
                self._db.executemany(statement, batch)
                batch.clear()
                text = 0
                yield self.count
        self._db.executemany(statement, batch)
        self._db.execute("COMMIT")
        if self._group_by:
            self._db.execute("CREATE INDEX rows_grp ON rows (grp)")
            self._db.execute("CREATE TABLE groups AS SELECT MIN(row) AS first, grp, COUNT(*) AS n, SUM(size) AS size FROM rows GROUP BY grp")
            self._refuse_endless_group()
            self._db.execute("CREATE INDEX groups_first ON groups (first)")
        yield self.count

    def _refuse_endless_group(self) -> None:
        sql = "SELECT grp, n, n > ? FROM groups WHERE n > ? OR size > ? LIMIT 1"
        found = self._db.execute(sql, (_GROUP, _GROUP, _GROUP_TEXT)).fetchone()
        if found is not None:
            name = self._header[self._places[self._group_by or ""]][:80]
            raise Invalid(_l("%(count)s rows have the same %(column)s, %(value)s: that is more than can be taken as one.",
                             count=found[1], column=name, value=found[0][:40]))  # fmt: skip

    def _packed(self, row: Row, size: int) -> tuple[object, ...]:
        wide = len(row)
        values = [row[place] if place < wide else None for place in self._places.values()]
        rest = {}
        if wide > len(self._places):
            used = set(self._places.values())
            rest = {
                (self._header[n] if n < len(self._header) and self._header[n] else f"column {n + 1}"): value
                for n, value in enumerate(row)
                if n not in used and value is not None
            }
        key = None
        if self._group_by:
            # A row without a key is a group of its own; no key of a file holds a NUL.
            key = values[list(self._places).index(self._group_by)] or f"\0{self.count}"
        return (self.count, size, json.dumps(rest, ensure_ascii=False) if rest else None, key, *values)

    def batches(self, after: int, size: int) -> Iterator[tuple[int, list[ImportRow]]]:
        """Whole groups, in the order in which they begin: (place to go on from, rows)."""
        names = ", ".join(f"r.{name}" for name in self._names)
        if self._group_by:
            # CROSS JOIN: in the order as written, so that the walk along groups_first needs no sort.
            tables = "groups g CROSS JOIN rows r ON r.grp = g.grp"
            sql = f"SELECT g.first, r.row, r.size, {names} FROM {tables} WHERE g.first > ? ORDER BY g.first, r.row"
        else:
            sql = f"SELECT r.row, r.row, r.size, {names} FROM rows r WHERE r.row > ? ORDER BY r.row"
        fields = list(self._places)
        batch: list[ImportRow] = []
        last, text = after, 0
        for first, number, length, *values in self._db.execute(sql, (after,)):
            if (len(batch) >= size or text > _TEXT) and first != last:
                yield last, batch
                batch, text = [], 0
            last, text = first, text + length
            batch.append(ImportRow(number, dict(zip(fields, values, strict=True))))
        if batch:
            yield last, batch

    def keys(self, key: str, columns: Sequence[str], after: str, size: int) -> Iterator[list[tuple[str, list[Seen]]]]:
        """Every value of ``key`` with the different values that ``columns`` have beside it, first seen first.

        Of a key that has no end of them come the first ones.
        """
        if key not in self._places:
            return
        present = [name for name in columns if name in self._places]
        names = "".join(f', "{name}"' for name in present)
        parts = f'FROM rows WHERE "{key}" > ? GROUP BY "{key}"{names} ORDER BY "{key}", first'
        sql = f'SELECT "{key}", COUNT(*), MIN(row) AS first {names} {parts}'
        batch: list[tuple[str, list[Seen]]] = []
        text = beside = seen = 0  # characters of the batch, and of the last key; values in the batch
        for value, count, _first, *values in self._db.execute(sql, (after,)):
            if not batch or batch[-1][0] != value:
                if len(batch) >= size or text > _TEXT or seen > _SEEN:
                    yield batch
                    batch, text, seen = [], 0, 0
                batch.append((value, []))
                beside = 0
            if beside > _TEXT or len(batch[-1][1]) >= _SEEN:
                continue
            length = sum([len(v) for v in values if v is not None])
            text, beside, seen = text + length, beside + length, seen + 1
            batch[-1][1].append(Seen(dict(zip(present, values, strict=True)), count))
        if batch:
            yield batch

    def raw(self, number: int) -> dict[str, str | None]:
        """All that a row held, under the names of the file."""
        sql = f"SELECT rest, {', '.join(self._names)} FROM rows WHERE row = ?"
        rest, *values = self._db.execute(sql, (number,)).fetchone()
        named = {self._header[place]: value for place, value in zip(self._places.values(), values, strict=True)}
        return named | (json.loads(rest) if rest else {})

    def all(self) -> Iterator[ImportRow]:
        """Every row in the order of the file."""
        for _place, rows in self.batches(0, _BATCH):
            yield from rows

    def close(self) -> None:
        """Give the disk space back."""
        self._db.close()
