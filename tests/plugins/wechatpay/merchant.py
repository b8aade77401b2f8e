"""What a merchant of the sandbox enters."""

from __future__ import annotations

from collections.abc import Mapping

from zhanggui.api import SYSTEM, clock, unit_of_work
from zhanggui.config import settings
from zhanggui_sandbox import Sandbox


def settings_of(sandbox: Sandbox) -> dict[str, str]:
    """What a merchant enters, as the sandbox's console gives it."""
    given = sandbox.world.keys.credentials()["wechatpay"]
    return {
        "mchid": given["mchid"], "app_id": given["app_id"], "serial": given["merchant_serial"], "certificate": given["merchant_certificate"],
        "private_key": given["merchant_private_key"], "api_v3_key": given["api_v3_key"], "public_key_id": given["public_key_id"],
        "public_key": given["public_key"],
    }  # fmt: skip


def enter(values: Mapping[str, str], plugin: str = "wechatpay") -> None:
    """Save settings as the form does."""
    with unit_of_work() as db:
        for name, value in values.items():
            settings.set(db, f"plugin.{plugin}.{name}", value, actor=SYSTEM, now=clock.now())
