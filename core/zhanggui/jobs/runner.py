"""What a worker does with an id: claim the row, run the function, mark it done in the same transaction."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


from ..db.uow import reading, unit_of_work
from ..events import relay as events_relay
from ..host import hosted, refresh
from ..host.declare import JobDef
from ..host.host import Host
from ..kernel.actors import Actor, acting_as
from ..kernel.trace import traced
from ..runtime import activated, current_runtime
from . import store
from .nudge import nudge_jobs

log = logging.getLogger(__name__)
BEAT = 5.0  # seconds; a third of the lease


class LeaseLost(Exception):
    """Another worker took this job over while it ran here: what was done here is rolled back."""


def relay() -> None:
    """Queue entry point: dispatch waiting events and say which jobs they became."""
    with hosted(refresh()):
        while ids := events_relay.dispatch():
            nudge_jobs(ids)


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
        with _beating(job_id, token), traced(row.correlation, f"job:{row.id}", row.depth), acting_as(_actor(row)):
            return _run(host, job, row, token)


def _actor(row: Any) -> Actor:
    return Actor("job", id=row.id, name=row.name, everything=True)


def _run(host: Host, job: JobDef, row: Any, token: str) -> str:
    try:
        if job.takes_db:
            with unit_of_work() as db:
                job.function(db, **row.kwargs)
                _finish(db, row.id, token)
        else:
            job.function(**row.kwargs)
            with unit_of_work() as db:
                _finish(db, row.id, token)
    except LeaseLost:
        log.warning("job %s (%s) was taken over by another worker; what this one did is undone", row.id, row.name)
        return "skipped"
    except Exception as error:
        log.warning("job %s (%s) failed on try %s: %s", row.id, row.name, row.attempts + 1, error, exc_info=True)
        with unit_of_work() as db:
            state = store.fail(
                db, row, token, f"{type(error).__name__}: {error}", traceback.format_exc(), retry=getattr(error, "retry", True)
            )
            if state == "dead":
                _tell(db, row, error)
        return state
    _wake_next(row)
    return "done"


def _finish(db: Any, job_id: int, token: str) -> None:
    if not store.finish(db, job_id, token):
        raise LeaseLost(job_id)


def _wake_next(row: Any) -> None:
    """The next job of the same key may have been told to wait for this one."""
    if not row.key:
        return
    c = store.c
    with reading() as db:
        following = db.scalar(
            store.select(c.id).where(c.name == row.name, c.key == row.key, c.id > row.id, c.state == "ready").order_by(c.id).limit(1)
        )
    if following is not None:
        nudge_jobs([following])


def _tell(db: Any, row: Any, error: Exception) -> None:
    from flask_babel import lazy_gettext as _l

    from ..kernel import clock
    from ..notices import notify

    notify(
        db, kind="core.job.dead", title=_l("A job was given up: %(name)s"), params={"name": row.name},
        body=f"{type(error).__name__}: {error}"[:200], href=f"/system/jobs/{row.id}", permission=("can_list", "core.Job"),
        now=clock.now(), key=f"job:{row.id}",
    )  # fmt: skip


@contextmanager
def _beating(job_id: int, token: str) -> Iterator[None]:
    """Keep the lease while the job runs, from a thread that owns nothing else."""
    runtime, stop = current_runtime(), threading.Event()

    def beat() -> None:
        with activated(runtime):
            while not stop.wait(BEAT):
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


