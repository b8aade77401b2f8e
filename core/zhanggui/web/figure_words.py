"""A single figure in words: its value, and its change, because a colour or an arrow says nothing to many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from . import context


def written(data: Mapping[str, Any]) -> str:
    """``{"value", "kind" (money|int|decimal|percent), "currency"?}`` as people read it."""
    value, kind = data["value"], data.get("kind")
    if kind == "money":
        return fmt.money(value, data.get("currency") or context.currency())
    return fmt.percent(value) if kind == "percent" else fmt.decimal(value) if kind == "decimal" else fmt.number(value)


def change(value: int, was: int, *, before: str = "", same_time: bool = False) -> str:
    """The change against yesterday, the whole of it or as far as now; with the former figure in words, against the time before."""
    if before:
        return _change_since(value, was, before)
    if same_time:
        return _so_far(value, was)
    if was == value:
        return _("as yesterday")
    if was == 0:
        return _("none yesterday")
    percent = fmt.number(abs(round((value - was) * 100 / was)))
    return _("%(percent)s%% more than yesterday", percent=percent) if value > was else _("%(percent)s%% less than yesterday", percent=percent)


def _change_since(value: int, was: int, before: str) -> str:
    if was == value:
        return _("as before")
    if was == 0:
        return _("before: %(was)s", was=before)
    percent = fmt.number(abs(round((value - was) * 100 / abs(was))))
    if value > was:
        return _("%(percent)s%% more · before: %(was)s", percent=percent, was=before)
    return _("%(percent)s%% less · before: %(was)s", percent=percent, was=before)


def _so_far(value: int, was: int) -> str:
    if was == value:
        return _("as much as yesterday at this time")
    if was == 0:
        return _("nothing yesterday until this time")
    percent = fmt.number(abs(round((value - was) * 100 / was)))
    if value > was:
        return _("↑ %(percent)s%% more than yesterday at this time", percent=percent)
    return _("↓ %(percent)s%% less than yesterday at this time", percent=percent)
