"""What plugins do wrong while they run: contained, counted, written down, and paused after some repeats.

Each function that a plugin gave stands behind a :class:`Watch`. Nothing that it raises gets past it but
refusals where they are meant; after some repeats it is not called any more, in any process, until somebody
presses "Try again" or the plugin is switched, or another version of it comes.

Faults are counted in the process and written in a transaction of their own once the request or job is over:
what reads cannot write, and what is rolled back would take its own explanation along.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import case, select, true, update
from sqlalchemy import exc as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..db.uow import reading, unit_of_work
from ..i18n.texts import LazyText, reader
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.errors import DomainError, Stop
from ..kernel.trace import current_trace
from ..runtime import Runtime
from . import generation
from .models import PluginFault

log = logging.getLogger(__name__)
STRIKES = 3  # requests or jobs in which a place failed, after which it is paused
WINDOW = timedelta(hours=1)  # within which they count
BUDGET = 0.5  # seconds that one call may take inside a transaction: meanwhile others wait to write
EVERY = 5.0  # seconds between two writings of what repeats
_NO_FAULT = (KeyboardInterrupt, GeneratorExit, Stop)
# A lock, a full disk or a broken file are nobody's mistake; SQLITE_ERROR is: a wrong statement.
_WEATHER = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
}  # fmt: skip


class PluginTrouble(DomainError):
    """What was asked needs a plugin that fails; nothing was done."""

    code = "plugin_failed"
    message = _l("This cannot be done now: the plugin “%(plugin)s” failed.")


class Called:
    """A plugin's name, in the language of whoever reads it."""

    def __init__(self, plugin: str, names: Mapping[str, str]) -> None:
        self.plugin, self.names = plugin, names

    def __str__(self) -> str:
        locale = reader().locale
        return self.names.get(locale) or self.names.get(locale.split("_")[0]) or self.names.get("en") or self.plugin


@dataclass(frozen=True)
class Place:
    """Where a plugin is called: ``kind`` (column, badge, hook, ...), its ``name`` for programs, its words for people."""

    plugin: str
    kind: str
    name: str
    label: Any = ""
    screen: Any = ""  # the title of the screen that it adds to
    names: Mapping[str, str] = field(default_factory=dict)  # what the plugin is called, by language

    @property
    def key(self) -> str:
        """One row, and one count, for each."""
        return f"{self.plugin}:{self.kind}:{self.name}"[:200]


