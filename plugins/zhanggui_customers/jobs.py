"""Entry points of the worker: counters follow the events of orders."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from zhanggui.api import _l, clock, current_runtime, job

from .services.counters import count_order


@job(_l("Count what a customer bought"))
def count_paid_order(
    db: Session,
    *,
    customer_id: int | None,
    amount: int,
    currency: str | None = None,
    at: str | datetime | None = None,
    **_from_newer_releases: object,
) -> None:
    """A customer's order was paid."""
    if customer_id is not None:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at or clock.now()
        # What was paid in another currency counts as an order, but is added to nothing.
        spent = amount if currency in (None, current_runtime().config["instance.currency"]) else 0
        count_order(db, customer_id=customer_id, amount=spent, sign=1, at=moment)


@job(_l("Take a canceled order out of what a customer bought"))
def uncount_canceled_order(db: Session, *, customer_id: int | None, paid: int, **_from_newer_releases: object) -> None:
    """A customer's order was canceled after it had been paid."""
    if customer_id is not None and paid:
        count_order(db, customer_id=customer_id, amount=paid, sign=-1, at=clock.now())
