"""What is checked of a plugin's contributions before any of them runs: kinds of values, names, places that are taken."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from croniter import croniter
from jsonschema import Draft202012Validator, SchemaError, ValidationError

from ..db.types import BlindIndex
from ..i18n.texts import LazyText
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from ..kernel.phases import ThreePhases
from ..web.blocks import Block, Page
from ..web.describe import (
    TONES,
    WIDGET_KINDS,
    Action,
    Card,
    Choice,
    Column,
    Field,
    Filter,
    Form,
    HelpTarget,
    MenuItem,
    Question,
    Screen,
    Search,
    SearchProvider,
    Section,
    Slot,
    Widget,
)
from ..web.figures import GroupBy, Measure
from ..web.kinds import Kind
from .declare import (
    Approvable,
    AuditWords,
    CartChoice,
    Command,
    DemoData,
    Exporter,
    FirstStep,
    Importer,
    JobDef,
    Permission,
    PersonalData,
    Preparation,
    PublicEvent,
    RolePreset,
    Schedule,
    SettingTest,
    Total,
    Webhook,
)
from .manifest import Manifest
from .measuring import Dashboard, Dimension, Fact, Metric
from .messaging import CATEGORIES, NOTICE, MessageKind
from .spots import Step

ROOMS: dict[str, type[Any]] = {
    "kinds": Kind, "models": type, "screens": Screen, "views": type, "apis": type, "slots": Slot, "menu": MenuItem, "widgets": Widget,
    "help_targets": HelpTarget, "pages": Page, "first_steps": FirstStep,
    "search": SearchProvider, "permissions": Permission, "role_presets": RolePreset, "events": type, "jobs": JobDef,
    "schedules": Schedule, "importers": Importer, "exporters": Exporter, "demo": DemoData,
    "choices": CartChoice, "webhooks": Webhook, "public_events": PublicEvent, "message_kinds": MessageKind, "commands": Command, "approvals": Approvable, "personal_data": PersonalData, "totals": Total,
    "audit_words": AuditWords, "facts": Fact, "metrics": Metric, "dimensions": Dimension, "dashboards": Dashboard,
}  # fmt: skip
_TEXTS = {"label", "title", "singular", "summary", "help", "hint", "empty", "confirm", "follows", "stays", "done", "of"}
_PARTS = {Block, Form, Column, Card, Filter, GroupBy, Measure, Search, Field, Section, Action, Question, ThreePhases, Preparation}
_VARIABLE = re.compile(r"\{([^{}|]*)(?:\|[^{}]*)?\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}\Z")
_PROVIDER = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_BELOW = re.compile(r"(/[a-z0-9_-]+|/<[a-z_]+>)*\Z")
_LARGEST_MESSAGE = 4 * 1024 * 1024


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
            raise WiringError(_l("%(where)s: a mapping is needed, not %(found)s", where=where, found=type(handlers).__name__))
        for event, jobs in handlers.items():
            if not isinstance(event, str) and not (hasattr(event, "name") and hasattr(event, "version")):
                raise WiringError(_l("%(where)s: %(found)s is no event", where=where, found=repr(event)[:100]))
            _all_of(where, jobs, JobDef)
        return dict(handlers)
    return _all_of(where, entries, ROOMS[room])


def _all_of(where: str, entries: Any, kind: type[Any]) -> list[Any]:
    if entries is not None and (isinstance(entries, str | Mapping) or not hasattr(entries, "__iter__")):
        raise WiringError(_l("%(where)s: a list is needed, not %(found)s", where=where, found=type(entries).__name__))
    found = list(entries or ())
    for entry in found:
        if not isinstance(entry, kind):
            raise WiringError(_l("%(where)s: %(found)s is no %(kind)s", where=where, found=repr(entry)[:200], kind=kind.__name__))
        if is_dataclass(entry) and kind is not type:
            check_values(entry, where)
    return found


def _mapping(where: str, entries: Any, kind: type[Any]) -> dict[str, Any]:
    if entries is not None and not isinstance(entries, Mapping):
        raise WiringError(_l("%(where)s: a mapping is needed, not %(found)s", where=where, found=type(entries).__name__))
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
    where = f"{where}: {called(thing)}"
    hints = _hints(kind)  # type: ignore[arg-type] # a class is hashable
    for f in fields(thing):
        value = getattr(thing, f.name)
        try:
            fits = _fits(value, hints[f.name], where)
        except WiringError as error:
            error.at = (step(thing), *error.at)
            raise
        if f.name in _TEXTS and (kind, f.name) not in ((Screen, "label"), (Exporter, "of"), (FirstStep, "done")):
            if not isinstance(value, str | LazyText) and not (f.name == "confirm" and callable(value)):
                raise WiringError(_l("%(where)s: %(part)s must be a text, not %(found)s", where=where, part=f.name, found=type(value).__name__), at=(step(thing),))
        elif not fits:
            raise WiringError(_l("%(where)s: %(part)s cannot be %(found)s", where=where, part=f.name, found=repr(value)[:200]), at=(step(thing),))
    if isinstance(thing, Widget) and thing.kind not in WIDGET_KINDS:
        what = _l("there is no kind %(kind)s", kind=repr(thing.kind))
        raise WiringError(_l("%(where)s: %(what)s", where=where, what=what), at=(step(thing),))
    if isinstance(thing, Choice) and thing.tone not in TONES:
        raise WiringError(_l("%(where)s: there is no tone %(tone)s", where=where, tone=repr(thing.tone)), at=(("Choice", str(thing.value)),))


def called(thing: Any) -> str:
    """A description as its author knows it: ``Column 'total'``."""
    kind, name = step(thing)
    return f"{kind} {name!r}" if name else kind


def parts_of(thing: Any) -> Iterator[Any]:
    """The descriptions inside a description: columns of a screen, fields of an action."""
    for name in _holds(type(thing)) if is_dataclass(thing) else ():  # type: ignore[arg-type] # a class is hashable
        value = getattr(thing, name)
        for inner in value if isinstance(value, tuple | list) else (value,):
            if type(inner) in _PARTS:
                yield inner


@cache
def _holds(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a description that may hold others."""
    names = {part.__name__ for part in _PARTS}
    return tuple(f.name for f in fields(kind) if names & set(re.findall(r"\w+", str(f.type))))


