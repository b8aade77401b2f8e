"""Acts of the trail in words: what was done, to what, by whom, and which values changed. Jobs and events likewise.

The trail holds codes, so that it reads the same for ever; here they become the words of whoever reads, as plugins declare
them. What belongs to a plugin that does not run is said to be so: its words are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..audit.core_words import PARTS
from ..host import current_host
from ..host.service import plugin_name
from ..i18n.texts import LazyText, reader
from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import ANONYMOUS, SYSTEM, Actor
from ..kernel.reader import Reader
from . import context, generic
from .cells import printer
from .describe import Column, Screen
from .labels import NOT_SHOWN, labels, may_read, seen
from .query import hidden_columns

_GENERIC = {
    "created": _l("%(thing)s: created"), "changed": _l("%(thing)s: changed"), "deleted": _l("%(thing)s: deleted"),
    "exported": _l("%(thing)s: list exported"),
}  # fmt: skip
_BY = {
    "token": _l("%(who)s, with a token"), "job": _l("Job: %(who)s"), "customer": _l("A customer"), "anonymous": _l("Not signed in: %(who)s"),
    "system": _l("By itself: %(who)s"),
}  # fmt: skip
_SYSTEMS = {SYSTEM.name: _l("By itself"), "command line": _l("Command line")}


# -- names -----------------------------------------------------------------------------------------


def act_name(action: str) -> str:
    """What an act is called; ``action`` as :func:`zhanggui.api.record_audit` takes it."""
    host = current_host()
    told = host.acts.get(action)
    if told is not None:
        return str(told.label)
    about, _dot, verb = action.rpartition(".")
    screen = _screens_by_act().get(about)
    if screen is not None:
        if verb in _GENERIC:
            return str(_GENERIC[verb]) % {"thing": screen.singular}
        done = next((a.label for a in screen.actions if a.name == verb), None)
        if done is not None:
            return _("%(thing)s: %(what)s", thing=screen.singular, what=done)
    return _nameless(action, _("An act without words"))


def _screens_by_act() -> dict[str, Screen]:
    return {resource.lower(): screen for resource, screen in current_host().screens.items()}


def job_name(name: str) -> str:
    """What a job does; ``name`` as its row has it."""
    job = current_host().jobs.get(name)
    return str(job.title) if job is not None and job.title else _nameless(name, _("A job without words"))


def event_name(name: str) -> str:
    """What happened; ``name`` without its version."""
    told = current_host().acts.get(name)
    return str(told.label) if told is not None else _nameless(name, _("An event without words"))


def _nameless(name: str, otherwise: str) -> str:
    owner = name.partition(".")[0]
    if owner in ("core", "zhanggui"):
        return otherwise
    if owner in current_host().manifests:
        return _("%(what)s of the plugin %(plugin)s", what=otherwise, plugin=plugin_name(owner))
    return _("Of the plugin %(plugin)s, which does not run", plugin=plugin_name(owner))


def said_like(name_of: Callable[[str], str], names: Collection[str], text: str) -> list[str]:
    """Of these names, those whose words hold a text: what a filter by words looks for."""
    wanted = text.casefold().strip()
    return [name for name in names if wanted in name_of(name).casefold() or wanted == name]


def known_acts() -> set[str]:
    """Every act that has words now."""
    host = current_host()
    generic_acts = {f"{resource.lower()}.{verb}" for resource, screen in host.screens.items() for verb in (*_GENERIC, *(a.name for a in screen.actions))}
    return {*host.acts, *generic_acts}


# -- people and things ------------------------------------------------------------------------------


def actor_names(db: Session, actors: Collection[tuple[str, Any, str]]) -> dict[tuple[str, Any, str], str]:
    """Authors as people know them, by ``(kind, id, name)`` as the trail has them: one query for the names of all the staff."""
    staff = {name for kind, _number, name in actors if kind in ("user", "token") and name}
    full = dict(db.execute(select(User.username, User.first_name).where(User.username.in_(staff))).tuples().all()) if staff else {}
    return {key: _actor_name(key[0], full.get(key[2]) or key[2], key[2]) for key in actors}


def _actor_name(kind: str, name: str, stored: str) -> str:
    if kind == "job":
        return str(_BY["job"]) % {"who": job_name(stored)}
    if kind == "system" and stored in _SYSTEMS:
        return str(_SYSTEMS[stored])
    if kind == "anonymous" and stored in ("", ANONYMOUS.name):
        return _("Somebody who is not signed in")
    return str(_BY[kind]) % {"who": name} if kind in _BY else name


@dataclass(frozen=True)
class Subject:
    """What an act was about: its name for whoever reads, and its page if there is one that he may open."""

    text: str
    href: str = ""
    kind: str = ""  # what such a thing is called


def subjects(db: Session, reads: Reader, rows: Sequence[Any], told: Sequence[Any]) -> dict[Any, Subject]:
    """The subjects of rows of the trail by their ids: one query for each screen that is named. ``told`` as ``audit.told`` answers."""
    host, wanted = current_host(), {}
    for row in rows:
        wanted.setdefault(row.target_type, set()).add(row.target_id)
    named: dict[str, dict[str, str]] = {}
    allowed: dict[str, set[str]] = {}
    for resource, keys in wanted.items():
        screen = host.screens.get(resource)
        if screen is not None:
            typed = {typed_key(screen, key): key for key in keys if typed_key(screen, key) is not None}
            allowed[resource] = {typed[key] for key in seen(db, screen, reads.actor, set(typed))}
            named[resource] = {typed[key]: name for key, name in labels(db, screen, reads.actor, set(typed)).items()}
    return {
        row.id: _subject(host.screens.get(row.target_type), row, said, reads.actor, named.get(row.target_type, {}), allowed.get(row.target_type, set()))
        for row, said in zip(rows, told, strict=True)
    }  # fmt: skip


def _subject(screen: Screen | None, row: Any, said: Any, actor: Actor, named: Mapping[str, str], allowed: Collection[str]) -> Subject:
    if screen is None:
        # A code that no screen explains is nobody's words; a text is what somebody called it.
        return Subject(_without_screen(row, said))
    kind = str(screen.singular)
    if row.target_id == "*":
        return Subject(str(screen.title), screen.route + "/" if may_read(screen, actor) else "", str(screen.title))
    if (screen.row_rule is not None and row.target_id not in allowed) or not may_read(screen, actor):
        return Subject(str(NOT_SHOWN) if row.target_id else said.label, "", kind)
    if row.target_id in named:
        return Subject(named[row.target_id], f"{screen.route}/{row.target_id}" if actor.may("can_show", screen.resource) else "", kind)
    return Subject("" if row.label else said.label, "", kind)  # it is gone


def _without_screen(row: Any, said: Any) -> str:
    if row.target_type == "core.Plugin":
        return plugin_name(row.target_id)
    if row.target_type == "core.Setting":
        return setting_label(row.target_id)
    return "" if row.label else str(said.label)


def setting_label(key: str) -> str:
    """What a setting is called on its screen."""
    from ..runtime import current_runtime

    setting = current_runtime().config.settings.get(key)
    return setting.text("label", reader().locale) if setting is not None else _("A setting of a plugin that is not installed")


def typed_key(screen: Screen, key: str) -> Any:
    """A key of the trail as the table of a screen has it; None when it can be none."""
    from .gateway import gateway

    try:
        return gateway.table(screen).c[screen.key].type.python_type(key)
    except (ValueError, NotImplementedError):
        return None


# -- values ----------------------------------------------------------------------------------------


class _Side:
    """The values before or after, as a row."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        return self._values.get(name)


