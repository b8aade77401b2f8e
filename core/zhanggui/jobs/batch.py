"""A few jobs that one worker claimed together and does one after another, each in a transaction of its own.

One transaction claims them all, and the one that ends a job also counts the try of the next: a job costs
one transaction. Nobody waits long for a job that is behind another one: what was not started within a beat
is given back, and the tries of what was claimed and never started do not count.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from ..db.uow import unit_of_work
from ..runtime import activated, current_runtime
from . import store

log = logging.getLogger(__name__)
BEAT = 5.0  # seconds; a third of the lease
GRACE = 10.0  # seconds that a job has to notice that its time is over


class Batch:
    """Jobs under one lease; ``row`` is the one that is done now."""

    def __init__(self, ids: list[int], token: str) -> None:
        self.size, self.token = len(ids), token
        self.row: Any = None
        self._waiting, self._mutex = deque(ids), threading.Lock()
        self._picked: int | None = None
        self._overdue = float("inf")

    def turn_page(self, db: Session) -> None:
        """Count the try of the next job, in the transaction that ends the present one. ``row`` is None when none follows."""
        # Picked again, and counted again, when the transaction in which it was first is rolled back.
        while self._pick():
            self.row = store.start(db, self._picked, self.token)  # type: ignore[arg-type]
            if self.row is not None:
                return
            self._picked = None  # another worker took it over
        self.row = None

    def _pick(self) -> bool:
        with self._mutex:
            if current_runtime().shared.get("told_to_stop"):
                if self._picked is not None:
                    self._waiting.appendleft(self._picked)
                    self._picked = None
                return False
            if self._picked is None and self._waiting:
                self._picked = self._waiting.popleft()
            return self._picked is not None

    def begin(self, timeout: float) -> None:
        """The job of ``row`` begins, and ought to be through after ``timeout`` seconds."""
        self._picked, self._overdue = None, time.monotonic() + timeout + GRACE

    @property
    def unfinished(self) -> bool:
        """Whether jobs are left that were not started: the worker was told to stop."""
        return bool(self._waiting)

    def give_back(self, db: Session) -> int:
        """Let others do what was not started; answers how many jobs that were."""
        with self._mutex:
            rest = list(self._waiting)
            self._waiting.clear()
        if rest:
            store.give_back(db, rest, self.token)
        return len(rest)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the lease of the running job, from a thread that owns nothing else."""
        runtime, stop = current_runtime(), threading.Event()

        def beat() -> None:
            with activated(runtime):
                while not stop.wait(BEAT):
                    self._beat(bool(runtime.shared.get("work_horse")))

        thread = threading.Thread(target=beat, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=BEAT)

    def _beat(self, in_work_horse: bool) -> None:
        """Renew the lease and give the others back.

        A job that does not even notice its time-out (a driver that hangs in C) loses the lease, and in
        a worker its process: it is tried again elsewhere and cannot come back late.
        """
        row = self.row
        if row is None:
            return
        if time.monotonic() > self._overdue:
            log.error("job %s does not stop after its time-out", row.id)
            if in_work_horse:
                os.kill(os.getpid(), signal.SIGKILL)
            return
        try:
            with unit_of_work() as db:
                store.renew(db, row.id, self.token)
                self.give_back(db)
        except Exception:
            # A beat that fails costs at worst a second run, which finish() makes harmless.
            log.warning("the lease of job %s could not be renewed", row.id, exc_info=True)


def claim(which: ColumnElement[bool], size: int) -> Batch | None:
    """Claim at most ``size`` due jobs and count the try of the first; None when there are none."""
    with unit_of_work() as db:
        ids, token = store.claim(db, which, size)
        batch = Batch(ids, token)
        batch.turn_page(db)
    return batch if batch.row is not None else None
