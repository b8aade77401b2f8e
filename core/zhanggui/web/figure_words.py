"""A single figure in words: its value, and its change, because a colour or an arrow says nothing to many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from . import context


def written(data: Mapping[str, Any]) -> str:
    """``{"value", "kind" (money|int), "currency"?}`` as people read it."""
    value = data["value"]
    return fmt.money(value, data.get("currency") or context.currency()) if data.get("kind") == "money" else fmt.number(value)


def change(value: int, was: int) -> str:
    """The change against yesterday."""
    if was == value:
        return _("as yesterday")
    if was == 0:
        return _("none yesterday")
    percent = fmt.number(abs(round((value - was) * 100 / was)))
    return _("%(percent)s%% more than yesterday", percent=percent) if value > was else _("%(percent)s%% less than yesterday", percent=percent)
