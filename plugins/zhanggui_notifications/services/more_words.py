"""Words that other plugins add to what a kind can say. One that cannot be found is empty, and stops no message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import KindVariable, MessageKind, MessageVariable, hooks

HOOK = "notifications_variables"


def variables(kind: MessageKind) -> tuple[MessageVariable, ...]:
    """The kind's own, then those of others."""
    return (*kind.variables, *(replace(one.variable, required=False) for _plugin, one in _added(kind)))


def load(db: Session, kind: MessageKind, event: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """What all of them stand for, of one event."""
    values = dict(kind.load(db, event, locale))
    for plugin, one in _added(kind):
        values[one.variable.name] = hooks.contained(plugin, HOOK, _apart, db, one, event, locale)
    return values


def _apart(db: Session, one: KindVariable, event: Mapping[str, Any], locale: str) -> Any:
    with db.begin_nested():
        return one.load(db, event, locale)


def _added(kind: MessageKind) -> list[tuple[str, KindVariable]]:
    """Those for this kind; whose name is taken, the newcomer stands back."""
    found, taken = list[tuple[str, KindVariable]](), {variable.name for variable in kind.variables}
    for plugin, added in hooks.call(HOOK):
        for one in added or ():
            if isinstance(one, KindVariable) and kind.id in one.kinds and one.variable.name not in taken:
                taken.add(one.variable.name)
                found.append((plugin, one))
    return found
