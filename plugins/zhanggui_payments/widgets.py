"""What home says of money that waits for somebody."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zhanggui.api import Question

from . import queries
from .models import Case, Refund

CASES = Question("payments.Case", {"state": "open"})
REFUNDS_DUE = Question("payments.Refund", {"state": "requested"})


def open_cases(db: Session) -> int:
    """Open cases, for the page of finance."""
    return queries.count_open(db, Case, ("open",))


def owed_refunds(db: Session) -> int:
    """Refunds that somebody has to send, likewise."""
    return queries.count_open(db, Refund, ("requested",))
