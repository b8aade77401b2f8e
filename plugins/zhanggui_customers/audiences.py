"""Customers whom the shop can write to together, by what is known of them here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import Audience, _l, clock

from .models import Customer

NEW = timedelta(days=30)
c = Customer.__table__.c


def _there() -> tuple[Any, ...]:
    return (c.erased_at.is_(None), c.blocked.is_(False))


def _new() -> tuple[Any, ...]:
    return (*_there(), c.created_at > clock.now() - NEW)


def _bought() -> tuple[Any, ...]:
    return (*_there(), c.order_count > 0)


def _never_bought() -> tuple[Any, ...]:
    return (*_there(), c.order_count == 0)


def _audience(id: str, label: Any, clauses: Any) -> Audience:
    def count(db: Session) -> int:
        return db.scalar(select(func.count()).select_from(Customer).where(*clauses())) or 0

    def page(db: Session, last: int, limit: int) -> Sequence[int]:
        return list(db.scalars(select(c.id).where(*clauses(), c.id > last).order_by(c.id).limit(limit)))

    return Audience(id, label, count, page)


AUDIENCES = (
    _audience("customers.all", _l("All customers"), _there),
    _audience("customers.new", _l("Customers of the last 30 days"), _new),
    _audience("customers.bought", _l("Customers who have bought"), _bought),
    _audience("customers.never_bought", _l("Customers who never bought"), _never_bought),
)
