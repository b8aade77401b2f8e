"""What a device is called by what its browser says of itself: ``Chrome, Android phone``.

A small table, because a parser with all programs there are is a data set of a megabyte: what is not in it is called by its kind, and
what a program says of itself is shown to nobody.
"""

from __future__ import annotations

import re
from typing import Any

from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l

# The first that fits: many say that they are Chrome or Safari beside what they are.
_BROWSERS: tuple[tuple[str, Any], ...] = (
    (r"MicroMessenger/", _l("WeChat")), (r"wxwork/", _l("WeCom")), (r"AlipayClient/", _l("Alipay")), (r"DingTalk/", _l("DingTalk")),
    (r"EdgA?(iOS)?/", "Edge"), (r"HuaweiBrowser/", _l("Huawei browser")), (r"MiuiBrowser/", _l("Xiaomi browser")), (r"SamsungBrowser/", _l("Samsung browser")),
    (r"MQQBrowser/|QQBrowser/", _l("QQ browser")), (r"UCBrowser/", _l("UC browser")), (r"VivoBrowser/|HeyTapBrowser/", _l("Browser of the phone")),
    (r"OPR/|Opera", "Opera"), (r"Firefox/|FxiOS/", "Firefox"), (r"Chrome/|CriOS/|Chromium/", "Chrome"), (r"Version/[\d.]+.*Safari/", "Safari"),
)  # fmt: skip
_MACHINES: tuple[tuple[str, Any], ...] = (
    (r"iPad", "iPad"), (r"iPhone|iPod", "iPhone"), (r"HarmonyOS|OpenHarmony|HMSCore", _l("HarmonyOS device")),
    (r"Android.*Mobile", _l("Android phone")), (r"Android", _l("Android tablet")), (r"Windows", _l("Windows computer")), (r"Macintosh|Mac OS X", "Mac"),
    (r"CrOS", "Chromebook"), (r"Linux|X11", _l("Linux computer")),
)  # fmt: skip
API = "API "  # before what a program said that signed in at the REST API


def device_name(agent: str) -> str:
    """A device in words, by its ``User-Agent`` as the session kept it."""
    machine = _first(_MACHINES, agent)
    if agent.startswith(API) or agent == API.strip():
        return _("A program, %(machine)s", machine=machine) if machine else _("A program")
    browser = _first(_BROWSERS, agent)
    if browser and machine:
        return _("%(browser)s, %(machine)s", browser=browser, machine=machine)
    return browser or machine or _("Unknown device")


def _first(table: tuple[tuple[str, Any], ...], agent: str) -> str:
    return next((str(name) for pattern, name in table if re.search(pattern, agent)), "")
