"""Every function that a plugin gives, and what stands around it once it is called by somebody else.

The host takes the functions out of what ``register_*`` returned and puts contained ones in their place, so
that no page, job or command which calls one has to know. What is missing in the tables below is found by a
test: there is no third kind of function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy.sql.expression import ClauseElement

from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError, ProviderError
from ..kernel.money import Money
from ..kernel.phases import ThreePhases
from ..web.blocks import Block, Page
from ..web.describe import (
    Action,
    Column,
    Field,
    Filter,
    Form,
    Hit,
    MenuItem,
    Preview,
    Question,
    Screen,
    Search,
    SearchProvider,
    Section,
    Slot,
    Widget,
)
from ..web.kinds import Kind, kind_of
from .declare import (
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
    SettingTest,
    Total,
    Webhook,
    WebhookMessage,
    WebhookReply,
)
from .faults import Called, FaultBook, Place, PluginTrouble, Watch
from .manifest import Manifest
from .measuring import Dimension, Fact
from .messaging import MessageKind


class Missing(dict[Any, Any]):
    """What a column would have loaded; lists tell it from a page on which there is nothing to say."""


class _Unavailable:
    """A value that could not be had: empty in files and over REST, a dash with a word on it on screens."""

    def __str__(self) -> str:
        return ""

    def __html__(self) -> str:
        return str(Markup('<span class="muted" title="%s">—</span>') % escape(_("Not available right now: a plugin failed.")))


UNAVAILABLE = _Unavailable()


def _value(column: Column, value: Any) -> Any:
    """A value of the kind that its column says, or an exception: what prints it later must not be surprised."""
    if value is not None:
        kind_of(column.kind).check(value)
    return value


def _loaded(column: Column, values: Any) -> dict[Any, Any]:
    return {key: _value(column, value) for key, value in dict(values).items()}


def _clause(_filter: Any, clause: Any) -> Any:
    if not isinstance(clause, ClauseElement | bool) and not hasattr(clause, "__clause_element__"):
        raise TypeError(f"a filter answers with an expression, not {type(clause).__name__}")
    return clause


def _count(_item: Any, number: Any) -> int:
    if type(number) is not int:
        raise TypeError(f"a badge is a whole number, not {type(number).__name__}")
    return number


def _hits(_provider: Any, hits: Any) -> list[Hit]:
    found = list(hits or ())
    if not all(isinstance(hit, Hit) for hit in found):
        raise TypeError("a search answers with a list of Hit")
    return found


def _yes_or_no(_step: Any, done: Any) -> bool:
    if not isinstance(done, bool):
        raise TypeError(f"whether a step is done is True or False, not {type(done).__name__}")
    return done


def _message(_webhook: Any, found: Any) -> Any:
    if isinstance(found, WebhookReply):
        return found
    if not isinstance(found, WebhookMessage):
        raise TypeError(f"a webhook answers with a message or a reply, not {type(found).__name__}")
    if not isinstance(found.id, str) or not 1 <= len(found.id) <= 200:
        raise TypeError("the id of a message is a text of 1 to 200 characters")
    json.dumps(found.payload)
    return found


def _preview(_action: Any, found: Any) -> Preview:
    if not isinstance(found, Preview):
        raise TypeError(f"a preview is needed, not {type(found).__name__}")
    return found


def _words(_thing: Any, text: Any) -> str:
    return str(text)


def _sum(_total: Any, found: Any) -> Any:
    if not isinstance(found, Money) and (not isinstance(found, int) or isinstance(found, bool)):
        raise TypeError(f"a total is Money or a whole number, not {type(found).__name__}")
    return found


def _same(_thing: Any, result: Any) -> Any:
    return result


@dataclass(frozen=True)
class Rule:
    """What one function is to answer with when it fails.

    ``instead(thing, args)`` is given in its place; ``refuses`` is the sentence said in place of any answer,
    where a neutral one would lose or show what it must not.
    """

    instead: Callable[[Any, tuple[Any, ...]], Any] | None = None
    refuses: Any = None
    passes: tuple[type[BaseException], ...] = ()
    check: Callable[[Any, Any], Any] = _same


NO_FILTER = _l("This filter does not work now: the plugin “%(plugin)s” failed.")
_ASKED = _l("This form cannot be filled in now: the plugin “%(plugin)s” failed.")
_SAVED = _l("This cannot be saved now: the plugin “%(plugin)s” failed.")
# On the screen of another plugin.
SLOTS: dict[type[Any], dict[str, Rule]] = {
    Column: {
        "load": Rule(lambda column, args: Missing(), check=_loaded),
        "value": Rule(lambda column, args: UNAVAILABLE, check=_value),
    },
    Filter: {"clause": Rule(refuses=NO_FILTER, passes=(DomainError,), check=_clause)},
    Action: {
        "when": Rule(lambda action, args: False),
        "confirm": Rule(lambda action, args: "", passes=(DomainError,)),
        "about": Rule(lambda action, args: "", passes=(DomainError,)),
        "fresh": Rule(lambda action, args: True),  # whoever cannot say is asked
        "run": Rule(refuses=PluginTrouble.message, passes=(DomainError,)),
        "validate": Rule(refuses=_SAVED, passes=(DomainError,), check=lambda action, found: [(str(name), text) for name, text in found or ()]),
        "preview": Rule(refuses=_ASKED, passes=(DomainError,), check=_preview),
    },
    ThreePhases: {name: Rule(refuses=PluginTrouble.message, passes=(DomainError, ProviderError)) for name in ("claim", "work", "answer")},
    Section: {
        "load": Rule(refuses=PluginTrouble.message, check=lambda section, values: dict(values or {})),
        "chart": Rule(refuses=PluginTrouble.message),
    },
    Field: {
        "get": Rule(refuses=_ASKED),
        "choices": Rule(refuses=_ASKED, check=lambda field, choices: tuple(choices)),
        "clean": Rule(refuses=_SAVED, passes=(DomainError, ValueError)),
    },
    Slot: {"save": Rule(refuses=_SAVED, passes=(DomainError,)), "load": Rule(lambda slot, args: Missing(), check=_loaded)},
}  # fmt: skip
_NOT_READ = _l("This cannot be read now: the plugin “%(plugin)s” failed.")


def _shows(_kind: Any, show: Any) -> Any:
    if not callable(show):
        raise TypeError(f"a kind answers with a function, not {type(show).__name__}")
    return show


# The kind of one plugin stands on the pages of others. What it answers with a function is contained as well.
KIND: dict[str, Rule] = {
    "cell": Rule(lambda kind, args: _show_nothing, check=_shows), "present": Rule(lambda kind, args: _show_nothing, check=_shows),
    "look_up": Rule(lambda kind, args: {}, check=lambda kind, found: dict(found)),
    "csv": Rule(lambda kind, args: [""] * len(args[1]), check=lambda kind, cells: list(cells)),
    "sheet": Rule(lambda kind, args: [""] * len(args[1]), check=lambda kind, cells: list(cells)),
    "dumper": Rule(lambda kind, args: lambda row: None, check=_shows),
    **{name: Rule(lambda kind, args: {}, check=lambda kind, schema: dict(schema)) for name in ("schema", "asked_schema")},
    "check": Rule(passes=(TypeError,), refuses=_NOT_READ),
    **{name: Rule(refuses=_SAVED, passes=(DomainError, ValueError)) for name in ("read", "take", "loaded", "merged")},
    **{name: Rule(refuses=_ASKED) for name in ("typed", "draw")},
    "put": Rule(refuses=_SAVED, passes=(DomainError,)),
    **{name: Rule(refuses=NO_FILTER, passes=(DomainError,)) for name in ("asked", "asked_range", "asked_period", "compare", "compare_range")},
    "draw_filter": Rule(lambda kind, args: False), "words": Rule(lambda kind, args: "", check=_words),
}  # fmt: skip


def _show_nothing(_value: Any, _row: Any) -> Markup:
    return Markup(UNAVAILABLE.__html__())  # noqa: S704 - escaped there


# On pages that all share: the menu, the home page, the search, look-ups, the settings, the demo.
SHARED: dict[type[Any], dict[str, Rule]] = {
    MenuItem: {"badge": Rule(lambda item, args: 0, check=_count)},
    Widget: {"data": Rule(lambda widget, args: {"failed": _("This figure is not available right now.")}, check=lambda widget, data: dict(data))},
    FirstStep: {"done": Rule(lambda first, args: None, check=_yes_or_no)},  # None: nobody knows, so the line is left out
    SearchProvider: {"find": Rule(lambda provider, args: [], passes=(DomainError,), check=_hits)},
    Screen: {
        "label": Rule(lambda screen, args: f"#{getattr(args[0], screen.key, '')}", check=_words),
        # No rule must not mean every row.
        "row_rule": Rule(refuses=_l("These entries cannot be shown now: the plugin “%(plugin)s” failed."), passes=(DomainError,)),
    },
    SettingTest: {"run": Rule(refuses=_l("The test could not be made: the plugin “%(plugin)s” failed."), passes=(DomainError, ProviderError), check=_words)},
    # On its plugin's own page; contained all the same, so that one block harms no other.
    Block: {"data": Rule(refuses=PluginTrouble.message)},
    Approvable: {
        "run": Rule(refuses=PluginTrouble.message, passes=(DomainError,)), "words": Rule(lambda what, args: "", check=_words),
    },
    PersonalData: {
        name: Rule(refuses=_l("Nothing was done about this person: the plugin “%(plugin)s” failed."), passes=(DomainError,), check=check)
        for name, check in (("find", lambda data, people: list(people)), ("export", lambda data, rows: dict(rows)), ("erase", _same))
    },
    # A backup is made all the same; this sum is then compared with nothing.
    Total: {"read": Rule(lambda total, args: None, check=_sum)},
    DemoData: {"fill": Rule(lambda data, args: None)},
    # What is not told now is told later: the job that asks is tried again.
    PublicEvent: {"render": Rule(refuses=PluginTrouble.message, passes=(DomainError,))},
    MessageKind: {
        "audience": Rule(refuses=PluginTrouble.message), "load": Rule(refuses=PluginTrouble.message, passes=(DomainError,)),
        "key": Rule(refuses=PluginTrouble.message), "still_true": Rule(refuses=PluginTrouble.message),
    },
    Fact: {"rows": Rule(refuses=PluginTrouble.message)},
    Dimension: {"words": Rule(lambda dimension, args: {}, check=lambda dimension, words: dict(words)), "pairs": Rule(refuses=PluginTrouble.message)},
    Webhook: {"verify": Rule(
        refuses=_l("This message cannot be taken now: the plugin “%(plugin)s” failed."), passes=(DomainError,), check=_message,
    )},
}  # fmt: skip
# On a page, in a file, a job or a command that is the plugin's own: an error is that one's, and nobody else's.
OWN: dict[type[Any], tuple[str, ...]] = {
    Screen: ("fields", "validate", "create", "update", "delete"),
    Form: ("validate",),
    Block: ("save",),
    Column: ("expr",),  # of a slot it is refused when it is loaded: it would stand in the other plugin's statement
    Search: ("exact",),
    JobDef: ("function", "hears"),
    Command: ("run",),
    Importer: ("batch", "compare", "present", "remove"),
    Preparation: ("batch",),
    Exporter: ("batch", "of"),
}
_ROOMS = {"screens": "screen", "menu": "badge", "widgets": "widget", "first_steps": "first_step", "search": "search", "demo": "demo", "webhooks": "webhook", "public_events": "event", "message_kinds": "message", "facts": "fact", "dimensions": "dimension", "approvals": "approval", "personal_data": "people", "totals": "total"}


def _around(thing: Any, rules: Mapping[str, Rule], watch: Watch) -> Any:
    """``thing`` with contained functions."""
    functions = {name: getattr(thing, name) for name in rules}
    return replace(thing, **{
        name: watch.around(function, _instead(rules[name], thing, watch), passes=rules[name].passes, check=_check(rules[name], thing))
        for name, function in functions.items() if callable(function)
    })  # fmt: skip


def _instead(rule: Rule, thing: Any, watch: Watch) -> Callable[..., Any]:
    neutral = rule.instead
    if neutral is None:
        return lambda *args, **kwargs: refuse(watch, rule.refuses)
    return lambda *args, **kwargs: neutral(thing, args)


def _check(rule: Rule, thing: Any) -> Callable[[Any], Any] | None:
    return None if rule.check is _same else lambda result: rule.check(thing, result)


def refuse(watch: Watch, sentence: Any) -> Any:
    """:raises PluginTrouble: with the name of the plugin that is watched."""
    raise PluginTrouble(sentence, plugin=str(Called(watch.place.plugin, watch.place.names)))


def contain_shared(room: str, thing: Any, manifest: Manifest, book: FaultBook) -> Any:
    """An entry of a room, with contained functions where its page is shared."""
    rules = SHARED.get(type(thing))
    if rules is None or not any(callable(getattr(thing, name)) or isinstance(getattr(thing, name), Question) for name in rules):
        return thing
    name = thing.resource if isinstance(thing, Screen) else thing.id
    label = getattr(thing, "label", "") if not isinstance(thing, Screen) else thing.title
    label = label or getattr(thing, "title", "") or name
    # What strangers send decides whether a webhook fails: three forged messages must not close it for the true ones.
    place = Place(manifest.id, _ROOMS[room], name, label, names=manifest.name, pauses=not isinstance(thing, Webhook))
    watch = book.watch(place)
    if isinstance(thing, Approvable) and isinstance(thing.run, ThreePhases):
        thing = replace(thing, run=_around(thing.run, SLOTS[ThreePhases], watch))
    # A question is asked of a list by whoever draws it, who does so under this watch: see `attempt`.
    asked = {name: replace(question, watch=watch) for name in rules if isinstance(question := getattr(thing, name), Question)}
    return _around(replace(thing, **asked), rules, watch)


def contain_page(page: Page, manifest: Manifest, book: FaultBook) -> Page:
    """A page whose blocks are contained, each with a watch of its own."""
    blocks = []
    for block in page.blocks:
        place = Place(manifest.id, "block", f"{page.resource} {block.id}", block.title or block.id, page.title, manifest.name)
        blocks.append(_around(block, SHARED[Block], book.watch(place)) if block.data is not None else block)
    return replace(page, blocks=blocks)


def contain_kind(kind: Kind, manifest: Manifest, book: FaultBook) -> Kind:
    """A kind whose functions are contained, and the functions that they answer with."""
    watch = book.watch(Place(manifest.id, "kind", kind.name, kind.name, names=manifest.name))
    contained = copy(kind)
    for name, rule in KIND.items():
        check = _check(rule, kind)
        if rule.check is _shows:
            nothing = rule.instead(kind, ()) if rule.instead else None

            def check(show: Any, nothing: Any = nothing) -> Any:
                return watch.around(_shows(kind, show), nothing)

        setattr(contained, name, watch.around(getattr(kind, name), _instead(rule, kind, watch), passes=rule.passes, check=check))
    return contained


def contain_test(key: str, test: SettingTest, manifest: Manifest, book: FaultBook) -> SettingTest:
    """The test of a setting, contained."""
    place = Place(manifest.id, "setting", key, test.label, names=manifest.name)
    contained: SettingTest = _around(test, SHARED[SettingTest], book.watch(place))
    return contained


def contain_slot(slot: Slot, screen: Screen, manifest: Manifest, book: FaultBook) -> Slot:
    """What a plugin adds to the screen of another one, contained: one watch over all of it."""
    thing = slot.add
    name = thing.id if isinstance(thing, Section) else thing.name
    label = thing.title if isinstance(thing, Section) else thing.label
    kind = type(thing).__name__.lower()
    watch = book.watch(Place(manifest.id, kind, f"{slot.screen} {name}", label, screen.title, manifest.name))
    if isinstance(thing, Section) and thing.template is not None and thing.load is None:
        thing = replace(thing, load=lambda db, reader, row: {})  # so that its template has somebody who watches it
    elif isinstance(thing, Action):
        thing = replace(thing, fields=[_around(f, SLOTS[Field], watch) for f in thing.fields])
        if isinstance(thing.run, ThreePhases):
            thing = replace(thing, run=_around(thing.run, SLOTS[ThreePhases], watch))
    return _around(replace(slot, add=_around(thing, SLOTS[type(thing)], watch)), SLOTS[Slot], watch)  # type: ignore[no-any-return]


def watch_of(function: Any) -> Watch | None:
    """Who watches a function; None for the core's, and for what is a plugin's own."""
    return getattr(function, "watch", None)


def is_paused(function: Any) -> bool:
    """Whether a contained function is not called any more."""
    watch = watch_of(function)
    return watch is not None and watch.paused


def attempt(function: Any, act: Callable[[], Any], failed: Callable[[], Any]) -> Any:
    """Do what belongs to a contained ``function``, such as drawing what it loaded, as contained as itself."""
    watch = watch_of(function)
    if watch is None:
        return act()
    try:
        return watch.around(act, failed, passes=(PluginTrouble,))()
    except PluginTrouble:  # it failed or is paused, and said so itself
        return failed()
