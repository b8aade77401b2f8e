"""Publishing: written with the business, told after it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from labor import rows, run_due
from sqlalchemy import select

from zhanggui import notices
from zhanggui.api import Event, Money
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import MAX_DEPTH, publish
from zhanggui.events.models import OutboxEvent
from zhanggui.jobs.nudge import backlog
from zhanggui.kernel.actors import SYSTEM, Actor, acting_as
from zhanggui.kernel.trace import traced

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def events_stored():
    with reading() as db:
        return db.execute(select(*OutboxEvent.__table__.c).order_by(OutboxEvent.id)).all()


def test_it_is_stored_with_the_business_and_says_who_and_why(workshop):
    from zhanggui_labor.events import ThingMade

    with traced("request-1", "click"), acting_as(Actor("user", id=7, name="clerk")), unit_of_work() as db:
        publish(db, ThingMade(thing=3))
    (event,) = events_stored()
    assert (event.name, event.version, event.key, event.payload) == ("labor.thing.made", 1, "3", {"thing": 3, "note": ""})
    assert (event.actor_kind, event.actor_id, event.correlation, event.causation) == ("user", 7, "request-1", "click")
    assert event.dispatched_at is None


def test_a_rolled_back_business_publishes_nothing(workshop, processes):
    from zhanggui_labor.events import ThingMade

    processes.queue(workshop)
    with pytest.raises(LookupError), unit_of_work() as db:
        publish(db, ThingMade(thing=3))
        raise LookupError("the business failed")
    assert events_stored() == []
    assert backlog() == 0


def test_the_queue_is_told_once_and_only_after_the_commit(workshop, processes):
    from zhanggui_labor.events import ThingMade

    processes.queue(workshop)
    with unit_of_work() as db:
        for thing in range(5):
            publish(db, ThingMade(thing=thing))
        assert backlog() == 0
    assert backlog() == 1


def test_a_payload_reads_back_as_the_event_it_was_made_of(workshop):
    from zhanggui_labor.events import ThingSold

    sold = ThingSold(price=Money(1990, "CNY"), tip=None, at=NOON, parts=[1, 2], gift=True, buyer=None)
    with unit_of_work() as db:
        publish(db, sold)
    (event,) = events_stored()
    assert event.payload["price"] == {"amount": 1990, "currency": "CNY"}
    assert ThingSold.read(event.payload) == sold
    assert ThingSold.read({**event.payload, "tip": {"amount": 5, "currency": "CNY"}, "from_next_year": 1}).tip == Money(5, "CNY")


@pytest.mark.parametrize("value", [1.5, {"a": 1}, object(), b"x"])
def test_it_carries_plain_values_only(workshop, value):
    @dataclass(frozen=True)
    class Odd(Event, name="labor.odd", version=1):
        value: object

    with pytest.raises(TypeError, match="plain values"), unit_of_work() as db:
        publish(db, Odd(value))


def test_a_circle_of_events_ends_with_a_dead_job_and_a_notice(workshop):
    from zhanggui_labor.events import EchoHeard

    with unit_of_work() as db:
        publish(db, EchoHeard(loud=0))
    run_due()
    assert [row.state for row in rows(name="labor.echo")] == ["done"] * MAX_DEPTH + ["dead"]
    assert len({row.correlation for row in rows(name="labor.echo")}) == 1
    with reading() as db:
        assert notices.unread_count(db, SYSTEM) == 1


def test_a_silent_queue_server_costs_one_short_wait_and_fails_nobody(workshop, processes):
    import signal

    from zhanggui_labor.events import ThingMade

    server = processes.queue(workshop)
    server.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        for thing in range(10):
            with unit_of_work() as db:
                publish(db, ThingMade(thing=thing))
        assert time.monotonic() - started < 1.5
    finally:
        server.send_signal(signal.SIGCONT)
    assert len(events_stored()) == 10
