"""``zhanggui export orders``: one row an order line, as the importer reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from zhanggui.api import Exporter, Money, _l, regions
from zhanggui_customers import facade as customers

from .models import Order, OrderLine

COLUMNS = ("number", "placed_at", "sku", "name", "quantity", "price", "customer", "customer_name", "region", "status")
_PLACE = (OrderLine.order_id, OrderLine.id)


def batch(db: Session, last: Any, limit: int) -> tuple[Sequence[Sequence[Any]], Any]:
    """Lines, order by order; ``last`` is the place of the row before. Discounts of a line are in no column."""
    o, line = Order.__table__.c, OrderLine.__table__.c
    statement = (
        select(line.order_id, line.id, o.number, o.placed_at, o.customer_id, o.buyer_name, o.region, o.status, o.currency, line.sku,
               line.name, line.quantity, line.unit_price)
        .join_from(OrderLine.__table__, Order.__table__, line.order_id == o.id)
        .where(*([tuple_(*_PLACE) > last] if last else []))
        .order_by(*_PLACE)
        .limit(limit)
    )  # fmt: skip
    found = db.execute(statement).all()
    keys = customers.keys_by_id(db, {r.customer_id for r in found if r.customer_id is not None})
    rows = [
        (r.number, r.placed_at, r.sku, r.name, r.quantity, Money(r.unit_price, r.currency).decimal, keys.get(r.customer_id, ""),
         r.buyer_name, regions.name_of(r.region), r.status)
        for r in found
    ]  # fmt: skip
    return rows, (found[-1].order_id, found[-1].id) if found else last


ORDERS = Exporter("orders", _l("Orders"), COLUMNS, batch)
