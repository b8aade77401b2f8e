"""Rows as a backup holds them: one line of JSON each, the same whichever database they come from.

A line is the values of a row in the order of its columns' names. The checksum of a table is the sum of the SHA-256 of its
lines, modulo 2^256: it does not depend on the order, in which two databases need not agree.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy import inspect
from sqlalchemy.engine import Connection, Engine

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError

MODULUS = 1 << 256
_ROWS_AT_ONCE = 2000
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_loads = json.JSONDecoder().decode


class UnknownKind(DomainError):
    """A plugin keeps something in a column for which a backup has no form that suits both databases."""

    code = "unknown_kind"
    message = _l("%(column)s is of the kind %(kind)s, which no backup can hold: its plugin has to keep it as a number, a text, a time or JSON.")


@dataclass(frozen=True)
class Layout:
    """Columns of a table by name, in that order, each with its kind: int, bool, text, bytes, time, date, number, json."""

    table: str
    columns: tuple[tuple[str, str], ...]

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return [name for name, _kind in self.columns]

    def as_json(self) -> list[list[str]]:
        """For the head of a backup."""
        return [list(column) for column in self.columns]


def layouts(connection: Connection) -> dict[str, Layout]:
    """Every table of a database, as the database itself describes it: also those of plugins that are not installed any more."""
    found = inspect(connection)
    columns = found.get_multi_columns()
    return {
        table: Layout(table, tuple(sorted((c["name"], _kind(table, c["name"], c["type"])) for c in described)))
        for (_schema, table), described in sorted(columns.items())
    }


def _kind(table: str, name: str, kind: Any) -> str:
    for of, word in (
        (sa.Boolean, "bool"), (sa.Integer, "int"), (sa.LargeBinary, "bytes"), (sa.JSON, "json"), (sa.DateTime, "time"), (sa.Date, "date"),
        (sa.Numeric, "number"), (sa.Float, "number"), (sa.String, "text"),
    ):  # fmt: skip
        if isinstance(kind, of):
            return word
    raise UnknownKind(column=f"{table}.{name}", kind=str(kind))


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection on which everything stands as it did at one moment, however long the reading takes. Nobody waits for it.

    On SQLite that is a reading transaction of the write-ahead log, on PostgreSQL a repeatable read.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")  # the moment is that of the first look
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try:
            yield connection
        finally:
            connection.rollback()


def lines(connection: Connection, layout: Layout) -> Iterator[str]:
    """The rows of a table as lines, none of them kept in memory."""
    out = [_OUT[kind] for _name, kind in layout.columns]
    quote = connection.dialect.identifier_preparer.quote
    # PostgreSQL's driver reads a JSON null as no value at all: as a text it is one.
    as_text = "::text" if connection.dialect.name == "postgresql" else ""
    columns = ", ".join(quote(name) + (as_text if kind == "json" else "") for name, kind in layout.columns)
    statement = f"SELECT {columns} FROM {quote(layout.table)}"  # noqa: S608 - names that the database itself told
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        cursor = raw.cursor()
        cursor.arraysize = _ROWS_AT_ONCE
    else:
        cursor = raw.cursor(f"rows_{layout.table}"[:60])
        cursor.itersize = _ROWS_AT_ONCE
    try:
        cursor.execute(statement)
        for row in cursor:
            yield _dumps([None if value is None else change(value) for change, value in zip(out, row, strict=True)])
    finally:
        cursor.close()


def weight(line: str) -> int:
    """What a line adds to the checksum of its table."""
    return int.from_bytes(sha256(line.encode()).digest(), "big")


def checksum(connection: Connection, layout: Layout) -> tuple[int, str]:
    """How many rows a table has, and its checksum."""
    count = total = 0
    for line in lines(connection, layout):
        count += 1
        total += weight(line)
    return count, in_hex(total)


def in_hex(total: int) -> str:
    """A checksum as 64 hex digits."""
    return f"{total % MODULUS:064x}"


def values(layout: Layout, dialect: str) -> Callable[[str], list[Any]]:
    """Reads a line back into the values that the driver of ``dialect`` takes."""
    into = [(_SQLITE if dialect == "sqlite" else _POSTGRESQL)[kind] for _name, kind in layout.columns]

    def read(line: str) -> list[Any]:
        row = _loads(line)
        return [None if value is None else change(value) for change, value in zip(into, row, strict=True)]

    return read


def parts(rows: Iterable[str], size: int = 1 << 20) -> Iterator[tuple[int, bytes]]:
    """Lines in pieces of about so many bytes: ``(sum of their weights, piece)``."""
    held: list[bytes] = []
    length = total = 0
    for line in rows:
        body = line.encode()
        total += int.from_bytes(sha256(body).digest(), "big")
        held.append(body)
        length += len(body) + 1
        if length >= size:
            yield total, b"\n".join(held) + b"\n"
            held, length, total = [], 0, 0
    if held:
        yield total, b"\n".join(held) + b"\n"


# -- one value ------------------------------------------------------------------------------------


def _time(value: Any) -> str:
    """UTC, to the microsecond: ``2026-11-27T21:30:00.000000``."""
    if isinstance(value, str):
        if len(value) == 26 and value[10] == " ":
            return f"{value[:10]}T{value[11:]}"
        value = datetime.fromisoformat(value)
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return str(value.isoformat(timespec="microseconds"))


def _json(value: Any) -> list[Any]:
    return [json.loads(value)]  # in a list: JSON has a null of its own


def _number(value: Any) -> str:
    """Without an end of zeros, whatever the database counts as its places."""
    plain = format(Decimal(str(value)), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _same(value: Any) -> Any:
    return value


_OUT: Mapping[str, Callable[[Any], Any]] = {
    "int": int, "bool": bool, "text": str, "bytes": lambda value: base64.b64encode(value).decode(), "time": _time,
    "date": lambda value: value.isoformat() if isinstance(value, date) else str(value)[:10], "number": _number, "json": _json,
}  # fmt: skip
_SQLITE: Mapping[str, Callable[[Any], Any]] = {
    "int": _same, "bool": int, "text": _same, "bytes": base64.b64decode, "time": lambda text: f"{text[:10]} {text[11:]}", "date": _same,
    "number": float, "json": lambda held: json.dumps(held[0], ensure_ascii=False),
}  # fmt: skip
_POSTGRESQL: Mapping[str, Callable[[Any], Any]] = {
    "int": _same, "bool": _same, "text": _same, "bytes": base64.b64decode, "time": datetime.fromisoformat, "date": date.fromisoformat,
    "number": Decimal, "json": lambda held: json.dumps(held[0], ensure_ascii=False),
}  # fmt: skip
