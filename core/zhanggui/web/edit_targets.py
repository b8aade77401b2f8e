"""What a column of a list edits: see ``Column.edit``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .describe import Action, Column, Field, Screen

_CONTROLS = ("input", "select")


@dataclass(frozen=True)
class Target:
    """Of a verb, or of the form of the row, a field or a part of its lines."""

    verb: Action | None
    field: Field
    part: Field | None


def target_of(screen: Screen, column: Column, kind_of: Callable[[str], Any]) -> Target | None:
    """What this column names; None when there is no such thing, or it is asked for by anything but one input."""
    names = (column.edit or "").split(".")
    verb = next((a for a in screen.actions if a.name == names[0]), None) if len(names) > 1 else None
    if (len(names) > 1 and verb is None) or len(names) > 3:
        return None
    declared = verb.fields if verb is not None else screen.fields() if callable(screen.fields) else screen.fields
    field = next((f for f in declared if f.name == names[-1 if len(names) < 3 else 1]), None)
    part = next((f for f in field.rows if f.name == names[2]), None) if field is not None and len(names) == 3 else None
    asked = part if len(names) == 3 else field
    if field is None or asked is None or asked.fixed or kind_of(asked.kind).control not in _CONTROLS or kind_of(asked.kind).points:
        return None
    return Target(verb, field, part)
