"""Names that nothing answers to: a plugin that uses one runs, and is told of on the repairs page.

The part with such a name would be silent: a handler of an event that nobody publishes, a right that no role can hold. What
belongs to a plugin that does not run is no mistake: a slot or a handler may be for one that a shop does without.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ..config.declare import plugin_settings
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import SYSTEM
from ..kernel.errors import BadRequest, WiringError
from ..web.blocks import Block
from ..web.describe import Action, Column, Field, Filter, MenuItem, Question, Screen, Search, Slot, Widget
from ..web.kinds import filter_kind
from ..web.kinds.periods import PERIODS
from ..web.query import parse
from .checks import called, parts_of, step
from .declare import EVERY, FirstStep
from .permissions import declared_permissions
from .spots import Step

if TYPE_CHECKING:
    from .host import Host

_EXPLAINED = re.compile(r"(screen:\*|(screen|fieldset|section):[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)\Z")
_EVENT_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+@[1-9][0-9]*\Z")


@dataclass
class Known:
    """What a host answers to."""

    host: Host
    icons: Collection[str]
    permissions: Collection[tuple[str, str]]

    def runs(self, owner: str) -> bool:
        """Whether names of this owner can be looked up at all."""
        return owner == "core" or owner in self.host.manifests


def unanswered(host: Host, icons: Collection[str] = ()) -> Iterator[tuple[str, WiringError]]:
    """Each plugin with a name of its that nothing answers to.

    :param icons: those of the theme; none: they are not looked at.
    """
    known = Known(host, icons, declared_permissions(host))
    for plugin, part in host.parts.items():
        if plugin == "core":
            continue
        manifest = host.manifests[plugin]
        if icons and manifest.icon not in icons:
            yield plugin, WiringError(_l("the theme has no icon “%(icon)s”", icon=manifest.icon))
        for event in part.handlers:
            name = event if isinstance(event, str) else f"{event.name}@{event.version}"
            yield from ((plugin, error) for error in _event(known, name))
        for slot in part.slots:
            yield from ((plugin, error) for error in _screen(known, slot.screen, slot))
        shown = {setting.key for setting in plugin_settings(plugin, manifest.settings) if setting.runtime}
        for key in part.setting_tests:
            if key not in shown:
                what = _l("register_setting_tests: “%(key)s” is no setting of %(plugin)s that stands on the screen", key=key, plugin=plugin)
                yield plugin, WiringError(what, at=(("", key),))
        for target in part.help_targets:
            if not _EXPLAINED.match(target.key):
                what = _l("“%(key)s” is no name of a screen, a fieldset or a section", key=target.key)
                yield plugin, WiringError(_l("%(where)s: %(what)s", where="register_help_targets", what=what), at=(step(target),))
        for preset in part.role_presets:
            for resource, verbs in preset.grants.items():
                for verb in verbs:
                    yield from ((plugin, error) for error in _permission(known, (f"can_{verb}", resource), preset, (step(preset), ("", verb))))
        for room in ("screens", "pages", "slots", "menu", "widgets", "first_steps", "search", "importers"):
            for thing in getattr(part, room):
                yield from ((plugin, error) for error in _within(known, thing, ()))


def _within(known: Known, thing: Any, around: tuple[Step, ...]) -> Iterator[WiringError]:
    """What a description and those inside it name."""
    here = (*around, step(thing))
    icon = getattr(thing, "icon", None)
    if known.icons and isinstance(thing, Screen | MenuItem | Action | Block | Widget) and icon not in known.icons and (icon or not isinstance(thing, Widget)):
        yield WiringError(_l("%(where)s: %(what)s", where=called(thing), what=_l("the theme has no icon “%(icon)s”", icon=icon)), at=here)
    if isinstance(thing, Column | Field | Filter) and thing.to is not None:
        yield from _screen(known, thing.to, thing, here)
    if isinstance(thing, MenuItem | Block | FirstStep) and thing.screen is not None:
        yield from _screen(known, thing.screen, thing, here)
    if isinstance(thing, Question):
        yield from _question(known, thing, here)
    right = thing.reveal if isinstance(thing, Search) else getattr(thing, "permission", None)
    if isinstance(right, tuple):
        yield from _permission(known, right, thing, (*here, ("", right[0])))
    for part in parts_of(thing):
        yield from _within(known, part, here)


def _event(known: Known, name: str) -> Iterator[WiringError]:
    if name == EVERY or name in known.host.events:
        return
    if not _EVENT_NAME.match(name):
        yield WiringError(_l("register_handlers: “%(event)s” is no event; one is named like orders.order.placed@1", event=name), at=(("", name),))
    elif known.runs(name.partition(".")[0]):
        other = next((there for there in known.host.events if there.partition("@")[0] == name.partition("@")[0]), None)
        what = _l("there is no event “%(event)s”", event=name) if other is None else _l("there is no event “%(event)s”, but “%(other)s”", event=name, other=other)
        yield WiringError(_l("%(where)s: %(what)s", where="register_handlers", what=what), at=(("", name),))


def _screen(known: Known, resource: str, thing: Any, at: tuple[Step, ...] | None = None) -> Iterator[WiringError]:
    if resource not in known.host.screens and known.runs(resource.partition(".")[0]):
        what = _l("there is no screen “%(screen)s”", screen=resource)
        where = called(thing.add) if isinstance(thing, Slot) else called(thing)
        yield WiringError(_l("%(where)s: %(what)s", where=where, what=what), at=at or (("Slot", resource),))


def _question(known: Known, thing: Question, at: tuple[Step, ...]) -> Iterator[WiringError]:
    yield from _screen(known, thing.screen, thing, at)
    if thing.screen in known.host.screens:
        screen = known.host.screens[thing.screen]
        dated = {f.name for f in screen.filters if filter_kind(f.kind)[1] and filter_kind(f.kind)[0].periods}
        # A period is one in whichever zone, and the shop's is not known before there is a database.
        asked = {name: text for name, text in thing.filters.items() if not (name in dated and text in PERIODS)}
        try:
            parse(screen, asked, SYSTEM, zone=ZoneInfo("UTC"), currency="CNY")
        except BadRequest as error:
            yield WiringError(_l("%(where)s: %(what)s", where=called(thing), what=error.text()), at=at)
        if thing.measure and all(m.name != thing.measure for m in known.host.screens[thing.screen].measures):
            what = _l("“%(screen)s” has no figure “%(measure)s”", screen=thing.screen, measure=thing.measure)
            yield WiringError(_l("%(where)s: %(what)s", where=called(thing), what=what), at=at)


def _permission(known: Known, right: tuple[str, str], thing: Any, at: tuple[Step, ...]) -> Iterator[WiringError]:
    if tuple(right) not in known.permissions and known.runs(right[1].partition(".")[0]):
        what = _l("there is no right “%(verb)s” on “%(resource)s”", verb=right[0], resource=right[1])
        yield WiringError(_l("%(where)s: %(what)s", where=called(thing), what=what), at=at)


def missing_plugins(host: Host, installed: Mapping[str, Any]) -> Iterator[tuple[str, WiringError]]:
    """For ``make check``: names of plugins that are not installed and that the manifest names neither under ``requires`` nor ``after``."""
    for plugin, part in host.parts.items():
        manifest = host.manifests.get(plugin)
        if manifest is None:
            continue
        allowed = {plugin, "core", *installed, *manifest.requires, *manifest.after}
        events = [event for event in part.handlers if isinstance(event, str) and event != EVERY]
        named = [(event.partition(".")[0], (("", event),)) for event in events]
        named += [(slot.screen.partition(".")[0], (("Slot", slot.screen),)) for slot in part.slots]
        for owner, at in named:
            if owner not in allowed:
                yield plugin, WiringError(_l("nobody here is called “%(owner)s”; name it under after in plugin.toml when it is optional", owner=owner), at=at)
