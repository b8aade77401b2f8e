"""What Alipay adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zhanggui.api import JobDef, SettingTest, Webhook, WebhookReply, _l, hookimpl
from zhanggui_payments.facade import Provider, webhook

from . import jobs, keys, notices
from .provider import ALIPAY


@hookimpl
def payments_providers() -> Sequence[Provider]:
    return [ALIPAY]


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.take_message, jobs.ask_refund]


@hookimpl
def register_webhooks() -> Sequence[Webhook]:
    # Anything but these seven letters is told again for a day.
    return [webhook(ALIPAY, "", jobs.take_message, WebhookReply(body="success"), cap=notices.CAP)]


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    return {f"{keys.PREFIX}private_key": SettingTest(_l("Test the connection"), ALIPAY.probe)}
