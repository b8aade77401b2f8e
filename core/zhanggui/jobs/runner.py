"""What a worker does with an id: claim the row, run the function, mark it done in the same transaction."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..db.people import opened
from ..db.uow import reading, unit_of_work
from ..events import relay as events_relay
from ..host import hosted, refresh
from ..host.declare import JobDef
from ..kernel import clock
from ..kernel.actors import Actor, acting_as
from ..kernel.errors import Stop
from ..kernel.trace import traced
from ..runtime import activated, current_runtime
from . import dead_letters, store
from .nudge import nudge_jobs

log = logging.getLogger(__name__)
BEAT = 5.0  # seconds; a third of the lease
GRACE = 10.0  # seconds that a job has to notice that its time is over


class LeaseLost(Exception):
    """Another worker took this job over while it ran here: what was done here is rolled back."""


class JobTimeout(Stop):
    """A job ran longer than its ``timeout``."""


def relay() -> None:
    """Queue entry point: dispatch waiting events and say which jobs they became."""
    with hosted(refresh()):
        while (done := events_relay.dispatch()).events:
            nudge_jobs(done.jobs)


def run(job_id: int) -> str:
    """Queue entry point: run one job. Answers its new state, or ``skipped`` when it was not to be had."""
    host = refresh()
    with hosted(host):
        with unit_of_work() as db:
            claimed = store.claim(db, job_id)
        if claimed is None:
            return "skipped"
        row, token = claimed
        job = host.jobs.get(row.name)
        if job is None:
            with unit_of_work() as db:
                store.hold(db, job_id, token, f"no enabled plugin knows the job {row.name}")
            return "held"
        with _beating(job_id, token, job.timeout), traced(row.correlation, f"job:{row.id}", row.depth), acting_as(_actor(row)):
            state = _run(job, row, token)
        host.book.write()
        return state


def _actor(row: Any) -> Actor:
    return Actor("job", id=row.id, name=row.name, everything=True)


def _run(job: JobDef, row: Any, token: str) -> str:
    try:
        if job.takes_db:
            with unit_of_work() as db:
                with _at_most(job.timeout):
                    job.function(db, **opened(db, row.kwargs))
                _finish(db, row.id, token)
        else:
            with reading() as db:
                arguments = opened(db, row.kwargs)
            with _at_most(job.timeout):
                job.function(**arguments)
            with unit_of_work() as db:
                _finish(db, row.id, token)
        state = "done"
    except LeaseLost:
        log.warning("job %s (%s) was taken over by another worker; what this one did is undone", row.id, row.name)
        return "skipped"
    except (Exception, SystemExit) as error:
        log.warning("job %s (%s) failed on try %s", row.id, row.name, row.attempts, exc_info=True)
        state = _fail(row, token, error)
    if state in ("done", "dead"):
        _wake_next(row)
    return state


def _finish(db: Any, job_id: int, token: str) -> None:
    if not store.finish(db, job_id, token):
        raise LeaseLost(job_id)


def _fail(row: Any, token: str, error: BaseException) -> str:
    sentence = f"{type(error).__name__}: {error}"
    with unit_of_work() as db:
        state = store.fail(db, row, token, sentence, traceback.format_exc(), retry=getattr(error, "retry", True))
        if state == "dead":
            dead_letters.tell(db, row.id, row.name, sentence, now=clock.now())
    return state


def _wake_next(row: Any) -> None:
    with reading() as db:
        following = store.following(db, row)
    if following is not None:
        nudge_jobs([following])


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    """Raise :class:`JobTimeout` inside the block when it takes too long (in a main thread, as in workers)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: Any) -> None:
        raise JobTimeout(f"it ran longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _beating(job_id: int, token: str, timeout: float) -> Iterator[None]:
    """Keep the lease while the job runs, from a thread that owns nothing else.

    A job that does not even notice its time-out (a driver that hangs in C) loses the lease, and in
    a worker its process: it is tried again elsewhere and cannot come back late.
    """
    runtime, stop, end = current_runtime(), threading.Event(), time.monotonic() + timeout + GRACE

    def beat() -> None:
        with activated(runtime):
            while not stop.wait(BEAT):
                if time.monotonic() > end:
                    log.error("job %s does not stop after its time-out", job_id)
                    if runtime.shared.get("work_horse"):
                        os.kill(os.getpid(), signal.SIGKILL)
                    return
                try:
                    with unit_of_work() as db:
                        if not store.renew(db, job_id, token):
                            return
                except Exception:
                    # A beat that fails costs at worst a second run, which finish() makes harmless.
                    log.warning("the lease of job %s could not be renewed", job_id, exc_info=True)

    thread = threading.Thread(target=beat, name=f"lease-{job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=BEAT)
