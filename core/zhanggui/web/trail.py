"""What the trail says of rows, for whoever reads: of those that he may see, without the columns that are kept from him."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from .. import audit
from ..host import current_host
from ..kernel.actors import Actor
from ..kernel.reader import Reader
from .acts import act_name, actor_names, typed_key
from .labels import NOT_SHOWN, seen
from .query import hidden_columns

__all__ = ["NOT_SHOWN", "seen_targets", "timeline", "without_hidden"]

Target = tuple[str, str]  # the name of a screen and a key, as the trail has them


def seen_targets(db: Session, actor: Actor, targets: Collection[Target]) -> set[Target]:
    """Of these rows, those that an actor may see: one query for each screen with a row rule.

    What has no screen, such as a plugin that is off, and what is about a list as a whole is for whoever reads the trail.
    """
    by_screen: dict[str, set[str]] = {}
    for resource, key in targets:
        by_screen.setdefault(resource, set()).add(key)
    found: set[Target] = set()
    for resource, keys in by_screen.items():
        screen = current_host().screens.get(resource)
        if screen is None:
            found |= {(resource, key) for key in keys}
            continue
        typed = {key: value for key in keys if (value := typed_key(screen, key)) is not None}
        allowed = seen(db, screen, actor, set(typed.values()))
        found |= {(resource, key) for key in keys if (typed[key] in allowed if key in typed else screen.row_rule is None or key == "*")}
    return found


def without_hidden(resource: str, actor: Actor, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a row by column, as far as this actor may see them."""
    screen = current_host().screens.get(resource)
    hidden = hidden_columns(screen, actor) if screen is not None else frozenset()
    return {name: value for name, value in values.items() if name not in hidden}


def timeline(db: Session, reader: Reader, target_type: str, target_id: Any, *, limit: int = 100) -> list[audit.TimelineEntry]:
    """What happened to one row, newest first; nothing of a row that the reader may not see."""
    if not seen_targets(db, reader.actor, [(target_type, str(target_id))]):
        return []
    entries = audit.timeline(db, target_type, target_id, limit=limit)
    names = actor_names(db, {entry.by for entry in entries})
    return [
        replace(
            entry, what=act_name(entry.action), actor=names[entry.by], before=without_hidden(target_type, reader.actor, entry.before),
            after=without_hidden(target_type, reader.actor, entry.after),
        )
        for entry in entries
    ]  # fmt: skip
