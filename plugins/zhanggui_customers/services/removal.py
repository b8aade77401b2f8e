"""Taking away what was made by mistake: customers whom nothing names yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, record_audit

from ..models import Customer

RESOURCE = "customers.Customer"
IN_USE = "in_use"


def remove_customers(db: Session, ids: Sequence[int], *, actor: Actor, now: datetime) -> set[int]:
    """Delete customers. Answers those that stay, because an order, an address or a way to sign in is theirs."""
    stay = set() if _deleted(db, ids) else {customer_id for customer_id in ids if not _deleted(db, [customer_id])}
    if len(stay) < len(ids):
        record_audit(db, "customers.customer.removed", target=(RESOURCE, "*"), actor=actor, now=now, after={"customers": len(ids) - len(stay)})
    db.expire_all()
    return stay


def _deleted(db: Session, ids: Sequence[int]) -> bool:
    try:
        with db.begin_nested():
            db.execute(delete(Customer).where(Customer.id.in_(ids)).execution_options(synchronize_session=False))
    except IntegrityError:
        return False
    return True
