"""The ``"generic"`` verbs of a screen: rows that have no rules of their own.

Anything with a status has services instead. These write the columns that the form names, and of a field of kind
``translations`` the text of each language. Stale rows, taken values and the audit are the same for services: see ``writing``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from ..i18n import content
from ..kernel.errors import StaleRow
from ..kernel.money import Money
from .describe import Field, Screen
from .gateway import gateway


def with_texts(screen: Screen) -> Screen:
    """The screen whose fields of kind ``translations`` show the texts that the generic verbs write."""
    if "generic" not in (screen.create, screen.update):
        return screen
    fields, resource, key = screen.fields, screen.resource, screen.key
    if not callable(fields):
        return replace(screen, fields=tuple(_shown(f, resource, key) for f in fields))
    return replace(screen, fields=lambda: tuple(_shown(f, resource, key) for f in fields()))


def _shown(f: Field, resource: str, key: str) -> Field:
    if f.kind != "translations" or f.get is not None:
        return f

    def texts(db: Session, row: Any) -> dict[str, str]:
        return content.all_texts(db, resource, getattr(row, key), f.name, source=getattr(row, f.name) or "")

    return replace(f, get=texts)


def insert_row(db: Session, screen: Screen, values: Mapping[str, Any], now: datetime) -> Any:
    """Insert a row from its form; answers its key."""
    table = gateway.table(screen)
    row, texts = _columns(screen, values)
    row |= {stamp: now for stamp in ("created_at", "changed_at") if stamp in table.c}
    key = db.execute(insert(table).values(**row)).inserted_primary_key[0]  # type: ignore[index] # a row has a key
    if texts:
        content.set_texts(db, screen.resource, key, texts)
    return key


def update_row(db: Session, screen: Screen, before: Any, values: Mapping[str, Any], now: datetime) -> None:
    """Update a row from its form, where something differs from ``before``.

    :raises StaleRow: when somebody was faster.
    """
    table, key = gateway.table(screen), getattr(before, screen.key)
    wanted, texts = _columns(screen, values)
    writes = {name: value for name, value in wanted.items() if getattr(before, name) != value}
    if not writes and all(_as_they_stand(db, screen, before, name, others, source) for name, (others, source) in texts.items()):
        return
    if "changed_at" in table.c:
        writes["changed_at"] = now
    statement = update(table).where(table.c[screen.key] == key)
    if "row_version" in table.c:
        statement = statement.where(table.c.row_version == before.row_version)
        writes["row_version"] = before.row_version + 1
    if writes and db.execute(statement.values(**writes)).rowcount == 0:  # type: ignore[attr-defined] # of an update
        raise StaleRow()
    if texts:
        content.set_texts(db, screen.resource, key, texts)


def delete_row(db: Session, screen: Screen, row_id: Any) -> None:
    """Delete a row with its texts."""
    table = gateway.table(screen)
    db.execute(delete(table).where(table.c[screen.key] == row_id))
    if any(f.kind == "translations" for f in fields_of(screen)):
        content.forget(db, screen.resource, [row_id])


def fields_of(screen: Screen) -> Any:
    """The fields of the form, asked for now when they depend on the moment."""
    fields: Callable[[], Any] | Any = screen.fields
    return fields() if callable(fields) else fields


def _columns(screen: Screen, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[Mapping[str, str] | None, str]]]:
    """What goes into the columns of the row, and the texts in other languages beside their source."""
    c, translated = gateway.table(screen).c, {f.name for f in fields_of(screen) if f.kind == "translations"}
    plain: dict[str, Any] = {}
    texts: dict[str, tuple[Mapping[str, str] | None, str]] = {}
    for name, value in values.items():
        if name in translated and name in c:
            source, others = content.split(value or "")
            plain[name] = source or ("" if not c[name].nullable else None)
            texts[name] = others if value is not None else {}, source
        elif name in c:
            plain[name] = value.amount if isinstance(value, Money) else value
    return plain, texts


def _as_they_stand(db: Session, screen: Screen, before: Any, name: str, others: Mapping[str, str] | None, source: str) -> bool:
    if others is None:
        return True
    held = content.all_texts(db, screen.resource, getattr(before, screen.key), name, source=source)
    return held == {content.source_locale(): source} | {locale: text for locale, text in others.items() if text}
