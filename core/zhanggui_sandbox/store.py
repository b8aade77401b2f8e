"""The books of the sandbox: one SQLite file, one connection, one writer at a time."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trade (
    id INTEGER PRIMARY KEY, provider TEXT NOT NULL, account TEXT NOT NULL, app_id TEXT NOT NULL, out_trade_no TEXT NOT NULL, trade_no TEXT NOT NULL UNIQUE,
    scene TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, paid_amount INTEGER, paid_currency TEXT, subject TEXT NOT NULL,
    attach TEXT NOT NULL, notify_url TEXT NOT NULL, return_url TEXT NOT NULL, payer TEXT NOT NULL, state TEXT NOT NULL,
    created REAL NOT NULL, expires REAL NOT NULL, paid REAL, closed REAL, extra TEXT NOT NULL DEFAULT '{}',
    UNIQUE (provider, account, out_trade_no));
CREATE TABLE IF NOT EXISTS ticket (token TEXT PRIMARY KEY, trade_id INTEGER NOT NULL REFERENCES trade (id), kind TEXT NOT NULL, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS refund (
    id INTEGER PRIMARY KEY, trade_id INTEGER NOT NULL REFERENCES trade (id), provider TEXT NOT NULL, scope TEXT NOT NULL, out_refund_no TEXT NOT NULL,
    refund_no TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, notify_url TEXT NOT NULL, source TEXT NOT NULL,
    created REAL NOT NULL, settles REAL, becomes TEXT NOT NULL, finished REAL, UNIQUE (provider, scope, out_refund_no));
CREATE INDEX IF NOT EXISTS refund_of_trade ON refund (trade_id);
CREATE INDEX IF NOT EXISTS refund_settles ON refund (settles) WHERE settles IS NOT NULL;
CREATE TABLE IF NOT EXISTS movement (
    id INTEGER PRIMARY KEY, provider TEXT NOT NULL, kind TEXT NOT NULL, out_trade_no TEXT NOT NULL, number TEXT NOT NULL, provider_number TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, fee INTEGER NOT NULL, at REAL NOT NULL, accepted REAL NOT NULL);
CREATE INDEX IF NOT EXISTS movement_at ON movement (at);
CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY, provider TEXT NOT NULL, kind TEXT NOT NULL, trade_id INTEGER NOT NULL REFERENCES trade (id), refund_id INTEGER,
    event TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, content TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, due REAL, created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS notice_due ON notice (due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS notice_of_trade ON notice (trade_id);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, notice_id INTEGER NOT NULL, at REAL NOT NULL, forge TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL,
    seconds REAL NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_of_notice ON delivery (notice_id);
CREATE TABLE IF NOT EXISTS fault (id INTEGER PRIMARY KEY, spec TEXT NOT NULL, left INTEGER);
CREATE TABLE IF NOT EXISTS request (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, operation TEXT NOT NULL, headers TEXT NOT NULL,
    body TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, trouble TEXT NOT NULL, signed_text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS nonce_at ON nonce (at);
CREATE TABLE IF NOT EXISTS login (
    code TEXT PRIMARY KEY, kind TEXT NOT NULL, user TEXT NOT NULL, expires REAL NOT NULL, used REAL);
CREATE TABLE IF NOT EXISTS token (token TEXT PRIMARY KEY, issued REAL NOT NULL, expires REAL NOT NULL, forced INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS person (openid TEXT PRIMARY KEY, user TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS allowed (openid TEXT NOT NULL, template TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (openid, template));
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, channel TEXT NOT NULL, who TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, more TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS message_to ON message (channel, who, id);
CREATE TABLE IF NOT EXISTS receiver (name TEXT PRIMARY KEY, secrets TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, receiver TEXT NOT NULL, message TEXT NOT NULL, type TEXT NOT NULL, verdict TEXT NOT NULL, times INTEGER NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS received_of ON received (receiver, message);
CREATE TABLE IF NOT EXISTS bill (token TEXT PRIMARY KEY, content BLOB NOT NULL, expires REAL NOT NULL, kind TEXT NOT NULL);
"""
Row = sqlite3.Row


class Store:
    """What was ordered, paid, given back, told and asked. Everything outlives the process."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        # A killed process loses nothing; a machine without power may lose the last second, which is enough for simulated money.
        for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA foreign_keys=ON"):
            self._db.execute(line)
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Nothing can be asked afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one inside another belongs to it."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """One statement."""
        with self._lock:
            return self._db.execute(sql, values)

    def insert(self, sql: str, *values: Any) -> int:
        """One INSERT; answers the row's id."""
        return int(self.run(sql, *values).lastrowid or 0)

    def one(self, sql: str, *values: Any) -> Row | None:
        """The first row, if there is one."""
        with self._lock:
            found: Row | None = self._db.execute(sql, values).fetchone()
            return found

    def all(self, sql: str, *values: Any) -> list[Row]:
        """Every row."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def meta(self, name: str, default: Any = None) -> Any:
        """A value that belongs to no table."""
        found = self.one("SELECT value FROM meta WHERE name = ?", name)
        return default if found is None else json.loads(found["value"])

    def set_meta(self, name: str, value: Any) -> None:
        """Keep it."""
        self.run("INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, json.dumps(value))

    def clear(self) -> None:
        """An empty shop with the same keys."""
        with self.transaction():
            for sql in _CLEAR:
                self.run(sql)


_CLEAR = (
    "DELETE FROM delivery", "DELETE FROM notice", "DELETE FROM movement", "DELETE FROM refund", "DELETE FROM ticket", "DELETE FROM trade",
    "DELETE FROM fault", "DELETE FROM request", "DELETE FROM nonce", "DELETE FROM login", "DELETE FROM token", "DELETE FROM bill", "DELETE FROM meta",
    "DELETE FROM person", "DELETE FROM allowed", "DELETE FROM message", "DELETE FROM receiver", "DELETE FROM received",
)  # fmt: skip
