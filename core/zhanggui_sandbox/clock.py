"""Two clocks: one for what takes hours, which may be advanced, and one for signatures, which must agree with the shop's."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

from .store import Store

BEIJING = timezone(timedelta(hours=8))


class Clock:
    """Seconds since 1970, as floats.

    ``now`` decides about expiry, schedules, bills and tokens. ``wire`` stands in signatures and is asked about their age: a shop whose
    own clock cannot be advanced would otherwise refuse everything after the first advance.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._advanced: float = store.meta("advanced", 0.0)
        self._skew: float = store.meta("skew", 0.0)

    def now(self) -> float:
        """The simulated time."""
        return time.time() + self._advanced

    def wire(self) -> float:
        """The time in signatures."""
        return time.time() + self._skew

    def advance(self, seconds: float, *, signatures: bool = False) -> None:
        """Time passes; with ``signatures`` for them too."""
        with self._store.transaction():
            self._advanced += seconds
            self._store.set_meta("advanced", self._advanced)
            if signatures:
                self._skew += seconds
                self._store.set_meta("skew", self._skew)

    def reset(self) -> None:
        """Back to the time of the machine."""
        self._advanced = self._skew = 0.0

    def state(self) -> dict[str, object]:
        """For the control API."""
        return {"now": rfc3339(self.now()), "advanced_seconds": self._advanced, "signatures": rfc3339(self.wire())}


def beijing(at: float) -> datetime:
    """In the time zone of both providers."""
    return datetime.fromtimestamp(at, BEIJING)


def rfc3339(at: float) -> str:
    """2026-11-26T20:15:00+08:00."""
    return beijing(at).isoformat(timespec="seconds")


def plain(at: float) -> str:
    """2026-11-26 20:15:00, as Alipay and bills have it."""
    return beijing(at).strftime("%Y-%m-%d %H:%M:%S")


def read_rfc3339(text: str) -> float:
    """:raises ValueError: when it has no zone or is no time."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or "T" not in text:
        raise ValueError(text)
    return found.timestamp()


def read_plain(text: str) -> float:
    """:raises ValueError: when it is not like 2026-11-26 20:15:00."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp()
