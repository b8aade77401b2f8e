"""Postings: written once, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from zhanggui.api import Money

from ..models import Entry

SALES, REFUNDS, SUSPENSE = "sales", "refunds", "suspense"
_INSERT = insert(Entry.__table__)


def clearing(provider: str) -> str:
    """The account of what a provider holds for the shop."""
    return f"clearing:{provider}"


def posting(key: str, debit: str, credit: str, amount: Money, at: datetime, **of: Any) -> dict[str, Any]:
    """A row of the ledger: ``debit`` gets, ``credit`` gives. An amount below zero goes the other way."""
    if amount.amount < 0:
        debit, credit, amount = credit, debit, -amount
    row = {"attempt_id": None, "refund_id": None, "order_id": None, "customer_id": None, "simulated": False, **of}
    return {"entry_key": key, "debit": debit, "credit": credit, "amount": amount.amount, "currency": amount.currency, "at": at, **row}


def post(db: Session, rows: list[dict[str, Any]]) -> None:
    """Write postings; those of nothing are left out.

    :raises IntegrityError: for a fact that is posted already.
    """
    wanted = [row for row in rows if row["amount"]]
    if wanted:
        db.execute(_INSERT, wanted)
