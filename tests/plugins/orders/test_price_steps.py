"""What other plugins may do to a cart's price, and to an order's moves."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from shop import NOON, add_product, place, stock_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, DomainError, hookimpl
from zhanggui.host import current_host
from zhanggui_orders.contracts import Adjustment, CartLine, PriceStep, Quote
from zhanggui_orders.models import Order, OrderLine, PriceAdjustment
from zhanggui_orders.services.fulfillment import ship_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_orders.services.placement import quote_cart


class Held(DomainError):
    code = "held"


class Visiting:
    """A plugin that is registered for one test."""

    def __init__(self, *steps: PriceStep, refuses: str = "") -> None:
        self.steps, self.refuses = steps, refuses

    @hookimpl
    def orders_price_steps(self) -> Any:
        return self.steps

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
    assert [line.discount for line in lines] == [799, 201] or sum(line.discount for line in lines) == 1000
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
    assert (quoted.freight_total, [a.amount for a in quoted.adjustments]) == (0, [800, -800])


def test_a_step_may_concern_some_lines_only(db: Session, owner: Actor, visit: Any) -> None:
    visit(Visiting(off(100, lines=(1,))))
    quoted = quote(db, (add_product(db, owner, price=1000), 1), (add_product(db, owner, "CUP", price=500), 1))
    assert [line.discount for line in quoted.lines] == [0, 100]


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
