"""What the staff writes on an order."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, record_audit

from .. import queries
from ..models import Order
from .moves import person_of


def write_note(db: Session, *, id: int, staff_note: str | None, actor: Actor, now: datetime) -> Order:
    """Keep a note that only the staff sees."""
    order = queries.order_for_update(db, id)
    before, order.staff_note = order.staff_note, (staff_note or "").strip()[:500] or None
    db.flush()
    record_audit(
        db, "orders.order.noted", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        before={"staff_note": before}, after={"staff_note": order.staff_note},
    )  # fmt: skip
    return order