def step(thing: Any) -> Step:
    """How a description is found in the files of its plugin."""
    names = (getattr(thing, n, None) for n in ("id", "name", "resource", "kind", "screen", "key", "action"))
    return type(thing).__name__, next((name for name in names if isinstance(name, str)), "")


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


def check_schedule(plugin_id: str, schedule: Schedule) -> None:
    """:raises WiringError: when nobody could say when it runs next, or what."""
    if (schedule.seconds is None) == (schedule.cron is None):
        raise _wrong(schedule, _l("it needs either seconds or a cron"))
    if schedule.seconds is not None and not 1 <= schedule.seconds <= 366 * 86400:
        raise _wrong(schedule, _l("seconds cannot be %(seconds)s", seconds=schedule.seconds))
    if schedule.cron is not None:
        if len(schedule.cron.split()) != 5 or not croniter.is_valid(schedule.cron):
            raise _wrong(schedule, _l("“%(cron)s” is no cron of five fields", cron=schedule.cron))
        try:
            croniter(schedule.cron, datetime(2026, 1, 1, tzinfo=UTC)).get_next(datetime)
        except ValueError as error:  # croniter's own errors are such
            raise _wrong(schedule, _l("“%(cron)s” never comes", cron=schedule.cron)) from error
    if not schedule.id or len(f"{plugin_id}.{schedule.id}") > 120:
        raise _wrong(schedule, _l("its id must have 1 to %(most)s characters", most=119 - len(plugin_id)))
    try:
        json.dumps(dict(schedule.kwargs))
    except (TypeError, ValueError):
        raise _wrong(schedule, _l("its arguments cannot be stored: they must be plain JSON values")) from None


