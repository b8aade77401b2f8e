"""The scheduler: whoever holds the lease runs the clock and sweeps up what was lost on the way."""

from __future__ import annotations

import logging
import os
import socket
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ..config import settings
from ..db.uow import unit_of_work
from ..db.upsert import insert_or_skip
from ..events.models import OutboxEvent
from ..host import current_host, hosted, refresh
from ..host.declare import DEFAULT_LANE, LANES, Schedule
from ..host.faults import Place
from ..kernel import clock
from ..kernel.ids import public_id
from ..kernel.signals import STOP, Signals
from ..kernel.trace import traced
from ..runtime import Runtime, open_runtime
from . import dead_letters, enqueue, lanes, store
from .models import Job, Lease, ScheduleState
from .nudge import nudge

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=12)
TICK = 1.0
KEEP = timedelta(days=30)
BATCH = 500
PRUNE_BATCHES = 40  # at most, every ten minutes
c = Job.__table__.c


def lead(db: Session, holder: str) -> bool:
    """Take or keep the office of scheduler; False while another holder's lease runs."""
    now = clock.now()
    lease = db.get(Lease, "scheduler", with_for_update=True)
    if lease is None:
        return insert_or_skip(db, Lease, name="scheduler", holder=holder, until=now + LEASE)
    if lease.holder != holder and lease.until > now:
        return False
    if lease.holder != holder or lease.until - now < LEASE * 0.75:  # not every second: a quiet shop writes nothing
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
    host = current_host()
    for plugin_id, schedule in host.schedules:
        name = f"{plugin_id}.{schedule.id}"
        # Whatever is wrong with one schedule, the others have their time.
        watch = host.book.watch(Place(plugin_id, "schedule", schedule.id, schedule.id))
        watch.around(_turn, lambda *args: None)(db, name, schedule, states.get(name), now, zone)


def _turn(db: Session, name: str, schedule: Schedule, state: ScheduleState | None, now: datetime, zone: ZoneInfo) -> None:
    following = _next(schedule, now, zone)
    if state is None:
        db.add(ScheduleState(id=name, next_run_at=following))
    elif state.next_run_at <= now:
        with db.begin_nested():
            enqueue(db, schedule.job, unique=f"schedule:{name}", **dict(schedule.kwargs))
            state.next_run_at = following
    elif state.next_run_at > following:  # it was made more frequent, or the clock was put back
        state.next_run_at = following


def _next(schedule: Schedule, now: datetime, zone: ZoneInfo) -> datetime:
    if schedule.seconds is not None:
        return now + timedelta(seconds=schedule.seconds)
    found: datetime = croniter(schedule.cron, now.astimezone(zone)).get_next(datetime)
    return found.astimezone(UTC)


def sweep(db: Session) -> set[str]:
    """Find what was lost: events nobody dispatched, jobs nobody runs. Answers the lanes in which there is work."""
    now = clock.now()
    for lost in store.take_back(db):
        dead_letters.tell(db, lost.id, lost.name, store.LOST, now=now)
    store.release(db, list(current_host().jobs))
    e = OutboxEvent.__table__.c
    waiting = select(e.id).where(e.dispatched_at.is_(None), e.occurred_at < now - timedelta(seconds=2)).limit(1)
    found = {lane for lane in LANES if store.is_due(db, lanes.belongs_to(lane))}
    return found | {DEFAULT_LANE} if db.scalar(waiting) is not None else found


def prune(db: Session) -> int:
    """Forget a batch of what was done long ago; answers how many rows.

    The newest row always stays: SQLite would give its id away a second time, and an event that
    bears the id of an older one would find its jobs "already there".
    """
    limit = clock.now() - KEEP
    e = OutboxEvent.__table__.c
    old_jobs = select(c.id).where(c.state == "done", c.run_at < limit, c.finished_at < limit, c.id < select(func.max(c.id)).scalar_subquery())
    old_events = select(e.id).where(e.dispatched_at < limit, e.id < select(func.max(e.id)).scalar_subquery())
    jobs = db.scalars(old_jobs.limit(BATCH)).all()
    events = db.scalars(old_events.limit(BATCH)).all()
    db.execute(delete(Job).where(Job.id.in_(jobs)))
    db.execute(delete(OutboxEvent).where(OutboxEvent.id.in_(events)))
    return len(jobs) + len(events)


def round_once(holder: str, *, pruning: bool = False) -> bool:
    """One turn of the clock; False when another one leads."""
    with traced(), hosted(refresh()) as host:
        with unit_of_work() as db:
            # In the transaction of the lease: a leader that slept through its lease ticks no more.
            if not lead(db, holder):
                return False
            tick(db)
        _sweep()
        if pruning:
            for _ in range(PRUNE_BATCHES):
                with unit_of_work() as db:
                    if not prune(db):
                        break
        host.book.write()
    return True


def _sweep() -> None:
    with unit_of_work() as db:
        found = sweep(db)
    for lane in found:
        nudge(lane)


def run(runtime: Runtime, signals: Signals) -> None:
    """Turn until told to stop. A turn that fails is logged and the next one tried."""
    open_runtime(runtime)
    holder = f"{socket.gethostname()}:{os.getpid()}:{public_id(6)}"
    turns = 0
    while not signals.came(*STOP):
        try:
            round_once(holder, pruning=turns % 600 == 0)
        except Exception:
            log.exception("a turn of the scheduler failed")
        turns += 1
        signals.wait(TICK)
    try:
        with unit_of_work() as db:
            resign(db, holder)
    except Exception:
        log.warning("the scheduler could not resign; its lease runs out by itself", exc_info=True)
