"""Nobody takes hold of the shop without paying, however many hands he uses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from arena import OWNER, THREADS, Arena, buy, buyer, name
from shop import NOON
from shoppers import Shopper
from sqlalchemy import func, select

from zhanggui.api import clock, get_setting, unit_of_work
from zhanggui.app import Site
from zhanggui.testing.racing import at_once, refused
from zhanggui_customers.models import Customer
from zhanggui_inventory.facade import OutOfStock, ShareUsedUp
from zhanggui_orders import jobs
from zhanggui_orders.facade import TooManyOfOne, TooManyUnpaid
from zhanggui_orders.models import Order
from zhanggui_orders.services import cancellation, payment
from zhanggui_storefront import services
from zhanggui_storefront.contracts import Identity

pytestmark = pytest.mark.proof


def _buy(*wanted: tuple[Any, int], who: int) -> Order:
    with unit_of_work() as db:
        return buy(db, buyer(who), *wanted, customer_id=who)


def test_nobody_has_more_unpaid_orders_than_the_shop_allows(arena: Arena, setting):
    setting("plugin.orders.max_unpaid_orders", 5)
    tea, who = arena.variant(stock=100), arena.customer()
    outcomes = arena.race(lambda db, n: buy(db, buyer(who), (tea, 1), customer_id=who).id)
    assert refused(outcomes, TooManyUnpaid) == arena.crowd - 5
    mine = [o for o in outcomes if isinstance(o, int)]
    with pytest.raises(TooManyUnpaid) as refusal:
        _buy((tea, 1), who=who)
    assert (refusal.value.status, refusal.value.code) == (409, "too_many_unpaid_orders")
    assert "5 unpaid orders" in str(refusal.value)
    with unit_of_work() as db:  # paying and canceling make room, the staff needs none
        payment.mark_paid_offline(db, id=mine[0], method="cash", actor=OWNER, now=NOON)
        cancellation.cancel_unpaid(db, id=mine[1], reason="", actor=OWNER, now=NOON)
        buy(db, OWNER, (tea, 1), customer_id=who)
    _buy((tea, 1), who=who)
    with pytest.raises(TooManyUnpaid):
        _buy((tea, 1), who=who)
    setting("plugin.orders.max_unpaid_orders", 0)
    _buy((tea, 1), who=who)


def test_the_shop_as_it_comes_stops_somebody_before_two_hundred(arena: Arena):
    assert 0 < get_setting("plugin.orders.max_unpaid_orders") < 200


def test_nobody_holds_more_than_his_share_of_a_variant_before_he_pays(arena: Arena, setting):
    setting("plugin.orders.unpaid_pieces", 4)
    tea, who = arena.variant(stock=40), arena.customer()
    outcomes = arena.race(lambda db, n: buy(db, buyer(who), (tea, 5), customer_id=who).id)
    assert refused(outcomes, ShareUsedUp) == arena.crowd - 4  # twenty of forty
    assert arena.level(tea) == (40, 20)
    with pytest.raises(ShareUsedUp) as refusal:
        _buy((tea, 1), who=who)
    assert (refusal.value.status, refusal.value.code) == (409, "unpaid_share")
    assert str(refusal.value) == "At most 20 of Longjing tea 250 g can be in your unpaid orders. Order fewer, or pay for them first."
    with unit_of_work() as db:
        payment.mark_paid_offline(db, id=next(o for o in outcomes if isinstance(o, int)), method="cash", actor=OWNER, now=NOON)
    _buy((tea, 2), who=who)  # 15 unpaid, 20 available: up to 17
    with pytest.raises(ShareUsedUp):
        _buy((tea, 1), who=who)
    with pytest.raises(OutOfStock):  # who asks for more than there is, is told that
        _buy((tea, 30), who=who)
    setting("plugin.orders.unpaid_percent", 0)
    _buy((tea, 18), who=who)


def test_everybody_may_buy_the_last_ones(arena: Arena):
    tea = arena.variant(stock=50)
    _buy((tea, 50), who=arena.customer())
    assert arena.level(tea) == (50, 50)
    cup, who = arena.variant(stock=7), arena.customer()
    for _ in range(7):
        _buy((cup, 1), who=who)
    assert arena.level(cup) == (7, 7)


def test_one_unpaid_order_does_not_take_all_there_is(arena: Arena):
    tea, who = arena.variant(stock=400), arena.customer()
    with pytest.raises(ShareUsedUp):
        _buy((tea, 400), who=who)
    with pytest.raises(ShareUsedUp):
        _buy((tea, 150), (tea, 51), who=who)
    _buy((tea, 200), who=who)
    _buy((tea, 100), who=arena.customer())


def test_an_order_holds_only_so_many_of_one_variant(arena: Arena, setting):
    setting("plugin.orders.max_quantity", 6)
    tea, cup, who = arena.variant(stock=100), arena.variant(stock=100), arena.customer()
    _buy((tea, 6), (cup, 6), who=who)
    with pytest.raises(TooManyOfOne) as refusal:
        _buy((tea, 4), (tea, 3), who=who)
    assert (refusal.value.status, refusal.value.code) == (422, "too_many_of_one")
    assert str(refusal.value) == "An order can hold at most 6 of Longjing tea 250 g."
    setting("plugin.orders.max_quantity", 0)
    _buy((tea, 7), who=who)


def _newcomer(db, word: str, n: int, address: str = "203.0.113.9") -> str:
    return services.open_session(db, identity=Identity("demo", f"{word}-{n}", f"{word}-{n}"), address=address, now=NOON)[0]


def test_so_many_new_customers_come_from_one_address_in_an_hour(arena: Arena, setting):
    setting("plugin.storefront.new_customers_per_hour", 5)
    word = name("crowd")
    with clock.hold(NOON):
        outcomes = arena.race(lambda db, n: _newcomer(db, word, n))
        assert refused(outcomes, services.TooManyNewcomers) == arena.crowd - 5
        assert refused(arena.race(lambda db, n: _newcomer(db, word, _first(outcomes)))) == 0  # who is known comes as often as he likes
        with unit_of_work() as db:
            _newcomer(db, word, 100, "203.0.113.10")
        setting("plugin.storefront.new_customers_per_hour", 0)
        with unit_of_work() as db:
            _newcomer(db, word, 101)
    setting("plugin.storefront.new_customers_per_hour", 5)
    with clock.hold(NOON + timedelta(minutes=61)), unit_of_work() as db:
        _newcomer(db, word, 102)


def _first(outcomes: list[Any]) -> int:
    return next(n for n, outcome in enumerate(outcomes) if isinstance(outcome, str))


def test_who_comes_with_many_devices_at_once_is_one_customer_and_counts_once(arena: Arena, setting):
    setting("plugin.storefront.new_customers_per_hour", 2)
    word, address = name("alone"), "2001:db8:1:2::7"
    with clock.hold(NOON):
        outcomes = arena.race(lambda db, n: _newcomer(db, word, 1, address))
        assert refused(outcomes) == 0
        with unit_of_work() as db:
            _newcomer(db, word, 2, "2001:db8:1:2:ffff::8")  # another address of the same household
        with pytest.raises(services.TooManyNewcomers), unit_of_work() as db:
            _newcomer(db, word, 3, "2001:db8:1:2::9")
    assert arena.one(select(func.count()).where(Customer.source == "storefront", Customer.created_at == NOON)) >= 2


def test_the_storefront_says_so_with_a_code_and_when_to_come_again(instance, size, site: Site):
    from shoppers import allow_demo_login

    from zhanggui.config import settings

    allow_demo_login()
    with unit_of_work() as db:
        settings.set(db, "plugin.storefront.new_customers_per_hour", 3, actor=OWNER, now=NOON)
    count = size(THREADS, 24)
    answers = at_once(count, lambda n: Shopper(site).post("/session", {"code": f"demo:guest {n}"}))
    assert sorted(a.status_code for a in answers) == [200] * 3 + [429] * (count - 3)
    late = next(a for a in answers if a.status_code == 429)
    assert late.get_json()["code"] == "too_many_new_customers"
    assert 3500 < int(late.headers["Retry-After"]) <= 3600
    chinese = Shopper(site).post("/session", {"code": "demo:x"}, headers={"Accept-Language": "zh-CN"})
    assert chinese.get_json()["detail"].startswith("该网络地址新增的顾客过多")
    document = Shopper(site).get("/openapi.json")["paths"]
    assert "`too_many_new_customers`" in document["/session"]["post"]["responses"]["429"]["description"]
    placing = document["/orders"]["post"]["responses"]
    assert all(f"`{code}`" in placing["409"]["description"] for code in ("out_of_stock", "unpaid_share", "too_many_unpaid_orders"))
    assert "`too_many_of_one`" in placing["422"]["description"]
    assert "`too_many_addresses`" in document["/addresses"]["post"]["responses"]["409"]["description"]


def test_what_is_not_paid_in_time_is_free_again_however_much_it_is(arena: Arena, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "BATCH", 3)
    minutes = get_setting("plugin.orders.auto_close_minutes")
    assert 5 <= minutes <= 60
    tea = arena.variant(stock=10)
    for _ in range(8):
        arena.order((tea, 1))
    with clock.hold(NOON + timedelta(minutes=minutes - 1)):
        jobs.close_unpaid_orders.function()
        assert arena.level(tea) == (10, 8)
    with clock.hold(NOON + timedelta(minutes=minutes)):
        jobs.close_unpaid_orders.function()
    assert arena.level(tea) == (10, 0)
    assert arena.one(select(func.count()).where(Order.stage == "to_pay", Order.placed_at <= NOON)) == 0
