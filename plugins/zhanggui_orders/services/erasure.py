"""What orders keep of a person, erased with the person. Amounts, goods and dates stay: they are the shop's books."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ..models import Order, Payment
from ..rules import ERASED

_orders, _payments = Order.__table__, Payment.__table__


def erase_buyer(db: Session, *, customer_id: int) -> None:
    """Blank the name, the address and every text in the orders of a customer."""
    c = _orders.c
    gone = {"address": None, "phone_index": None, "note": None, "staff_note": None, "cancel_reason": None}
    mine = c.customer_id == customer_id
    db.execute(update(_orders).where(mine).values(buyer_name=ERASED, row_version=c.row_version + 1, **gone))
    # The digest of a reference stays: the same transfer is still money only once.
    db.execute(update(_payments).where(_payments.c.order_id.in_(select(c.id).where(mine))).values(reference=None))
