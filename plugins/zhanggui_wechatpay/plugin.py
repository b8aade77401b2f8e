"""What WeChat Pay adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.api import JobDef, Schedule, SettingTest, Webhook, WebhookReply, _l, hookimpl
from zhanggui_payments.facade import Provider, webhook

from . import jobs, models
from .provider import PAYMENT, REFUND, WECHATPAY

TAKEN = WebhookReply(body='{"code":"SUCCESS"}', mimetype="application/json")


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Certificate]


@hookimpl
def payments_providers() -> Sequence[Provider]:
    return [WECHATPAY]


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.take_message, jobs.refresh_certificates]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("certificates", jobs.refresh_certificates, cron="23 3,15 * * *")]


@hookimpl
def register_webhooks() -> Sequence[Webhook]:
    return [webhook(WECHATPAY, path, jobs.take_message, TAKEN) for path in (PAYMENT, REFUND)]


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    return {"plugin.wechatpay.api_v3_key": SettingTest(_l("Try the connection"), WECHATPAY.probe)}
