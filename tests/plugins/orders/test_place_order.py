"""Placing an order."""

from __future__ import annotations

from typing import Any

import pytest
from shop import NOON, add_customer, add_product, place, rows, stock_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Invalid, NotFound
from zhanggui_customers import facade as customers
from zhanggui_inventory import facade as inventory
from zhanggui_inventory.facade import OutOfStock
from zhanggui_orders import facade as orders
from zhanggui_orders.contracts import CartLine
from zhanggui_orders.models import Day, Order, OrderLine
from zhanggui_orders.services.placement import place_order
from zhanggui_products.services import editing, selling


def test_it_holds_the_stock_and_keeps_the_price_of_the_catalogue(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, price=1990, stock=5)
    order = place(db, owner, (tea, 2), customer_id=add_customer(db, owner))
    assert (order.total, order.currency, order.stage) == (3980, "CNY", "to_pay")
    assert order.buyer_name == "Wang Wei"
    assert (stock_of(db, tea).on_hand, stock_of(db, tea).reserved) == (5, 2)


def test_it_keeps_the_price_of_the_moment_when_the_catalogue_changes_later(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, price=1990)
    order = place(db, owner, (tea, 1))
    selling.change_price(db, id=tea.product_id, prices=[{"id": tea.id, "price": 9900}], actor=owner, now=NOON)
    line = db.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
    assert (line.unit_price, line.name, line.option) == (1990, "Longjing tea", "250 g")
    assert place(db, owner, (tea, 1)).total == 9900


def test_it_sums_two_lines_of_one_sku_before_it_looks_at_the_stock(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=3)
    with pytest.raises(OutOfStock), db.begin_nested():
        place(db, owner, (tea, 2), (tea, 2))
    assert stock_of(db, tea).reserved == 0
    place(db, owner, (tea, 2), (tea, 1))
    assert stock_of(db, tea).available == 0


def test_it_takes_all_or_nothing(db: Session, owner: Actor) -> None:
    tea, cup = add_product(db, owner, stock=5), add_product(db, owner, "CUP", stock=1)
    with pytest.raises(OutOfStock), db.begin_nested():
        place(db, owner, (tea, 2), (cup, 2))
    assert (stock_of(db, tea).reserved, rows(db, Order), rows(db, OrderLine)) == (0, 0, 0)


def test_it_names_what_is_out_of_stock_and_answers_409(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=0)
    with pytest.raises(OutOfStock) as refusal:
        place(db, owner, (tea, 1))
    assert (refusal.value.code, refusal.value.status) == ("out_of_stock", 409)
    assert "Longjing tea" in str(refusal.value)


@pytest.mark.parametrize("quantity", [0, -1, 10_000, 1.0, 0.5, "2", True, None, float("nan")])
def test_it_refuses_a_quantity_that_is_none(db: Session, owner: Actor, quantity: Any) -> None:
    tea = add_product(db, owner)
    with pytest.raises(Invalid):
        place(db, owner, (tea, quantity))


def test_it_has_no_place_for_a_price_of_the_caller() -> None:
    with pytest.raises(TypeError):
        CartLine(variant_id="x", quantity=1, price=1)  # type: ignore[call-arg]


def test_it_refuses_what_is_not_on_sale(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner)
    selling.take_off_sale(db, id=tea.product_id, actor=owner, now=NOON)
    with pytest.raises(orders.NotSellable) as refusal:
        place(db, owner, (tea, 1))
    assert refusal.value.status == 409


def test_it_refuses_a_variant_that_was_retired(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner)
    editing.update_product(
        db, id=tea.product_id, row_version=None, actor=owner, now=NOON, name="Longjing tea",
        variants=[{"sku": "TEA-500", "price": 3000}],
    )  # fmt: skip
    with pytest.raises(orders.NotSellable):
        place(db, owner, (tea, 1))


def test_it_answers_an_unknown_variant_like_a_missing_one(db: Session, owner: Actor) -> None:
    with pytest.raises(NotFound):
        place_order(db, lines=[CartLine("nosuchvariant000", 1)], customer_id=None, actor=owner, now=NOON)


def test_it_answers_an_address_of_somebody_else_like_a_missing_one(db: Session, owner: Actor) -> None:
    tea, mine, other = add_product(db, owner), add_customer(db, owner), add_customer(db, owner, "Li Na")
    address = customers.add_address(
        db,
        customer_id=other,
        name="Li Na",
        phone="13900139000",
        region=["Zhejiang"],
        detail="1 Lake Road",
        actor=owner,
        now=NOON,
    )
    with pytest.raises(NotFound):
        place(db, owner, (tea, 1), customer_id=mine, address_id=address.public_id)


def test_it_keeps_a_copy_of_the_address(db: Session, owner: Actor) -> None:
    tea, mine = add_product(db, owner), add_customer(db, owner)
    details: dict[str, Any] = {"name": "Wang Wei", "phone": "138 0013 8000", "region": ["Zhejiang", "Hangzhou"]}
    address = customers.add_address(db, customer_id=mine, **details, detail="1 Lake Road", actor=owner, now=NOON)
    order = place(db, owner, (tea, 1), customer_id=mine, address_id=address.public_id)
    customers.update_address(
        db, customer_id=mine, address_id=address.public_id, **details, detail="elsewhere", actor=owner, now=NOON
    )
    view = orders.order_of_customer(db, customer_id=mine, number=order.number)
    assert view.address == {**details, "phone": "13800138000", "detail": "1 Lake Road"}


def test_it_refuses_a_blocked_customer(db: Session, owner: Actor) -> None:
    from zhanggui_customers.services import profile

    tea, mine = add_product(db, owner), add_customer(db, owner)
    profile.block_customer(db, id=mine, actor=owner, now=NOON)
    with pytest.raises(customers.CustomerIsBlocked):
        place(db, owner, (tea, 1), customer_id=mine)


def test_it_is_paid_at_once_when_it_costs_nothing(db: Session, owner: Actor) -> None:
    sample = add_product(db, owner, "SAMPLE", price=0)
    assert place(db, owner, (sample, 1)).stage == "to_ship"


def test_it_counts_in_the_figures_of_the_day(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, price=1990)
    place(db, owner, (tea, 1))
    place(db, owner, (tea, 2))
    day = db.scalars(select(Day)).one()
    assert (day.day.isoformat(), day.placed_count, day.placed_amount, day.paid_count) == ("2026-03-02", 2, 5970, 0)


def test_a_number_is_short_and_begins_with_the_day(db: Session, owner: Actor) -> None:
    number = place(db, owner, (add_product(db, owner), 1)).number
    assert number.startswith("260302")
    assert number.isalnum()
    assert len(number) <= 32


def test_stock_taken_in_by_hand_can_be_sold(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=0)
    inventory.restock(db, variant_id=tea.id, quantity=2, actor=owner, now=NOON)
    place(db, owner, (tea, 2))
    assert stock_of(db, tea).available == 0
