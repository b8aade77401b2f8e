"""What a worker does when it is told that there is work: events become jobs, jobs are claimed, run and marked done."""

from __future__ import annotations

import logging
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from ..db.people import opened
from ..db.uow import reading, unit_of_work
from ..db.write_queue import DatabaseBusy
from ..events import relay as events_relay
from ..host import hosted, refresh
from ..host.declare import DEFAULT_LANE, JobDef
from ..i18n.texts import lazy_gettext as _l
from ..i18n.wording import keep_text
from ..kernel import clock
from ..kernel.actors import Actor, acting_as
from ..kernel.errors import DomainError, Stop
from ..kernel.trace import traced
from ..runtime import current_runtime
from . import batch as batches
from . import dead_letters, lanes, store
from .batch import Batch
from .models import Job
from .nudge import nudge
from .store import PARCELED

log = logging.getLogger(__name__)
SPELL = 8.0  # seconds after which a work-horse makes room for a fresh one
FEW, MANY, QUICK = 4, 20, 1.0  # jobs claimed together: more while a batch is through within a second


class LeaseLost(Exception):
    """Another worker took this job over while it ran here: what was done here is rolled back."""


class JobTimeout(Stop):
    """A job ran longer than its ``timeout``."""


def drain(lane: str = DEFAULT_LANE) -> None:
    """Queue entry point: dispatch events and run the due jobs of a lane until there are none, or for a spell."""
    shared, end, size = current_runtime().shared, time.monotonic() + SPELL, FEW
    while True:
        with hosted(refresh()):
            _relay(but=lane)
            which = lanes.belongs_to(lane)
            with reading() as db:
                if not store.is_due(db, which):
                    return
            batch = batches.claim(which, size)
            if batch is None:
                return  # another worker was faster, and looks again when it is through
            if batch.size == size:  # there is more than this: somebody else may come as well
                nudge(lane)
        began = time.monotonic()
        states = _work_off(batch)
        size = min(size * 2, MANY) if time.monotonic() - began < QUICK else max(1, len(states) // 2)
        if time.monotonic() > end or shared.get("told_to_stop"):
            nudge(lane)
            return


def relay() -> None:
    """Dispatch waiting events and say in which lanes there is work then."""
    with hosted(refresh()):
        _relay()


def _relay(*, but: str | None = None) -> None:
    found: set[str] = set()
    while True:
        with reading() as db:
            if not events_relay.anything_waits(db):
                break
        found |= events_relay.dispatch().lanes
    for lane in found - {but}:
        nudge(lane)


def run(job_id: int) -> str:
    """Run one job. Answers its new state, or ``skipped`` when it was not to be had."""
    with hosted(refresh()):
        batch = batches.claim(Job.__table__.c.id == job_id, 1)
    return _work_off(batch)[0] if batch else "skipped"


def _work_off(batch: Batch) -> list[str]:
    """Run the jobs of a batch; their new states."""
    states = []
    with batch.kept():
        while (row := batch.row) is not None:
            with hosted(refresh()) as host:  # a toggle counts from the next job on
                job = host.jobs.get(row.name)
                batch.begin(job.timeout if job else 0)
                with traced(row.correlation, f"job:{row.id}", row.depth), acting_as(_actor(row)):
                    states.append(_run(job, row, batch) if job else _hold(row, batch))
                host.book.write()
    if batch.unfinished:
        with unit_of_work() as db:
            batch.give_back(db)
    return states


def _hold(row: Any, batch: Batch) -> str:
    with unit_of_work() as db:
        store.hold(db, row.id, batch.token, keep_text(_l("It waits for a plugin that is switched off.")))
        batch.turn_page(db)
    return "held"


def _actor(row: Any) -> Actor:
    return Actor("job", id=row.id, name=row.name, everything=True)


def _run(job: JobDef, row: Any, batch: Batch) -> str:
    try:
        if job.takes_db:
            with unit_of_work() as db:
                with _at_most(job.timeout):
                    _call(db, job, row)
                _finish(db, row, batch)
        else:
            with reading() as db:
                arguments = opened(db, row.kwargs)
            with _at_most(job.timeout):
                job.function(**arguments)
            with unit_of_work() as db:
                _finish(db, row, batch)
        return "done"
    except LeaseLost:
        log.warning("job %s (%s) was taken over by another worker; what this one did is undone", row.id, row.name)
        with unit_of_work() as db:
            batch.turn_page(db)
        return "skipped"
    except (Exception, SystemExit, Stop) as error:
        log.warning("job %s (%s) failed on try %s", row.id, row.name, row.attempts, exc_info=True)
        return _fail(row, batch, error)


def _call(db: Session, job: JobDef, row: Any) -> None:
    if PARCELED not in (row.kwargs or {}):
        job.function(db, **opened(db, row.kwargs))
        return
    for one in row.kwargs[PARCELED]:
        with traced(one["correlation"], f"job:{row.id}", one["depth"]):
            job.function(db, **opened(db, one["with"]))


def _finish(db: Session, row: Any, batch: Batch) -> None:
    if not store.finish(db, row.id, batch.token):
        raise LeaseLost(row.id)
    batch.turn_page(db)


def _fail(row: Any, batch: Batch, error: BaseException) -> str:
    sentence, retry, counts = _sentence(error), getattr(error, "retry", True), not isinstance(error, DatabaseBusy)
    with unit_of_work() as db:
        if counts and PARCELED in (row.kwargs or {}):
            state = store.part(db, row, batch.token)
        else:
            state = store.fail(db, row, batch.token, sentence, traceback.format_exc(), retry=retry, counts=counts)
        if state == "dead":
            dead_letters.tell(db, row.id, row.name, sentence, now=clock.now())
        batch.turn_page(db)
    return state


def _sentence(error: BaseException) -> str:
    """Why it failed: a refusal as a text that each reader gets in his language, anything else as the program says it."""
    return keep_text(error.said()) if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"


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
