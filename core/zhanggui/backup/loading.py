"""Writing the rows of a backup into tables that are there: with the guards of the database aside, and up again before the end.

All of it happens in the transaction of ``migrations.changing.schema_change``: whoever looks sees the tables before or after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError
from .tables import Layout, values


class RestoreRefused(DomainError):
    """A restore that would leave the shop with less than it says; nothing was changed."""

    code = "restore_refused"


@contextmanager
def guards_aside(connection: Connection, names: Sequence[str]) -> Iterator[None]:
    """Inside the block rows may come in any order: no trigger of these tables runs, and no key that points from or to them is asked.

    At its end the keys are asked for all rows at once (of SQLite by ``schema_change``).

    :raises RestoreRefused: when a row would point to one that is not there.
    """
    aside = _Sqlite(connection, names) if connection.dialect.name == "sqlite" else _Postgresql(connection, names)
    aside.lift()
    yield
    aside.put_back()


class _Sqlite:
    """Triggers are taken away and made again; foreign keys are off until the end anyway."""

    def __init__(self, connection: Connection, names: Sequence[str]) -> None:
        self.connection = connection
        found = connection.execute(text("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'"))
        self.triggers = [(row.name, row.sql) for row in found if row.tbl_name in set(names)]

    def lift(self) -> None:
        for name, _statement in self.triggers:
            self.connection.exec_driver_sql(f"DROP TRIGGER {_quoted(self.connection, name)}")

    def put_back(self) -> None:
        for _name, statement in self.triggers:
            self.connection.exec_driver_sql(statement)


class _Postgresql:
    """Triggers sleep and wake as they were (some watch even those that call themselves replicas); foreign keys are made again."""

    def __init__(self, connection: Connection, names: Sequence[str]) -> None:
        self.connection = connection
        asked = {"names": list(names)}
        self.triggers = connection.execute(text(
            "SELECT t.tgname AS name, c.relname AS on_table, t.tgenabled AS state FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relname = ANY(:names) AND c.relnamespace = current_schema()::regnamespace"), asked).all()  # fmt: skip
        self.keys = connection.execute(text(
            "SELECT k.conname AS name, c.relname AS on_table, f.relname AS to_table, pg_get_constraintdef(k.oid) AS says FROM pg_constraint k "
            "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid WHERE k.contype = 'f' "
            "AND (c.relname = ANY(:names) OR f.relname = ANY(:names)) AND c.relnamespace = current_schema()::regnamespace"), asked).all()  # fmt: skip

    def _alter(self, on_table: str, what: str) -> None:
        self.connection.exec_driver_sql(f"ALTER TABLE {_quoted(self.connection, on_table)} {what}")

    def lift(self) -> None:
        for key in self.keys:
            self._alter(key.on_table, f"DROP CONSTRAINT {_quoted(self.connection, key.name)}")
        for trigger in self.triggers:
            self._alter(trigger.on_table, f"DISABLE TRIGGER {_quoted(self.connection, trigger.name)}")

    def put_back(self) -> None:
        states = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA", "D": "DISABLE"}
        for trigger in self.triggers:
            state = trigger.state.decode() if isinstance(trigger.state, bytes) else trigger.state
            self._alter(trigger.on_table, f"{states[state]} TRIGGER {_quoted(self.connection, trigger.name)}")
        for key in self.keys:
            try:
                self._alter(key.on_table, f"ADD CONSTRAINT {_quoted(self.connection, key.name)} {key.says}")
            except IntegrityError as error:
                raise RestoreRefused(
                    _l("Rows of %(table)s would point to rows of %(parent)s that are not there."), table=key.on_table, parent=key.to_table
                ) from error


def empty(connection: Connection, names: Sequence[str]) -> None:
    """Take every row of these tables away."""
    for name in names:
        connection.exec_driver_sql(f"DELETE FROM {_quoted(connection, name)}")  # noqa: S608 - a name of a table that is there


def load(connection: Connection, layout: Layout, body: bytes) -> None:
    """Write a part of a table."""
    read = values(layout, connection.dialect.name)
    rows = [read(line) for line in body.decode().split("\n") if line]
    table, columns = _quoted(connection, layout.table), ", ".join(_quoted(connection, name) for name in layout.names)
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(layout.columns))
        raw.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608 - see above
        return
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def count_on(connection: Connection, names: Sequence[str]) -> None:
    """Let the numbers that PostgreSQL gives go on behind the highest that is there; SQLite does so by itself."""
    if connection.dialect.name == "sqlite":
        return
    for table in names:
        for found in inspect(connection).get_columns(table):
            sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": _quoted(connection, table), "column": found["name"]})
            if sequence:
                highest = f"SELECT max({_quoted(connection, found['name'])}) FROM {_quoted(connection, table)}"  # noqa: S608 - see above
                connection.exec_driver_sql(f"SELECT setval('{sequence}', coalesce(({highest}), 1), ({highest}) IS NOT NULL)")


def drop_everything(connection: Connection) -> None:
    """Take every table away. On SQLite foreign keys have to be off."""
    cascade = "" if connection.dialect.name == "sqlite" else " CASCADE"
    for table in inspect(connection).get_table_names():
        connection.exec_driver_sql(f"DROP TABLE {_quoted(connection, table)}{cascade}")


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
