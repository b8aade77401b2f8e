"""The plugin offers what nobody may ask for: it runs all the same, and whoever carries messages finds it."""

from __future__ import annotations

from typing import Any

from zhanggui.api import Channel
from zhanggui.host import current_host

IDS = ["sms", "email", "wecom", "dingtalk", "feishu"]


def test_nothing_is_wrong_with_it(instance: Any) -> None:
    host = current_host()
    assert not {"channels", "wechat"} & set(host.faults)
    assert {"channels", "wechat"} <= set(host.manifests)


def test_each_channel_is_whole(instance: Any) -> None:
    from zhanggui_channels import plugin as channels
    from zhanggui_wechat import plugin as wechat

    found: list[Channel] = [*channels.notifications_channels(), *wechat.notifications_channels()]
    assert [one.id for one in found] == [*IDS, "wechat_subscribe"]
    for one in found:
        assert one.label
        assert callable(one.send)
        assert (one.reserve is None) == (one.settle is None)
        assert not (one.billable and one.repeatable)
