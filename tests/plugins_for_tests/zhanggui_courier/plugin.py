"""Reports come signed; what they say stands in the audit once they were handled."""

from __future__ import annotations

import hashlib
import hmac
import json

from zhanggui.api import (
    SYSTEM,
    Arrival,
    Code,
    NotGenuine,
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


@hookimpl
def register_webhooks():
    return [Webhook("courier", "/reports/<account>", verify, take_report, WebhookReply(body="success"), cap=2000)]
