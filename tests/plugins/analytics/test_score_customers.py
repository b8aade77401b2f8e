"""Scores and segments of customers: by hand, in whatever order rows come, and each figure with its list."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from gone import at, past, row
from shop import add_customer
from sqlalchemy import select

from zhanggui.api import Actor, Question, Reader, added_up, clock, reading, shop_zone, unit_of_work
from zhanggui.events.models import OutboxEvent
from zhanggui.runtime import Runtime
from zhanggui_analytics.customer_slots import AUDIENCES, CUSTOMERS, SEGMENT
from zhanggui_analytics.models import Buyer
from zhanggui_analytics.segments import SEGMENTS, TABLE
from zhanggui_analytics.services import scoring

Work = Callable[[], None]
THEN = "2026-05-01 12:00"


def people(owner: Actor, count: int) -> list[int]:
    with unit_of_work() as db:
        return [add_customer(db, owner, f"Number {n}", None) for n in range(count)]


def buyers() -> dict[int, Any]:
    with reading() as db:
        return {row.customer_id: row for row in db.execute(select(*Buyer.__table__.c))}


def test_each_pair_of_scores_has_one_name() -> None:
    assert {name for names in TABLE.values() for name in names} == {segment.value for segment in SEGMENTS}
    assert [len(TABLE[score]) for score in (1, 2, 3, 4, 5)] == [5] * 5


def test_equal_customers_have_equal_scores_in_whatever_order_rows_come(instance: Runtime, owner: Actor, work: Work) -> None:
    """Ten customers, seven of them alike: 1 + floor(5 x how many are worse / 10)."""
    some = people(owner, 10)
    orders = [row(at="2026-04-01 10:00", sku="A", price=100, customer=who) for who in some[:7]]
    orders += [row(at=f"2026-04-{10 + n} 10:00", sku="A", price=1000 * n, customer=some[7]) for n in (1, 2)]
    orders += [row(at=f"2026-04-2{n} 10:00", sku="A", price=10, customer=some[8]) for n in (1, 2, 3)]
    orders += [row(at="2026-03-01 10:00", sku="A", price=10, customer=some[9]), row(at="2026-04-29 10:00", sku="A", price=50, quantity=-1, kind="return", customer=some[9])]
    random.Random(7).shuffle(orders)
    with clock.hold(at(THEN)):
        past(*orders)
        assert scoring.score(clock.now()) == 0  # the first time nobody has moved
        unkept = buyers()
        work()
        scoring.score(clock.now())
    found = buyers()
    assert [(b.recent, b.often, b.much) for b in (found[who] for who in some[:7])] == [(1, 1, 2)] * 7
    assert [(found[who].orders, found[who].net, found[who].recent, found[who].often, found[who].much) for who in some[7:]] == [(2, 3000, 5, 5, 5), (3, 30, 5, 5, 1), (1, -40, 1, 1, 1)]
    assert found[some[9]].last_day.isoformat() == "2026-03-01"  # a return is no order
    assert found == unkept


def test_who_moves_is_told_once_and_found_by_list_figure_and_audience(instance: Runtime, owner: Actor, work: Work, visit: Callable[..., Any]) -> None:
    some = people(owner, 5)
    with clock.hold(at(THEN)):
        past(*(row(at=f"2026-04-0{n + 1} 10:00", sku="A", price=100, customer=who) for n, who in enumerate(some[:4])))
        work()
        scoring.score(clock.now())
    with clock.hold(at("2026-05-03 12:00")):
        past(*(row(at=f"2026-05-0{n} 10:00", sku="A", price=100, customer=some[0]) for n in (1, 2)), row(at="2026-05-02 09:00", sku="A", price=100, customer=some[4]))
        work()
        scoring.score(clock.now())
        assert scoring.score(clock.now()) == 0
    with reading() as db:
        told = [event.payload for event in db.scalars(select(OutboxEvent).where(OutboxEvent.name == "analytics.customer.moved"))]
        reader = Reader(owner, shop_zone(), "en", clock.now())
        found = buyers()
        last = {event["customer_id"]: event["segment"] for event in told}
        assert last == {who: found[who].segment for who in last} and {some[0], some[4]} <= set(last)
        assert [event["was"] for event in told if event["customer_id"] == some[4]] == [""]
        for audience, segment in zip(AUDIENCES, SEGMENTS, strict=True):
            mine = sorted(who for who, buyer in found.items() if buyer.segment == segment.value)
            listed = (added_up(db, reader, Question(CUSTOMERS, {SEGMENT: segment.value}, "customers")).totals or {})["customers"]
            assert (audience.count(db), list(audience.page(db, 0, 100)), sum(listed.values())) == (len(mine), mine, len(mine))
    page = visit("owner").get("/analytics/segments").text
    assert f"/customers/?{SEGMENT}=champions" in page
    assert visit("warehouse").get("/analytics/segments").status_code == 403


def test_a_segment_takes_figures_apart_and_they_add_up(instance: Runtime, owner: Actor, work: Work, ask: Callable[..., Any]) -> None:
    some = people(owner, 6)
    with clock.hold(at(THEN)):
        past(*(row(at=f"2026-04-0{n + 1} 10:00", sku="A", price=100 * (n + 1), customer=who) for n, who in enumerate(some)), row(at="2026-04-02 11:00", sku="A", price=7))
        work()
        scoring.score(clock.now())
        found = ask("sales.net", by="segment", period="2026-04")
    told = buyers()
    for (segment,), figures in found.values.items():
        assert figures["sales.net"] == (7 if not segment else sum(b.net for b in told.values() if b.segment == segment))
    assert found.totals["sales.net"] == 2107


def test_the_page_of_a_customer_says_where_he_stands(instance: Runtime, owner: Actor, work: Work, visit: Callable[..., Any]) -> None:
    (who, other) = people(owner, 2)
    with clock.hold(at(THEN)):
        past(row(at="2026-04-01 10:00", sku="A", price=123_400, customer=who))
        scoring.score(clock.now())
    browser = visit("owner")
    assert "1,234.00" in browser.get(f"/customers/{who}").text and "1 of 5" in browser.get(f"/customers/{who}").text
    assert "Nothing was bought up to yesterday." in browser.get(f"/customers/{other}").text


def test_who_buys_again_is_counted_by_the_days_to_the_second_order(instance: Runtime, owner: Actor, work: Work) -> None:
    """Same day, 30 and 31 days after, never, and a third order that changes nothing."""
    some = people(owner, 5)
    days = (("2026-01-01", "2026-01-01"), ("2026-01-01", "2026-01-31"), ("2026-01-01", "2026-02-01", "2026-02-02"), ("2026-01-05",))
    with clock.hold(at(THEN)):
        past(*(row(at=f"{day} 1{n}:00", sku="A", price=100, customer=who) for who, mine in zip(some, days, strict=False) for n, day in enumerate(mine)))
        scoring.score(clock.now())
    with reading() as db:
        found = scoring.repeat(db)
    assert (found.buyers, found.again, dict(found.within), found.median) == (4, 3, {0: 1, 30: 2, 60: 3, 90: 3}, 30)
