"""What programs outside are told of the messages that customers allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import NotFound, PublicEvent, _l
from zhanggui_customers import facade as customers


def _public(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    try:
        customer = customers.customer(db, payload["customer_id"])
    except NotFound:
        return None
    return {"customer": customer.public_id, **{name: payload[name] for name in ("template", "state", "balance")}}


_TEXT = {"type": "string"}
PUBLIC = (
    PublicEvent(
        "wechat.grant.changed@1", _l("A customer allowed WeChat messages, or took it back"),
        {"customer": _TEXT, "template": _TEXT, "state": _TEXT, "balance": {"type": "integer"}},
        {"customer": "c7n3x1c8kq2mzt4h", "template": "Xk3c0pT9", "state": "accept", "balance": 2}, _public,
    ),
)
