"""What functions of plugins are called with: one that cannot take it is told when it is loaded, not when somebody waits for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from ..kernel.phases import ThreePhases
from ..web.blocks import Block
from ..web.describe import Action, Column, Field, Filter, Form, MenuItem, Screen, Search, SearchProvider, Section, Slot, Widget
from ..web.kinds import Kind
from ..web.rest import Operation
from .checks import called, parts_of, step
from .declare import (
    EVERY,
    Approvable,
    Command,
    DemoData,
    Exporter,
    FirstStep,
    Importer,
    JobDef,
    PersonalData,
    Preparation,
    PublicEvent,
    Schedule,
    SettingTest,
    Total,
    Webhook,
)
from .measuring import Dimension, Fact
from .messaging import MessageKind
from .spots import Step

_EVENT = {"event"}  # what a handler of every event gets beside the fields


@dataclass(frozen=True)
class Call:
    """How a function is called: ``places`` by position, ``names`` by name; ``open``: more may come that nobody knows yet."""

    places: Sequence[str] = ()
    names: Sequence[str] = ()
    open: bool = False


_SERVICE = ("actor", "now")
# Every function that a description may hold. None: what it is called with is between the plugin and itself.
CALLS: dict[type[Any], dict[str, Call | None]] = {
    Screen: {
        "label": Call(["row"]), "fields": Call(), "create": Call(["db"], _SERVICE), "update": Call(["db"], ("id", "row_version", *_SERVICE)),
        "delete": Call(["db"], ("id", *_SERVICE)), "row_rule": Call(["actor", "columns"]),
        "validate": Call(["values"]),
    },
    Column: {"expr": Call(["columns"]), "load": Call(["db", "reader", "ids"]), "value": Call(["row"])},
    Filter: {"clause": Call(["value", "columns"])},
    Search: {"exact": None},
    Field: {"choices": Call(), "clean": Call(["value"]), "get": Call(["db", "row"])},
    Section: {"load": Call(["db", "reader", "row"]), "chart": Call(["db", "reader", "row"])},
    Block: {"data": Call(["db", "reader"]), "save": Call(["db"], _SERVICE)},
    Action: {
        "run": Call(["db"], ("id", *_SERVICE)), "when": Call(["row"]), "about": Call(["row"]), "validate": Call(["values"]),
        "preview": Call(["db", "reader", "row", "values"]), "confirm": Call(["row"]), "fresh": Call(["values"]),
    },
    Form: {"validate": Call(["values"])},
    ThreePhases: {"claim": Call(["db"], open=True), "work": None, "answer": Call(["db", "result"], _SERVICE, open=True)},
    Slot: {"save": Call(["db"], ("id", "value", *_SERVICE)), "load": Call(["db", "reader", "ids"])},
    Operation: {"handler": Call(["request"])},
    MenuItem: {"badge": Call(["db", "reader"])},
    Widget: {"data": Call(["db", "reader"])},
    FirstStep: {"done": Call(["db", "reader"])},
    SearchProvider: {"find": Call(["db", "reader", "text", "limit"])},
    SettingTest: {"run": Call(["values"])},
    JobDef: {"function": None, "hears": Call(["name"])},
    Preparation: {"batch": Call(["db", "keys", "run"])},
    Importer: {"batch": Call(["db", "rows", "run"]), "compare": Call(["db", "rows", "run", "left_out_rows", "left_out_amount"]),
               "present": Call(["db", "rows", "run"]), "remove": Call(["db", "rows", "run"])},
    Exporter: {"batch": Call(["db", "last", "limit"]), "of": Call(["db", "ids"])},
    DemoData: {"fill": Call(["now", "rng"])},
    Webhook: {"verify": Call(["arrival"])},
    PublicEvent: {"render": Call(["db", "payload"])},
    Command: {"run": Call(["say"])},
    MessageKind: {
        "audience": Call(["db", "event"]), "load": Call(["db", "event", "locale"]), "key": Call(["event"]), "still_true": Call(["db", "event"]),
    },
    Fact: {"rows": Call([])},
    Dimension: {"words": Call(["db", "reader", "values"]), "pairs": Call([])},
    Approvable: {"run": Call(["db"], ("id", *_SERVICE), open=True), "words": Call(["values"])},
    Total: {"read": Call(["db"])},
    PersonalData: {"find": Call(["db", "text"], ("actor",)), "export": Call(["db", "person"]), "erase": Call(["db", "person"], _SERVICE)},
}  # fmt: skip
# A kind is a class: what it has instead of the functions of the base class is called as those are.
_OF_KINDS = {name: Call(list(inspect.signature(f).parameters)[1:]) for name, f in vars(Kind).items() if inspect.isfunction(f)}


def check_functions(thing: Any, around: tuple[Step, ...] = ()) -> None:
    """Every function of a description, and of those inside it, can be called as it will be.

    :raises WiringError: naming the function and what it is called with.
    """
    for name, call in _calls_of(thing).items():
        function = getattr(thing, name)
        if call is not None and callable(function) and not _takes(function, wanted := _with_fields(thing, name, call)):
            raise _wrong(function, wanted, f"{called(thing)}: {name}", (*around, step(thing)))
        if call is not None and (type(thing), name) == (Screen, "update") and callable(function) and not _takes(function, call):
            where = f"{called(thing)}: {name}"
            raise WiringError(_l("%(where)s must do without any field: one that is not given stays as it is (KEEP)", where=where), at=[function, step(thing)])
    for part in parts_of(thing):
        check_functions(part, (*around, step(thing)))


def check_left_open(thing: Any) -> None:
    """:raises WiringError: for a function that a class leaves to those that inherit it, and that nobody wrote."""
    kind = type(thing)
    missing = next((name for name in dir(kind) if getattr(getattr(kind, name, None), "__isabstractmethod__", False)), None)
    if missing is not None:
        raise WiringError(_l("%(where)s: it has no function “%(name)s”", where=kind.__name__, name=missing), at=kind)


def _calls_of(thing: Any) -> Mapping[str, Call | None]:
    """Descriptions of plugins say it themselves: ``called_with: ClassVar = {"price": ("db", "quote", "now")}``."""
    if isinstance(thing, Kind):
        return _OF_KINDS
    return CALLS.get(type(thing)) or {name: Call(places) for name, places in getattr(type(thing), "called_with", {}).items()}


def _with_fields(thing: Any, name: str, call: Call) -> Call:
    """A call with the answers to the questions of a form by their names."""
    if (type(thing), name) in ((Screen, "create"), (Screen, "update"), (Action, "run")):
        asked: Any = thing.fields
        if callable(asked):  # which ones there are is asked for at each request
            return Call(call.places, call.names, open=True)
        return Call(call.places, (*call.names, *(field.name for field in asked)), call.open)
    if isinstance(thing, Command):
        return Call(call.places, tuple(param.name for param in thing.params))
    if isinstance(thing, Block) and name == "save" and thing.form is not None:
        return Call(call.places, (*call.names, *(field.name for field in thing.form.fields)))
    return call


def check_jobs(handlers: Mapping[str, Sequence[JobDef]], schedules: Sequence[Schedule], events: Mapping[str, type[Any]]) -> Iterator[WiringError]:
    """Jobs that cannot take the fields of the event that they are told of, or the arguments of their schedule."""
    for event, jobs in handlers.items():
        if event == EVERY:
            given = sorted(_EVENT)
        elif event in events:
            given = [f.name for f in fields(events[event])]
        else:
            continue
        for job in jobs:
            yield from _problem(job, given, event, open_=event == EVERY)
    for schedule in schedules:
        yield from _problem(schedule.job, list(schedule.kwargs), called(schedule), open_=False)


def _problem(job: JobDef, given: Sequence[str], why: str, *, open_: bool) -> Iterator[WiringError]:
    call = Call(["db"] if job.takes_db else [], given, open_)
    if not _takes(job.function, call):
        yield _wrong(job.function, call, f"{job.name} ({why})", job.function)


def check_hook(name: str, function: Callable[..., Any], offered: Sequence[str]) -> None:
    """:raises WiringError: when an implementation asks for what the hook does not give."""
    asked = [p for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
    strange = [one.name for one in asked if one.name not in offered]
    if strange:
        given = ", ".join(offered) or "-"
        raise WiringError(_l("%(where)s: there is no argument “%(name)s” (given: %(given)s)", where=name, name=strange[0], given=given), at=function)


def _wrong(function: Callable[..., Any], call: Call, where: str, at: Any) -> WiringError:
    given = ", ".join([*call.places, *(f"{name}=" for name in call.names)]) or "-"
    return WiringError(_l("%(where)s cannot take what it is called with: %(given)s", where=where, given=given), at=[function, at])


def _takes(function: Callable[..., Any], call: Call) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C: it does not say
        return True
    try:
        (signature.bind_partial if call.open else signature.bind)(*call.places, **dict.fromkeys(call.names))
    except TypeError:
        return False
    return True
