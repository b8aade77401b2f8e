"""A campaign: who is in it is counted, what would become of it is said before, and that is what happens, once for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from campaigning import TEN, beats, begun, frozen, make, of, r, state, told, written
from sqlalchemy import func, select, update
from zhanggui_bells.plugin import Belfry

from zhanggui.api import SYSTEM, Actor, IllegalMove, Invalid, Money, clock, reading, unit_of_work
from zhanggui_customers.models import Customer
from zhanggui_notifications import campaign_rules
from zhanggui_notifications.models import Campaign, Message
from zhanggui_notifications.services import campaigns, choosing, delivering, pumping


def test_everybody_in_it_gets_it_once_with_his_name(instance: Any, owner: Actor):
    ids = make(12)
    id = begun(owner)
    beats(2)
    assert of(id) == {"sent": 12} and state(id) == "finished"
    assert told(id) == Counter(ids)
    with reading() as db:
        one = db.scalars(select(Message).where(Message.recipient_id == ids[3])).one()
        assert (one.subject, one.body, one.channel, one.state) == ("News for Customer 3", "Come and see, Customer 3.", "inbox", "sent")
        assert one.shown_at is not None


def test_what_is_said_before_is_what_happens(instance: Any, owner: Actor, tower: Any, monkeypatch: pytest.MonkeyPatch):
    """Ten people, four grants, five phones: four, five and one."""
    ids = make(10)
    phones = set(ids[4:9])
    monkeypatch.setattr("zhanggui_bells.plugin.Belfry.nobody", set())
    Belfry.granted, Belfry.phones = set(ids[:4]), phones
    id = frozen(owner, channels=["granted", "phone", "inbox"], budget=Money(100, "CNY"))
    with reading() as db:
        forecast = db.get_one(Campaign, id).forecast
    assert forecast["by_channel"] == {"granted": 4, "phone": 5, "inbox": 1} and forecast["cost"] == {"phone": 25} and forecast["left_out"] == {}
    with unit_of_work() as db:
        campaigns.begin(db, id=id, actor=owner, now=clock.now())
    beats(3)
    with reading() as db:
        by = dict(db.execute(select(r.channel, func.count()).where(r.campaign_id == id).group_by(r.channel)).tuples().all())
        assert by == forecast["by_channel"] and db.get_one(Campaign, id).spent == 25
    assert state(id) == "finished"


def test_the_budget_is_not_passed(instance: Any, owner: Actor, tower: Any):
    ids = make(6)
    Belfry.granted, Belfry.phones = set(), set(ids)
    id = begun(owner, channels=["phone", "inbox"], budget=Money(14, "CNY"))
    beats(3)
    with reading() as db:
        by = dict(db.execute(select(r.channel, func.count()).where(r.campaign_id == id).group_by(r.channel)).tuples().all())
        assert by == db.get_one(Campaign, id).forecast["by_channel"] == {"phone": 2, "inbox": 4}
        assert db.get_one(Campaign, id).spent == 10


def test_what_a_lost_worker_had_taken_of_the_budget_comes_back(instance: Any, owner: Actor, tower: Any):
    """Of a channel that costs money and may ring twice: what was taken then, whatever it costs by now."""
    [one] = make(1)
    Belfry.granted, Belfry.phones, Belfry.repeatable = set(), {one}, True
    id = begun(owner, channels=["phone"], budget=Money(14, "CNY"))
    pumping.run()
    assert len(delivering.claim(4, {})[1]) == 1
    with reading() as db:
        assert db.get_one(Campaign, id).spent == 5
    Belfry.price = 7
    with clock.hold(clock.now() + timedelta(minutes=3)):
        delivering.claim(0, {})
    with reading() as db:
        assert (db.get_one(Campaign, id).spent, db.scalars(select(Message)).one().state) == (0, "queued")


def test_who_said_no_is_blocked_or_has_had_enough_is_left_out_with_the_reason(instance: Any, owner: Actor):
    ids = make(9)
    id = frozen(owner, holdout=0)
    with unit_of_work() as db:
        choosing.choose(db, recipient_kind="customer", recipient_id=ids[0], said=[("marketing", choosing.ALL, False)], source="storefront", now=clock.now())
        db.execute(update(Customer).where(Customer.id == ids[1]).values(blocked=True))
        db.execute(update(Customer).where(Customer.id == ids[2]).values(erased_at=clock.now()))
        campaigns.begin(db, id=id, actor=owner, now=clock.now())
    beats(2)
    assert of(id) == {"sent": 6, "skipped": 3}
    with reading() as db:
        reasons = dict(db.execute(select(r.customer_id, r.reason).where(r.campaign_id == id, r.reason.is_not(None))).tuples().all())
    assert reasons == {ids[0]: "no_consent", ids[1]: "blocked", ids[2]: "blocked"}
    second = begun(owner, name="The second of a day")
    beats(2)
    with reading() as db:
        assert db.get_one(Campaign, second).forecast["left_out"] == {"no_consent": 1, "capped": 6}
        capped = db.scalar(select(func.count()).where(r.campaign_id == second, r.reason == "capped"))
    assert capped == 6 and of(second) == {"skipped": 7}  # the blocked and the erased are in no audience any more


def test_some_are_left_out_to_compare_always_the_same(instance: Any, owner: Actor):
    ids = make(60)
    id = begun(owner, holdout=20)
    control = {one for one in ids if campaign_rules.is_control(id, one, 2000)}
    beats(2)
    assert 0 < len(control) < 60 and of(id) == {"sent": 60 - len(control), "control": len(control)}
    assert not control & set(told(id))


def test_a_pause_stops_it_and_it_goes_on_with_those_who_wait(instance: Any, owner: Actor):
    ids = make(40)
    id = begun(owner, rate_per_minute=60)
    with clock.hold(TEN):
        pumping.run()
    assert of(id) == {"waiting": 30, "sending": 10}
    with unit_of_work() as db:
        campaigns.pause(db, id=id, actor=owner, now=clock.now())
    with clock.hold(TEN + timedelta(seconds=10)):
        pumping.run()
        delivering.run()
    assert of(id) == {"waiting": 30, "sending": 10}
    with unit_of_work() as db:
        campaigns.resume(db, id=id, actor=owner, now=clock.now())
    for n in range(2, 8):
        with clock.hold(TEN + timedelta(seconds=10 * n + 30)):
            pumping.run()
    beats(2)
    assert told(id) == Counter(ids)


def test_the_rate_is_kept_when_the_clock_is_late(instance: Any, owner: Actor):
    made, at = 0, TEN
    ticked = None
    for n in range(60):
        at += timedelta(seconds=10 + (n % 3))
        count, ticked = campaign_rules.allowance(100, ticked, at)
        made += count
    seconds = (at - TEN).total_seconds()
    assert abs(made / seconds * 60 - 100) < 10
    assert campaign_rules.allowance(100, TEN, TEN + timedelta(hours=3))[0] == 16  # a stop is not made up for


def test_it_sends_in_its_hours_alone(instance: Any, owner: Actor):
    make(3)
    id = begun(owner, hour_from=10, hour_until=12)
    with clock.hold(TEN - timedelta(minutes=1)):
        assert pumping.run() == 0
    with clock.hold(TEN + timedelta(hours=2)):
        assert pumping.run() == 0
    with clock.hold(TEN):
        assert pumping.run() == 3
    assert of(id) == {"sending": 3}


def test_calling_it_off_leaves_nobody_waiting(instance: Any, owner: Actor):
    make(20)
    id = begun(owner, rate_per_minute=60)
    pumping.run()
    with unit_of_work() as db:
        campaigns.cancel(db, id=id, actor=owner, now=clock.now())
    beats(1)
    assert of(id) == {"skipped": 20} and state(id) == "canceled"
    with pytest.raises(IllegalMove), unit_of_work() as db:
        campaigns.resume(db, id=id, actor=owner, now=clock.now())


def test_too_many_failures_pause_it_and_staff_are_told(instance: Any, owner: Actor):
    make(130)
    id = begun(owner, rate_per_minute=6000)
    pumping.run()
    with unit_of_work() as db:
        late = select(Message.id).order_by(Message.id).limit(110)
        db.execute(update(Message).where(Message.id.in_(late)).values(state="failed", reason="provider_refused", done_at=clock.now()))
    with clock.hold(clock.now() + timedelta(seconds=10)):
        pumping.run()
    with reading() as db:
        assert (db.get_one(Campaign, id).state, db.get_one(Campaign, id).reason) == ("paused", "failures")


def test_above_so_many_people_a_second_person_decides(instance: Any, owner: Actor, setting: Callable[..., None]):
    make(4)
    setting(second_person_above=3)
    id = frozen(owner)
    with unit_of_work() as db:
        campaigns.start(db, id=id, actor=replace(owner, id=1), now=clock.now())
    assert state(id) == "draft" and pumping.run() == 0
    setting(second_person_above=4)
    with unit_of_work() as db:
        campaigns.start(db, id=id, actor=owner, now=clock.now())
    assert state(id) == "running"


def test_what_cannot_be_sent_is_refused_with_the_field(instance: Any, owner: Actor):
    for values, field in (
        ({"subject_en": "", "body_en": ""}, "subject_zh_CN"), ({"body_en": "Dear {nobody}"}, "body_en"), ({"href": "https://elsewhere.example"}, "href"),
        ({"audience_id": "nobody.knows"}, "audience_id"), ({"hour_from": 12, "hour_until": 9}, "hour_until"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            written(owner, **values)
        assert list(refused.value.errors) == [field]
    id = written(owner)
    with pytest.raises(IllegalMove), unit_of_work() as db:
        campaigns.start(db, id=id, actor=owner, now=clock.now())


def test_every_row_is_in_one_state_at_every_moment(instance: Any, owner: Actor):
    make(50)
    id = begun(owner, rate_per_minute=60)
    for n in range(8):
        with clock.hold(clock.now() + timedelta(seconds=10 * n)):
            pumping.run()
            assert sum(of(id).values()) == 50
            delivering.run()
    beats(1)
    assert of(id) == {"sent": 50}


def test_who_is_erased_while_it_runs_gets_nothing(instance: Any, owner: Actor):
    from zhanggui_notifications import people

    ids = make(5)
    id = begun(owner)
    pumping.run()
    with unit_of_work() as db:
        people.erase(db, ("customers.Customer", ids[2]), actor=SYSTEM, now=clock.now())
    beats(2)
    assert of(id) == {"sent": 4, "skipped": 1}
    with reading() as db:
        gone = db.scalars(select(Message).where(Message.recipient_id == ids[2])).one()
        assert (gone.subject, gone.body, gone.data, gone.shown_at) == (None, None, None, None)


def test_broken_off_in_any_transaction_it_leaves_nobody_out_and_reaches_nobody_twice(instance: Any, owner: Actor, monkeypatch: pytest.MonkeyPatch):
    """The transaction that is broken off is undone whole, whichever it was; the next beat goes on."""
    ids = make(60)
    id = begun(owner)
    monkeypatch.setattr(pumping, "AT_ONCE", 7)
    for n, place in enumerate(("_make", "_settle", "_finish")):
        real = getattr(pumping, place)

        def torn(*given: Any, real: Any = real) -> Any:
            real(*given)
            raise KeyboardInterrupt

        with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt), clock.hold(clock.now() + timedelta(seconds=10 * n)):
            broken.setattr(pumping, place, torn)
            pumping.run()
        assert sum(of(id).values()) == 60
    beats(4, every=15)
    assert told(id) == Counter(ids) and of(id) == {"sent": 60}
