"""What providers tell by themselves: kept once by the core, applied here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, Arrival, JobDef, Money, Webhook, WebhookMessage, WebhookReply, clock, webhook_message

from ..contracts import Provider, RefundSnapshot, Snapshot, is_left_open
from ..models import Attempt, Refund
from ..states import OPEN_ATTEMPT, AttemptState
from . import settling
from .cases import open_case


def webhook(provider: Provider, path: str, handle: JobDef, reply: WebhookReply = WebhookReply(), cap: int = 64 * 1024) -> Webhook:
    """The address at which a provider tells us things: ``/notify/<provider><path>``.

    ``handle`` is a job of the provider's plugin that calls :func:`take`.

    :raises ValueError: for a provider that cannot read what it would be told.
    """
    if is_left_open(provider, "parse_notification"):
        raise ValueError(f"{type(provider).__name__}: it has no function “parse_notification”")

    def verify(arrival: Arrival) -> WebhookMessage | WebhookReply:
        found = provider.parse_notification(arrival)
        if isinstance(found, WebhookReply):
            return found
        return WebhookMessage(found.id, [_written(said) for said in found.told], found.reply)

    return Webhook(provider.id, path, verify, handle, reply, cap)


def take(db: Session, provider: Provider, message_id: int) -> None:
    """Apply a message that was kept: in whatever order, however often."""
    message = webhook_message(db, message_id)
    for number, raw in enumerate(message.payload):
        said = _read(raw)
        apply_told(db, provider.id, said, key=f"{provider.id}:message:{message_id}:{number}", now=clock.now())


def apply_told(db: Session, provider: str, said: Snapshot | RefundSnapshot, *, key: str, now: datetime) -> None:
    """One piece of news of a provider, about a number of ours or of nobody here."""
    if isinstance(said, Snapshot):
        attempt_id = db.scalar(select(Attempt.id).where(Attempt.provider == provider, Attempt.number == said.number))
        if attempt_id is not None:
            settling.apply_snapshot(db, attempt_id, said, source="notified", actor=SYSTEM, now=now, key=key)
        elif said.state == AttemptState.CAPTURED:
            _unknown(db, provider, said, key, now)
        return
    refund_id = db.scalar(select(Refund.id).where(Refund.provider == provider, Refund.number == said.number))
    if refund_id is not None:
        settling.apply_refund(db, refund_id, said, source="notified", actor=SYSTEM, now=now, key=key)
        return
    attempt_id = db.scalar(select(Attempt.id).where(Attempt.provider == provider, Attempt.number == said.attempt)) if said.attempt else None
    if attempt_id is None:
        _unknown(db, provider, said, key, now)
        return
    if db.scalar(select(Attempt.state).where(Attempt.id == attempt_id)) in OPEN_ATTEMPT:
        # A refund of what is not paid here yet: the payment is asked for first, and its word comes again.
        db.execute(update(Attempt).where(Attempt.id == attempt_id).values(ask_at=now))
    settling.outside_refund(db, attempt_id, said, actor=SYSTEM, now=now)


def _unknown(db: Session, provider: str, said: Snapshot | RefundSnapshot, key: str, now: datetime) -> None:
    settling.remember(db, provider, "notified", said, now, key=key)
    if said.amount is not None:
        open_case(
            db, "unknown_payment", f"{provider}:{said.number}", provider=provider, amount=said.amount, actor=SYSTEM, now=now,
            provider_number=said.provider_number or said.number,
        )  # fmt: skip


def _written(said: Snapshot | RefundSnapshot) -> dict[str, Any]:
    told: dict[str, Any] = {"number": said.number, "state": said.state, "provider_number": said.provider_number, "code": said.code}
    told |= {"amount": said.amount.as_json() if said.amount else None, "at": said.at.isoformat() if said.at else None}
    if isinstance(said, RefundSnapshot):
        return {**told, "kind": "refund", "attempt": said.attempt}
    return {**told, "kind": "attempt", "payer": said.payer}


def _read(told: Mapping[str, Any]) -> Snapshot | RefundSnapshot:
    amount = Money(told["amount"]["amount"], told["amount"]["currency"]) if told["amount"] else None
    at = datetime.fromisoformat(told["at"]) if told["at"] else None
    common: dict[str, Any] = {"amount": amount, "provider_number": told["provider_number"], "at": at, "code": told["code"]}
    if told["kind"] == "refund":
        return RefundSnapshot(told["number"], told["state"], attempt=told["attempt"], **common)
    return Snapshot(told["number"], told["state"], payer=told["payer"], **common)


