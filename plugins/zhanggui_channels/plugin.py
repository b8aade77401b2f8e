"""What message channels add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.api import Channel, Envelope, SettingTest, _l, hookimpl

from . import addresses, mail, wire
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


@hookimpl
def notifications_channels() -> Sequence[Channel]:
    return [SMS, mail.CHANNEL, *(robot.channel for robot in ROBOTS)]


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    return mail.TEST | {key: test for other in (*ROBOTS, *PROVIDERS.values()) for key, test in other.test.items()}
