"""The settings of this plugin, as stored or as they are only tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhanggui.api import get_setting

PREFIX = "plugin.channels."
Values = Mapping[str, Any] | None


def setting(name: str, values: Values = None) -> str:
    """A text among the settings, ``values`` being those that are only tried; "" where there is none."""
    key = f"{PREFIX}{name}"
    return str((values[key] if values is not None and key in values else get_setting(key)) or "").strip()


def number(name: str, values: Values = None) -> int:
    """A whole number among them."""
    return int(setting(name, values) or 0)
