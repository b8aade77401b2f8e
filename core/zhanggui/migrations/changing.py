"""The one transaction in which tables are changed: all of it happens, or nothing.

SQLite changes most things about a table by building another one in its place, and with foreign keys on,
taking the old one away would delete the rows that point to it. They can only be switched off before a
transaction begins, so they are checked before it ends.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError


class MigrationRefused(DomainError):
    """A change of tables that would lose something; the sentence names the table."""

    code = "migration_refused"


@contextmanager
def schema_change(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that may change tables.

    :raises MigrationRefused: at the end, when rows would be left that point to none.
    """
    with engine.connect() as connection, _foreign_keys_off(connection), connection.begin():
        yield connection
        if connection.dialect.name == "sqlite":
            check_references(connection)


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")
        if raw.execute("PRAGMA foreign_keys").fetchone()[0] != 1:
            connection.invalidate()  # its transaction could not be ended: nobody may write with it


def check_references(connection: Connection) -> None:
    """Whether every row that points to another one finds it.

    :raises MigrationRefused: naming the table.
    """
    try:
        lost = Counter((row[0], row[2]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check"))
    except OperationalError as error:  # foreign key mismatch - "child" referencing "parent"
        table, parent = re.findall('"([^"]+)"', str(error.orig))
        raise MigrationRefused(_l("A foreign key of %(table)s names columns of %(parent)s that are no key there."), table=table, parent=parent) from error
    for (table, parent), rows in sorted(lost.items()):
        raise MigrationRefused(
            _l("Rows of %(table)s would point to rows of %(parent)s that are not there (%(rows)s)."), table=table, parent=parent, rows=rows
        )
