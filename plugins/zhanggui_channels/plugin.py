"""What message channels add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.api import Arrival, Channel, Envelope, JobDef, SettingTest, Webhook, WebhookMessage, _l, hookimpl

from . import addresses, jobs, mail, reports, wire
from .account import setting
from .dingtalk import DINGTALK
from .feishu import FEISHU
from .sms import Provider, cost
from .sms_aliyun import ALIYUN
from .sms_tencent import TENCENT
from .wecom import WECOM

ROBOTS = (WECOM, DINGTALK, FEISHU)
PROVIDERS = {provider.name: provider for provider in (TENCENT, ALIYUN)}


def provider() -> Provider:
    """Who sends the shop's short messages."""
    return PROVIDERS[setting("sms_provider")]


def send_sms(envelope: Envelope) -> wire.Result:
    """One short message by the shop's provider."""
    return provider().send(envelope)


def sms_missing() -> Any:
    """Why none can be sent yet."""
    return provider().missing()


SMS = Channel("sms", _l("Text message"), "device-mobile", ("customer",), send_sms, sms_missing, addresses.phone_of, billable=True, repeatable=False, longest=300, reach=addresses.with_phone, price=cost)


def verify(arrival: Arrival) -> WebhookMessage:
    """What one of the providers of short messages tells later."""
    return reports.verify(arrival, PROVIDERS)


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.take_reports]


@hookimpl
def register_webhooks() -> Sequence[Webhook]:
    return [Webhook(reports.ID, reports.PATH, verify, jobs.take_reports, cap=512 * 1024)]


@hookimpl
def notifications_channels() -> Sequence[Channel]:
    return [SMS, mail.CHANNEL, *(robot.channel for robot in ROBOTS)]


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    told = {key: test for provider in PROVIDERS.values() for key, test in reports.where(provider).items()}
    return mail.TEST | told | {key: test for other in (*ROBOTS, *PROVIDERS.values()) for key, test in other.test.items()}
