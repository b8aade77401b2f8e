"""Customers whom the shop can write to together, by when they last paid an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zhanggui.api import Audience, _l, clock

from .models import Order

o = Order.__table__.c


def _buyers(days: int, lately: bool) -> Select[Any]:
    """Ids of customers, each once: who paid in these days, or who paid before and not in these days."""
    since = clock.now() - timedelta(days=days)
    known = select(o.customer_id.label("id")).where(o.customer_id.is_not(None), o.paid_at.is_not(None)).group_by(o.customer_id)
    return known.having(func.max(o.paid_at) >= since if lately else func.max(o.paid_at) < since)


def _audience(id: str, label: Any, days: int, lately: bool) -> Audience:
    def count(db: Session) -> int:
        return db.scalar(select(func.count()).select_from(_buyers(days, lately).subquery())) or 0

    def page(db: Session, last: int, limit: int) -> Sequence[int]:
        return list(db.scalars(_buyers(days, lately).where(o.customer_id > last).order_by(o.customer_id).limit(limit)))

    return Audience(id, label, count, page)


AUDIENCES = (
    _audience("orders.bought_30", _l("Bought in the last 30 days"), 30, True),
    _audience("orders.bought_90", _l("Bought in the last 90 days"), 90, True),
    _audience("orders.quiet_60", _l("Bought before, but not for 60 days"), 60, False),
    _audience("orders.quiet_180", _l("Bought before, but not for 180 days"), 180, False),
)
