"""Shipping an order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from shop import NOON, add_product, place, rows, stock_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, IllegalMove, Invalid, clock, unit_of_work
from zhanggui.runtime import Runtime
from zhanggui_inventory.facade import NotHeld
from zhanggui_inventory.models import StockLevel, StockMovement
from zhanggui_inventory.services.counting import count_stock
from zhanggui_orders import jobs
from zhanggui_orders.models import Order, OrderLine, Shipment
from zhanggui_orders.services.fulfillment import ship_order
from zhanggui_orders.services.payment import mark_paid_offline


def paid_order(db: Session, owner: Actor, *wanted: tuple[Any, int]) -> Order:
    order = place(db, owner, *wanted)
    mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
    return order  # type: ignore[no-any-return]


def test_the_goods_leave_the_stock_and_the_number_is_kept(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=5)
    order = paid_order(db, owner, (tea, 2))
    order = ship_order(db, id=order.id, carrier="sf", tracking_number=" sf 123 456 789 ", actor=owner, now=NOON)
    assert (order.stage, order.fulfillment_status) == ("shipped", "fulfilled")
    assert (stock_of(db, tea).on_hand, stock_of(db, tea).reserved) == (3, 0)
    assert db.scalars(select(Shipment)).one().tracking_number == "SF123456789"


@pytest.mark.parametrize("carrier", ["", "pigeon", "SF", "sf "])
def test_an_unknown_carrier_is_refused_and_never_replaced(db: Session, owner: Actor, carrier: str) -> None:
    order = paid_order(db, owner, (add_product(db, owner), 1))
    with pytest.raises(Invalid) as refusal:
        ship_order(db, id=order.id, carrier=carrier, tracking_number="SF1234567", actor=owner, now=NOON)
    assert "carrier" in refusal.value.errors
    assert (db.get_one(Order, order.id).stage, rows(db, Shipment)) == ("to_ship", 0)


@pytest.mark.parametrize("number", [None, "", "12", "顺丰一二三四五", "A" * 41, "SF123;drop"])
def test_a_number_that_is_none_is_refused(db: Session, owner: Actor, number: str | None) -> None:
    order = paid_order(db, owner, (add_product(db, owner), 1))
    with pytest.raises(Invalid):
        ship_order(db, id=order.id, carrier="sf", tracking_number=number, actor=owner, now=NOON)


def test_the_shop_s_own_bicycle_needs_no_number(db: Session, owner: Actor) -> None:
    order = paid_order(db, owner, (add_product(db, owner), 1))
    assert ship_order(db, id=order.id, carrier="own", actor=owner, now=NOON).stage == "shipped"


def test_an_unpaid_order_is_not_shipped(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner)
    order = place(db, owner, (tea, 1))
    with pytest.raises(IllegalMove):
        ship_order(db, id=order.id, carrier="own", actor=owner, now=NOON)
    assert stock_of(db, tea).on_hand == 10


def test_two_parcels_make_one_order(db: Session, owner: Actor) -> None:
    tea, cup = add_product(db, owner, stock=5), add_product(db, owner, "CUP", stock=5)
    order = paid_order(db, owner, (tea, 3), (cup, 1))
    first = db.scalars(select(OrderLine).where(OrderLine.sku == "TEA-250")).one()
    ship_order(db, id=order.id, carrier="own", actor=owner, now=NOON, quantities={first.id: 2})
    assert (order.stage, order.fulfillment_status, stock_of(db, tea).on_hand) == ("to_ship", "partly", 3)
    with pytest.raises(Invalid), db.begin_nested():
        ship_order(db, id=order.id, carrier="own", actor=owner, now=NOON, quantities={first.id: 2})
    ship_order(db, id=order.id, carrier="own", actor=owner, now=NOON)
    assert (order.stage, stock_of(db, tea).on_hand, stock_of(db, cup).on_hand) == ("shipped", 2, 4)
    assert (stock_of(db, tea).reserved, rows(db, Shipment)) == (0, 2)


def test_two_lines_of_one_sku_leave_by_one_movement_each(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=5)
    order = paid_order(db, owner, (tea, 2), (tea, 1))
    ship_order(db, id=order.id, carrier="own", actor=owner, now=NOON)
    taken = db.scalars(select(StockMovement.on_hand_change).where(StockMovement.kind == "take")).all()
    assert sorted(taken) == [-2, -1]
    assert (stock_of(db, tea).on_hand, stock_of(db, tea).reserved) == (2, 0)


def test_what_a_count_did_not_find_is_not_shipped(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=5)
    order = paid_order(db, owner, (tea, 2))
    level = db.scalars(select(StockLevel)).one()
    count_stock(db, id=level.id, counted=1, actor=owner, now=NOON)
    with pytest.raises(NotHeld), db.begin_nested():
        ship_order(db, id=order.id, carrier="own", actor=owner, now=NOON)
    db.expire_all()
    assert db.get_one(Order, order.id).stage == "to_ship"


def test_the_clock_counts_it_as_received_after_some_days(instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        order_id = paid_order(db, owner, (add_product(db, owner), 1)).id
        ship_order(db, id=order_id, carrier="own", actor=owner, now=NOON)
    stages = []
    for days in (9, 11):
        with clock.hold(NOON + timedelta(days=days)):
            jobs.receive_shipped_orders.function()
        with unit_of_work() as db:
            stages.append(db.get_one(Order, order_id).stage)
    assert stages == ["shipped", "done"]
