"""What the shop is told of its visitors, over HTTP."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from shop import NOON, add_product, rows
from shoppers import Shopper
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from zhanggui.api import Actor, clock, erase_person, export_person, reading, unit_of_work
from zhanggui.runtime import Runtime
from zhanggui_customers import behaviour
from zhanggui_customers.models import BehaviourEvent, Tally, VisitorLink
from zhanggui_storefront.bodies import unpacked
from zhanggui_storefront.operations import behaviour as door

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"}
BOTH = ["measure", "personal"]


def event(number: int = 1, name: str = "page", **more: Any) -> dict[str, Any]:
    own = {"id": f"event-{number:05d}", "name": name, "at": NOON.isoformat(), "visitor": "visitor-1", "session": "session-1", "page": "/"}
    return {**own, **more}


def send(who: Shopper, *events: Any, consent: Any = BOTH, headers: Any = PHONE, **more: Any) -> Any:
    response = who.post("/events", {"events": list(events), "consent": consent, **more}, headers=headers)
    assert response.status_code == 202, response.text
    return response.get_json()


def kept(instance: Runtime) -> list[Any]:
    with reading() as db:
        return list(db.execute(select(*BehaviourEvent.__table__.c).order_by(BehaviourEvent.id)))


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.hold(NOON):
        yield


def test_what_is_known_is_kept_and_the_rest_is_counted(instance: Runtime, visitor: Shopper, owner: Actor) -> None:
    with unit_of_work() as db:
        tea = add_product(db, owner)
    public = visitor.get("/products")["items"][0]["id"]
    answer = send(
        visitor, event(1, "view", props={"product": public, "color": "red"}, page="/p?q=secret"), event(2, "paid"), event(3, "dance"), event(4, at="yesterday"), event(5, id="x"),
        "no event", event(6, "search", props={"q": "  Longjing  TEA ", "results": 0}),
    )  # fmt: skip
    assert answer == {"accepted": 2, "refused": 5, "dropped": 1}
    view, search = kept(instance)
    assert (view.name, view.product_id, view.page, view.device, view.props, view.personal) == ("view", tea.product_id, "/p", "phone", None, True)
    assert (search.q, search.results) == ("longjing tea", 0)


def test_what_comes_twice_is_there_once(instance: Runtime, visitor: Shopper) -> None:
    assert send(visitor, event(1), event(1), event(2)) == send(visitor, event(1), event(1), event(2)) == {"accepted": 3, "refused": 0, "dropped": 0}
    assert len(kept(instance)) == 2


def test_fifty_are_taken_at_once_and_packed_ones_too(instance: Runtime, visitor: Shopper) -> None:
    assert visitor.post("/events", {"events": [event(n) for n in range(51)]}).status_code == 422
    body = gzip.compress(json.dumps({"events": [event(n) for n in range(50)], "consent": BOTH}).encode())
    packed = {**PHONE, "Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert visitor.send("POST", "/events", data=body, headers=packed).status_code == 202
    assert len(kept(instance)) == 50
    bomb = gzip.compress(b" " * (64 * 1024 + 1))
    assert visitor.send("POST", "/events", data=bomb, headers=packed).status_code == 413
    assert visitor.send("POST", "/events", data=b" " * (64 * 1024 + 1), headers={"Content-Type": "application/json"}).status_code == 413
    for wrong in (b"{}", body[:-9]):
        assert visitor.send("POST", "/events", data=wrong, headers=packed).status_code == 400
    assert visitor.send("POST", "/events", data=body, headers={**packed, "Content-Encoding": "br"}).status_code == 415


def test_a_small_body_takes_no_more_memory_than_a_large_one() -> None:
    bomb = gzip.compress(b" " * 32 * 1024 * 1024)
    tracemalloc.start()
    try:
        with pytest.raises(RequestEntityTooLarge):
            unpacked(bomb, "gzip")
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


def test_without_consent_only_a_count_of_the_day_stays(instance: Runtime, visitor: Shopper) -> None:
    for consent in ([], ["needed"], ["personal"]):
        assert send(visitor, event(1), event(2, "search", props={"q": "tea"}), consent=consent)["accepted"] == 2
    assert kept(instance) == []
    with reading() as db:
        found = db.execute(select(Tally.at, Tally.name, Tally.q, Tally.reason, Tally.times).order_by(Tally.name)).all()
    day = NOON.replace(hour=16) - timedelta(days=1)  # midnight in Shanghai
    assert [tuple(row) for row in found] == [(day, "page", "", "no_consent", 3), (day, "search", "", "no_consent", 3)]


@pytest.mark.parametrize(("text", "stays"), [
    ("longjing", True), ("iphone 13", True), ("千里香 250", True), ("1号茶", True), ("13800138000", False), ("+86 138-0013-8000", False), ("lin@example.com", False),
    ("杭州市龙井路", False), ("龙井路 1 号", False), ("3幢 201室", False), ("12 Tea Street", False),
])  # fmt: skip
def test_a_search_that_looks_like_a_phone_or_an_address_is_not_kept(instance: Runtime, visitor: Shopper, text: str, stays: bool) -> None:
    send(visitor, event(1, "search", props={"q": text, "results": 2}))
    (found,) = kept(instance)
    assert (found.q == text) == stays and (found.q is None) == (not stays)
    assert found.results == 2 and found.props is None


def test_crawlers_staff_and_tests_are_marked(instance: Runtime, visitor: Shopper, sign_in: Callable[..., Shopper]) -> None:
    send(visitor, event(1), headers={"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"})
    send(visitor, event(2), mark="staff")
    send(sign_in(), event(3), mark="test")
    send(visitor, event(4))
    assert [one.reason for one in kept(instance)] == ["bot", "staff", "test", ""]
    with reading() as db:
        assert rows(db, VisitorLink) == 0  # a test leads to nobody


def test_beyond_two_thousand_a_day_a_visitor_is_only_counted(instance: Runtime, visitor: Shopper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behaviour, "MOST_A_DAY", 3)
    assert send(visitor, event(1), event(2)) == {"accepted": 2, "refused": 0, "dropped": 0}
    assert send(visitor, event(3), event(4), event(5, visitor="visitor-2")) == {"accepted": 2, "refused": 1, "dropped": 0}
    assert [one.key for one in kept(instance)] == ["event-00001", "event-00002", "event-00003", "event-00005"]
    with reading() as db:
        assert db.execute(select(Tally.reason, Tally.times)).all() == [("capped", 1)]
    with clock.hold(NOON + timedelta(days=1)):
        assert send(visitor, event(6))["accepted"] == 1


def test_the_clients_clock_puts_events_in_order_unless_it_is_a_day_off(instance: Runtime, visitor: Shopper) -> None:
    fast, wild = NOON + timedelta(hours=5), NOON + timedelta(days=3)
    send(visitor, event(1, at=(fast - timedelta(seconds=90)).isoformat()), sent_at=fast.isoformat())
    send(visitor, event(2, at=wild.isoformat()), event(3, at=(NOON - timedelta(hours=1)).isoformat()))
    ticks = [(one.at, one.tick) for one in kept(instance)]
    at = behaviour.ticks(NOON)
    assert ticks == [(fast - timedelta(seconds=90), at - 90_000), (wild, at), (NOON - timedelta(hours=1), at - 3_600_000)]
    assert {one.received_at for one in kept(instance)} == {NOON}


def link(db: Session) -> list[tuple[int, Any, Any]]:
    return [(one.customer_id, one.since, one.until) for one in db.scalars(select(VisitorLink).order_by(VisitorLink.since))]


def test_who_signs_in_is_known_from_then_on_and_thirty_days_back(instance: Runtime, visitor: Shopper, sign_in: Callable[..., Shopper], owner: Actor) -> None:
    send(visitor, event(1))
    alice, bob = sign_in("alice"), sign_in("bob")
    send(alice, event(2), consent=["measure"])
    with reading() as db:
        assert link(db) == []  # a person only for who agreed to it
    for number in (3, 4):
        send(alice, event(number))
    with reading() as db:
        ((first, since, until),) = link(db)
    assert (since, until) == (NOON - timedelta(days=30), None)
    later = NOON + timedelta(days=2)
    with clock.hold(later):
        send(bob, event(5))
        with reading() as db:
            assert [(s, u) for _c, s, u in link(db)] == [(since, later), (later, None)]
        send(bob, event(6), consent=["measure"])
        with reading() as db:
            assert [u for _c, _s, u in link(db)] == [later, later]  # he took it back
    with unit_of_work() as db:
        told = export_person(db, ("customers.Customer", first), actor=owner, now=NOON)["known"]["customers"]["behaviour"]
    assert len(told) == 3  # not what he did before he agreed


def test_an_erased_customer_leaves_counts_and_no_trace(instance: Runtime, sign_in: Callable[..., Shopper], owner: Actor) -> None:
    send(sign_in(), event(1), event(2, "search", props={"q": "puer", "results": 1}))
    with reading() as db:
        customer = link(db)[0][0]
    with unit_of_work() as db:
        erase_person(db, ("customers.Customer", customer), actor=owner, now=NOON)
    found = kept(instance)
    assert len(found) == 2 and len({one.visitor for one in found}) == 1
    assert all(one.visitor != "visitor-1" and one.q is None and one.props is None and not one.personal for one in found)
    with reading() as db:
        assert link(db) == []


def test_when_enough_is_being_taken_in_the_rest_comes_again_later(instance: Runtime, visitor: Shopper) -> None:
    lines = door._lines()
    taken = 0
    while lines.acquire(blocking=False):
        taken += 1
    try:
        refused = visitor.post("/events", {"events": [event(1)], "consent": BOTH}, headers=PHONE)
        assert (refused.status_code, refused.headers["Retry-After"], refused.get_json()["code"]) == (429, "30", "too_many_events")
        assert visitor.get("/products") == {"items": [], "next": None}
    finally:
        lines.release(taken)
    assert taken >= 1 and send(visitor, event(1))["accepted"] == 1
