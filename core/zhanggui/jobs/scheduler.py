"""The scheduler: whoever holds the lease runs the clock and sweeps up what was lost on the way."""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..config import settings
from ..db.uow import unit_of_work
from ..events.models import OutboxEvent
from ..host import current_host, hosted, refresh
from ..host.declare import Schedule
from ..kernel import clock
from ..kernel.ids import public_id
from ..runtime import Runtime, open_runtime
from . import enqueue
from .models import Job, Lease, ScheduleState
from .nudge import nudge_jobs, nudge_relay
from .store import due

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=12)
TICK = 1.0
KEEP = timedelta(days=30)
c = Job.__table__.c


def lead(db: Session, holder: str) -> bool:
    """Take or keep the office of scheduler; False while another holder's lease runs."""
    now = clock.now()
    lease = db.get(Lease, "scheduler", with_for_update=True)
    if lease is None:
        db.add(Lease(name="scheduler", holder=holder, until=now + LEASE))
        return True
    if lease.holder != holder and lease.until > now:
        return False
    lease.holder, lease.until = holder, now + LEASE
    return True


def resign(db: Session, holder: str) -> None:
    """Let another scheduler take over at once."""
    db.execute(delete(Lease).where(Lease.name == "scheduler", Lease.holder == holder))


def tick(db: Session) -> None:
    """Enqueue the schedules whose time has come; one that was missed runs once."""
    now = clock.now()
    zone = ZoneInfo(settings.get("instance.time_zone"))
    states = {state.id: state for state in db.scalars(select(ScheduleState))}
    for plugin_id, schedule in current_host().schedules:
        name = f"{plugin_id}.{schedule.id}"
        state = states.get(name)
        if state is None:
            db.add(ScheduleState(id=name, next_run_at=_next(schedule, now, zone)))
        elif state.next_run_at <= now:
            enqueue(db, schedule.job, unique=f"schedule:{name}", **dict(schedule.kwargs))
            state.next_run_at = _next(schedule, now, zone)


def _next(schedule: Schedule, now: datetime, zone: ZoneInfo) -> datetime:
    if schedule.seconds is not None:
        return now + timedelta(seconds=schedule.seconds)
    found: datetime = croniter(schedule.cron, now.astimezone(zone)).get_next(datetime)
    return found.astimezone(UTC)


def sweep(db: Session) -> tuple[bool, list[int]]:
    """Find what was lost: events nobody dispatched, jobs nobody runs. Answers what to nudge."""
    now = clock.now()
    lost = update(Job.__table__).where(c.state == "running", c.lease_until < now)
    db.execute(lost.where(c.attempts < c.max_attempts).values(state="ready", lease_token=None, nudged_at=None, run_at=now))
    spent = lost.where(c.attempts >= c.max_attempts)
    db.execute(spent.values(state="dead", lease_token=None, unique_key=None, finished_at=now, last_error="its worker was lost every time"))
    known = list(current_host().jobs)
    db.execute(update(Job.__table__).where(c.state == "held", c.name.in_(known)).values(state="ready", run_at=now, nudged_at=None))
    e = OutboxEvent.__table__.c
    waiting = select(e.id).where(e.dispatched_at.is_(None), e.occurred_at < now - timedelta(seconds=2)).limit(1)
    return db.scalar(waiting) is not None, list(due(db))


def prune(db: Session) -> None:
    """Forget what was done long ago, a batch at a time."""
    limit = clock.now() - KEEP
    old = select(c.id).where(c.state == "done", c.finished_at < limit).limit(500)
    db.execute(delete(Job).where(Job.id.in_(db.scalars(old).all())))
    e = OutboxEvent.__table__.c
    told = select(e.id).where(e.dispatched_at < limit).order_by(e.id).limit(500)
    db.execute(delete(OutboxEvent).where(OutboxEvent.id.in_(db.scalars(told).all())))


def round_once(holder: str, *, pruning: bool = False) -> bool:
    """One turn of the clock; False when another one leads."""
    with unit_of_work() as db:
        leads = lead(db, holder)
    if not leads:
        return False
    with hosted(refresh()):
        with unit_of_work() as db:
            tick(db)
        with unit_of_work() as db:
            events, jobs = sweep(db)
        if pruning:
            with unit_of_work() as db:
                prune(db)
    if events:
        nudge_relay()
    nudge_jobs(jobs)
    return True


def run(runtime: Runtime, stop: threading.Event) -> None:
    """Turn until told to stop. A turn that fails is logged and the next one tried."""
    open_runtime(runtime)
    holder = f"{socket.gethostname()}:{os.getpid()}:{public_id(6)}"
    turns = 0
    while not stop.is_set():
        try:
            round_once(holder, pruning=turns % 600 == 0)
        except Exception:
            log.exception("a turn of the scheduler failed")
        turns += 1
        stop.wait(TICK)
    try:
        with unit_of_work() as db:
            resign(db, holder)
    except Exception:
        log.warning("the scheduler could not resign; its lease runs out by itself", exc_info=True)