def check_webhook(webhook: Webhook) -> None:
    """:raises WiringError: for an address that is none, or a handler that cannot do its work in a unit of work."""
    if not _PROVIDER.match(webhook.id):
        raise _wrong(webhook, _l("an id is made of 1 to 40 lower-case letters, digits and dashes"))
    if not _BELOW.match(webhook.path):
        raise _wrong(webhook, _l("the path “%(path)s” must be empty or like /pay/<account>", path=webhook.path))
    if not 1 <= webhook.cap <= _LARGEST_MESSAGE:
        raise _wrong(webhook, _l("the cap must be 1 to %(most)s bytes", most=_LARGEST_MESSAGE))
    if not webhook.handle.takes_db:
        raise _wrong(webhook, _l("the job %(job)s must take db first, so that a message has its effect once", job=webhook.handle.name))


def check_first_step(first: FirstStep) -> None:
    """:raises WiringError: for a line that leads nowhere, or to two places."""
    if (first.screen is None) == (first.href is None):
        raise _wrong(first, _l("it needs either a screen or an href"))
    if first.href is not None and (not first.href.startswith("/") or first.href.startswith("//")):
        raise _wrong(first, _l("its href “%(href)s” must be a path of this shop, such as /products/add", href=first.href))


def check_public_event(plugin_id: str, public: PublicEvent, own: Sequence[type[Any]]) -> None:
    """:raises WiringError: for an event of somebody else, and for an example or a schema that is none."""
    if public.event not in {f"{event.name}@{event.version}" for event in own}:
        raise _wrong(public, _l("it is not among the events that %(plugin)s registers", plugin=plugin_id))
    try:
        Draft202012Validator.check_schema(public.whole_schema)
        Draft202012Validator(public.whole_schema).validate(dict(public.example))
    except SchemaError as error:
        raise _wrong(public, _l("its schema is none: %(why)s", why=error.message)) from error
    except ValidationError as error:
        raise _wrong(public, _l("its example does not fit its schema: %(why)s", why=error.message)) from error


def check_message_kind(plugin_id: str, kind: MessageKind, own: Sequence[type[Any]]) -> None:
    """:raises WiringError: for an event of somebody else, a category that is none, a variable that is none, and a text with a word that is no variable."""
    if kind.event not in {NOTICE, *(f"{event.name}@{event.version}" for event in own)}:
        raise _wrong(kind, _l("it is not among the events that %(plugin)s registers", plugin=plugin_id))
    if not kind.id.startswith(f"{plugin_id}."):
        raise _wrong(kind, _l("it must be named %(prefix)s<name>", prefix=f"{plugin_id}."))
    if kind.category not in CATEGORIES:
        raise _wrong(kind, _l("%(what)s must be one of %(choices)s", what=kind.category, choices=", ".join(CATEGORIES)))
    names = {variable.name for variable in kind.variables}
    for text in (kind.subject, kind.body):
        strange = sorted(set(_VARIABLE.findall(getattr(text, "msgid", str(text)))) - names)
        if strange:
            raise _wrong(kind, _l("its text names {%(name)s}, which is none of its variables", name=strange[0]))


def _wrong(thing: Any, what: Any, *around: Step) -> WiringError:
    return WiringError(_l("%(where)s: %(what)s", where=called(thing), what=what), at=(*around, step(thing)))


