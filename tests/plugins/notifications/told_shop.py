"""What the shops of these tests have in common: where their plugins lie, and how their settings are changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zhanggui.api import SYSTEM, clock, unit_of_work
from zhanggui.config import settings

_HERE = Path(__file__).parent
FOLDERS = f"{_HERE.parents[2]}/plugins,{_HERE}/plugins"


def set_to(**values: Any) -> None:
    """Settings of the plugin, as the merchant sets them."""
    with unit_of_work() as db:
        for name, value in values.items():
            settings.set(db, f"plugin.notifications.{name}", value, actor=SYSTEM, now=clock.now())
