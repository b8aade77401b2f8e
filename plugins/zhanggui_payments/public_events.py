"""What programs outside are told of money: amounts and the numbers of orders, payments and refunds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import PublicEvent, _l

from .models import Attempt, Case, Refund

_TEXT = {"type": "string"}
_AT = {"type": "string", "format": "date-time"}
_MONEY = {
    "type": "object", "required": ["amount", "currency"], "additionalProperties": False,
    "properties": {"amount": {"type": "integer", "description": "minor units"}, "currency": {"type": "string"}},
}  # fmt: skip
_EXAMPLE = {"order": "26112785921383", "amount": {"amount": 55600, "currency": "CNY"}, "at": "2026-11-27T08:22:10+00:00"}


def _captured(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    number = db.scalar(select(Attempt.number).where(Attempt.id == payload["attempt_id"]))
    told = {"order": payload["order_number"], "payment": number or "", "method": payload["method"], "provider": payload["provider"]}
    return {**told, "amount": payload["amount"], "at": payload["at"]}


def _refunded(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    number = db.scalar(select(Refund.number).where(Refund.id == payload["refund_id"]))
    return {"order": payload["order_number"], "refund": number or "", "amount": payload["amount"], "at": payload["at"]}


def _case(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    number = db.scalar(select(Case.order_number).where(Case.id == payload["case_id"]))
    return {"kind": payload["kind"], "order": number, "amount": payload["amount"], "at": payload["at"]}


PUBLIC = (
    PublicEvent(
        "payments.payment.captured@1", _l("Money came in"),
        {"order": _TEXT, "payment": _TEXT, "method": _TEXT, "provider": _TEXT, "amount": _MONEY, "at": _AT},
        {**_EXAMPLE, "payment": "P26112700000001", "method": "wechatpay", "provider": "wechatpay"}, _captured,
    ),
    PublicEvent(
        "payments.refund.succeeded@1", _l("Money went back"), {"order": _TEXT, "refund": _TEXT, "amount": _MONEY, "at": _AT},
        {**_EXAMPLE, "refund": "R26112700000001"}, _refunded,
    ),
    PublicEvent(
        "payments.case.opened@1", _l("A person has to decide about money"),
        {"kind": _TEXT, "order": {"type": ["string", "null"]}, "amount": _MONEY, "at": _AT}, {**_EXAMPLE, "kind": "paid_twice"}, _case,
    ),
)  # fmt: skip
