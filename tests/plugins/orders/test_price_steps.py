"""What other plugins may do to a cart's price, and to an order's moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from shop import NOON, add_customer, add_product, place, stock_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, DomainError, IllegalMove, Money, clock, hookimpl
from zhanggui.host import current_host
from zhanggui_orders import facade, jobs
from zhanggui_orders.contracts import Adjustment, CartLine, PriceStep, Quote
from zhanggui_orders.models import LineAdjustment, Order, OrderLine, PriceAdjustment
from zhanggui_orders.services.fulfillment import ship_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_orders.services.placement import PriceChanged, quote_cart


class Held(DomainError):
    code = "held"


class Visiting:
    """A plugin that is registered for one test."""

    def __init__(self, *steps: PriceStep, refuses: str = "") -> None:
        self.steps, self.refuses = steps, refuses
        self.placed: list[Any] = []
        self.released: list[Any] = []

    @hookimpl
    def orders_price_steps(self) -> Any:
        return self.steps

    @hookimpl
    def orders_placing(self, quote: Quote, order: Any) -> None:
        if self.refuses == "placing":
            raise Held("used up")
        self.placed.append((order.number, quote.placing, quote.total))

    @hookimpl
    def orders_released(self, order: Any) -> None:
        self.released.append((order.number, order.payment_status))

    @hookimpl
    def orders_move_guards(self, order: Any, verb: str) -> None:
        if verb == self.refuses:
            raise Held("not now")


@pytest.fixture
def visit(instance: Any) -> Iterator[Any]:
    manager, guests = current_host().manager, []

    def register(guest: Visiting | ModuleType) -> None:
        manager.register(guest, f"guest{len(guests)}")
        guests.append(guest)

    yield register
    for guest in guests:
        manager.unregister(guest)


def off(amount: int, **more: Any) -> PriceStep:
    return PriceStep("off", lambda db, quote, now: [Adjustment("Off", -amount, **more)], order=400)


def quote(db: Session, *wanted: tuple[Any, int]) -> Quote:
    return quote_cart(db, lines=[CartLine(v.public_id, q) for v, q in wanted], customer_id=None, now=NOON)


def test_a_discount_is_spread_over_the_lines_and_adds_up(db: Session, owner: Actor, visit: Any) -> None:
    visit(Visiting(off(1000)))
    tea, cup = add_product(db, owner, price=1999), add_product(db, owner, "CUP", price=501)
    order = place(db, owner, (tea, 1), (cup, 1))
    lines = db.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)).all()
    assert (order.goods_total, order.discount_total, order.total) == (2500, 1000, 1500)
    assert [line.discount for line in lines] == [800, 200]
    assert sum(line.total for line in lines) == 1500
    kept = db.scalars(select(PriceAdjustment)).one()
    assert (kept.label, kept.amount) == ("Off", -1000)


def test_steps_run_in_their_order_and_see_what_the_ones_before_did(db: Session, owner: Actor, visit: Any) -> None:
    seen = []

    def half(_db: Session, quote: Quote, now: Any) -> list[Adjustment]:
        seen.append(quote.total)
        return [Adjustment("Half", -quote.total // 2)]

    visit(Visiting(PriceStep("late", half, order=500), PriceStep("early", half, order=100)))
    assert quote(db, (add_product(db, owner, price=1000), 1)).total == 250
    assert seen == [1000, 500]


def test_a_price_never_falls_below_zero(db: Session, owner: Actor, visit: Any) -> None:
    visit(Visiting(off(10**9), off(5)))
    quoted = quote(db, (add_product(db, owner, price=1000), 2))
    assert (quoted.total, quoted.discount_total) == (0, 2000)


def test_freight_is_added_and_can_be_taken_off_only_to_zero(db: Session, owner: Actor, visit: Any) -> None:
    visit(Visiting(off(-800, kind="freight"), off(900, kind="freight")))
    quoted = quote(db, (add_product(db, owner, price=1000), 1))
    assert (quoted.added("freight"), [a.amount for a in quoted.adjustments]) == (0, [800, -800])


def test_a_step_may_concern_some_lines_only(db: Session, owner: Actor, visit: Any) -> None:
    visit(Visiting(off(100, lines=(1,))))
    quoted = quote(db, (add_product(db, owner, price=1000), 1), (add_product(db, owner, "CUP", price=500), 1))
    assert [line.discount for line in quoted.lines] == [0, 100]


def test_the_parts_of_every_kind_add_up_and_stand_in_the_database(db: Session, owner: Actor, visit: Any) -> None:
    steps = (
        PriceStep("off", lambda db, quote, now: [Adjustment("Off", -200, source="coupon:81")], order=400),
        PriceStep("freight", lambda db, quote, now: [Adjustment("Freight", 1000, "freight")], order=600),
        PriceStep("fee", lambda db, quote, now: [Adjustment("Fee", kind="fee", parts={2: 300})], order=700),
        PriceStep("tax", lambda db, quote, now: [Adjustment("Tax", quote.total // 10, "tax")], order=701),
    )
    visit(Visiting(*steps))
    things = [add_product(db, owner, sku, price=price) for sku, price in (("A", 100), ("B", 100), ("C", 1))]
    order = place(db, owner, *((thing, 1) for thing in things))
    lines = db.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)).all()
    assert [line.total for line in lines] == [1, 0, 0]  # 99, 100 and 1 were taken off: never more than a line costs
    assert (order.discount_total, order.freight_total, order.fee_total, order.tax_total) == (200, 1000, 300, 130)
    assert order.total == 1 + 1000 + 300 + 130
    kept = db.scalars(select(PriceAdjustment).order_by(PriceAdjustment.id)).all()
    assert [(a.step, a.kind, a.source) for a in kept][0] == ("guest0.off", "discount", "coupon:81")
    for change in kept:
        parts = db.scalars(select(LineAdjustment.amount).where(LineAdjustment.adjustment_id == change.id)).all()
        assert sum(parts) == change.amount, change.kind


def test_what_was_added_is_taken_back_where_it_lies(db: Session, owner: Actor, visit: Any) -> None:
    visit(Visiting(
        PriceStep("freight", lambda db, quote, now: [Adjustment("Freight", kind="freight", parts={0: 900, 1: 100})]),
        PriceStep("free", lambda db, quote, now: [Adjustment("Half of it", -500, "freight")], order=601),
    ))  # fmt: skip
    quoted = quote(db, (add_product(db, owner, price=1), 1), (add_product(db, owner, "CUP", price=500), 1))
    assert [quoted.part("freight", n) for n in (0, 1)] == [450, 50]


@pytest.mark.parametrize(
    "said",
    [{"amount": 5}, {"amount": -5, "kind": "rebate"}, {"amount": -5, "source": "x" * 65}, {"parts": {7: -5}}],
)  # fmt: skip
def test_a_change_that_cannot_be_refuses_the_price_in_words(db: Session, owner: Actor, visit: Any, said: Any) -> None:
    visit(Visiting(PriceStep("odd", lambda db, quote, now: [Adjustment("Odd", **said)])))
    with pytest.raises(DomainError, match="The price cannot be worked out now"):
        quote(db, (add_product(db, owner), 1))


def test_a_plugin_takes_part_in_placing_and_may_refuse(db: Session, owner: Actor, visit: Any) -> None:
    guest = Visiting(off(90))
    visit(guest)
    tea = add_product(db, owner, price=1000)
    assert quote(db, (tea, 1)).placing is False
    order = place(db, owner, (tea, 1))
    assert guest.placed == [(order.number, True, 910)]
    guest.refuses = "placing"
    with pytest.raises(Held), db.begin_nested():
        place(db, owner, (tea, 1))
    assert db.scalars(select(Order)).all() == [order]
    assert stock_of(db, tea).reserved == 1


@pytest.mark.parametrize("who", ["staff", "buyer", "clock", "provider"])
def test_what_was_taken_is_given_back_once(db: Session, owner: Actor, visit: Any, who: str) -> None:
    guest = Visiting()
    visit(guest)
    buyer = add_customer(db, owner)
    order = place(db, owner, (add_product(db, owner), 1), customer_id=buyer)
    db.commit()
    at = {"actor": owner, "now": NOON}
    close = {
        "staff": lambda: facade.cancel_order(db, order_id=order.id, reason="", **at),
        "buyer": lambda: facade.cancel_by_customer(db, customer_id=buyer, number=order.number, **at),
        "clock": lambda: jobs.close_unpaid_orders.function(),
        "provider": lambda: facade.cancel_unpaid(db, order_id=order.id, reason="closed by the provider", **at),
    }[who]
    with clock.hold(NOON + timedelta(days=30)):
        for _turn in range(2):
            try:
                close()
                db.commit()
            except IllegalMove:
                db.rollback()
    assert guest.released == [(order.number, "unpaid")]


def test_an_order_that_costs_something_else_than_shown_is_not_placed(db: Session, owner: Actor, visit: Any) -> None:
    tea = add_product(db, owner, price=1000)
    place(db, owner, (tea, 1), expected_total=Money(1000, "CNY"))
    visit(Visiting(off(1)))
    for shown in (Money(1000, "CNY"), Money(999, "USD")):
        with pytest.raises(PriceChanged) as refusal:
            place(db, owner, (tea, 1), expected_total=shown)
        assert refusal.value.quote.total == 999
    assert len(db.scalars(select(Order)).all()) == 1


def test_a_step_that_fails_stops_the_order_instead_of_being_forgotten(db: Session, owner: Actor, visit: Any) -> None:
    def broken(_db: Session, _quote: Quote, _now: Any) -> list[Adjustment]:
        raise RuntimeError("no connection")

    visit(Visiting(PriceStep("broken", broken)))
    with pytest.raises(DomainError, match="The price cannot be worked out now: the plugin “guest0” failed"):
        place(db, owner, (add_product(db, owner), 1))


@pytest.mark.parametrize("verb", ["place", "pay", "ship"])
def test_a_guard_refuses_and_nothing_is_changed(db: Session, owner: Actor, visit: Any, verb: str) -> None:
    visit(Visiting(refuses=verb))
    tea = add_product(db, owner)

    def go_through() -> None:
        with db.begin_nested():
            order = place(db, owner, (tea, 1))
            mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
            ship_order(db, id=order.id, carrier="own", actor=owner, now=NOON)

    with pytest.raises(Held):
        go_through()
    assert stock_of(db, tea).reserved == 0
    assert db.scalars(select(Order)).all() == []
