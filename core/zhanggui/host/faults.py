"""What plugins do wrong while they run: written down, and paused in every process.

Each function that a plugin gave stands behind a :class:`Watch`. Nothing that it raises gets past it but
refusals where they are meant; after some repeats it is not called any more, in any process, until somebody
presses "Try again" or the plugin is switched, or another version of it comes.

Faults are counted in the process and written in a transaction of their own once the request or job is over:
what reads cannot write, and what is rolled back would take its own explanation along.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from sqlalchemy import and_, case, literal, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..db.uow import reading, unit_of_work
from ..i18n.texts import LazyText
from ..runtime import Runtime
from . import generation
from .models import PluginFault
from .watch import BUDGET, STRIKES, WINDOW, Called, Place, PluginTrouble, Watch, said

log = logging.getLogger(__name__)
EVERY = 5.0  # seconds between two writings of what repeats


class FaultBook:
    """All places of a process, by key. They outlive a build of the host, so that counts do."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.pending: dict[str, Watch] = {}
        self._watches: dict[str, Watch] = {}
        self._paused: frozenset[str] = frozenset()
        self._stamp: int | None = None
        self._written = 0.0

    def watch(self, place: Place) -> Watch:
        """The watch over a place."""
        with self.lock:
            found = self._watches.get(place.key)
            if found is None:
                found = self._watches[place.key] = Watch(self, place, place.key in self._paused)
            return found

    def heed(self, stamp: int) -> None:
        """Learn what is paused, when another process or a person changed it."""
        if stamp == self._stamp:
            return
        with reading() as db:
            rows: dict[str, Any] = dict(db.execute(select(PluginFault.id, PluginFault.paused_at)).tuples().all())
        paused = frozenset(key for key, since in rows.items() if since is not None)
        with self.lock:
            self._stamp, self._paused = stamp, paused
            for key, watch in self._watches.items():
                if key in paused:
                    watch.paused = True
                elif (watch.told and key not in rows) or (watch.paused and not watch.pausing):
                    watch.begin_anew()

    def write(self) -> None:
        """Write down what happened since: what is new or was paused at once, what repeats every few seconds.

        Called where nothing is open: after a request, a job, a turn of the clock.
        """
        if not self.pending:
            return
        now = time.monotonic()
        with self.lock:
            if now - self._written < EVERY and all(w.told and not w.pausing for w in self.pending.values()):
                return
            self._written = now
            watches = list(self.pending.values())
            self.pending.clear()
        for watch in watches:
            self._write(watch)

    def _write(self, watch: Watch) -> None:
        with self.lock:
            times, strikes, pausing = watch.take()
        try:
            with unit_of_work() as db:
                _store(db, watch, times, strikes, pausing)
        except Exception:
            # It is counted on, and tried again: the shop must not stand still because its diary cannot be written.
            log.warning("the fault of %s could not be written down", watch.place.key, exc_info=True)
            with self.lock:
                watch.give_back(times, strikes)
                self.pending[watch.place.key] = watch
        else:
            with self.lock:
                watch.told = True
                if pausing:
                    watch.pausing = False


def _store(db: Session, watch: Watch, times: int, strikes: int, pausing: bool) -> None:
    place, table = watch.place, PluginFault.__table__
    c = table.c
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    blank = {
        "id": place.key, "plugin": place.plugin, "kind": place.kind, "name": place.name[:160], "label": _source(place.label),
        "screen": _source(place.screen), "times": 0, "strikes": 0, "longest_ms": 0, "first_at": watch.last, "last_at": watch.last,
    }  # fmt: skip
    db.execute(dialect.insert(table).values(**blank).on_conflict_do_nothing())
    total = case((c.last_at < watch.last - WINDOW, strikes), else_=c.strikes + strikes)
    reached = true() if pausing else and_(total >= STRIKES, literal(place.pauses))
    longest = round(watch.longest * 1000)
    said = {"sentence": watch.sentence, "detail": watch.detail} if watch.sentence else {}
    changed = update(table).where(c.id == place.key).values(
        times=c.times + times, strikes=total, last_at=watch.last, longest_ms=case((c.longest_ms < longest, longest), else_=c.longest_ms),
        paused_at=case((c.paused_at.is_not(None), c.paused_at), (reached, watch.last), else_=None), **said,
    )  # fmt: skip
    if db.scalar(changed.returning(c.paused_at)) is not None:
        generation.bump(db, "faults")


def _source(text: Any) -> str:
    """A text as it stands in the catalogs, so that each reader gets his own."""
    return (text.msgid if isinstance(text, LazyText) else str(text))[:120]


def book_of(runtime: Runtime) -> FaultBook:
    """The book of a process."""
    book: FaultBook = runtime.shared.setdefault("faults", FaultBook())
    return book


def forget(db: Session, *, plugin: str | None = None, fault: str | None = None) -> list[PluginFault]:
    """Strike out the faults of a plugin, or one: from the next request on it is called again, in every process."""
    mine = PluginFault.plugin == plugin if fault is None else PluginFault.id == fault
    rows = list(db.scalars(select(PluginFault).where(mine)))
    for row in rows:
        db.delete(row)
    if rows:
        generation.bump(db, "faults")
    return rows


def known(db: Session) -> list[PluginFault]:
    """Every fault that was met and not struck out, the oldest first."""
    return list(db.scalars(select(PluginFault).order_by(PluginFault.first_at, PluginFault.id)))


__all__ = ["BUDGET", "STRIKES", "Called", "FaultBook", "Place", "PluginTrouble", "Watch", "book_of", "forget", "known", "said"]
