"""Dispatching: one job per event and handler, in the order of the events."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from labor import rows, run_due

from zhanggui.api import Event
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import publish, relay
from zhanggui.jobs import runner
from zhanggui.kernel.trace import traced


@dataclass(frozen=True)
class NobodyCares(Event, name="labor.nobody.cares", version=1):
    """An event without a handler."""


def test_each_handler_gets_one_job_however_often_it_is_dispatched(workshop):
    from zhanggui_labor.events import ThingMade

    with traced("request-1"), unit_of_work() as db:
        publish(db, ThingMade(thing=3))
    assert relay.dispatch() == (1, frozenset({"default"}))
    assert relay.dispatch() == (0, frozenset())
    jobs = rows()
    assert [job.name for job in jobs] == ["labor.note", "labor.also_note"]
    assert {(job.correlation, job.key, job.depth) for job in jobs} == {("request-1", "3", 1)}
    assert all(job.causation == f"event:{job.event_id}" for job in jobs)


def test_events_that_nobody_handles_hold_up_nothing(workshop):
    from zhanggui_labor.events import ThingMade

    with unit_of_work() as db:
        for _ in range(relay.BATCH + 1):
            publish(db, NobodyCares())
        publish(db, ThingMade(thing=1))
    runner.relay()
    assert len(rows()) == 2
    with reading() as db:
        assert relay.status(db) == {"waiting": 0, "oldest": None}


def test_four_relays_at_once_make_the_jobs_once_and_in_order(workshop):
    from zhanggui_labor.events import ThingMade

    with unit_of_work() as db:
        for thing in range(60):
            publish(db, ThingMade(thing=thing))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: relay.dispatch(limit=15), range(4)))
    assert sum(d.events for d in done) == 60
    for name in ("labor.note", "labor.also_note"):
        found = rows(name=name)
        assert [job.key for job in found] == [str(n) for n in range(60)]
        assert [job.event_id for job in found] == sorted({job.event_id for job in found})
    assert set(run_due()) == {"done", "skipped"} or set(run_due()) <= {"done"}
