"""How often and for how much somebody bought, kept in step with orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, case, func, update
from sqlalchemy.orm import Session

from ..contracts import Purchases
from ..models import Customer

_customers = Customer.__table__


def count_order(db: Session, *, customer_id: int, amount: int, sign: int, at: datetime) -> None:
    """Add a paid order to a customer's counters, or with ``sign=-1`` take one off that was given back."""
    c = _customers.c
    values = {"order_count": c.order_count + sign, "spent": c.spent + sign * amount}
    if sign > 0:
        values["last_order_at"] = case((c.last_order_at > at, c.last_order_at), else_=at)
    db.execute(update(_customers).where(c.id == customer_id).values(values))


def add_purchases(db: Session, purchases: Iterable[Purchases]) -> None:
    """Add orders of the past to the counters of many customers."""
    c = _customers.c
    # In the order of the ids: two imports would otherwise wait for each other forever.
    some = sorted(purchases, key=lambda p: p.customer_id)
    rows = [{"_id": p.customer_id, "_count": p.count, "_amount": p.amount, "_at": p.last_at} for p in some]
    if not rows:
        return
    at = bindparam("_at", type_=c.last_order_at.type)
    last = func.coalesce(c.last_order_at, at)
    db.execute(
        update(_customers)
        .where(c.id == bindparam("_id"))
        .values(
            order_count=c.order_count + bindparam("_count"),
            spent=c.spent + bindparam("_amount"),
            last_order_at=case((last > at, last), else_=at),
        ),
        rows,
    )
