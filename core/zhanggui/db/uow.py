"""The unit of work: one transaction per entry point, and what happens after its commit.

Entry points (view, REST, job, command) open it; services take ``db`` and never commit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy.orm import Session

from ..runtime import current_runtime
from .asking import records_only

log = logging.getLogger(__name__)

_AFTER = "zhanggui_after_commit"
_writing: ContextVar[bool] = ContextVar("zhanggui_writing", default=False)


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """A session that writes: committed at the end of the block, rolled back when it raises.

    On SQLite the write lock is taken at the first statement (BEGIN IMMEDIATE). While a request only
    asks (GET, HEAD), that statement raises ``WriteWhileAsking``.
    """
    runtime = current_runtime()
    with Session(runtime.write_bind, expire_on_commit=False) as db:
        outer = _writing.get()
        _writing.set(True)
        try:
            with db.begin():
                yield db
        finally:
            _writing.set(outer)
        callbacks: list[Callable[[], object]] = db.info.pop(_AFTER, [])
    for callback in callbacks:
        try:
            callback()
        except Exception:
            # What was committed stands; a lost nudge is made up for by the sweeper.
            log.warning("an after-commit step failed", exc_info=True)


def in_transaction() -> bool:
    """Whether a unit of work is open here, for which others may have to wait."""
    return _writing.get()


@contextmanager
def recording() -> Iterator[Session]:
    """A unit of work for what is recorded about reading, and the only one that opens while a request only asks.

    An export or a reveal leaves an audit row, a session its last use, a guess its count. Any other change is refused.
    """
    with records_only(), unit_of_work() as db:
        yield db


_shared: ContextVar[Session | None] = ContextVar("zhanggui_reading", default=None)


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reading only; nothing in it is ever committed."""
    shared = _shared.get()
    if shared is not None:
        yield shared
        return
    with Session(current_runtime().read_bind, autoflush=False, expire_on_commit=False) as db:
        try:
            yield db
        finally:
            db.rollback()


@contextmanager
def one_reader() -> Iterator[None]:
    """Let everything that reads inside the block share one session. For requests that change nothing."""
    with reading() as db:
        token = _shared.set(db)
        try:
            yield
        finally:
            _shared.reset(token)


def after_commit(db: Session, callback: Callable[[], object]) -> None:
    """Call this once ``db``'s transaction is durable, never if it rolls back.

    Only for hints that may be lost (a nudge to the queue); what must happen is a row.
    """
    db.info.setdefault(_AFTER, []).append(callback)
