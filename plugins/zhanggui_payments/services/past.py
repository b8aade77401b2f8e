"""Money of orders that came in while payments were off: orders know its sums, and here it gets an attempt and its postings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Money, unit_of_work
from zhanggui_orders import facade as orders

from ..contracts import HISTORY
from ..models import Attempt
from ..rules import new_number
from ..states import AttemptState
from .ledger import REFUNDS, SALES, clearing, post, posting

PAGE = 1000


def adopt(db: Session, order: orders.OrderFacts, *, now: datetime) -> None:
    """Book what an order was paid with when nobody here was told, and what went back of it. ``order`` is locked."""
    c = Attempt.__table__.c
    if order.paid_total <= 0 or db.scalar(select(c.id).where(c.order_id == order.id, c.state == AttemptState.CAPTURED).limit(1)) is not None:
        return
    back = min(order.refunded_total, order.paid_total)
    attempt = Attempt(
        number=new_number("H", now), order_id=order.id, order_number=order.number, customer_id=order.customer_id, provider=HISTORY, method="", scene="",
        amount=order.paid_total, currency=order.currency, state=AttemptState.CAPTURED, reserved=back, refunded=back, created_at=order.placed_at,
        captured_at=order.placed_at, reference_index=f"past:{order.id}",
    )  # fmt: skip
    db.add(attempt)
    db.flush()
    of = {"attempt_id": attempt.id, "order_id": order.id, "customer_id": order.customer_id}
    post(
        db,
        [
            posting(f"attempt:{attempt.id}", clearing(HISTORY), SALES, Money(order.paid_total, order.currency), order.placed_at, **of),
            posting(f"past:{attempt.id}", REFUNDS, clearing(HISTORY), Money(back, order.currency), order.placed_at, **of),
        ],
    )


def adopt_all(*, now: datetime) -> int:
    """The same for every order of which that is missing, a page of orders in each transaction; answers how many there were."""
    last, found = 0, 0
    while True:
        with unit_of_work() as db:
            ids = orders.paid_ids(db, after=last, limit=PAGE)
            missing = _without_attempt(db, ids)
            for order_id in missing:
                adopt(db, orders.facts(db, order_id), now=now)
        found += len(missing)
        if len(ids) < PAGE:
            return found
        last = ids[-1]


def _without_attempt(db: Session, ids: Sequence[int]) -> list[int]:
    c = Attempt.__table__.c
    there = set(db.scalars(select(c.order_id).where(c.order_id.in_(ids), c.state == AttemptState.CAPTURED))) if ids else set()
    return [order_id for order_id in ids if order_id not in there]
