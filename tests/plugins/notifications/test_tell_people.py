"""What happened reaches who it concerns: once, by the first channel that can, with the reason of each that could not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from zhanggui_bells.plugin import Belfry

from zhanggui.api import SYSTEM, Actor, Later, Sent, Unknown, clock, reading, unit_of_work
from zhanggui.host.service import disable_plugin
from zhanggui_customers import facade as customers
from zhanggui_customers.services import profile
from zhanggui_notifications.models import Attempt, Breaker, Message
from zhanggui_notifications.services import choosing, delivering, kinds, routing, texts
from zhanggui_notifications.states import MOVES, REASONS, MessageState

Work = Callable[[], None]


def later(**time_: float) -> None:
    """What is due so much later is sent."""
    with clock.hold(clock.now() + timedelta(**time_)):
        delivering.run()


def test_what_happened_reaches_the_customer(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any):
    only("service")
    ring(ann)
    work()
    [message] = told()
    assert (message.state, message.channel, message.reason) == ("sent", "paid", None)
    assert tower.heard[0][1]["subject"] == "Bell 1" and tower.heard[0][1]["body"] == "It says dong"
    assert tried(message) == [("paid", "sent", None)]
    assert [type(outcome) for _id, outcome in Belfry.settled] == [Sent]


def test_the_same_event_again_adds_nothing(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    only("service")
    ring(ann)
    ring(ann)  # the same business fact
    work()
    with unit_of_work() as db:
        event = {"id": 99, "name": "bells.bell.rung@1", "key": "1", "at": clock.now().isoformat()}
        assert routing.route(db, event, {"bell_id": 1, "customer_id": ann}, now=clock.now()) == 0
    work()
    assert len(told()) == 1 and tower.channels() == ["paid"]


def test_of_two_workers_one_has_each_message(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, instance: Any):
    only("service")
    for bell in range(1, 13):
        ring(ann, bell)
    from zhanggui.api import acting_as
    from zhanggui.jobs import runner
    from zhanggui.runtime import activated

    runner.drain("default")

    def run() -> None:
        with activated(instance), acting_as(SYSTEM):
            delivering.run()

    threads = [threading.Thread(target=run) for _one in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    later(seconds=10)
    assert sorted(int(said["href"].rpartition("/")[2]) for _channel, said in tower.heard) == list(range(1, 13))
    assert {one.state for one in told()} == {"sent"}


def test_channels_are_tried_in_order_and_each_that_is_passed_over_says_why(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any):
    only("service")
    Belfry.grants, Belfry.nobody = 0, {"free"}
    ring(ann)
    work()
    [message] = told()
    assert tried(message) == [("paid", "passed", "no_grant"), ("free", "passed", "no_address"), ("inbox", "sent", None)]
    assert (message.state, message.channel) == ("sent", "inbox")
    assert tower.heard == []


def test_what_is_not_set_up_is_passed_over(only: Any, ring: Any, ann: int, work: Work, told: Any, tried: Any):
    only("service")
    Belfry.missing = {"paid"}
    ring(ann)
    work()
    assert tried(told()[0]) == [("paid", "passed", "not_ready"), ("free", "sent", None)]


def test_a_refusal_inside_a_good_answer_is_one_and_shows_its_code(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any, caplog: Any):
    only("service")
    tower.answer = lambda channel, said: {"refuse": "grant_lost", "code": 43101} if channel == "paid" else {"refuse": "moonshine", "code": 7}
    ring(ann)
    work()
    [message] = told()
    assert tried(message) == [("paid", "refused", "grant_lost"), ("free", "refused", "provider_refused"), ("inbox", "sent", None)]
    with reading() as db:
        assert list(db.scalars(select(Attempt.code).order_by(Attempt.n))) == ["43101", "7", None]
        assert db.scalar(select(Breaker.failures).where(Breaker.channel == "paid")) is None  # bookkeeping, no fault
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


def test_a_send_of_which_nobody_knows_is_never_made_again_where_it_costs(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any):
    only("service")
    tower.answer = lambda channel, said: None
    ring(ann)
    work()
    later(hours=5)
    [message] = told()
    assert (message.state, message.reason) == ("unknown", "unknown")
    assert tower.channels() == ["paid"]
    assert tried(message) == [("paid", "unknown", "unknown")]
    assert message.shown_at is not None  # it stands in the customer's list all the same


def test_what_a_provider_tells_later_settles_it(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    only("only")
    ring(ann)
    work()
    [message] = told()
    ref = f"r-{message.public_id}"
    with unit_of_work() as db:
        assert delivering.report(db, channel="paid", ref=ref, state="delivered", now=clock.now())
        assert not delivering.report(db, channel="paid", ref=ref, state="sent", now=clock.now())
        assert not delivering.report(db, channel="free", ref=ref, state="bounced", now=clock.now())
    assert told()[0].state == "delivered"


def test_what_matters_more_twice_than_never_goes_on_to_the_next_channel(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any):
    only("urgent")
    tower.answer = lambda channel, said: None if channel == "paid" else {}
    ring(ann)
    work()
    assert tried(told()[0]) == [("paid", "unknown", "unknown"), ("free", "sent", None)]


def test_what_may_come_twice_is_sent_again_under_the_same_id(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    only("service")
    Belfry.nobody = {"paid"}
    answers = iter([None, {}])
    tower.answer = lambda channel, said: next(answers)
    ring(ann)
    work()
    assert told()[0].state == "queued"
    later(minutes=1)
    assert told()[0].state == "sent"
    assert len({said["id"] for _channel, said in tower.heard}) == 1 and len(tower.heard) == 2


@pytest.mark.parametrize(("channel", "state"), [("paid", "unknown"), ("free", "queued")])
def test_a_worker_that_died_in_the_middle_sends_nothing_twice_that_costs(channel: str, state: str, only: Any, ring: Any, ann: int, tower: Any, told: Any, tried: Any):
    from zhanggui.jobs import runner

    only("service")
    Belfry.nobody = {"paid"} - {channel}
    ring(ann)
    runner.drain("default")
    _looked, [_sending] = delivering.claim(4, {})  # and then it is gone
    with clock.hold(clock.now() + timedelta(minutes=3)):
        delivering.claim(0, {})
    [message] = told()
    assert message.state == state
    assert tried(message)[-1] == (channel, "unknown", "unknown")
    assert channel == "free" or isinstance(Belfry.settled[-1][1], Unknown)


def test_a_provider_that_is_busy_is_asked_again_and_then_passed_over(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any):
    only("service")
    Belfry.nobody = {"free"}
    tower.answer = lambda channel, said: {"down": 0, "why": "too_many"}
    ring(ann)
    work()
    for hours in (1, 2, 4, 8, 16, 20):
        later(hours=hours)
    [message] = told()
    assert tried(message) == [("paid", "later", "too_many")] * 6 + [("free", "passed", "no_address"), ("inbox", "sent", None)]


def test_five_faults_close_a_channel_and_one_probe_opens_it(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any):
    only("only")
    tower.answer = lambda channel, said: 503
    for bell in range(1, 8):
        ring(ann, bell)
    work()
    assert 5 <= len(tower.heard) <= 7
    heard = len(tower.heard)
    later(seconds=45)
    assert len(tower.heard) == heard  # all wait for the probe
    tower.answer = lambda channel, said: {}
    for minutes in (3, 6, 12, 40):
        later(minutes=minutes)
    assert {one.state for one in told()} == {"sent"}
    with reading() as db:
        assert db.scalar(select(Breaker.probe_at)) is None


def test_what_is_urgent_does_not_wait_for_a_channel_that_is_down(only: Any, ring: Any, ann: int, work: Work, told: Any, tried: Any):
    only("urgent", "service")
    with unit_of_work() as db:
        db.add(Breaker(channel="paid", failures=9, opened=1, probe_at=clock.now() + timedelta(minutes=5)))
    ring(ann)
    work()
    urgent, service = sorted(told(), key=lambda one: one.kind_id, reverse=True)
    assert tried(urgent) == [("paid", "passed", "provider_down"), ("free", "sent", None)]
    assert (service.state, service.reason) == ("queued", "provider_down")


def test_a_channel_that_takes_so_many_a_minute_drops_none(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    only("only")
    Belfry.per_minute = {"paid": 2}
    for bell in range(1, 6):
        ring(ann, bell)
    with clock.hold(clock.now().replace(second=1)):
        work()
        assert len(tower.heard) == 2
        assert {one.reason for one in told(state="queued")} == {"too_many"}
    for minutes in (2, 4):
        later(minutes=minutes)
    assert len(tower.heard) == 5 and {one.state for one in told()} == {"sent"}


def test_what_is_no_longer_true_is_not_sent(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    only("service")
    Belfry.still_true = False
    ring(ann)
    work()
    assert (told()[0].state, told()[0].reason) == ("canceled", "stale")
    assert tower.heard == []


def test_a_kind_that_is_switched_off_is_not_sent_though_it_waits(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    from zhanggui.jobs import runner

    only("service", "care")
    ring(ann)
    runner.drain("default")
    only("care")
    work()
    assert [(one.kind_id, one.state, one.reason) for one in told()] == [("bells.service", "canceled", "switched_off"), ("bells.care", "sent", None)]
    ring(ann, 2)
    work()
    assert [one.kind_id for one in told()] == ["bells.service", "bells.care", "bells.care"]


def test_messages_of_a_plugin_that_is_off_are_not_sent_and_others_are(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, instance: Any):
    from zhanggui.host import refresh
    from zhanggui.jobs import runner

    only("service")
    ring(ann)
    runner.drain("default")
    disable_plugin("bells", actor=SYSTEM, now=clock.now())
    refresh(instance)
    with unit_of_work() as db:
        customers.find_or_create_by_identity(db, provider="demo", subject="bob", name="Bob", now=clock.now())
        kinds.change_kind(db, kind_id="customers.welcome", enabled=True, actor=SYSTEM, now=clock.now())
    work()
    assert {(one.kind_id, one.state, one.reason) for one in told()} == {("bells.service", "canceled", "switched_off"), ("customers.welcome", "sent", None)}


def test_somebody_who_is_blocked_or_erased_is_told_nothing(only: Any, ring: Any, ann: int, tower: Any, owner: Actor, told: Any, work: Work):
    from zhanggui.jobs import runner

    only("service")
    ring(ann)
    runner.drain("default")
    with unit_of_work() as db:
        profile.block_customer(db, id=ann, actor=owner, now=clock.now())
    work()
    assert (told()[0].state, told()[0].reason) == ("canceled", "blocked")
    assert tower.heard == []


def test_what_is_too_late_is_not_sent(only: Any, ring: Any, ann: int, tower: Any, told: Any):
    from zhanggui.jobs import runner

    only("service")
    ring(ann)
    runner.drain("default")
    later(days=4)
    assert (told()[0].state, told()[0].reason) == ("expired", "expired")
    assert tower.heard == []


NIGHT = [
    ("2026-03-02T13:59:00+00:00", None), ("2026-03-02T14:00:00+00:00", "2026-03-03T00:00:00+00:00"),
    ("2026-03-02T23:59:00+00:00", "2026-03-03T00:00:00+00:00"), ("2026-03-03T00:00:00+00:00", None),
]  # fmt: skip


@pytest.mark.parametrize(("now", "until"), NIGHT)
def test_at_night_nobody_is_disturbed_and_the_list_is_silent(now: str, until: str | None, only: Any, ring: Any, ann: int, tower: Any, told: Any, work: Work, setting: Any):
    only("service")
    setting(quiet_from=22, quiet_until=8)  # in Shanghai
    with clock.hold(datetime.fromisoformat(now)):
        ring(ann)
        work()
        [message] = told()
        assert message.state == ("held" if until else "sent")
        assert message.shown_at is not None
    if until:
        assert message.not_before == datetime.fromisoformat(until)
        with clock.hold(message.not_before):
            delivering.run()
        assert told()[0].state == "sent" and len(tower.heard) == 1


def test_a_message_whose_time_ends_at_night_is_never_sent_late(only: Any, ring: Any, ann: int, tower: Any, told: Any, work: Work, setting: Any, owner: Actor):
    only("service")
    setting(quiet_from=22, quiet_until=8)
    with unit_of_work() as db:
        kinds.change_kind(db, kind_id="bells.service", ttl_minutes=60, actor=owner, now=clock.now())
    night = datetime.fromisoformat("2026-03-02T15:00:00+00:00")
    with clock.hold(night):
        ring(ann)
        work()
    with clock.hold(night + timedelta(hours=9)):
        delivering.run()
    assert (told()[0].state, told()[0].reason) == ("expired", "quiet_hours")
    assert tower.heard == []


def test_what_is_urgent_and_what_keeps_safe_comes_at_night(only: Any, ring: Any, ann: int, told: Any, work: Work, setting: Any):
    only("urgent", "safe", "care")
    setting(quiet_from=22, quiet_until=8)
    with clock.hold(datetime.fromisoformat("2026-03-02T15:00:00+00:00")):
        ring(ann)
        work()
    assert {one.kind_id: one.state for one in told()} == {"bells.urgent": "sent", "bells.safe": "sent", "bells.care": "held"}


def agree(customer_id: int, category: str, channel: str = "*", allowed: bool = True) -> None:
    with unit_of_work() as db:
        choosing.choose(
            db, recipient_kind="customer", recipient_id=customer_id, said=[(category, channel, allowed)], source="storefront", now=clock.now()
        )


def test_marketing_is_for_who_said_yes(only: Any, ring: Any, ann: int, tower: Any, told: Any, work: Work):
    only("sale")
    ring(ann, 1)
    work()
    assert (told()[0].state, told()[0].reason) == ("skipped", "no_consent")
    agree(ann, "marketing")
    ring(ann, 2)
    work()
    assert told()[1].state == "sent" and tower.channels() == ["free"]


def test_the_second_marketing_message_of_a_day_is_one_too_many(only: Any, ring: Any, ann: int, tower: Any, told: Any, work: Work, owner: Actor):
    only("sale")
    agree(ann, "marketing")
    with unit_of_work() as db:
        kinds.change_kind(db, kind_id="bells.sale", channels=["free"], actor=owner, now=clock.now())
    Belfry.nobody = {"free"}
    ring(ann, 1)  # nothing leaves, so it does not count
    work()
    Belfry.nobody = set()
    ring(ann, 2)
    ring(ann, 3)
    work()
    assert [(one.state, one.reason) for one in told()] == [("failed", "no_address"), ("sent", None), ("skipped", "capped")]
    for day in (1, 2, 3):
        with clock.hold(clock.now() + timedelta(days=day)):
            ring(ann, 10 + day)
            work()
    assert [(one.state, one.reason) for one in told()][3:] == [("sent", None), ("sent", None), ("skipped", "capped")]  # three in seven days


def test_who_does_not_want_a_channel_is_reached_by_another(only: Any, ring: Any, ann: int, tower: Any, told: Any, tried: Any, work: Work):
    only("service", "safe")
    agree(ann, "service", "paid", allowed=False)
    ring(ann)
    work()
    service, safe = told()
    assert tried(service) == [("paid", "passed", "muted"), ("free", "sent", None)]
    assert tried(safe) == [("free", "sent", None)]


def test_what_is_withdrawn_cancels_what_waits_at_once(only: Any, ring: Any, ann: int, tower: Any, told: Any, work: Work, setting: Any):
    only("care")
    setting(quiet_from=22, quiet_until=8)
    with clock.hold(datetime.fromisoformat("2026-03-02T15:00:00+00:00")):
        ring(ann)
        work()
        assert told()[0].state == "held"
        agree(ann, "care", allowed=False)
        assert (told()[0].state, told()[0].reason) == ("canceled", "no_consent")
        ring(ann, 2)
        work()
    assert (told()[1].state, told()[1].reason) == ("skipped", "no_consent")


def test_an_empty_word_that_is_needed_stops_the_message_and_is_named(only: Any, ring: Any, ann: int, tower: Any, told: Any, work: Work):
    only("service")
    Belfry.word = " "
    ring(ann)
    work()
    [message] = told()
    assert (message.state, message.reason, message.detail) == ("failed", "bad_value", "word")
    assert tower.heard == []


def test_the_shops_own_words_are_used_in_their_language(only: Any, ring: Any, ann: int, tower: Any, told: Any, work: Work, owner: Actor):
    only("only")
    with unit_of_work() as db:
        texts.change_text(db, kind_id="bells.only", locale="en", subject="Hear, {bell}!", body="{{It}} goes {word}.", actor=owner, now=clock.now())
        texts.change_text(db, kind_id="bells.only", locale="zh_CN", subject="听", body="{word}", actor=owner, now=clock.now())
    ring(ann)
    work()
    assert [(said["subject"], said["body"]) for _channel, said in tower.heard] == [("Hear, 1!", "{It} goes dong.")]
    assert told()[0].locale == "en"


def test_a_text_that_is_too_long_for_a_channel_is_cut_where_one_sees_it(only: Any, ring: Any, ann: int, tower: Any, work: Work):
    only("service")
    Belfry.nobody, Belfry.word = {"paid"}, "dong " * 9
    ring(ann)
    work()
    assert tower.heard[0][1]["body"] == "It says dong dong d…"


@pytest.mark.parametrize("part", ["audience", "load", "still_true"])
def test_a_kind_that_raises_says_so_and_is_told_later(part: str, only: Any, ring: Any, ann: int, tower: Any, told: Any, work: Work):
    only("service")
    Belfry.breaks = {part}
    ring(ann)
    work()
    [message] = told()
    assert (message.state, message.reason) == ("queued", "kind_failed")
    Belfry.breaks = set()
    later(minutes=2)
    later(minutes=4)
    [message] = told()
    assert (message.state, message.recipient_kind) == ("sent", "customer")


def test_a_kind_that_goes_on_raising_is_given_up_and_seen(only: Any, ring: Any, ann: int, told: Any, work: Work):
    only("service")
    Belfry.breaks = {"load"}
    ring(ann)
    work()
    for hours in (1, 2, 4, 8, 16, 20):
        later(hours=hours)
    assert (told()[0].state, told()[0].reason) == ("failed", "kind_failed")


def test_a_channel_that_raises_is_one_of_which_nobody_knows(only: Any, ring: Any, ann: int, told: Any, tried: Any, work: Work):
    only("only")
    Belfry.breaks = {"send"}
    ring(ann)
    work()
    assert tried(told()[0]) == [("paid", "unknown", "unknown")]


def test_a_transaction_that_is_slow_tells_nobody_before_it_is_through(only: Any, ann: int, tower: Any, work: Work, told: Any):
    from zhanggui_bells.plugin import Rung

    from zhanggui.api import publish

    only("service")
    with pytest.raises(RuntimeError), unit_of_work() as db:
        publish(db, Rung(1, ann))
        raise RuntimeError("rolled back")
    work()
    assert told() == [] and tower.heard == []


def test_every_reason_has_a_sentence_and_every_move_a_state():
    assert all(str(words).endswith(".") for words in REASONS.values())
    assert set(MOVES) == set(MessageState)
    reached = {after for following in MOVES.values() for after in following}
    assert reached == set(MessageState)


def test_a_move_that_is_not_in_the_table_is_refused(only: Any, ring: Any, ann: int, work: Work, told: Any):
    from zhanggui_notifications.services.preparing import move

    only("only")
    ring(ann)
    work()
    [message] = told()
    for state in MessageState:
        with unit_of_work() as db:
            for after in MessageState:
                db.execute(update(Message).values(state=state))
                assert move(db, message.id, after) == (after in MOVES[state])


def test_a_claim_that_was_lost_writes_nothing_down(only: Any, ring: Any, ann: int, tower: Any, told: Any):
    from zhanggui.jobs import runner

    only("only")
    ring(ann)
    runner.drain("default")
    _looked, [sending] = delivering.claim(4, {})
    with clock.hold(clock.now() + timedelta(minutes=3)):
        delivering.claim(0, {})
    delivering.write_down(sending, Later(0, "provider_down"), 3)
    assert told()[0].state == "unknown"
