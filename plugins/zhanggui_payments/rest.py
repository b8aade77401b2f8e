"""Paths of the storefront: what can be used to pay, paying, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import segno
from marshmallow import EXCLUDE, Schema, fields, validate
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Operation, ThreePhases, current_runtime, enqueue
from zhanggui_orders import facade as orders

from . import jobs, queries
from .contracts import SCENES, PaymentView
from .models import Attempt
from .providers import offers
from .services import attempts

_NUMBER, _AT = "26030212345678", "2026-03-02T04:00:00Z"


class Amount(Schema):
    amount = fields.Integer(required=True, strict=True)
    currency = fields.String(required=True)


def _money() -> fields.Nested:
    return fields.Nested(Amount, required=True)


class PayBody(Schema):
    # Whose order it is and whether it waits for money is answered first: what is missing here is said after that.
    method = fields.String(load_default="", validate=validate.Regexp(r"[0-9a-z_]{0,32}\Z"), metadata={"description": "One of `GET /payment-methods`."})
    scene = fields.String(load_default="", validate=validate.OneOf(("", *SCENES[:-1])))

    return_path = fields.String(
        load_default="", validate=validate.Regexp(r"(/([0-9A-Za-z_.?=&-][0-9A-Za-z_/.?=&-]{0,200})?)?\Z"),
        metadata={"description": "A page of this shop where the browser comes back to after paying; what it brings along proves nothing."},
    )  # fmt: skip

    class Meta:
        unknown = EXCLUDE  # an amount that a client sends counts for nothing


class Payment(Schema):
    payment_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("created", "pending", "captured", "closed", "failed")))
    method = fields.String(required=True)
    amount = _money()
    action = fields.Dict(required=True, metadata={"description": "What the client does now: `type` is mini_program, redirect, qr or none, with the values beside it."})


class MyPayment(Schema):
    payment_id = fields.String(required=True)
    state = fields.String(required=True)
    method = fields.String(required=True)
    amount = _money()
    refunded = _money()
    created_at = fields.DateTime(required=True, format="iso")
    paid_at = fields.DateTime(required=True, allow_none=True, format="iso")


class MyPayments(Schema):
    items = fields.List(fields.Nested(MyPayment), required=True)
    next = fields.String(required=True, allow_none=True)


class Asking(Schema):
    asking = fields.Integer(required=True, strict=True, metadata={"description": "How many payments the provider is asked about now."})


class MethodOffer(Schema):
    method = fields.String(required=True)
    name = fields.String(required=True)
    scenes = fields.List(fields.String(), required=True)
    available = fields.Boolean(required=True)
    why = fields.String(required=True, metadata={"description": "Why it cannot be used now; empty when it can."})


class MethodOffers(Schema):
    items = fields.List(fields.Nested(MethodOffer), required=True)
    next = fields.String(required=True, allow_none=True)


class MethodQuery(Schema):
    scene = fields.String(validate=validate.OneOf(SCENES[:-1]))


def moment(at: datetime | None) -> str | None:
    """``2026-03-02T04:00:00Z``"""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def claim(request: Any) -> Mapping[str, Any]:
    """The customer's own order; amount and currency are the order's, whatever was sent."""
    facts = orders.order_of_customer(request.db, customer_id=request.customer.id, number=request.path["number"]).facts
    body = request.body
    claimed = attempts.claim_payment(
        request.db, order_id=facts.id, method=body["method"], scene=body["scene"], customer_id=request.customer.id, actor=request.actor, now=request.now
    )
    return {**claimed, "return_url": request.address + body["return_path"]}


def answer(db: Session, result: Any, *, actor: Actor, now: datetime, **claimed: Any) -> Mapping[str, Any]:
    """What the client does now."""
    return paying(queries.payment(attempts.show_payment(db, result, actor=actor, now=now, **claimed)))


def paying(found: PaymentView) -> dict[str, Any]:
    """A payment for who pays it."""
    action = dict(found.action) or {"type": "none"}
    if action["type"] == "qr":
        action |= drawn(str(action["text"]))
    return {"payment_id": found.number, "state": found.state, "method": found.method, "amount": found.amount.as_json(), "action": action}


def drawn(text: str) -> dict[str, Any]:
    """A code to scan as the path of an SVG, ``size`` units wide and high, its quiet zone left to whoever draws it."""
    rows = segno.make(text, error="m", micro=False).matrix
    return {"size": len(rows), "path": "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)}


def check(request: Any) -> dict[str, Any]:
    """The customer is back: what is open is asked about soon, however often this is called, whether the provider calls us or not."""
    facts = orders.order_of_customer(request.db, customer_id=request.customer.id, number=request.path["number"]).facts
    asking = attempts.hurry(request.db, facts.id, now=request.now)
    for attempt_id in asking:
        enqueue(request.db, jobs.ask_attempt, attempt_id=attempt_id)
    return {"asking": len(asking)}


def list_payments(request: Any) -> dict[str, Any]:
    """Every try to pay one of the customer's own orders, the first one first."""
    facts = orders.order_of_customer(request.db, customer_id=request.customer.id, number=request.path["number"]).facts
    found: list[Attempt] = queries.attempts_of(request.db, facts.id)
    return {"items": [_mine(queries.payment(attempt)) for attempt in found], "next": None}


