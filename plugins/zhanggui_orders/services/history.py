"""Orders of the past in bulk: no stock is held, no order tells of itself, one event and one audit row a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, Money, current_runtime, hooks, one_at_a_time, publish, record_audit, regions, shop_day, shop_zone
from zhanggui_customers import facade as customers

from ..contracts import HistoricOrder, PastPayment
from ..events import OrdersImported
from ..models import Order, OrderLine
from ..rules import new_number, stage_of, summary
from ..states import FulfillmentStatus, OrderStatus, PaymentStatus
from . import days
from .finding import write_terms

_CHUNK = 500
_orders, _lines = Order.__table__, OrderLine.__table__


def record_history(
    db: Session, orders: Sequence[HistoricOrder], batch_id: str, *, actor: Actor, now: datetime
) -> dict[str, int]:
    """Store orders as they ended. One that is there already is left as it is. ``{key: order id}`` of all.

    :raises ValueError: for an order without lines.
    """
    by_key = {external_key(order): order for order in orders}
    if any(not order.lines for order in by_key.values()):
        raise ValueError("an order of the past needs at least one line")
    one_at_a_time(db, "orders.history")  # two files that bring the same order book it once
    known = _known(db, list(by_key))
    new = {key: order for key, order in by_key.items() if key not in known}
    if new:
        taken = _taken_numbers(db, [o.number for o in new.values() if o.number])
        rows = [_order_row(key, order, taken) for key, order in new.items()]
        made = db.execute(insert(_orders).returning(_orders.c.id, _orders.c.external_key), rows)
        ids = {row.external_key: row.id for row in made}
        known |= ids
        db.execute(insert(_lines), [line for key, order in new.items() for line in _line_rows(ids[key], order)])
        write_terms(
            db,
            [
                (ids[row["external_key"]], row["placed_at"], row["number"], [f"{x.name[:200]} {x.option} {x.sku}" for x in order.lines])
                for row, order in zip(rows, new.values(), strict=True)
            ],
        )
        payments = [
            PastPayment(ids[row["external_key"]], Money(row["paid_total"], row["currency"]), row["placed_at"]) for row in rows if row["paid_total"]
        ]
        if payments:
            hooks.call("orders_paid_before", db=db, payments=payments, actor=actor, now=now)
        customers.add_purchases(db, _purchases(new.values()))
        record_audit(
            db, "orders.order.imported", target=("orders.Batch", batch_id), label=Code(batch_id), actor=actor, now=now,
            after={"new": len(new), "known": len(by_key) - len(new)},
        )  # fmt: skip
        days.count_many(db, _figures(new.values()))
        booked = [shop_day(order.placed_at) for order in new.values()]
        publish(db, OrdersImported(batch_id=Code(batch_id), count=len(new), first_day=min(booked), last_day=max(booked)))
    return {order.key: known[key] for key, order in by_key.items()}


def external_key(order: HistoricOrder) -> str:
    """How an order of the past is known when it comes again."""
    return f"{order.source}:{order.key}"


def _known(db: Session, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        rows = db.execute(select(_orders.c.external_key, _orders.c.id).where(_orders.c.external_key.in_(some)))
        found |= {row.external_key: row.id for row in rows}
    return found


def _taken_numbers(db: Session, numbers: Sequence[str]) -> set[str]:
    taken: set[str] = set()
    for start in range(0, len(numbers), _CHUNK):
        taken |= set(db.scalars(select(_orders.c.number).where(_orders.c.number.in_(numbers[start : start + _CHUNK]))))
    return taken


def _total(order: HistoricOrder) -> int:
    return sum(line.quantity * line.unit_price for line in order.lines)


def _order_row(key: str, order: HistoricOrder, taken: set[str]) -> dict[str, Any]:
    number = order.number if order.number and order.number not in taken else new_number(order.placed_at.date())
    while number in taken:
        number = new_number(order.placed_at.date())
    taken.add(number)
    total = _total(order)
    fees = sum(line.quantity * line.unit_price for line in order.lines if line.kind == "fee")
    status = OrderStatus.CANCELED if order.canceled else OrderStatus.COMPLETED
    payment = PaymentStatus.UNPAID if order.canceled else PaymentStatus.PAID
    fulfillment = FulfillmentStatus.UNFULFILLED if order.canceled else FulfillmentStatus.RECEIVED
    ended = None if order.canceled else order.placed_at
    return {
        "number": number, "external_key": key, "customer_id": order.customer_id, "status": status,
        "payment_status": payment, "fulfillment_status": fulfillment, "stage": stage_of(status, payment, fulfillment),
        "source": order.source, "currency": order.currency, "goods_total": total - fees, "freight_total": fees,
        "total": total, "paid_total": 0 if order.canceled else total,
        "summary": summary([(f"{line.name} {line.option}".strip(), line.quantity) for line in order.lines]),
        "buyer_name": order.buyer_name, "name_index": customers.name_index(order.buyer_name) if order.buyer_name else None, "region": regions.code_of(order.region), "note": order.note or None, "placed_at": order.placed_at, "paid_at": ended,
        "shipped_at": ended, "completed_at": ended, "canceled_at": order.placed_at if order.canceled else None,
    }  # fmt: skip


def _line_rows(order_id: int, order: HistoricOrder) -> list[dict[str, Any]]:
    return [
        {
            "order_id": order_id, "position": place, "kind": line.kind, "variant_id": line.variant_id,
            "product_id": line.product_id, "sku": line.sku, "name": line.name[:200], "option": line.option,
            "unit_price": line.unit_price, "quantity": line.quantity, "total": line.quantity * line.unit_price,
            "shipped_quantity": 0 if order.canceled else max(line.quantity, 0),
        }
        for place, line in enumerate(order.lines)
    ]  # fmt: skip


def _purchases(orders: Any) -> list[customers.Purchases]:
    sums: dict[int, customers.Purchases] = {}
    own: str = current_runtime().config["instance.currency"]
    for order in orders:
        if order.customer_id is None or order.canceled:
            continue
        # What a customer spent is told in the shop's own currency: pounds are not added to yuan.
        total, old = _total(order) if order.currency == own else 0, sums.get(order.customer_id)
        sums[order.customer_id] = customers.Purchases(
            order.customer_id,
            (old.count if old else 0) + (1 if _total(order) > 0 else 0),
            (old.amount if old else 0) + total,
            max(old.last_at, order.placed_at) if old else order.placed_at,
        )
    return list(sums.values())


def _figures(orders: Any) -> dict[tuple[date, str], dict[str, int]]:
    figures: dict[tuple[date, str], dict[str, int]] = {}
    zone = shop_zone()
    for order in orders:
        day = figures.setdefault(
            (order.placed_at.astimezone(zone).date(), order.currency),
            {"placed_count": 0, "placed_amount": 0, "paid_count": 0, "paid_amount": 0, "canceled_count": 0},
        )
        total = _total(order)
        day["placed_count"] += 1
        day["placed_amount"] += total
        day["canceled_count"] += order.canceled
        if not order.canceled:
            day["paid_count"] += 1
            day["paid_amount"] += total
    return figures
