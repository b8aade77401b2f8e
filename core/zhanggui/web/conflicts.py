"""What a save over somebody else's says: of each field what is stored now and what was typed, in words of whoever reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from ..host import current_host
from ..i18n.texts import gettext as _
from ..kernel.actors import Actor
from ..kernel.money import Money
from . import context
from .cells import printer
from .describe import Column, Field, Screen
from .gateway import gateway
from .kinds import kind_of
from .kinds.chosen import choices_of
from .labels import labels
from .query import visible_columns


def for_this_reader(screen: Screen, actor: Actor, changed: Mapping[str, Any]) -> dict[str, Any]:
    """Of what a service says differs, what this actor may read: a column that is kept from him is not even named."""
    seen = {f.name for f in gateway.form(screen, actor).fields} | {column.name for column in visible_columns(screen, actor)}
    return {name: value for name, value in changed.items() if name in seen}


def in_words(db: Session, actor: Actor, fields: Sequence[Field], changed: Mapping[str, Any], typed: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """``(field, saved now, typed here)`` of each field of a form that differs. What stands in none may be kept from its reader."""
    found = []
    for f in fields:
        if f.name in changed:
            theirs, yours = changed[f.name], typed.get(f.name)
            parts = _parts_in_both(theirs, yours)
            sides = [_words(db, actor, f, side, parts) for side in (theirs, yours)]
            if sides[0] != sides[1]:
                found.append((str(f.label), *sides))
    return [(label, theirs, yours) for label, theirs, yours in found]


def _parts_in_both(theirs: Any, yours: Any) -> frozenset[str]:
    """Of lines, what both sides say of them: a service need not tell all that a form asks for."""
    each = [frozenset(name for line in side if isinstance(line, Mapping) for name in line) for side in (theirs, yours) if isinstance(side, list | tuple) and side]
    return frozenset.intersection(*each) if each else frozenset()


def _words(db: Session, actor: Actor, f: Field, value: Any, parts: Iterable[str] = ()) -> str:
    if value is None or value == "" or value == []:
        return ""
    if f.kind == "rows":
        subs = [sub for sub in f.rows if sub.name in parts and sub.kind != "hidden"]
        lines = [[words for sub in subs if (words := _words(db, actor, sub, line.get(sub.name)))] for line in value if isinstance(line, Mapping)]
        return "; ".join(" · ".join(line) for line in lines if line)
    if f.kind in ("image", "images"):
        return _("%(count)s pictures", count=len(value) if isinstance(value, list | tuple) else 1)
    if isinstance(value, Mapping):  # a text in several languages
        return " / ".join(str(text) for text in value.values() if text)
    if f.kind == "choices":
        named = {choice.value: str(choice.label) for choice in choices_of(f)}
        return ", ".join(named.get(one, str(one)) for one in value)
    if f.kind == "bool":
        return (str(f.label) if value else "") if f.label else ""
    if f.to is not None:
        screen = current_host().screens.get(f.to)
        return labels(db, screen, actor, [value]).get(value, "") if screen is not None else ""
    side: dict[str, Any] = {f.name: value}
    if isinstance(value, Money):
        side = {f.name: value.amount, "currency": value.currency}
    try:
        kind_of(f.kind).check(side[f.name])
    except TypeError:  # what was typed and could not be read
        return str(value)
    column = Column(f.name, f.label, f.kind, choices=choices_of(f), decimals=f.decimals, currency="currency" if "currency" in side else None)
    return str(printer(column, context.currency(), None, "id", whole=True)(_Side(side)).striptags())


class _Side:
    """The values of one side, as a row."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)