class Watch:
    """One place in a process. Its attributes are read without a lock: being late by a call does no harm."""

    __slots__ = ("_slow", "_trace", "_unwritten", "book", "detail", "last", "longest", "paused", "pausing", "place", "sentence", "strikes", "told")

    def __init__(self, book: FaultBook, place: Place, paused: bool) -> None:
        self.book, self.place, self.paused = book, place, paused
        self.pausing = False  # decided here and not written yet
        self.strikes = 0
        self.sentence = self.detail = ""
        self.last = clock.now()
        self.longest = 0.0
        self.told = False  # whether a row was written
        self._unwritten = [0, 0]  # times, strikes
        self._slow = 0
        self._trace = ""

    def around(
        self, function: Callable[..., Any], instead: Callable[..., Any], *, passes: tuple[type[BaseException], ...] = (),
        check: Callable[[Any], Any] | None = None,
    ) -> Callable[..., Any]:  # fmt: skip
        """``function``, contained: called once a row in lists, so nothing stands around it but a ``try``.

        :param instead: called with the same arguments for what is answered when it fails or is paused.
        :param passes: refusals that are meant to get out.
        :param check: takes the result and returns it, or raises when it is of the wrong kind.
        """

        def contained(*args: Any, **kwargs: Any) -> Any:
            if self.paused:
                return instead(*args, **kwargs)
            try:
                result = function(*args, **kwargs)
                return result if check is None else check(result)
            except passes:
                raise
            except BaseException as error:
                if not self.failed(error):
                    raise
                return instead(*args, **kwargs)

        contained.watch = self  # type: ignore[attr-defined]
        return contained

    def timed(self, function: Callable[..., Any], /, *args: Any, instead: Callable[[], Any], budget: float | None, **kwargs: Any) -> Any:
        """Call ``function`` now; one that took longer than ``budget`` too often is paused as well."""
        if self.paused:
            return instead()
        started = time.perf_counter()
        try:
            result = function(*args, **kwargs)
        except DomainError:
            raise
        except BaseException as error:
            if not self.failed(error):
                raise
            return instead()
        if budget is not None:
            self._took(time.perf_counter() - started, budget)
        return result

    def failed(self, error: BaseException) -> bool:
        """Count a fault. False when this is not the plugin's: it must be raised again."""
        if isinstance(error, _NO_FAULT) or _is_weather(error):
            return False
        with self.book.lock:
            new = self._count()
            self.sentence = said(error)[:300]
            self.detail = "".join(traceback.format_exception(error))[-6000:]
            self.book.pending[self.place.key] = self
        if self.strikes == 1 and new:
            log.error("plugin %s failed in %s %s", self.place.plugin, self.place.kind, self.place.name, exc_info=error)
        elif new:
            log.warning("plugin %s failed again in %s %s: %s", self.place.plugin, self.place.kind, self.place.name, self.sentence)
        return True

    def _count(self) -> bool:
        """One more; a request in which fifty rows fail is one strike. Whether it is a new one."""
        now, trace = clock.now(), current_trace().correlation
        self._unwritten[0] += 1
        if trace == self._trace and self.strikes:
            self.last = now
            return False
        self.strikes = self.strikes + 1 if now - self.last < WINDOW else 1
        self.last, self._trace = now, trace
        self._unwritten[1] += 1
        if self.strikes >= STRIKES:
            self._pause()
        return True

    def _pause(self) -> None:
        if not self.paused:
            self.paused = self.pausing = True
            log.error("plugin %s is paused in %s %s", self.place.plugin, self.place.kind, self.place.name)

    def _took(self, seconds: float, budget: float) -> None:
        if seconds <= budget:
            self._slow = 0  # one that is slow now and then waits for others itself
            return
        log.warning("plugin %s took %.1f s in %s %s", self.place.plugin, seconds, self.place.kind, self.place.name)
        with self.book.lock:
            self._slow += 1
            self._unwritten[0] += 1
            self.last, self.longest = clock.now(), max(self.longest, seconds)
            if self._slow >= STRIKES:
                self._pause()
            self.book.pending[self.place.key] = self

    def slow(self, seconds: float) -> None:
        """Tell that something took long once, such as being imported."""
        self._took(seconds, 0.0)
        self._slow = 0

    def begin_anew(self) -> None:
        """Call it again, and count from nothing."""
        self.paused = False
        self.strikes = self._slow = 0
        self.told, self._trace = False, ""

    def take(self) -> tuple[int, int, bool]:
        """What is to be written: times, strikes, and whether it is paused now."""
        (times, strikes), pausing = self._unwritten, self.pausing
        self._unwritten = [0, 0]
        return times, strikes, pausing

    def give_back(self, times: int, strikes: int) -> None:
        """What could not be written is written next time."""
        self._unwritten[0] += times
        self._unwritten[1] += strikes


def said(error: BaseException) -> str:
    """An exception as a line; one may fail even at saying what it is."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def _is_weather(error: BaseException) -> bool:
    """Whether the database is in trouble, whoever asked it."""
    if isinstance(error, sql.DBAPIError):
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is not None:
            return (code & 0xFF) in _WEATHER
        return error.connection_invalidated or isinstance(error, sql.OperationalError)
    return isinstance(error, sql.TimeoutError | sql.DisconnectionError)


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
    reached = true() if pausing else total >= STRIKES
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


__all__ = ["BUDGET", "Called", "FaultBook", "Place", "PluginTrouble", "Watch", "book_of", "forget", "known", "said"]
