"""Holding stock for orders, and what the movements say of it."""

from __future__ import annotations

import random

import pytest
from shop import NOON, add_product, stock_of
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, Actor
from zhanggui_inventory.facade import (
    Handover,
    NotHeld,
    OutOfStock,
    Wanted,
    release_stock,
    reserve_stock,
    take_stock,
)
from zhanggui_inventory.models import StockLevel, StockMovement, StockReservation
from zhanggui_inventory.rules import summed


def reserve(db: Session, order_id: int, *wanted: Wanted) -> None:
    reserve_stock(db, order_id=order_id, wanted=wanted, actor=SYSTEM, now=NOON)


def test_wants_are_summed_per_variant_and_sorted() -> None:
    assert summed([Wanted(9, 1), Wanted(2, 3), Wanted(9, 4)]) == [Wanted(2, 3), Wanted(9, 5)]
    with pytest.raises(ValueError):
        summed([Wanted(1, 0)])


def test_the_last_unit_is_held_once(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=1)
    reserve(db, 1, Wanted(tea.id, 1))
    with pytest.raises(OutOfStock):
        reserve(db, 2, Wanted(tea.id, 1))
    assert stock_of(db, tea).reserved == 1


def test_a_variant_without_a_level_is_out_of_stock(db: Session) -> None:
    with pytest.raises(OutOfStock):
        reserve(db, 1, Wanted(4711, 1))


def test_release_gives_back_what_is_left_and_only_once(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=5)
    reserve(db, 1, Wanted(tea.id, 3))
    take_stock(db, order_id=1, handovers=[Handover("orders.ShipmentLine:1", tea.id, 1)], actor=SYSTEM, now=NOON)
    assert release_stock(db, order_id=1, actor=SYSTEM, now=NOON) == 2
    assert release_stock(db, order_id=1, actor=SYSTEM, now=NOON) == 0
    assert (stock_of(db, tea).on_hand, stock_of(db, tea).reserved) == (4, 0)


def test_nothing_leaves_that_the_order_does_not_hold(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=5)
    reserve(db, 1, Wanted(tea.id, 1))
    for order_id, quantity in ((1, 2), (2, 1)):
        with pytest.raises(NotHeld), db.begin_nested():
            take_stock(db, order_id=order_id, handovers=[Handover("x:1", tea.id, quantity)], actor=SYSTEM, now=NOON)
    assert stock_of(db, tea).on_hand == 5


def test_one_shipment_line_takes_stock_once(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=5)
    reserve(db, 1, Wanted(tea.id, 2))
    handover = [Handover("orders.ShipmentLine:1", tea.id, 1)]
    take_stock(db, order_id=1, handovers=handover, actor=SYSTEM, now=NOON)
    with pytest.raises(IntegrityError), db.begin_nested():
        take_stock(db, order_id=1, handovers=handover, actor=SYSTEM, now=NOON)
    assert stock_of(db, tea).on_hand == 4


def test_the_database_itself_refuses_a_negative_reserve(db: Session, owner: Actor) -> None:
    add_product(db, owner, stock=1)
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(update(StockLevel).values(reserved=-1))


def test_movements_always_add_up_to_the_level(db: Session, owner: Actor) -> None:
    rng = random.Random(7)
    tea, cup = add_product(db, owner, stock=20), add_product(db, owner, "CUP", stock=20)
    for order_id in range(1, 60):
        try:
            with db.begin_nested():
                reserve(db, order_id, Wanted(tea.id, rng.randint(1, 3)), Wanted(cup.id, rng.randint(1, 3)))
        except OutOfStock:
            continue
        if rng.random() < 0.7:
            release_stock(db, order_id=order_id, actor=SYSTEM, now=NOON)
    for variant in (tea, cup):
        sums = db.execute(
            select(func.sum(StockMovement.on_hand_change), func.sum(StockMovement.reserved_change)).where(
                StockMovement.variant_id == variant.id
            )
        ).one()
        held = db.scalar(
            select(func.coalesce(func.sum(StockReservation.quantity), 0)).where(
                StockReservation.variant_id == variant.id, StockReservation.state == "held"
            )
        )
        stock = stock_of(db, variant)
        assert tuple(sums) == (stock.on_hand, stock.reserved)
        assert held == stock.reserved
