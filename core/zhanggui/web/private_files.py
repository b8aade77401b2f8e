"""Who may have a private file: whoever may see its row. For everybody else there is none."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from ..files.private import FileInfo, find_private_file, owner_id
from ..host import current_host
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import Forbidden, NotFound
from .describe import Screen
from .gateway import gateway


def readable_file(db: Session, file_id: str, *, actor: Actor) -> FileInfo:
    """A private file that this actor may have.

    :raises NotFound: when there is none, its time is over, or its row or field is not for this actor to see.
    """
    found = find_private_file(db, file_id, clock.now())
    if not may_read(db, actor, found):
        raise NotFound()
    return found


def may_read(db: Session, actor: Actor, file: FileInfo) -> bool:
    """Whether this actor may see the row that a file belongs to, and the field; one that waits is for who brought it."""
    if not file.resource:
        return file.user_id is not None and file.user_id == owner_id(actor)
    screen = current_host().screens.get(file.resource)
    if screen is None or any(not actor.may(rule, screen.resource) for rule in _field_rules(screen, file.field)):
        return False
    try:
        key = gateway.table(screen).c[screen.key].type.python_type(file.row_id)
        gateway.one(db, screen, actor, key)
    except (NotFound, Forbidden, ValueError):
        return False
    return True


def _field_rules(screen: Screen, name: str) -> list[str]:
    """Of a column the rule of the column; what is only in the form has that of the field."""
    shown: list[Any] = [column for column in screen.columns if column.name == name]
    shown = shown or [field for field in (screen.fields() if callable(screen.fields) else screen.fields) if field.name == name]
    return [thing.permission for thing in shown if thing.permission]
