"""One engine per process and instance, with the guarantees of the database checked on it."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from . import asking
from .write_queue import DatabaseBusy, QueuedConnection, queue_of

log = logging.getLogger(__name__)

# Checked back after they are set: a build of SQLite may ignore a pragma it does not know.
SQLITE_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}


def open_engine(url: str | URL, *, pooled: bool = True, read_only: bool = False, write_wait: float = 10) -> Engine:
    """An engine for SQLite or PostgreSQL.

    Every SQLite connection runs WAL, ``synchronous=FULL`` and foreign keys. The unit of work begins
    IMMEDIATE, because a transaction that reads first and writes later answers "database is locked" at
    once, whatever its time-out. Before that its thread stands in line (``write_queue.py``).

    :param read_only: the database refuses every write, and each statement sees what is committed when it
        starts: reading needs no transaction, and none is begun or rolled back for it.
    :param write_wait: seconds that a unit of work on SQLite waits for its turn until :class:`DatabaseBusy`.
    """
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, pooled, read_only, write_wait)
    if url.get_backend_name() == "postgresql":
        return _postgresql(url, pooled, read_only)
    raise ValueError(f"database {url.get_backend_name()!r}: use sqlite or postgresql")


def _sqlite(url: URL, pooled: bool, read_only: bool, write_wait: float) -> Engine:
    on_disk = bool(url.database) and url.database != ":memory:"
    if on_disk and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    kwargs: dict[str, Any] = {} if pooled else {"poolclass": NullPool}
    if pooled:
        kwargs |= {"pool_size": 20, "max_overflow": 20}
    connect_args = {"timeout": 15, "isolation_level": None, "factory": QueuedConnection}
    engine = create_engine(url, hide_parameters=True, connect_args=connect_args, **kwargs)
    queue = queue_of(url.database) if on_disk and url.database else None
    if not read_only:
        asking.guard(engine)

    @event.listens_for(engine, "connect")
    def set_pragmas(dbapi_connection: Any, _record: Any) -> None:
        cursor = dbapi_connection.cursor()
        for name, wanted in SQLITE_PRAGMAS.items():
            cursor.execute(f"PRAGMA {name}={wanted}")
            got = cursor.execute(f"PRAGMA {name}").fetchone()[0]
            if got != wanted:
                raise RuntimeError(f"SQLite refused PRAGMA {name}={wanted} and answers {got!r}")
        cursor.execute("PRAGMA cache_size=-12000")
        if read_only:
            cursor.execute("PRAGMA query_only=1")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("writes"):
            return
        raw: Any = connection.connection.dbapi_connection
        try:
            if queue is not None:
                raw.stand_in_line(queue, write_wait)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:  # somebody wrote for long who does not stand in line
            raw.leave()
            if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise DatabaseBusy() from error
            raise
        except BaseException:
            raw.leave()
            raise

    return engine


def _postgresql(url: URL, pooled: bool, read_only: bool) -> Engine:
    url = url.set(drivername="postgresql+psycopg")
    kwargs: dict[str, Any] = {} if pooled else {"poolclass": NullPool}
    if pooled:
        kwargs |= {"pool_size": 10, "max_overflow": 20, "pool_pre_ping": False}
    if read_only:
        kwargs["isolation_level"] = "AUTOCOMMIT"
    engine = create_engine(url, hide_parameters=True, connect_args={"connect_timeout": 5}, **kwargs)
    if not read_only:
        asking.guard(engine)

    @event.listens_for(engine, "connect")
    def check_durability(dbapi_connection: Any, record: Any) -> None:
        if dbapi_connection.info.server_version < 140000:
            raise RuntimeError("PostgreSQL 14 or newer is needed")
        with dbapi_connection.cursor() as cursor:
            for name in ("fsync", "synchronous_commit"):
                cursor.execute(f"SHOW {name}")
                if cursor.fetchone()[0] == "off":
                    raise RuntimeError(f"PostgreSQL runs with {name}=off: a committed order could be lost")
            cursor.execute("SET TIME ZONE 'UTC'")
            if read_only:
                cursor.execute("SET default_transaction_read_only = on")
        dbapi_connection.commit()

    return engine
