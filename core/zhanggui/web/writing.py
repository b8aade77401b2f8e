"""Saving rows that have no rules of their own: the ``"generic"`` verbs of a screen.

Anything with a status has services instead; these write the columns that the form names, check
``row_version``, and leave one audit row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .. import audit
from ..files.private import remove_private_files
from ..host import current_host
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, Invalid, NotFound, StaleRow
from ..kernel.money import Money
from .describe import Screen
from .file_fields import settle_files
from .gateway import gateway


class StillUsed(DomainError):
    """A row that others point to is not deleted."""

    code = "still_used"
    message = _l("This is still used elsewhere and cannot be deleted.")


def split_slots(screen: Screen, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the screen's own service takes, and what belongs to fields that other plugins added."""
    savers = current_host().field_savers
    own = {k: v for k, v in values.items() if (screen.resource, k) not in savers}
    return own, {k: v for k, v in values.items() if k not in own}


def save_slots(db: Session, screen: Screen, row_id: Any, extra: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    """Give the values of such fields to the plugins they belong to, and the files of the form to the row."""
    settle_files(db, screen, row_id, actor)
    for name, value in extra.items():
        current_host().field_savers[screen.resource, name](db, id=row_id, value=value, actor=actor, now=now)


def _columns(screen: Screen, values: Mapping[str, Any]) -> dict[str, Any]:
    c = gateway.table(screen).c
    plain = {}
    for name, value in values.items():
        if name in c:
            plain[name] = value.amount if isinstance(value, Money) else value
    return plain


def _open(screen: Screen, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit may hold in the open: no personal column."""
    c = gateway.table(screen).c
    return {k: v if isinstance(v, int | str | bool | None) else str(v) for k, v in values.items() if not getattr(c[k].type, "pii", False)}


def save_new(db: Session, screen: Screen, *, actor: Actor, now: datetime, **values: Any) -> Any:
    """Insert a row from its form; answers its key."""
    row = _columns(screen, values)
    table = gateway.table(screen)
    for stamp in ("created_at", "changed_at"):
        if stamp in table.c:
            row[stamp] = now
    try:
        with db.begin_nested():
            key = db.execute(insert(table).values(**row)).inserted_primary_key[0]
    except IntegrityError as error:
        raise _taken(screen, error) from error
    audit.record(
        db, f"{screen.resource.lower()}.created", target=(screen.resource, key), label=_label(screen, row, key),
        actor=actor, now=now, after=_open(screen, row),
    )  # fmt: skip
    return key


def save(db: Session, screen: Screen, *, id: Any, row_version: int | None, actor: Actor, now: datetime, **values: Any) -> None:
    """Update a row from its form.

    :raises StaleRow: when somebody saved it since the form was opened; ``changed`` holds their values.
    """
    table = gateway.table(screen)
    before = db.execute(select(*table.c).where(table.c[screen.key] == id)).first()
    if before is None:
        raise NotFound()
    wanted = _columns(screen, values)
    changed = {name: value for name, value in wanted.items() if getattr(before, name) != value}
    versioned = "row_version" in table.c
    if versioned and row_version is not None and before.row_version != row_version:
        raise StaleRow(changed={name: getattr(before, name) for name in changed})
    if not changed:
        return
    writes: dict[str, Any] = dict(changed)
    if "changed_at" in table.c:
        writes["changed_at"] = now
    statement = update(table).where(table.c[screen.key] == id)
    if versioned:
        statement = statement.where(table.c.row_version == before.row_version)
        writes["row_version"] = before.row_version + 1
    try:
        with db.begin_nested():
            done = db.execute(statement.values(**writes))
    except IntegrityError as error:
        raise _taken(screen, error) from error
    if done.rowcount == 0:
        raise StaleRow()
    audit.record(
        db, f"{screen.resource.lower()}.changed", target=(screen.resource, id), label=_label(screen, before._mapping, id),
        actor=actor, now=now, before=_open(screen, {n: getattr(before, n) for n in changed}), after=_open(screen, changed),
    )  # fmt: skip


def remove(db: Session, screen: Screen, *, id: Any, actor: Actor, now: datetime) -> None:
    """Delete a row that nothing points to.

    :raises StillUsed: when a foreign key of another table does.
    """
    table = gateway.table(screen)
    before = db.execute(select(*table.c).where(table.c[screen.key] == id)).first()
    if before is None:
        raise NotFound()
    try:
        with db.begin_nested():
            db.execute(delete(table).where(table.c[screen.key] == id))
            remove_private_files(db, row=(screen.resource, id))
    except IntegrityError as error:
        raise StillUsed() from error
    audit.record(
        db, f"{screen.resource.lower()}.deleted", target=(screen.resource, id), label=_label(screen, before._mapping, id),
        actor=actor, now=now, before=_open(screen, before._mapping),
    )  # fmt: skip


def _label(screen: Screen, row: Mapping[str, Any], key: Any) -> str:
    name = screen.label if isinstance(screen.label, str) else None
    return str(row.get(name, key)) if name else str(key)


def _taken(screen: Screen, error: IntegrityError) -> Invalid:
    """Name the field that is taken: the databases say it in their own words."""
    message = str(error.orig)
    for f in screen.fields() if callable(screen.fields) else screen.fields:
        if f.name in message:
            return Invalid(errors={f.name: _l("This is taken already.")})
    return Invalid(_l("This clashes with an entry that is there already."))