def check_approvable(plugin_id: str, what: Approvable, screens: Mapping[str, Screen]) -> None:
    """:raises WiringError: for rows that nobody knows or that have no version, and for a right of somebody else."""
    if not is_name(what.id):
        raise _wrong(what, _l("a name is made of letters, digits and underscores"))
    screen = screens.get(what.resource)
    if screen is None:
        raise _wrong(what, _l("there is no screen “%(screen)s”", screen=what.resource))
    if "row_version" not in getattr(screen.source, "__table__", screen.source).c:
        raise _wrong(what, _l("rows of %(screen)s have no row_version, so nobody could tell that one has changed", screen=what.resource))
    if not what.right[0].startswith("can_") or not what.right[1].startswith(f"{plugin_id}."):
        right = " ".join(what.right)
        raise _wrong(what, _l("the right “%(right)s” must be can_<verb> on %(prefix)s<Model>", right=right, prefix=f"{plugin_id}."))


def check_personal_data(manifest: Manifest, models: Sequence[type[Any]], answers: Sequence[PersonalData]) -> None:
    """:raises WiringError: for a table with personal text that nobody answers for, and for half an answer."""
    for data in answers:
        functions = (data.find, data.export, data.erase)
        if (data.because is None) != all(functions) or (data.because is not None and any(functions)):
            raise _wrong(data, _l("find, export and erase are needed, or because"))
    answered = {model for data in answers for model in data.tables}
    for model in models:
        texts = [column.name for column in model.__table__.c if getattr(column.type, "pii", False) or isinstance(column.type, BlindIndex)]
        if texts and model not in answered:
            what = _l("%(column)s is personal data, and register_personal_data does not answer for %(model)s",
                      column=f"{model.__tablename__}.{texts[0]}", model=model.__name__)  # fmt: skip
            raise WiringError(what, at=model)
    if any(data.because is None for data in answers) and not manifest.data.get("pii"):
        # Read while it is switched off: an erasure must not pass over it in silence.
        raise WiringError(_l("plugin.toml: data.pii must name what %(plugin)s keeps about people", plugin=manifest.id))


def check_slot(slot: Slot, screen: Screen) -> None:
    """That what is added leans on nothing that is missing.

    :raises WiringError: naming the screen and the part.
    """
    thing = slot.add
    source = getattr(screen.source, "__table__", screen.source).c

    def wrong(what: Any) -> WiringError:
        where = f"{called(thing)} ({slot.screen})"
        return WiringError(_l("%(where)s: %(what)s", where=where, what=what), at=(("Slot", slot.screen), step(thing)))

    if not is_name(name_of(thing)):
        raise wrong(_l("a name is made of letters, digits and underscores"))
    if slot.within is not None:
        fields_ = () if callable(screen.fields) else screen.fields
        if not isinstance(thing, Field) or not any(f.name == slot.within and f.kind == "rows" for f in fields_):
            raise wrong(_l("“%(field)s” is no field with lines, or what is added is no field", field=slot.within))
        if slot.save is None or slot.load is not None or not thing.only_new:
            raise wrong(_l("within lines it needs save, no load, and only_new"))
    elif isinstance(thing, Column):
        if thing.edit is not None:
            raise wrong(_l("what is added is not edited in its cell"))
        if thing.expr is not None or thing.sortable or (thing.load is None and thing.value is None):
            raise wrong(_l("it needs load or value, and cannot be sorted by"))
        if thing.currency is not None and thing.currency not in source:
            raise wrong(_l("there is no column “%(column)s”", column=thing.currency))
    elif isinstance(thing, Filter):
        if thing.clause is None or thing.tabs or thing.counted:
            raise wrong(_l("it needs a clause, and cannot be tabs"))
    elif isinstance(thing, Action):
        missing = [needed for needed in thing.needs if needed not in source]
        if missing:
            raise wrong(_l("there is no column “%(column)s”", column=missing[0]))
    elif isinstance(thing, Section):
        if not (thing.template or thing.chart) or thing.columns:
            raise wrong(_l("it needs a template or a chart, and names no columns"))
    elif thing.get is None or slot.save is None:
        raise wrong(_l("it needs save, and load or get"))


def name_of(thing: Column | Filter | Action | Section | Field) -> str:
    """What a part of a screen is called there."""
    return thing.id if isinstance(thing, Section) else thing.name
