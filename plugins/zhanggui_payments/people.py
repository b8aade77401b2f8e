"""What this plugin answers about a person: how his orders were paid. Amounts and dates stay: they are the shop's books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, PersonalData

from .models import Attempt, Case, Refund

CUSTOMER, GUEST = "customers.Customer", "orders.Order"
_attempts, _refunds, _cases = Attempt.__table__, Refund.__table__, Case.__table__


def find(db: Session, text: str, *, actor: Actor) -> list[tuple[str, Any]]:
    """Nobody is looked for by a payment: customers and orders answer for phones and names."""
    return []


def _of(person: tuple[str, Any], c: Any) -> ColumnElement[bool] | None:
    if person[0] == CUSTOMER:
        return c.customer_id == int(person[1])
    return (c.order_id == int(person[1])) & c.customer_id.is_(None) if person[0] == GUEST else None


def export(db: Session, person: tuple[str, Any]) -> dict[str, Any]:
    """What he paid, how, and what went back."""
    mine = _of(person, _attempts.c)
    if mine is None:
        return {}
    paid = ("order_number", "provider", "method", "amount", "currency", "state", "reference", "payer", "created_at", "captured_at")
    back = ("order_number", "amount", "currency", "state", "reason", "note", "requested_at", "succeeded_at")
    found = {
        "payments": [dict(row._mapping) for row in db.execute(select(*(_attempts.c[name] for name in paid)).where(mine).order_by(_attempts.c.id))],
        "refunds": [
            dict(row._mapping)
            for row in db.execute(select(*(_refunds.c[name] for name in back)).where(_of(person, _refunds.c)).order_by(_refunds.c.id))  # type: ignore[arg-type]
        ],
    }  # fmt: skip
    return {name: rows for name, rows in found.items() if rows}


def erase(db: Session, person: tuple[str, Any], *, actor: Actor, now: datetime) -> None:
    """Blank who paid and what was written beside it."""
    mine = _of(person, _attempts.c)
    if mine is None:
        return
    # The digest of a reference stays: the same transfer is still money only once.
    a, r = _attempts.c, _refunds.c
    db.execute(update(_attempts).where(mine).values(reference=None, payer=None, action=None, row_version=a.row_version + 1))
    db.execute(update(_refunds).where(_of(person, r)).values(note=None, row_version=r.row_version + 1))  # type: ignore[arg-type]
    ids = select(a.id).where(mine)
    db.execute(update(_cases).where(_cases.c.attempt_id.in_(ids)).values(note=None, row_version=_cases.c.row_version + 1))


ANSWER = PersonalData("payments", [Attempt, Refund, Case], find, export, erase)
