"""What the provider adds, as a shop's own plugin would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import JobDef, Webhook, hookimpl, job
from zhanggui_payments.facade import Provider, take_notification, webhook

from .books import ABACUS


@job()
def take_message(db: Session, *, message_id: int, **_more: Any) -> None:
    """What the provider tells by itself."""
    take_notification(db, ABACUS, message_id)


WEBHOOK = webhook(ABACUS, "", take_message)


@hookimpl
def payments_providers() -> Sequence[Provider]:
    return [ABACUS]


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [take_message]


@hookimpl
def register_webhooks() -> Sequence[Webhook]:
    return [WEBHOOK]
