"""What programs outside are told of messages and campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import NotFound, PublicEvent, _l
from zhanggui_customers import facade as customers

from .models import Campaign, Message


def _message(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found = db.scalar(select(Message.public_id).where(Message.id == payload["message_id"]))
    return None if found is None else {"message": found, **{name: payload[name] for name in ("kind", "channel") if name in payload}, **({"cause": payload["reason"]} if "reason" in payload else {})}


def _address(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if payload["recipient_kind"] != "customer":
        return None  # who works here is nobody's business outside
    try:
        customer = customers.customer(db, payload["recipient_id"])
    except NotFound:
        return None
    return {"customer": customer.public_id, "channel": payload["channel"]}


def _campaign(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    name = db.scalar(select(Campaign.name).where(Campaign.id == payload["campaign_id"]))
    return None if name is None else {"campaign": name}


def _texts(*names: str) -> dict[str, Any]:
    return {name: {"type": "string"} for name in names}


_SENT = {"message": "m4x1c8kq2mzt4h7n", "kind": "orders.shipped", "channel": "sms"}
PUBLIC = (
    PublicEvent("notifications.message.sent@1", _l("A message was sent"), _texts("message", "kind", "channel"), _SENT, _message),
    PublicEvent(
        "notifications.message.failed@1", _l("A message reached nobody"), _texts("message", "kind", "channel", "cause"), {**_SENT, "cause": "no_address"}, _message
    ),
    PublicEvent(
        "notifications.address.bounced@1", _l("An address of a customer is none any more"), _texts("customer", "channel"),
        {"customer": "c7n3x1c8kq2mzt4h", "channel": "email"}, _address,
    ),
    PublicEvent("notifications.campaign.started@1", _l("A campaign started"), _texts("campaign"), {"campaign": "Spring tea"}, _campaign),
    PublicEvent("notifications.campaign.finished@1", _l("A campaign is finished"), _texts("campaign"), {"campaign": "Spring tea"}, _campaign),
)  # fmt: skip
