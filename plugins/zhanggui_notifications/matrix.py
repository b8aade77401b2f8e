"""Kinds down and channels across, ready to print: for the shop, and for each of the staff himself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import MessageKind, Reader, _, fmt, plugin_name

from . import queries
from .services import choosing, kinds
from .ways import Way, ways


def kinds_page(db: Session, reader: Reader, staff: bool) -> dict[str, Any]:
    """All kinds for customers or for staff, by the plugin whose they are, each with its channels and how it did."""
    to, counted = ("group",) if staff else ("customer",), queries.figures(db, reader.now)
    columns = [way for way in ways().values() if set(to) & set(way.channel.to)]
    groups: dict[str, list[dict[str, Any]]] = {}
    for id, chosen in sorted(kinds.chosen(db).items()):
        if kinds.for_staff(chosen.kind) != staff:
            continue
        count, missed = counted.get(id, (0, 0))
        groups.setdefault(id.partition(".")[0], []).append(
            {
                "id": id, "label": chosen.kind.label, "enabled": chosen.enabled, "missed": missed, "figures": _figures(count, missed, chosen.kind),
                "cells": [{"channel": way.channel.id, "label": way.channel.label, "on": way.channel.id in chosen.channels} for way in columns],
            }
        )  # fmt: skip
    return {
        "staff": staff, "columns": [_column(way) for way in columns], "may_edit": reader.may("can_edit", "notifications.Kind"),
        "may_list": reader.may("can_list", "notifications.Message"), "may_choose": reader.may("can_choose", "notifications.Mine"),
        "groups": [{"name": _group_name(plugin), "kinds": rows} for plugin, rows in groups.items()],
    }  # fmt: skip


def _figures(count: int, missed: int, kind: MessageKind) -> str:
    if missed:
        return str(_("%(missed)s of %(count)s reached nobody in 30 days", missed=fmt.number(missed), count=fmt.number(count)))
    return str(_("%(count)s in 30 days", count=fmt.number(count))) if count else str(kind.help or "")


def _column(way: Way) -> dict[str, Any]:
    return {"id": way.channel.id, "label": way.channel.label, "icon": way.channel.icon, "missing": way.missing() or ""}


def _group_name(plugin: str) -> str:
    return str(_("System")) if plugin == "core" else plugin_name(plugin)


def may_hear(kind: MessageKind) -> bool:
    """Whether a member of staff can choose a kind for himself; whether he is told of a thing, his rights say."""
    return kinds.for_staff(kind)


def my_page(db: Session, reader: Reader) -> dict[str, Any]:
    """What one of the staff is told, and where; the list under messages is there for everybody."""
    columns = [way for way in ways().values() if "user" in way.channel.to]
    said = choosing.chosen(db, "user", [reader.actor.id])[reader.actor.id] if reader.actor.id is not None else {}
    rows = [_mine(id, chosen, columns, said) for id, chosen in sorted(kinds.chosen(db).items()) if may_hear(chosen.kind) and chosen.enabled]
    return {"columns": [_column(way) for way in columns], "kinds": rows}


def _mine(id: str, chosen: kinds.Chosen, columns: Iterable[Way], said: choosing.Chosen) -> dict[str, Any]:
    cells = [{"channel": way.channel.id, "label": way.channel.label, "on": said.get((id, way.channel.id), False)} for way in columns]
    return {"id": id, "label": chosen.kind.label, "help": chosen.kind.help, "cells": cells}
