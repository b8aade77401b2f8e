"""What the provider adds to the shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import JobDef, SettingTest, Webhook, WebhookReply, _l, hookimpl, job
from zhanggui_payments.facade import Provider, take_notification, webhook

from .provider import PANDA, SECRET


@job()
def take_message(db: Session, *, message_id: int, **_more: Any) -> None:
    """What the provider tells us by itself."""
    take_notification(db, PANDA, message_id)


@hookimpl
def payments_providers() -> Sequence[Provider]:
    return [PANDA]


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [take_message]


@hookimpl
def register_webhooks() -> Sequence[Webhook]:
    return [webhook(PANDA, "", take_message, WebhookReply(body="ok"), cap=4000)]


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    return {SECRET: SettingTest(_l("Try the secret"), PANDA.probe)}
