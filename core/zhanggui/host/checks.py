"""What is checked of a plugin's contributions before any of them runs: kinds of values, names, places that are taken."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from croniter import croniter

from ..i18n.texts import LazyText
from ..kernel.errors import WiringError
from ..web.describe import (
    TONES,
    WIDGET_KINDS,
    Action,
    Choice,
    Column,
    Field,
    Fieldset,
    Filter,
    HelpTarget,
    MenuItem,
    Screen,
    SearchProvider,
    Section,
    Slot,
    Widget,
)
from ..web.kinds import BUILT_IN, CONTROLS, Kind
from .declare import CartChoice, DemoData, Exporter, Importer, JobDef, Permission, RolePreset, Schedule, SettingTest, Webhook

ROOMS: dict[str, type[Any]] = {
    "kinds": Kind, "models": type, "screens": Screen, "views": type, "apis": type, "slots": Slot, "menu": MenuItem, "widgets": Widget, "help_targets": HelpTarget,
    "search": SearchProvider, "permissions": Permission, "role_presets": RolePreset, "events": type, "jobs": JobDef,
    "schedules": Schedule, "importers": Importer, "exporters": Exporter, "demo": DemoData,
    "choices": CartChoice, "webhooks": Webhook,
}  # fmt: skip
_TEXTS = {"label", "title", "singular", "summary", "help", "hint", "empty", "confirm", "done"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}\Z")
_PROVIDER = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_BELOW = re.compile(r"(/[a-z0-9_-]+|/<[a-z_]+>)*\Z")
_LARGEST_MESSAGE = 4 * 1024 * 1024
# The verbs of every screen: an action of that name would take the place of one of them.
_RESERVED = {"add", "bulk", "delete", "edit", "export", "list", "lookup", "show"}


def is_name(text: str) -> bool:
    """Whether something may be called so: a name is made of letters, digits and underscores."""
    return bool(_NAME.match(text))


def check_room(room: str, entries: Any) -> Any:
    """What a ``register_*`` hook gave, as a list or mapping of the right things.

    :raises WiringError: naming the hook and the value that is wrong.
    """
    where = f"register_{room}"
    if room == "setting_tests":
        return _mapping(where, entries, SettingTest)
    if room == "handlers":
        handlers = {} if entries is None else entries
        if not isinstance(handlers, Mapping):
            raise WiringError(f"{where}: a mapping is needed, not {type(handlers).__name__}")
        for event, jobs in handlers.items():
            if not isinstance(event, str) and not (hasattr(event, "name") and hasattr(event, "version")):
                raise WiringError(f"{where}: {event!r} is no event")
            _all_of(where, jobs, JobDef)
        return dict(handlers)
    return _all_of(where, entries, ROOMS[room])


def _all_of(where: str, entries: Any, kind: type[Any]) -> list[Any]:
    if entries is not None and (isinstance(entries, str | Mapping) or not hasattr(entries, "__iter__")):
        raise WiringError(f"{where}: a list is needed, not {type(entries).__name__}")
    found = list(entries or ())
    for entry in found:
        if not isinstance(entry, kind):
            raise WiringError(f"{where}: {entry!r} is no {kind.__name__}"[:300])
        if is_dataclass(entry) and kind is not type:
            check_values(entry, where)
    return found


def _mapping(where: str, entries: Any, kind: type[Any]) -> dict[str, Any]:
    if entries is not None and not isinstance(entries, Mapping):
        raise WiringError(f"{where}: a mapping is needed, not {type(entries).__name__}")
    found = dict(entries or {})
    _all_of(where, list(found.values()), kind)
    return found


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def check_values(thing: Any, where: str) -> None:
    """Every field of a description holds what its annotation says, all the way down.

    :raises WiringError: naming the field.
    """
    kind = type(thing)
    where = f"{where}: {kind.__name__}"
    name = next((str(getattr(thing, n)) for n in ("resource", "name", "id", "kind") if isinstance(getattr(thing, n, None), str)), "")
    where = f"{where} {name!r}" if name else where
    hints = _hints(kind)  # type: ignore[arg-type] # a class is hashable
    for f in fields(thing):
        value = getattr(thing, f.name)
        if f.name in _TEXTS and not (kind is Screen and f.name == "label"):
            if not isinstance(value, str | LazyText):
                raise WiringError(f"{where}: {f.name} must be a text, not {type(value).__name__}")
        elif not _fits(value, hints[f.name], where):
            raise WiringError(f"{where}: {f.name} cannot be {value!r}"[:300])
    if isinstance(thing, Widget) and thing.kind not in WIDGET_KINDS:
        raise WiringError(f"{where}: there is no kind {thing.kind!r}")
    if isinstance(thing, Choice) and thing.tone not in TONES:
        raise WiringError(f"{where}: there is no tone {thing.tone!r}")


@cache
def _shape(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    return typing.get_origin(hint), typing.get_args(hint)


def _fits(value: Any, hint: Any, where: str) -> bool:
    if hint is Any:
        return True
    origin, inner = _shape(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one, where) for one in inner)
    if origin is not None and issubclass(origin, typing.cast(Any, typing.Callable).__origin__):
        return callable(value)
    if origin is tuple:
        return isinstance(value, tuple) and (inner[-1] is Ellipsis or len(value) == len(inner)) and all(
            _fits(part, inner[0] if inner[-1] is Ellipsis else inner[n], where) for n, part in enumerate(value)
        )  # fmt: skip
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(key, inner[0], where) and _fits(v, inner[1], where) for key, v in value.items())
    if origin is not None and issubclass(origin, Sequence):
        return isinstance(value, Sequence) and not isinstance(value, str) and all(_fits(part, inner[0], where) for part in value)
    if hint is type(None):
        return value is None
    if isinstance(hint, type):
        if not isinstance(value, hint):
            return False
        if is_dataclass(value) and not isinstance(value, type):
            check_values(value, where)
        return True
    return True


def check_kind(kind: Kind, taken: Mapping[str, Kind]) -> None:
    """:raises WiringError: for a name that is none or taken, or a way to be drawn that there is not."""
    where = f"register_kinds: {kind.name!r}"
    if not is_name(kind.name) or kind.name.endswith("_range"):
        raise WiringError(f"{where} is no name of a kind")
    if kind.name in BUILT_IN or kind.name in taken:
        raise WiringError(f"{where} is taken")
    if kind.control not in CONTROLS:
        raise WiringError(f"{where}: there is no control {kind.control!r}")


def check_kinds(things: Sequence[Any], kinds: Mapping[str, Kind]) -> None:
    """That columns, fields and filters, with what is inside them, are of kinds that there are and that may stand there.

    :raises WiringError: naming the thing and its kind.
    """
    for thing in things:
        ranged = isinstance(thing, Filter) and thing.kind.endswith("_range")
        name = thing.kind.removesuffix("_range") if ranged else thing.kind
        kind = BUILT_IN.get(name) or kinds.get(name)
        fits = kind is not None and (
            kind.column if isinstance(thing, Column) else kind.field if isinstance(thing, Field) else kind.ranged if ranged else kind.equals
        )
        if not fits:
            raise WiringError(f"{type(thing).__name__} {thing.name!r}: there is no kind {thing.kind!r}")
        if isinstance(thing, Field):
            check_kinds(thing.rows, kinds)


def check_form(fields: Sequence[Field], fieldsets: Sequence[Fieldset], where: str) -> None:
    """That conditions and groups of a form name what there is, and no field depends on itself.

    :raises WiringError: naming the field.
    """
    named, groups = {f.name: f for f in fields}, [group.id for group in fieldsets]
    for group_id in groups:
        if not is_name(group_id) or groups.count(group_id) > 1:
            raise WiringError(f"{where}: fieldset {group_id!r} is no name, or there twice")
    for f in fields:
        if f.fieldset is not None and f.fieldset not in groups:
            raise WiringError(f"{where}: field {f.name!r} stands in {f.fieldset!r}, which is no fieldset there")
        when, seen = f.shown_when, {f.name}
        while when is not None:
            if when.field not in named:
                raise WiringError(f"{where}: field {f.name!r} depends on {when.field!r}, which is no field there")
            if when.field in seen:
                raise WiringError(f"{where}: field {f.name!r} depends on itself")
            seen.add(when.field)
            when = named[when.field].shown_when


def check_decimals(screen: Screen) -> None:
    """:raises WiringError: for a field that takes more decimals than its column has room for."""
    source = getattr(screen.source, "__table__", screen.source).c
    for f in () if callable(screen.fields) else screen.fields:
        room = getattr(source[f.name].type, "places", None) if f.name in source else None
        kind = BUILT_IN.get(f.kind)
        taken = f.decimals if f.decimals is not None else getattr(kind, "decimals", 0)
        if room is not None and taken > room:
            raise WiringError(f"{screen.resource}: field {f.name!r} takes {taken} decimals, its column {room}")


def check_schedule(plugin_id: str, schedule: Schedule) -> None:
    """:raises WiringError: when nobody could say when it runs next, or what."""
    where = f"schedule {schedule.id!r}"
    if (schedule.seconds is None) == (schedule.cron is None):
        raise WiringError(f"{where} needs either seconds or a cron")
    if schedule.seconds is not None and not 1 <= schedule.seconds <= 366 * 86400:
        raise WiringError(f"{where}: seconds cannot be {schedule.seconds}")
    if schedule.cron is not None:
        if len(schedule.cron.split()) != 5 or not croniter.is_valid(schedule.cron):
            raise WiringError(f"{where}: {schedule.cron!r} is no cron of five fields")
        try:
            croniter(schedule.cron, datetime(2026, 1, 1, tzinfo=UTC)).get_next(datetime)
        except Exception as error:
            raise WiringError(f"{where}: {schedule.cron!r} never comes ({error})") from None
    if not schedule.id or len(f"{plugin_id}.{schedule.id}") > 120:
        raise WiringError(f"{where}: its id must have 1 to {119 - len(plugin_id)} characters")
    try:
        json.dumps(dict(schedule.kwargs))
    except (TypeError, ValueError) as error:
        raise WiringError(f"{where}: its arguments cannot be stored ({error})") from None


def check_webhook(webhook: Webhook) -> None:
    """:raises WiringError: for an address that is none, or a handler that cannot do its work in a unit of work."""
    where = f"webhook {webhook.id!r}"
    if not _PROVIDER.match(webhook.id):
        raise WiringError(f"{where}: an id is made of 1 to 40 lower-case letters, digits and dashes")
    if not _BELOW.match(webhook.path):
        raise WiringError(f"{where}: the path {webhook.path!r} must be empty or like /pay/<account>")
    if not 1 <= webhook.cap <= _LARGEST_MESSAGE:
        raise WiringError(f"{where}: the cap must be 1 to {_LARGEST_MESSAGE} bytes")
    if not webhook.handle.takes_db:
        raise WiringError(f"{where}: the job {webhook.handle.name} must take db first, so that a message has its effect once")


def check_slot(slot: Slot, screen: Screen) -> None:
    """That what is added stands beside what is there and leans on nothing that is missing.

    :raises WiringError: naming the screen and the part.
    """
    thing = slot.add
    name = thing.id if isinstance(thing, Section) else thing.name
    where = f"{type(thing).__name__.lower()} {name!r} of {slot.screen}"
    if not is_name(name):
        raise WiringError(f"{where}: a name is made of letters, digits and underscores")
    source = getattr(screen.source, "__table__", screen.source).c
    if isinstance(thing, Column):
        _check_column(thing, screen, source, where)
    elif isinstance(thing, Filter):
        if thing.clause is None or thing.tabs or thing.counted:
            raise WiringError(f"{where} needs a clause, and cannot be tabs")
    elif isinstance(thing, Action):
        missing = [needed for needed in thing.needs if needed not in source]
        if missing:
            raise WiringError(f"{where} needs {missing[0]!r}, which is no column there")
        if name in _RESERVED:
            raise WiringError(f"{where}: this verb belongs to the screen")
    elif isinstance(thing, Section):
        if not thing.template or thing.columns:
            raise WiringError(f"{where} needs a template, and names no columns")
    elif thing.get is None or slot.save is None:
        raise WiringError(f"{where} needs get and save")
    elif not callable(screen.fields):
        check_form((*screen.fields, thing), screen.fieldsets, slot.screen)
    if any(getattr(other, "id" if isinstance(thing, Section) else "name") == name for other in _present(thing, screen)):
        raise WiringError(f"{where} is there already")


def _check_column(column: Column, screen: Screen, source: Any, where: str) -> None:
    if column.expr is not None or column.sortable or (column.load is None and column.value is None):
        raise WiringError(f"{where} needs load or value, and cannot be sorted by")
    if column.currency is not None and column.currency not in source:
        raise WiringError(f"{where} needs {column.currency!r}, which is no column there")


def _present(thing: Any, screen: Screen) -> Sequence[Any]:
    if isinstance(thing, Column):
        return screen.columns
    if isinstance(thing, Filter):
        return screen.filters
    if isinstance(thing, Action):
        return screen.actions
    if isinstance(thing, Section):
        return screen.sections
    return () if callable(screen.fields) else screen.fields
