"""Work in steps, each of which leaves a mark and a line of the result."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert

from zhanggui.api import Invalid, TaskRun, lazy_gettext, task

from .papers import MARKS

_l = lazy_gettext
between: list[Callable[[int], object]] = []  # called after each step


@task(_l("Counting"))
def count_up(run: TaskRun, *, to: int, trap: str = "", **_from_newer_releases: object) -> None:
    out = run.result("numbers.csv")
    for n in range((run.place or 0) + 1, to + 1):
        with run.step() as db:
            db.execute(insert(MARKS).values(n=n))
            out.write(b"%d\n" % n)
            out.flush()
            _spring(trap, n)
            run.report(done=n, total=to, place=n, sentence=_l("Number %(n)s", n=n))
        for call in between:
            call(n)


def _spring(trap: str, n: int) -> None:
    """At the fourth number, once: whatever the trap is named after."""
    if n == 4 and trap and Path(trap).exists():
        Path(trap).unlink()
        if trap.endswith("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if trap.endswith("refuse"):
            raise Invalid(_l("At most %(number)s characters."), number=4)
        raise RuntimeError("trouble")
