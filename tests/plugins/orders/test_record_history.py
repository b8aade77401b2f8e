"""Orders of the past, in bulk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from shop import NOON, add_customer, add_product, rows, stock_of
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor
from zhanggui.events.models import OutboxEvent
from zhanggui_customers.models import Customer
from zhanggui_inventory.models import StockMovement
from zhanggui_orders.contracts import HistoricLine, HistoricOrder
from zhanggui_orders.events import OrdersImported
from zhanggui_orders.facade import record_history
from zhanggui_orders.models import Day, Order, OrderLine
from zhanggui_payments.models import Attempt as Payment


def past(key: str, *lines: HistoricLine, **more: object) -> HistoricOrder:
    return HistoricOrder(key, NOON - timedelta(days=400), "CNY", lines, **more)  # type: ignore[arg-type]


TEA = HistoricLine("TEA-250", "Longjing tea", 2, 1990)


def test_it_is_stored_as_it_ended_and_touches_no_stock(db: Session, owner: Actor) -> None:
    tea, buyer = add_product(db, owner, stock=5), add_customer(db, owner)
    moved = rows(db, StockMovement)
    ids = record_history(db, [past("A1", TEA, number="536365", customer_id=buyer, buyer_name="Wang Wei")], "batch-1")
    order = db.get_one(Order, ids["A1"])
    assert (order.number, order.stage, order.payment_status, order.total) == ("536365", "done", "paid", 3980)
    assert (stock_of(db, tea).reserved, rows(db, StockMovement)) == (0, moved)
    db.expire_all()
    customer, day = db.get_one(Customer, buyer), db.scalars(select(Day)).one()
    assert (customer.order_count, customer.spent, customer.last_order_at) == (1, 3980, order.placed_at)
    assert (day.day.isoformat(), day.paid_amount) == ("2025-01-26", 3980)


def test_twice_gives_the_same_rows(db: Session, owner: Actor) -> None:
    buyer = add_customer(db, owner)
    first = record_history(db, [past("A1", TEA, customer_id=buyer), past("A2", TEA)], "batch-1")
    again = record_history(db, [past("A1", TEA, customer_id=buyer), past("A2", TEA), past("A3", TEA)], "batch-1")
    assert again.items() >= first.items()
    assert (rows(db, Order), rows(db, OrderLine), rows(db, Payment)) == (3, 3, 3)
    db.expire_all()
    assert db.get_one(Customer, buyer).spent == 3980
    assert db.scalar(select(func.sum(Day.paid_amount))) == 3 * 3980


def test_returns_and_fees_keep_their_sign(db: Session, owner: Actor) -> None:
    lines = [
        HistoricLine("TEA-250", "Longjing tea", -1, 1990, kind="return"),
        HistoricLine("POST", "Postage", 1, 500, kind="fee"),
    ]
    ids = record_history(db, [past("C1", *lines)], "batch-1")
    order = db.get_one(Order, ids["C1"])
    assert (order.goods_total, order.freight_total, order.total) == (-1990, 500, -1490)


def test_one_event_tells_of_all_and_of_none_that_was_there(db: Session, owner: Actor) -> None:
    def told() -> list[OrdersImported]:
        payloads = db.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == OrdersImported.name).order_by(OutboxEvent.id))
        return [OrdersImported.read(payload) for payload in payloads]

    late = replace(past("A2", TEA), placed_at=datetime(2026, 3, 1, 18, tzinfo=UTC))  # in Shanghai it is the next day already
    record_history(db, [past("A1", TEA, buyer_name="Wang Wei"), late], "batch-1")
    assert told() == [OrdersImported("batch-1", 2, date(2025, 1, 26), date(2026, 3, 2))]
    record_history(db, [past("A1", TEA)], "batch-2")
    assert len(told()) == 1


def test_a_guest_s_order_keeps_where_it_went(db: Session, owner: Actor) -> None:
    ids = record_history(db, [past("A1", TEA, region=["浙江", "杭州"]), past("A2", TEA, region=["EIRE"]), past("A3", TEA)], "batch-1")
    assert [db.get_one(Order, ids[key]).region for key in ("A1", "A2", "A3")] == ["330100", "IE", None]
    assert set(db.scalars(select(OrderLine.unit_cost))) == {None}


def test_a_canceled_one_was_never_paid(db: Session, owner: Actor) -> None:
    ids = record_history(db, [past("X", TEA, canceled=True)], "batch-1")
    assert (db.get_one(Order, ids["X"]).stage, rows(db, Payment)) == ("canceled", 0)
    assert db.scalars(select(Day)).one().paid_amount == 0


def test_a_number_that_is_taken_does_not_stop_it(db: Session, owner: Actor) -> None:
    record_history(db, [past("A", TEA, number="536365")], "batch-1")
    ids = record_history(db, [past("B", TEA, number="536365"), past("C", TEA, number="536365")], "batch-1")
    numbers = db.scalars(select(Order.number).where(Order.id.in_(ids.values()))).all()
    assert len(set(numbers)) == 2
    assert "536365" not in numbers
