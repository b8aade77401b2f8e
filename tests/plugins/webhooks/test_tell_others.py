"""What happens in the shop reaches who asked for it, once by id, signed, and again until it is taken."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from standardwebhooks import Webhook

from zhanggui.api import Actor, IllegalMove, clock, public_events, reading, unit_of_work
from zhanggui.notices.models import Notice
from zhanggui_customers import facade as customers
from zhanggui_webhooks.models import Delivery, Endpoint, Try
from zhanggui_webhooks.services import delivering, endpoints, health, replay

CREATED = "customers.customer.created@1"


def someone_comes(name: str = "张三") -> int:
    """Something happens: somebody becomes a customer."""
    with unit_of_work() as db:
        return customers.find_or_create_by_identity(db, provider="demo", subject=name, name=name, now=clock.now()).id


def states() -> dict[str, int]:
    with reading() as db:
        return dict(db.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).tuples().all())


def endpoint(endpoint_id: int) -> Endpoint:
    with reading() as db:
        found = db.get_one(Endpoint, endpoint_id)
        db.expunge(found)
        return found


def later(work: Callable[[], None], **time_: int) -> None:
    """What is due so much later is sent."""
    with clock.hold(clock.now() + timedelta(**time_)):
        delivering.run()


def test_what_happened_arrives_signed_and_without_anything_personal(add: Any, receiver: Any, work: Any):
    endpoint_id = add(events=[CREATED])
    someone_comes()
    work()
    (heard,) = receiver.heard
    told = Webhook(endpoint(endpoint_id).secret).verify(heard.body, heard.headers)
    assert set(told) == {"id", "type", "timestamp", "sequence", "data"}
    assert (told["type"], told["sequence"], told["id"]) == (CREATED, 1, heard.headers["webhook-id"])
    assert set(told["data"]) == {"customer", "source"}
    assert "张三" not in heard.body.decode()
    assert states() == {"done": 1}


def test_only_what_was_asked_for_is_told(add: Any, receiver: Any, work: Any):
    add(events=["orders.order.paid@1"])
    someone_comes()
    work()
    assert receiver.heard == []
    assert states() == {}


def test_all_endpoints_and_tries_know_an_event_by_one_id(add: Any, receiver: Any, work: Any):
    add()
    add(label="Wall", url=receiver.url("/wall"))
    answers = iter([500])
    receiver.answer = lambda heard: (next(answers, 200), {}, b"")
    someone_comes()
    work()
    later(work, seconds=10)
    assert len(receiver.heard) == 3
    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1
    assert len({heard.body for heard in receiver.heard}) == 1
    assert states() == {"done": 2}


def test_the_same_event_twice_makes_one_delivery(add: Any, receiver: Any, work: Any, instance: Any):
    from zhanggui.events.models import OutboxEvent
    from zhanggui_webhooks import jobs

    add(events=[CREATED])
    customer_id = someone_comes()
    work()
    with reading() as db:
        event = db.scalar(select(OutboxEvent).where(OutboxEvent.name == "customers.customer.created"))
        assert event is not None
        about = {"id": event.id, "name": CREATED, "key": event.key, "at": event.occurred_at.isoformat()}
    with unit_of_work() as db:
        jobs.hear.function(db, event=about, customer_id=customer_id, source="demo")
    assert states() == {"done": 1}


def test_a_refusal_is_tried_three_times_and_a_fault_ten(add: Any, receiver: Any, work: Any):
    add(events=[CREATED])
    receiver.answer = lambda heard: (404, {}, b"no such page")
    someone_comes()
    work()
    for hours in (1, 3, 6, 9):
        later(work, hours=hours)
    assert states() == {"failed": 1}
    assert len(receiver.heard) == 3
    with reading() as db:
        kept = [(one.status, one.answer) for one in db.scalars(select(Try).order_by(Try.id))]
    assert kept == [(404, "no such page")] * 3


def test_a_redirect_is_not_followed_and_no_success(add: Any, receiver: Any, work: Any):
    add(events=[CREATED])
    receiver.answer = lambda heard: (302, {"Location": receiver.url("/elsewhere")}, b"")
    someone_comes()
    work()
    assert [heard.path for heard in receiver.heard] == ["/take"]
    assert states() == {"pending": 1}


def test_a_wish_to_wait_is_heard(add: Any, receiver: Any, work: Any):
    add(events=[CREATED])
    receiver.answer = lambda heard: (503, {"Retry-After": "3600"}, b"")
    someone_comes()
    work()
    later(work, minutes=50)
    assert len(receiver.heard) == 1
    later(work, minutes=61)
    assert len(receiver.heard) == 2


def test_ten_failures_in_a_row_let_it_rest_and_one_answer_wakes_it(add: Any, receiver: Any, work: Any):
    endpoint_id = add(events=[CREATED])
    receiver.answer = lambda heard: (500, {}, b"")
    for n in range(12):
        someone_comes(f"customer {n}")
    work()
    resting = endpoint(endpoint_id)
    assert resting.state == "resting"
    before = len(receiver.heard)
    later(work, seconds=30)
    assert len(receiver.heard) == before  # nobody is sent while it rests
    later(work, seconds=90)
    assert len(receiver.heard) == before + 1  # one tries for all
    with reading() as db:
        tries = db.scalars(select(Delivery.tries)).all()
    assert max(tries) == 1  # a probe uses up none
    receiver.answer = lambda heard: (200, {}, b"")
    later(work, minutes=10)
    assert endpoint(endpoint_id).state == "active"
    later(work, minutes=11)
    assert states() == {"done": 12}


def test_one_that_is_gone_is_switched_off_and_what_it_misses_can_be_sent(add: Any, receiver: Any, work: Any, owner: Actor):
    endpoint_id = add(events=[CREATED])
    receiver.answer = lambda heard: (410, {}, b"")
    someone_comes("one")
    work()
    assert endpoint(endpoint_id).state == "disabled"
    someone_comes("two")
    work()
    assert states() == {"failed": 1, "dropped": 1}
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Notice).where(Notice.kind == "webhooks.switched_off")) == 1
    receiver.answer = lambda heard: (200, {}, b"")
    with pytest.raises(IllegalMove), unit_of_work() as db:
        replay.send_missed(db, id=endpoint_id, actor=owner, now=clock.now())
    with unit_of_work() as db:
        endpoints.resume(db, id=endpoint_id, actor=owner, now=clock.now())
        assert replay.send_missed(db, id=endpoint_id, actor=owner, now=clock.now()) == 2
    delivering.run()
    assert states() == {"done": 2}
    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 2


def test_five_days_of_silence_switch_it_off_with_two_warnings_before(add: Any, receiver: Any, work: Any):
    endpoint_id = add(events=[CREATED])
    receiver.answer = lambda heard: (500, {}, b"")
    someone_comes()
    work()
    for hours in (1, 30, 80, 100, 121):
        with unit_of_work() as db:
            db.execute(update(Delivery).values(state="pending", tries=0, next_at=clock.now()))
        later(work, hours=hours)
    assert endpoint(endpoint_id).state == "disabled"
    with reading() as db:
        told = db.scalars(select(Notice.kind).where(Notice.kind.like("webhooks.%")).order_by(Notice.id)).all()
    assert list(told) == ["webhooks.failing", "webhooks.failing", "webhooks.switched_off"]


def test_one_that_was_switched_off_is_asked_once_a_day_and_staff_hears_that_it_is_back(add: Any, receiver: Any, work: Any):
    endpoint_id = add(events=[CREATED])
    with unit_of_work() as db:
        found = endpoints.endpoint_for_update(db, endpoint_id)
        endpoints.move(db, found, endpoints.EndpointState.DISABLED, probe_at=clock.now())
    assert health.probe_disabled(clock.now()) == 1
    assert health.probe_disabled(clock.now()) == 0
    assert receiver.heard[0].said["type"] == "webhooks.ping"
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Notice).where(Notice.kind == "webhooks.back")) == 1
    assert endpoint(endpoint_id).state == "disabled"  # a person decides


def test_while_it_is_paused_everything_waits(add: Any, receiver: Any, work: Any, owner: Actor):
    endpoint_id = add(events=[CREATED])
    with unit_of_work() as db:
        endpoints.pause(db, id=endpoint_id, actor=owner, now=clock.now())
    someone_comes()
    work()
    assert receiver.heard == []
    assert states() == {"pending": 1}
    with unit_of_work() as db:
        endpoints.resume(db, id=endpoint_id, actor=owner, now=clock.now())
    delivering.run()
    assert states() == {"done": 1}


def test_in_order_the_next_of_a_key_waits_for_the_one_before(add: Any, receiver: Any, work: Any):
    from zhanggui_customers.services import profile

    add(events=["customers.*"], ordered=True)
    receiver.answer = lambda heard: (500 if heard.said["sequence"] == 1 and len(receiver.heard) < 2 else 200, {}, b"")
    customer_id = someone_comes()
    with unit_of_work() as db:
        profile.block_customer(db, id=customer_id, reason="x", actor=Actor("user", name="owner", everything=True), now=clock.now())
    work()
    assert [heard.said["sequence"] for heard in receiver.heard] == [1]
    later(work, seconds=20)
    later(work, seconds=21)
    assert [heard.said["sequence"] for heard in receiver.heard] == [1, 1, 2]


def test_no_more_than_its_rate(add: Any, receiver: Any, work: Any):
    add(events=[CREATED], rate_per_minute=3)
    for n in range(5):
        someone_comes(f"customer {n}")
    work()
    assert len(receiver.heard) == 3
    later(work, seconds=61)
    assert len(receiver.heard) == 5


def test_two_workers_at_once_send_each_once(add: Any, receiver: Any, work: Any, instance: Any):
    add(events=[CREATED])
    for n in range(10):
        someone_comes(f"customer {n}")
    from zhanggui.jobs import runner

    runner.drain()
    threads = [threading.Thread(target=delivering.run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.heard) == len({heard.headers["webhook-id"] for heard in receiver.heard}) == 10


def test_what_a_worker_left_behind_is_sent_again_under_the_same_id(add: Any, receiver: Any, work: Any):
    add(events=[CREATED])
    someone_comes()
    from zhanggui.jobs import runner

    runner.drain()
    (claimed,) = delivering.claim(4, {})
    assert states() == {"sending": 1}
    assert delivering.run() == 0
    later(work, minutes=3)
    assert [heard.headers["webhook-id"] for heard in receiver.heard] == [claimed.headers["webhook-id"]]
    delivering.write_down(claimed, delivering.Outcome(500, 1))  # the one who was thought dead speaks late
    assert states() == {"done": 1}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("url", "part"),
    [("http://10.0.0.1/x", "may not be called"), ("https://169.254.169.254/", "may not be called"), ("ftp://a.example/", "no address"), ("https://[::1]/", "may not"),
     ("https://shop.example:8443/", "may not be called")],
)  # fmt: skip
def test_an_address_that_may_not_be_called_is_refused_when_it_is_entered(add: Any, url: str, part: str):
    from zhanggui.api import Invalid

    with pytest.raises(Invalid) as refused:
        add(url=url)
    assert part in str(refused.value.errors["url"])


def test_secrets_are_seen_once_and_exchanged_with_a_time_of_both(add: Any, receiver: Any, work: Any, owner: Actor):
    endpoint_id = add(events=[CREATED])
    with unit_of_work() as db:
        _label, first = endpoints.show_secret(db, id=endpoint_id, actor=owner, now=clock.now())
    with pytest.raises(IllegalMove), unit_of_work() as db:
        endpoints.show_secret(db, id=endpoint_id, actor=owner, now=clock.now())
    with unit_of_work() as db:
        endpoints.rotate(db, id=endpoint_id, hours=1, actor=owner, now=clock.now())
        _label, second = endpoints.show_secret(db, id=endpoint_id, actor=owner, now=clock.now())
    someone_comes("one")
    work()
    for secret in (first, second):
        Webhook(secret).verify(receiver.heard[0].body, receiver.heard[0].headers)
    with unit_of_work() as db:
        endpoints.end_old_secret(db, id=endpoint_id, actor=owner, now=clock.now())
    someone_comes("two")
    work()
    assert len(receiver.heard[1].headers["webhook-signature"].split(" ")) == 1


def test_editing_is_not_disturbed_by_deliveries(add: Any, receiver: Any, work: Any, owner: Actor):
    endpoint_id = add(events=[CREATED])
    version = endpoint(endpoint_id).row_version
    someone_comes()
    work()
    assert endpoint(endpoint_id).last_ok_at is not None
    with unit_of_work() as db:
        endpoints.change_endpoint(
            db, id=endpoint_id, row_version=version, label="Ledger", url=receiver.url(), everything=True, actor=owner, now=clock.now()
        )  # fmt: skip
    assert endpoint(endpoint_id).label == "Ledger"


def test_what_waits_too_long_is_dropped_and_what_is_old_forgotten(add: Any, receiver: Any, work: Any):
    add(events=[CREATED])
    receiver.answer = lambda heard: (500, {}, b"")
    someone_comes()
    work()
    with unit_of_work() as db:
        assert replay.give_up_waiting(db, clock.now() + timedelta(days=6)) == {}
        assert replay.give_up_waiting(db, clock.now() + timedelta(days=8)) == {"Books": 1}
    assert states() == {"dropped": 1}
    with unit_of_work() as db:
        assert replay.forget_old(db, clock.now() + timedelta(days=29)) == 0
        assert replay.forget_old(db, clock.now() + timedelta(days=31)) == 1
    assert states() == {}


def test_a_test_says_at_once_how_it_went(visit: Any, add: Any, receiver: Any):
    endpoint_id = add(events=[CREATED])
    boss = visit("owner")
    receiver.answer = lambda heard: (418, {}, b"I am a teapot")
    assert boss.get(f"/webhooks/{endpoint_id}").status_code == 200
    assert boss.post(f"/webhooks/{endpoint_id}/test").status_code in (302, 303)
    page = boss.get(f"/webhooks/{endpoint_id}").get_data(as_text=True)
    assert "Answered 418" in page
    assert "I am a teapot" in page
    assert receiver.heard[0].said["type"] == "webhooks.test"


def test_what_arrived_is_not_sent_again_with_the_others_unless_one_says_so(visit: Any, add: Any, receiver: Any, work: Any):
    add(events=[CREATED])
    receiver.answer = lambda heard: (410 if len(receiver.heard) == 2 else 200, {}, b"")
    for n in range(2):
        someone_comes(f"customer {n}")
        work()
    assert states() == {"done": 1, "failed": 1}
    with unit_of_work() as db:
        db.execute(update(Endpoint).values(state="active"))
    boss = visit("owner")

    def all_of_them(**more: str) -> str:
        begun = boss.post("/webhook-deliveries/bulk/send_again", {"_all": "1", "all": "", "_asked": "1", **more})
        assert begun.status_code == 303
        work()
        delivering.run()
        return boss.get(begun.location).get_data(as_text=True)

    asked = boss.post("/webhook-deliveries/bulk/send_again", {"_all": "1", "all": ""}).get_data(as_text=True)
    assert "2" in asked and "Also when it arrived already" in asked  # how many, before anything is sent
    assert len(receiver.heard) == 2
    said = all_of_them()
    assert "1 done, 1 not done." in said and "arrived already" in said
    assert (len(receiver.heard), states()) == (3, {"done": 2})
    assert "2 done" in all_of_them(arrived="y")
    assert len(receiver.heard) == 5 and len({heard.headers["webhook-id"] for heard in receiver.heard}) == 2


@pytest.mark.parametrize("kind", ["sqlite"])
def test_pages_never_show_a_secret_but_once(visit: Any, add: Any, receiver: Any):
    endpoint_id = add(events=[CREATED], headers="Authorization: Bearer sesame-open")
    secret, boss = endpoint(endpoint_id).secret, visit("owner")
    page = boss.get(f"/webhooks/{endpoint_id}").get_data(as_text=True)
    assert secret not in page
    shown = boss.post(f"/webhook-secrets/{endpoint_id}")
    assert secret in shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "private, no-cache, no-store"
    again = boss.post(f"/webhook-secrets/{endpoint_id}")
    assert again.status_code == 409
    assert secret not in again.get_data(as_text=True)
    rest = boss.client.get("/api/v1/webhooks/webhooks/").get_data(as_text=True)
    assert secret not in rest
    assert "sesame" not in rest


@pytest.mark.parametrize("kind", ["sqlite"])
def test_only_who_may_sees_endpoints(visit: Any, add: Any):
    endpoint_id, clerk = add(), visit("clerk")
    assert clerk.get(f"/webhooks/{endpoint_id}").status_code == 403
    assert clerk.post(f"/webhook-secrets/{endpoint_id}").status_code == 403
    assert clerk.get("/webhook-events/").status_code == 403


@pytest.mark.parametrize("kind", ["sqlite"])
def test_every_event_on_offer_is_shown_with_its_example(visit: Any, instance: Any):
    page = visit("owner").get("/webhook-events/").get_data(as_text=True)
    offered = public_events()
    assert len(offered) >= 15
    for name, public in offered.items():
        assert name in page
        assert json.dumps(public.example["order"] if "order" in public.example else next(iter(public.example))).strip('"') in page


def test_what_is_rendered_fits_its_schema(add: Any, work: Any, receiver: Any, owner: Actor, instance: Any):
    from jsonschema import Draft202012Validator
    from shop import add_product

    add()
    someone_comes()
    with unit_of_work() as db:
        add_product(db, owner, stock=5)
    work()
    types = {heard.said["type"] for heard in receiver.heard}
    assert {CREATED, "products.product.saved@1"} <= types
    for heard in receiver.heard:
        Draft202012Validator(public_events()[heard.said["type"]].whole_schema).validate(heard.said["data"])
