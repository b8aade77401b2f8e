"""The scheduler: one leads, what was missed runs once, what was lost is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from labor import marks, rows, run_due
from sqlalchemy import func, select, text

from zhanggui import jobs, notices
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import publish
from zhanggui.events.models import OutboxEvent
from zhanggui.host import current_host
from zhanggui.host.declare import Schedule
from zhanggui.host.faults import STRIKES, Place, forget, known
from zhanggui.jobs import batch, runner, scheduler
from zhanggui.jobs.models import Job, ScheduleState
from zhanggui.jobs.nudge import backlog, connect
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.trace import traced

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # in Shanghai


def empty(runtime):
    """As if a worker had taken every nudge."""
    connect(runtime).flushall()


def leads(holder):
    with unit_of_work() as db:
        return scheduler.lead(db, holder)


def after(seconds):
    return clock.hold(NOON + timedelta(seconds=seconds))


def ticks():
    return [row.kwargs for row in rows(name="labor.tick")]


def tick_at(seconds):
    with after(seconds), unit_of_work() as db:
        scheduler.tick(db)


def test_one_of_two_leads_and_the_other_takes_over_within_15_seconds(workshop):
    with after(0):
        assert leads("a")
        assert not leads("b")
    with after(10):
        assert leads("a")
    with after(14):
        assert not leads("b")
    with after(10 + 15):
        assert leads("b")
        assert not leads("a")
    with unit_of_work() as db:
        scheduler.resign(db, "b")
    with after(26):
        assert leads("a")


def test_ticks_that_were_missed_run_once(workshop):
    tick_at(0)
    tick_at(59)
    assert ticks() == []
    tick_at(61)
    assert len(ticks()) == 1
    with after(62):
        run_due()
    tick_at(3600)
    assert len(ticks()) == 2
    tick_at(3601)
    assert len(ticks()) == 2


def test_a_tick_that_was_not_run_yet_is_not_doubled(workshop):
    for seconds in (0, 61, 122, 183):
        tick_at(seconds)
    assert len(ticks()) == 1


def test_cron_follows_the_zone_of_the_shop(workshop):
    tick_at(0)
    with reading() as db:
        assert db.get(ScheduleState, "labor.nightly").next_run_at == datetime(2026, 3, 2, 19, 30, tzinfo=UTC)


def test_a_schedule_made_more_frequent_does_not_wait_for_its_old_time(workshop):
    tick_at(0)
    with unit_of_work() as db:
        db.get(ScheduleState, "labor.tick").next_run_at = NOON + timedelta(days=300)
    tick_at(1)
    tick_at(62)
    assert len(ticks()) == 1


def test_a_lost_nudge_is_made_up_for(workshop, processes):
    from zhanggui_labor.events import ThingMade

    with after(0), unit_of_work() as db:
        publish(db, ThingMade(thing=1))  # no queue server runs: the nudge is lost
    processes.queue(workshop)
    workshop.shared.pop("queue_pause", None)
    with after(1):
        assert scheduler.round_once("a")
    assert backlog() == 0
    with after(3):
        assert scheduler.round_once("a")
    assert backlog() == 1
    for second in range(3, 8):  # each may be lost as well, but two that wait are enough
        with after(second):
            scheduler.round_once("a")
    assert backlog() == 2
    with after(8):
        runner.drain()
    assert sorted(marks()) == [("also_note", "1"), ("note", "1")]
    empty(workshop)
    with after(9):
        scheduler.round_once("a")
    assert backlog() == 0


def test_a_job_whose_worker_was_lost_runs_again_and_is_given_up_when_that_happens_each_time(workshop):
    from zhanggui_labor import jobs as work

    with after(0), unit_of_work() as db:
        job_id = jobs.enqueue(db, work.hang)  # two tries
    for start, state in ((0, "ready"), (20, "dead")):
        with after(start):
            assert batch.claim(Job.__table__.c.id == job_id, 1)
        with after(start + 14), unit_of_work() as db:
            scheduler.sweep(db)
        assert rows()[0].state == "running"
        with after(start + 16), unit_of_work() as db:
            scheduler.sweep(db)
        assert rows()[0].state == state
    with reading() as db:
        assert notices.unread_count(db, SYSTEM) == 1


def test_old_things_are_forgotten_but_no_id_is_given_away_twice(workshop):
    from zhanggui_labor.events import ThingMade

    for thing in range(3):
        with after(thing), unit_of_work() as db:
            publish(db, ThingMade(thing=thing))
        with after(thing):
            run_due()
    with unit_of_work() as db:
        newest = db.scalar(select(func.max(OutboxEvent.id)))
    with after(31 * 86400), unit_of_work() as db:
        while scheduler.prune(db):
            pass
    assert len(rows()) == 1
    with after(31 * 86400), unit_of_work() as db:
        assert db.scalars(select(OutboxEvent.id)).all() == [newest]
        publish(db, ThingMade(thing=9))
    with after(31 * 86400):
        run_due()
    assert marks()[-2:] == [("note", "9"), ("also_note", "9")]


def test_a_quiet_shop_writes_next_to_nothing(workshop, processes):
    processes.queue(workshop)
    if workshop.engine.dialect.name != "sqlite":
        return
    with after(0):
        scheduler.round_once("a")
        with workshop.engine.connect() as connection:
            before = connection.execute(text("PRAGMA data_version")).scalar()
            with after(1):
                scheduler.round_once("a")
            assert connection.execute(text("PRAGMA data_version")).scalar() == before


def test_one_schedule_that_fails_stops_no_other_and_is_paused_and_named(workshop):
    broken = ("labor", Schedule("broken", current_host().jobs["labor.tick"], cron="every full moon"))
    current_host().schedules.insert(0, broken)
    try:
        for second in (0, 61, 122, 183):
            with traced():
                tick_at(second)
        assert len(ticks()) == 1  # the same one, unfinished, three times
        watch = current_host().book.watch(Place("labor", "schedule", "broken", "broken"))
        assert (watch.strikes, watch.paused) == (STRIKES, True)
        current_host().book.write()
        with reading() as db:
            assert [(f.plugin, f.name, f.times) for f in known(db)] == [("labor", "broken", STRIKES)]
    finally:
        current_host().schedules.remove(broken)
        with unit_of_work() as db:
            forget(db, plugin="labor")
