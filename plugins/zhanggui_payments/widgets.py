"""What home says of money that waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from . import queries
from .models import Case, Refund


def open_cases(db: Session) -> int:
    """Open cases."""
    return queries.count_open(db, Case, ("open",))


def owed_refunds(db: Session) -> int:
    """Refunds that somebody has to send."""
    return queries.count_open(db, Refund, ("requested",))


def cases(db: Session, now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """The same for home."""
    return {"count": open_cases(db), "href": "/payment-cases/?state=open", "icon": "flag"}


def refunds_due(db: Session, now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """The same for home."""
    return {"count": owed_refunds(db), "href": "/refunds/?state=requested", "icon": "receipt-refund"}
