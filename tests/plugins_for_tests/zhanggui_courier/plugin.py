"""Reports come signed; what they say stands in the audit once they were handled."""

from __future__ import annotations

import hashlib
import hmac
import json

from zhanggui.api import (
    SYSTEM,
    Action,
    Arrival,
    Code,
    NotGenuine,
    Operation,
    Slot,
    ThreePhases,
    Webhook,
    WebhookMessage,
    WebhookReply,
    clock,
    hookimpl,
    job,
    record_audit,
    webhook_message,
)

KEY = b"between us"


def sign(body: bytes) -> str:
    return hmac.new(KEY, body, hashlib.sha256).hexdigest()


def verify(arrival: Arrival) -> WebhookMessage | WebhookReply:
    if not hmac.compare_digest(arrival.headers.get("courier-signature", ""), sign(arrival.body)):
        raise NotGenuine()
    told = json.loads(arrival.body)
    if "challenge" in told:
        return WebhookReply(body=told["challenge"])
    reply = WebhookReply(202, "later") if told.get("later") else None
    return WebhookMessage(told["id"], {"parcel": told["parcel"], "account": arrival.path["account"]}, reply)


@job(max_attempts=1)
def take_report(db, *, message_id, **_more):
    message = webhook_message(db, message_id)
    if message.payload["parcel"] == "lost":
        raise LookupError("no such parcel")
    after = {"parcel": Code(message.payload["parcel"]), "bytes": len(message.body)}
    record_audit(db, "courier.report.taken", actor=SYSTEM, now=clock.now(), after=after)


FAR = [lambda: "ok"]  # what the carrier does when it is called


def _record(db, action):
    record_audit(db, action, actor=SYSTEM, now=clock.now())


def claim_recall(db, *, id, actor, now):
    _record(db, "courier.recall.claimed")
    return {"customer_id": id}


def claim_own_recall(asked):
    _record(asked.db, "courier.recall.claimed")
    return {"customer_id": asked.customer.id}


def call_carrier(*, customer_id):
    return FAR[0]()


def answer_recall(db, result, *, actor, now, customer_id):
    _record(db, "courier.recall.answered")
    return {"recalled": result}


@job(lane="io")
def go_on_with_recall(*, customer_id, **_more):
    """Nothing is left to do in these tests."""


@hookimpl
def register_jobs():
    return [go_on_with_recall]


@hookimpl
def register_slots():
    return [Slot("customers.Customer", Action("recall", "Recall", ThreePhases(claim_recall, call_carrier, answer_recall, go_on_with_recall), bulk=True))]


@hookimpl
def storefront_operations():
    phases = ThreePhases(claim_own_recall, call_carrier, answer_recall, go_on_with_recall)
    return [Operation("POST", "/parcels/recall", phases, "Call back what is under way", idempotent=True)]


@hookimpl
def register_webhooks():
    return [Webhook("courier", "/reports/<account>", verify, take_report, WebhookReply(body="success"), cap=2000)]
