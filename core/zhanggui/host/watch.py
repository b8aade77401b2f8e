"""One place where a plugin is called: what it raises is held back, counted, and after some repeats not provoked any more."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as sql

from ..i18n.texts import lazy_gettext as _l
from ..i18n.texts import reader
from ..kernel import clock
from ..kernel.errors import DomainError, Stop
from ..kernel.trace import current_trace

if TYPE_CHECKING:
    from .faults import FaultBook

log = logging.getLogger(__name__)
STRIKES = 3  # requests or jobs in which a place failed, after which it is paused
WINDOW = timedelta(hours=1)  # within which they count
CROWD = 2  # of what runs or waits to run, for each processor, in the last minute
BUDGET = 0.5  # seconds that one call may take inside a transaction: meanwhile others wait to write
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
    pauses: bool = True  # whether it is not called any more after some repeats

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
        if self.strikes >= STRIKES and self.place.pauses:
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
        if crowded():
            return  # nobody's mistake: it may have waited for the processor all the time, and a pause would close the shop
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


def crowded() -> bool:
    """Whether so much wants to run on this machine that a call that takes long says nothing about who made it."""
    return os.getloadavg()[0] > CROWD * (os.cpu_count() or 1)


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
