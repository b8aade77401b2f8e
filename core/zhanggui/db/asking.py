"""While a request only asks, nothing is written; what is recorded about asking goes through one door.

The wall stands at the connections that can write, so that it holds for a unit of work and for
whatever else is sent there. Reading has connections of its own, on which the database
itself refuses to write.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import Delete, Insert, Update

# What may be written about somebody who reads: that he did, under which key it is sealed, when he or his token was last seen, how often he tried.
RECORDS: dict[str, tuple[type, ...]] = {
    "core__audit": (Insert,), "core__audit_link": (Insert,), "core__person_key": (Insert,), "core__session": (Update,), "core__throttle": (Insert, Update, Delete),
    "core__token": (Update,),
}  # fmt: skip
_UPDATED = {"core__session": {"last_seen_at", "zone"}, "core__token": {"last_used_at", "last_ip"}}  # and of an update, these columns alone
_asking: ContextVar[bool] = ContextVar("zhanggui_asking", default=False)
_recording: ContextVar[bool] = ContextVar("zhanggui_recording", default=False)


class WriteWhileAsking(RuntimeError):
    """A handler of GET wanted to write: it belongs behind POST, or behind ``recording()``. A bug, never a refusal."""


@contextmanager
def asking() -> Iterator[None]:
    """Nothing can be written in this block but by :func:`records_only`."""
    token = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(token)


@contextmanager
def records_only() -> Iterator[None]:
    """What is written in this block stays within ``RECORDS``, whoever asks."""
    token = _recording.set(True)
    try:
        yield
    finally:
        _recording.reset(token)


def guard(engine: Engine) -> None:
    """Put the wall around an engine that can write."""

    @event.listens_for(engine, "before_cursor_execute")
    def before_cursor_execute(_connection: Connection, _cursor: Any, sql: str, _values: Any, context: Any, _many: bool) -> None:
        if _recording.get():
            if not sql.startswith("BEGIN"):
                _check(context.compiled and context.compiled.statement)
        elif _asking.get():
            raise WriteWhileAsking("a request that only asks began to write")


def _check(statement: Any) -> None:
    """:raises WriteWhileAsking: for anything but a query, and changes that ``RECORDS`` names."""
    if not getattr(statement, "is_dml", False) and not getattr(statement, "is_select", False):
        raise WriteWhileAsking("only statements that say which table they change can be recorded")
    for part in visitors.iterate(statement):
        if isinstance(part, Insert | Update | Delete):
            name = getattr(part.table, "name", "")
            columns = {getattr(column, "name", column) for column in getattr(part, "_values", None) or ()}
            if not isinstance(part, RECORDS.get(name, ())) or (name in _UPDATED and not columns <= _UPDATED[name]):
                raise WriteWhileAsking(f"{type(part).__name__.lower()} of {name} is no record of reading")