def _mine(found: PaymentView) -> dict[str, Any]:
    return {
        "payment_id": found.number, "state": found.state, "method": found.method, "amount": found.amount.as_json(),
        "refunded": found.refunded.as_json(), "created_at": moment(found.created_at), "paid_at": moment(found.captured_at),
    }  # fmt: skip


def list_methods(request: Any) -> dict[str, Any]:
    """What can be used to pay here, and why the rest cannot be used now."""
    currency = str(current_runtime().config["instance.currency"])
    return {
        "items": [
            {
                "method": offer.method.id, "name": str(offer.method.label), "scenes": list(offer.method.scenes),
                "available": offer.why_not is None, "why": offer.why_not or "",
            }
            for offer in offers(currency, request.query.get("scene"))
        ],
        "next": None,
    }  # fmt: skip


PAY = ThreePhases(claim, attempts.make_payable, answer, jobs.ask_attempt)
_CNY = {"amount": 3980, "currency": "CNY"}
_PAID = {
    "request": {"path": {"number": _NUMBER}, "body": {"method": "wechatpay", "scene": "qr"}}, "status": 200,
    "response": {
        "payment_id": "P260302M7K2QW9D4TBX0ZRA", "state": "pending", "method": "wechatpay", "amount": _CNY,
        "action": {"type": "qr", "text": "weixin://wxpay/bizpayurl?pr=example", "size": 29, "path": "M0 0h1v1h-1z"},
    },
}  # fmt: skip
_LISTED = {
    "request": {"path": {"number": _NUMBER}}, "status": 200,
    "response": {
        "items": [
            {
                "payment_id": "P260302M7K2QW9D4TBX0ZRA", "state": "captured", "method": "wechatpay", "amount": _CNY,
                "refunded": {"amount": 0, "currency": "CNY"}, "created_at": _AT, "paid_at": _AT,
            }
        ],
        "next": None,
    },
}  # fmt: skip
_OFFERED = {
    "request": {"query": {"scene": "qr"}}, "status": 200,
    "response": {"items": [{"method": "wechatpay", "name": "WeChat Pay", "scenes": ["mini_program", "h5", "qr"], "available": True, "why": ""}], "next": None},
}  # fmt: skip
OPERATIONS = [
    Operation(
        "POST", "/orders/{number}/pay", PAY, "Pay an order, or go on paying it", body=PayBody, answer=Payment, idempotent=True,
        refuses=(orders.NoWayToPay, attempts.MethodUnavailable), example=_PAID,
    ),
    Operation("GET", "/orders/{number}/payments", list_payments, "Every try to pay an order", answer=MyPayments, example=_LISTED),
    Operation(
        "POST", "/orders/{number}/payments/check", check, "Ask the provider what became of it: the customer is back", answer=Asking,
        example={"request": {"path": {"number": _NUMBER}}, "status": 200, "response": {"asking": 1}},
    ),
    Operation(
        "GET", "/payment-methods", list_methods, "What can be used to pay", auth="public", query=MethodQuery, answer=MethodOffers, example=_OFFERED
    ),
]  # fmt: skip
