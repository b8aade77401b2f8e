"""Processes that are kept running, and that end with whoever started them."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from ..kernel.errors import ConfigError

log = logging.getLogger(__name__)
SUPERVISOR = "ZHANGGUI_SUPERVISOR"
_PR_SET_PDEATHSIG = 1
_SLOWEST_RESTART = 30.0
_YOUNG = 5.0  # seconds: what lived longer has done its work, and what ended it may well be over


def end_with_supervisor() -> None:
    """Called by a process that ``up`` started, where the kernel cannot tell it: ends it when ``up`` is gone."""
    supervisor = int(os.environ.get(SUPERVISOR, "0"))
    if not supervisor or sys.platform == "linux":
        return

    def watch() -> None:
        while os.getppid() == supervisor:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()


def die_with_parent(parent: int) -> Callable[[], None]:
    """For the child between fork and exec: a supervisor that is killed outright takes it along (Linux)."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

    def ask() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it died before we could ask
                os._exit(0)

    return ask


@dataclass
class Child:
    """One supervised process and how to start it again."""

    SHORTEST: ClassVar = 0.5  # seconds

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = SHORTEST
    again_at: float = 0.0

    def keep(self) -> None:
        """Start it when it does not run and its pause is over; pauses double while it keeps dying young.

        :raises ConfigError: when it cannot be started the very first time.
        """
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            if now - self.started > _YOUNG:
                self.wait = self.SHORTEST
            self._later(f"ended with {self.process.returncode}", now)
        if now >= self.again_at:
            try:
                self.process, self.started = self.start(), now
            except (ConfigError, OSError) as error:
                if not self.started:
                    raise
                self._later(f"cannot be started ({error})", now)

    def _later(self, why: str, now: float) -> None:
        log.warning("%s %s; it is started again in %.1f s", self.name, why, self.wait)
        self.process, self.again_at = None, now + self.wait
        self.wait = min(self.wait * 2, _SLOWEST_RESTART)
