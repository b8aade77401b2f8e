"""What message channels add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zhanggui.api import Channel, SettingTest, hookimpl

from . import mail
from .dingtalk import DINGTALK
from .feishu import FEISHU
from .sms_aliyun import ALIYUN
from .sms_tencent import TENCENT
from .wecom import WECOM

OTHERS = (WECOM, DINGTALK, FEISHU, TENCENT, ALIYUN)


@hookimpl
def notifications_channels() -> Sequence[Channel]:
    return [mail.CHANNEL, *(other.channel for other in OTHERS)]


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    return mail.TEST | {key: test for other in OTHERS for key, test in other.test.items()}
