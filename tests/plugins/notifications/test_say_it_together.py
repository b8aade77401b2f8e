"""What comes in a burst is told to a group together: its robot takes few a minute, and each message still has an end of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from zhanggui_bells.plugin import Belfry

from zhanggui.api import Actor, clock, notify, unit_of_work
from zhanggui.jobs import runner
from zhanggui_notifications.services import delivering, kinds, limits

Work = Callable[[], None]
MINUTE = datetime.fromisoformat("2026-03-02T02:00:00+00:00")


@pytest.fixture
def gong(instance: Any, owner: Actor) -> Callable[..., None]:
    """``gong(8)``: so many notices of one kind, of which the group is told."""
    with unit_of_work() as db:
        for kind in ("core.notice", "inventory.low"):
            kinds.switch_channel(db, kind_id=kind, channel="gong", on=True, actor=owner, now=clock.now())

    def do(count: int, kind: str = "core.task.ended") -> None:
        with unit_of_work() as db:
            for n in range(count):
                notify(db, kind=kind, title=f"Number {n}", href=f"/tasks/{n}", now=clock.now())
        runner.drain("default")

    return do


def test_a_burst_is_one_message_with_the_first_three_and_a_count(gong: Any, tower: Any, told: Any, tried: Any):
    gong(8)
    delivering.run()
    [(channel, said)] = tower.heard
    assert channel == "gong" and said["body"].splitlines()[-1] == "还有 5 条" and len(said["body"].splitlines()) == 4
    assert "8" in said["subject"] and said["href"] == ""
    assert {(one.state, one.channel) for one in told()} == {("sent", "gong")} and len(told()) == 8
    assert all(tried(one) == [("gong", "sent", None)] for one in told())


def test_a_few_are_told_one_by_one_and_other_kinds_by_themselves(gong: Any, tower: Any, told: Any):
    gong(3)
    gong(2, "inventory.low")
    delivering.run()
    assert len(tower.heard) == 5 and {one.state for one in told()} == {"sent"}


def test_as_the_request_ends_so_do_all_that_it_told_of(gong: Any, tower: Any, told: Any, tried: Any):
    tower.answer = lambda channel, said: {"down": 30, "why": "too_many"} if len(tower.heard) == 1 else {}
    gong(6)
    delivering.run()
    assert len(tower.heard) == 1
    assert {(one.state, one.reason) for one in told()} == {("queued", "too_many")}
    with clock.hold(clock.now() + timedelta(minutes=2)):
        delivering.run()
    assert len(tower.heard) == 2 and {one.state for one in told()} == {"sent"}
    assert all(tried(one) == [("gong", "later", "too_many"), ("gong", "sent", None)] for one in told())


def test_a_worker_that_died_with_a_burst_leaves_none_behind(gong: Any, tower: Any, told: Any):
    gong(6)
    _looked, [sending] = delivering.claim(4, {})
    assert len(sending.along) == 5 and {one.state for one in told()} == {"sending"}
    with clock.hold(clock.now() + timedelta(minutes=3)):
        delivering.claim(0, {})
        assert {one.state for one in told()} == {"queued"}  # this channel may be told twice
    with clock.hold(clock.now() + timedelta(minutes=10)):
        delivering.run()
    assert {one.state for one in told()} == {"sent"} and len(tower.heard) == 1


def test_turns_are_spread_over_the_minute(instance: Any):
    taken = []
    for second in range(60):
        with unit_of_work() as db:
            if limits.take_turn(db, "gong", 20, MINUTE + timedelta(seconds=second)):
                taken.append(second)
    assert taken == list(range(0, 60, 3))


def test_who_has_no_turn_waits_for_the_next_and_is_told_with_the_others(gong: Any, tower: Any, told: Any):
    Belfry.per_minute = {"gong": 20}
    with clock.hold(MINUTE):
        gong(1)
        delivering.run()
        gong(5)
        delivering.run()
        assert len(tower.heard) == 1 and {one.reason for one in told(state="queued")} == {"too_many"}
        assert delivering.next_turn(timedelta(seconds=10)) == MINUTE + timedelta(seconds=3)
    with clock.hold(MINUTE + timedelta(seconds=3)):
        delivering.run()
    assert len(tower.heard) == 2 and {one.state for one in told()} == {"sent"}
