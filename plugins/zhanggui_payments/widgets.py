"""What home and the menu say of money that waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from . import queries
from .models import Case, Refund


def cases_badge(db: Session) -> int:
    """Open cases."""
    return queries.count_open(db, Case, ("open",))


def refunds_badge(db: Session) -> int:
    """Refunds that somebody has to send."""
    return queries.count_open(db, Refund, ("requested",))


def cases(db: Session, now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """The same for home."""
    return {"count": cases_badge(db), "href": "/payment-cases/?state=open", "icon": "flag"}


def refunds_due(db: Session, now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """The same for home."""
    return {"count": refunds_badge(db), "href": "/refunds/?state=requested", "icon": "receipt-refund"}