@dataclass(frozen=True)
class Change:
    """A value that changed, in words; ``None`` where it was not."""

    label: str
    before: Markup | None
    after: Markup | None


def changes(db: Session, actor: Actor, row: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What an act changed, as far as this actor may see it. Names without words are left out: ``plugin check`` tells of them."""
    screen = current_host().screens.get(row.target_type)
    hidden = hidden_columns(screen, actor) if screen is not None else frozenset()
    found = []
    for name in dict.fromkeys([*before, *after]):
        column = None if name in hidden else part_of(row.action, screen, name)
        if column is None or not column.label:
            continue
        label = column.label
        filled = LazyText(label.msgid, {"name": name}, label.domain) if isinstance(label, LazyText) and "%(name)s" in label.msgid else label
        sides = [_written(db, actor, column, name, side) if name in side else None for side in (before, after)]
        found.append(Change(str(filled), *sides))
    return found


def part_of(action: str, screen: Screen | None, name: str) -> Column | None:
    """How a value of an act is written: as its words say, as a column or field of the screen does, or as it is everywhere."""
    told = current_host().acts.get(action)
    parts = {column.name: column for column in (told.parts if told is not None else ())}
    if name in parts or "*" in parts:
        column = parts.get(name, parts.get("*"))
        return replace(column, name=name) if column is not None else None
    return next((column for column in _ready(screen) if column.name == name), None)


def _ready(screen: Screen | None) -> Iterator[Column]:
    if screen is not None:
        for f in generic.fields_of(screen):
            if f.kind not in ("rows", "images"):
                yield Column(f.name, f.label, f.kind, choices=() if callable(f.choices) else f.choices, decimals=f.decimals, to=f.to, currency=f.currency and "currency")
        for column in screen.columns:
            yield replace(column, value=None, load=None, expr=None)
    yield from PARTS


def _written(db: Session, actor: Actor, column: Column, name: str, values: Mapping[str, Any]) -> Markup:
    value = values[name]
    side: dict[str, Any] = dict(values)
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        column, side = replace(column, kind="money", currency="currency"), {**side, name: value["amount"], "currency": value["currency"]}
    elif column.kind == "money" and (column.currency is None or values.get(column.currency) is None):
        column = replace(column, currency=None)
    if isinstance(value, str) and column.kind in ("datetime", "date"):
        side[name] = datetime.fromisoformat(value) if column.kind == "datetime" else date.fromisoformat(value)
    extra = None
    if column.to is not None and column.value is None:
        screen = current_host().screens.get(column.to)
        column = replace(column, kind="text", to=None)
        side[name] = labels(db, screen, actor, [value]).get(value, "") if screen is not None and value is not None else ""
    elif isinstance(value, list) and column.value is None:
        words = {choice.value: str(choice.label) for choice in column.choices}
        column, side[name] = replace(column, kind="text"), _(", ").join(str(words.get(v, v)) for v in value)
    return printer(column, context.currency(), extra, "id", whole=True)(_Side(side))
