"""What programs outside are told of customers: a public id, under which the API answers who may ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import PublicEvent, _l

from .models import Customer

_ID = {"type": "string"}
_EXAMPLE = {"customer": "c7n3x1c8kq2mzt4h"}


def _public(db: Session, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    found = db.scalar(select(Customer.public_id).where(Customer.id == payload["customer_id"]))
    return None if found is None else {"customer": found}


def _created(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    public = _public(db, payload)
    return None if public is None else {**public, "source": payload["source"]}


def _blocked(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    public = _public(db, payload)
    return None if public is None else {**public, "blocked": payload["blocked"]}


PUBLIC = (
    PublicEvent("customers.customer.created@1", _l("Somebody became a customer"), {"customer": _ID, "source": _ID}, {**_EXAMPLE, "source": "wechat"}, _created),
    PublicEvent(
        "customers.customer.blocked@1", _l("A customer is blocked or may order again"), {"customer": _ID, "blocked": {"type": "boolean"}},
        {**_EXAMPLE, "blocked": True}, _blocked,
    ),
    PublicEvent("customers.customer.erased@1", _l("All that was known of a customer is erased"), {"customer": _ID}, _EXAMPLE, _public),
)  # fmt: skip
