"""What was written down wrong is put right, with old and new in the trail; an order by phone is an order as every other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from shop import NOON, add_customer, add_product, place, stock_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Invalid, Money, StaleRow, timeline, unit_of_work
from zhanggui.audit import read_pii
from zhanggui.audit.models import AuditEntry
from zhanggui.kernel.reader import Reader
from zhanggui.runtime import Runtime
from zhanggui_customers.models import Customer
from zhanggui_inventory.models import StockLevel
from zhanggui_orders import facade
from zhanggui_orders.models import LineAdjustment, Order, OrderLine, PriceAdjustment, Shipment
from zhanggui_orders.services.corrections import change_address, change_price, correct_shipment
from zhanggui_orders.services.fulfillment import ship_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_orders.staff_order import take_order

HOME = {"name": "Li Na", "phone": "139 0013 9000", "region": "浙江省 杭州市 西湖区", "detail": "1 Lake Road"}


def test_a_wrong_number_is_corrected_and_the_buyer_sees_the_new_one(db: Session, owner: Actor) -> None:
    buyer = add_customer(db, owner)
    order = place(db, owner, (add_product(db, owner), 1), customer_id=buyer)
    mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
    ship_order(db, id=order.id, carrier="sf", tracking_number="SF1111111", actor=owner, now=NOON)
    parcel = db.scalars(select(Shipment)).one()
    correct_shipment(db, id=parcel.id, row_version=parcel.row_version, carrier="zto", tracking_number="zt 222 2222", actor=owner, now=NOON)
    [seen] = facade.order_of_customer(db, customer_id=buyer, number=order.number).shipments
    assert (seen.carrier, seen.tracking_number) == ("zto", "ZT2222222")
    entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "orders.order.tracking_corrected")).one()
    assert (entry.before["tracking_number"], entry.after["tracking_number"]) == ("SF1111111", "ZT2222222")
    with pytest.raises(StaleRow):
        correct_shipment(db, id=parcel.id, row_version=parcel.row_version - 1, carrier="sf", tracking_number="SF3333333", actor=owner, now=NOON)


def test_who_may_not_correct_cannot(instance: Runtime, owner: Actor, visit: Callable[..., Any]) -> None:
    with unit_of_work() as db:
        order = place(db, owner, (add_product(db, owner), 1), customer_id=add_customer(db, owner))
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
        ship_order(db, id=order.id, carrier="sf", tracking_number="SF1111111", actor=owner, now=NOON)
        parcel = db.scalars(select(Shipment.id)).one()
    new = {"carrier": "sf", "tracking_number": "SF2222222", "row_version": "1"}
    assert visit("viewer").post(f"/shipments/{parcel}/edit", new).status_code == 403
    clerk = visit("clerk")
    assert f"/shipments/{parcel}/edit" in clerk.get(f"/orders/{order.id}").get_data(as_text=True)
    assert clerk.post(f"/shipments/{parcel}/edit", new).status_code == 303
    assert "SF1111111 → " in clerk.get(f"/orders/{order.id}").get_data(as_text=True)


def test_another_address_is_sealed_in_the_trail(db: Session, owner: Actor) -> None:
    order = place(db, owner, (add_product(db, owner), 1), customer_id=add_customer(db, owner))
    version = order.row_version
    change_address(db, id=order.id, actor=owner, now=NOON, row_version=version, **HOME)
    assert db.get_one(Order, order.id).region == "330100"
    entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "orders.order.address_changed")).one()
    assert "Lake" not in str((entry.before, entry.after, entry.label)) and read_pii(db, entry)["address"][1]["detail"] == "1 Lake Road"  # type: ignore[index]
    with pytest.raises(StaleRow):
        change_address(db, id=order.id, actor=owner, now=NOON, row_version=version, **{**HOME, "detail": "2 Lake Road"})


@pytest.mark.parametrize(("total", "discount", "fee"), [(3000, 2970, 0), (7000, 0, 1030), (0, 5970, 0)])
def test_a_new_price_is_an_adjustment_of_its_own_and_sums_agree(db: Session, owner: Actor, total: int, discount: int, fee: int) -> None:
    order = place(db, owner, (add_product(db, owner, price=1990), 3), customer_id=add_customer(db, owner))
    change_price(db, id=order.id, total=Money(total, "CNY"), reason="a friend", actor=owner, now=NOON)
    order = db.get_one(Order, order.id)
    db.refresh(order)
    assert (order.total, order.discount_total, order.fee_total) == (total, discount, fee)
    change = db.scalars(select(PriceAdjustment)).one()
    assert (change.kind, change.step, change.amount, change.source) == ("manual", "orders.staff", total - 5970, "user")
    assert sum(db.scalars(select(LineAdjustment.amount))) == total - 5970
    assert sum(line.total for line in facade.lines_money(db, order.id)) == total
    assert sum(db.scalars(select(OrderLine.total))) + fee == total
    assert order.payment_status == ("paid" if total == 0 else "unpaid")
    [said] = [e for e in timeline(db, Reader(owner, None, "en", NOON), "orders.Order", order.id) if e.action == "orders.order.repriced"]  # type: ignore[arg-type]
    assert said.reason == "a friend"


def test_a_price_needs_its_own_right_and_a_change(db: Session, owner: Actor, clerk: Actor) -> None:
    assert not clerk.may("can_change_price", "orders.Order") and clerk.may("can_change_address", "orders.Order")
    order = place(db, owner, (add_product(db, owner), 1))
    with pytest.raises(Invalid):
        change_price(db, id=order.id, total=Money(order.total, "CNY"), reason="none", actor=owner, now=NOON)


def test_an_order_by_phone_holds_stock_and_is_the_customer_s(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=5)
    level = db.scalars(select(StockLevel.id)).one()
    lines = [{"level": level, "code": None, "quantity": 2}, {"level": None, "code": "TEA-250", "quantity": 1}]
    about = {"name": HOME["name"], "phone": HOME["phone"], "region": HOME["region"], "detail": HOME["detail"]}
    first = take_order(db, actor=owner, now=NOON, lines=lines, note="by phone", **about)
    second = take_order(db, actor=owner, now=NOON, lines=lines[1:], **{**about, "phone": "13900139000"})
    orders = [db.get_one(Order, i) for i in (first, second)]
    assert orders[0].customer_id == orders[1].customer_id == db.scalars(select(Customer.id)).one()
    assert (orders[0].source, orders[0].stage, orders[0].total, orders[0].region) == ("admin", "to_pay", 3 * 1990, "330100")
    assert stock_of(db, tea).reserved == 4
    seen, _more = facade.orders_of_customer(db, customer_id=orders[0].customer_id or 0)
    assert {view.facts.number for view in seen} == {order.number for order in orders}
    with pytest.raises(Invalid) as refused:
        take_order(db, actor=owner, now=NOON, lines=[{"level": None, "code": "NONE", "quantity": 1}], **about)
    assert "lines-0-code" in refused.value.errors
