"""Tries settings before they are saved."""

from __future__ import annotations

from typing import Any

from zhanggui.api import ProviderError, SettingTest, hookimpl, lazy_gettext

TRIED: list[dict[str, Any]] = []
OUTSIDE = [lambda: "The far end answered."]  # what the far end does when it is called


def knock(values):
    TRIED.append(dict(values))
    return OUTSIDE[0]()


def away():
    raise ProviderError(lazy_gettext("Please sign in."), retry=True)


@hookimpl
def register_setting_tests():
    return {"plugin.doors.times": SettingTest("Knock", knock)}
