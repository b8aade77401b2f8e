"""From contributions to a host: names checked against each other, slots put into screens, functions contained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from ..kernel.phases import ThreePhases
from ..web.blocks import Page
from ..web.describe import Action, Column, Field, Filter, Screen, Section, Slot
from ..web.empties import with_empty
from ..web.generic import with_texts
from ..web.kinds import BUILT_IN
from .checks import (
    called,
    check_approvable,
    check_first_step,
    check_message_kind,
    check_personal_data,
    check_public_event,
    check_schedule,
    check_slot,
    check_webhook,
    is_name,
    name_of,
    step,
)
from .columns import check_screen
from .contain import contain_kind, contain_page, contain_shared, contain_slot, contain_test
from .declare import EVERY, Approvable, AuditWords
from .figures import check_figures
from .host import NO_REASON, Contribution, Fault, Host, fault_of
from .kinds import check_form, check_forms, check_kind, check_things
from .manifest import Manifest
from .pages import check_page
from .signatures import check_functions, check_jobs

_SLOT_ROOM = {Column: "columns", Filter: "filters", Action: "actions", Section: "sections", Field: "fields"}


def adopt(host: Host, plugin_id: str, part: Contribution) -> Contribution:
    """A plugin's part, checked beside those that are there, with contained functions on pages that all share.

    :raises WiringError: naming what is wrong, and where it stands.
    """
    manifest = host.manifests[plugin_id]
    _check_names(manifest, part)
    _check_ids(part)
    _check_taken(host, part)
    kinds = BUILT_IN | {kind.name: kind for other in host.parts.values() for kind in other.kinds}
    for kind in part.kinds:
        check_kind(kind, kinds)
        kinds[kind.name] = kind
    check_things(part, kinds)
    for screen in part.screens:
        check_screen(screen, kinds)
    check_forms(part)
    for page in part.pages:
        check_page(page)
    for schedule in part.schedules:
        check_schedule(plugin_id, schedule)
    for first in part.first_steps:
        check_first_step(first)
    for webhook in part.webhooks:
        check_webhook(webhook)
    for public in part.public_events:
        check_public_event(plugin_id, public, part.events)
    for told in part.message_kinds:
        check_message_kind(plugin_id, told, part.events)
    check_figures(plugin_id, part.facts, part.metrics, part.dimensions, part.dashboards)
    check_personal_data(manifest, part.models, part.personal_data)
    for room in _CALLED:
        for thing in getattr(part, room):
            check_functions(thing)
    for test in part.setting_tests.values():
        check_functions(test)
    actions: list[Action | Approvable] = [*(slot.add for slot in part.slots if isinstance(slot.add, Action)), *(a for screen in part.screens for a in screen.actions)]
    for action in actions + list(part.approvals):
        if isinstance(action.run, ThreePhases) and action.run.resume not in part.jobs:
            what = _l("register_jobs must name %(job)s, which goes on with what was claimed", job=action.run.resume.name)
            raise WiringError(_l("%(where)s: %(what)s", where=called(action), what=what), at=(step(action),))
    part.screens = [with_empty(with_texts(screen)) for screen in part.screens]
    part.kinds = [contain_kind(kind, manifest, host.book) for kind in part.kinds]
    for room in ("screens", "menu", "widgets", "first_steps", "search", "demo", "webhooks", "public_events", "message_kinds", "facts", "dimensions", "approvals", "personal_data", "totals"):
        setattr(part, room, [contain_shared(room, thing, manifest, host.book) for thing in getattr(part, room)])
    part.pages = [contain_page(page, manifest, host.book) for page in part.pages]
    part.setting_tests = {key: contain_test(key, test, manifest, host.book) for key, test in part.setting_tests.items()}
    return part


_CALLED = ("kinds", "screens", "pages", "slots", "menu", "widgets", "first_steps", "search", "importers", "exporters", "demo", "webhooks", "public_events", "message_kinds",
           "facts", "dimensions", "commands", "approvals", "personal_data", "totals")  # fmt: skip
_WITH_ID = ("schedules", "menu", "widgets", "first_steps", "search", "demo", "public_events", "message_kinds", "commands", "approvals", "personal_data",
            "facts", "metrics", "dimensions", "dashboards", "totals")  # fmt: skip


def _check_names(manifest: Manifest, part: Contribution) -> None:
    """Names begin with the plugin they belong to."""
    plugin_id = manifest.id
    for screen in part.screens:
        if screen.plugin != plugin_id:
            raise WiringError(_l("the screen “%(screen)s” must be named %(prefix)s<Model>", screen=screen.resource, prefix=f"{plugin_id}."), at=(step(screen),))
    for page in part.pages:
        if page.plugin != plugin_id:
            raise WiringError(_l("the page “%(page)s” must be named %(prefix)s<Name>", page=page.resource, prefix=f"{plugin_id}."), at=(step(page),))
    for model in part.models:
        if not model.__tablename__.startswith(f"{plugin_id}__"):
            raise WiringError(_l("the table “%(table)s” must start with %(prefix)s", table=model.__tablename__, prefix=f"{plugin_id}__"), at=model)
    for view in (*part.views, *part.apis):
        rights = str(getattr(view, "class_permission_name", None) or "")
        if not rights.startswith(f"{plugin_id}."):
            what = _l("class_permission_name must start with %(prefix)s", prefix=f"{plugin_id}.")
            raise WiringError(_l("%(where)s: %(what)s", where=view.__name__, what=what), at=view)
    for event in part.events:
        if not event.name.startswith(f"{plugin_id}."):
            raise WiringError(_l("the event “%(event)s” must start with %(prefix)s", event=event.name, prefix=f"{plugin_id}."), at=event)
        event.check()
    jobs = [*part.jobs, *(s.job for s in part.schedules), *(job for jobs in part.handlers.values() for job in jobs)]
    jobs += [webhook.handle for webhook in part.webhooks]
    for job in jobs:
        if not job.name.startswith(f"{plugin_id}."):
            at = [job, *((("def", f"register_{room}"),) for room in ("jobs", "handlers", "schedules", "webhooks"))]
            raise WiringError(_l("the job “%(job)s” must start with %(prefix)s", job=job.name, prefix=f"{plugin_id}."), at=at)
    for words in part.audit_words:
        if not words.action.startswith(f"{plugin_id}."):
            what = _l("the act “%(act)s” must start with %(prefix)s", act=words.action, prefix=f"{plugin_id}.")
            raise WiringError(what, at=(step(words),))
    everywhere = {job.name for job in part.handlers.get(EVERY, ())}
    for named, handlers in part.handlers.items():
        for job in handlers:
            if named != EVERY and job.name in everywhere:
                raise WiringError(_l("register_handlers: the job “%(job)s” hears every event, and is named for one once more", job=job.name), at=job)


def _check_ids(part: Contribution) -> None:
    """Nothing of one plugin is there twice."""
    for room in _WITH_ID:
        _once(room, [(entry.id, entry) for entry in getattr(part, room)])
    for room in ("importers", "exporters"):
        _once(room, [(entry.kind, entry) for entry in getattr(part, room)])
    _once("screens", [(screen.resource, screen) for screen in part.screens])
    _once("pages", [(page.resource, page) for page in part.pages])
    _once("webhooks", [(f"{webhook.id}{webhook.path}", webhook) for webhook in part.webhooks])
    _once("choices", [(f"{choice.id} ({choice.per})", choice) for choice in part.choices])
    _once("events", [(f"{event.name}@{event.version}", event) for event in part.events])
    _once("audit_words", [(words.action, words) for words in part.audit_words])
    _once("permissions", [(f"{one.name} ({one.resource})", one) for one in part.permissions])
    _once("slots", [(f"{step(slot.add)[0]} {name_of(slot.add)} ({slot.screen})", slot.add) for slot in part.slots])
    for choice in part.choices:
        if not is_name(choice.id):
            what = _l("a name is made of letters, digits and underscores")
            raise WiringError(_l("%(where)s: %(what)s", where=called(choice), what=what), at=(step(choice),))


def _once(room: str, named: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, thing in named:
        if name in seen:
            at = thing if isinstance(thing, type) else (("def", f"register_{room}"), step(thing))
            raise WiringError(_l("register_%(room)s: “%(name)s” is there twice", room=room, name=name), at=at)
        seen.add(name)


def _check_taken(host: Host, part: Contribution) -> None:
    """What another plugin has stays with it."""
    routes = {screen.route: owner for owner, other in host.parts.items() for screen in other.screens}
    routes |= {page.route: owner for owner, other in host.parts.items() for page in other.pages}
    claiming: list[Screen | Page] = [*part.screens, *part.pages]
    for screen in claiming:
        owner = routes.get(screen.route)
        if owner is not None or [one.route for one in claiming].count(screen.route) > 1:
            what = _l("the route “%(route)s” is taken by %(owner)s", route=screen.route, owner=owner or screen.plugin)
            raise WiringError(_l("%(where)s: %(what)s", where=called(screen), what=what), at=(step(screen),))
    for room, attribute in (("webhooks", "id"), ("importers", "kind"), ("exporters", "kind"), ("metrics", "id"), ("dimensions", "id"), ("dashboards", "id")):
        owners = {getattr(entry, attribute): owner for owner, other in host.parts.items() for entry in getattr(other, room)}
        for entry in getattr(part, room):
            name = getattr(entry, attribute)
            if name in owners:
                raise WiringError(_l("register_%(room)s: “%(name)s” is taken by %(owner)s", room=room, name=name, owner=owners[name]), at=(step(entry),))


def wire(host: Host) -> Fault | None:
    """Put everything where it is looked up. Answers what is wrong with the first plugin that does not fit, if one does not."""
    host.kinds = {kind.name: kind for kind in host.every("kinds")}
    host.acts = {event.name: AuditWords(event.name, event.words) for event in host.every("events") if event.words}
    host.acts |= {words.action: words for words in host.every("audit_words")}
    host.help_targets = {target.key: target for target in reversed(host.every("help_targets"))}
    host.screens = {screen.resource: screen for screen in host.every("screens")}
    for rooms in (host.field_savers, host.line_savers, host.jobs, host.handlers, host.events, host.approvals):
        rooms.clear()  # type: ignore[attr-defined]
    host.schedules.clear()
    slots = [(one, plugin_id) for plugin_id, part in host.parts.items() for slot in part.slots for one in _spread(host, slot)]
    steps: list[tuple[str, Any, Any]] = [(owner, _add_slot, slot) for slot, owner in sorted(slots, key=lambda pair: pair[0].order)]
    steps += [(plugin_id, act, part) for act in (_add_work, _check_work) for plugin_id, part in host.parts.items()]
    for plugin_id, act, thing in steps:
        try:
            act(host, plugin_id, thing)
        except NO_REASON:
            raise
        except BaseException as error:
            if plugin_id == "core":
                raise
            return fault_of(host.manifests[plugin_id], "build", error)
    return None


def _add_slot(host: Host, plugin_id: str, slot: Any) -> None:
    screen: Screen | None = host.screens.get(slot.screen)
    if screen is None:  # the other plugin is disabled or absent
        return
    if plugin_id != screen.plugin and plugin_id != "core":
        check_slot(slot, screen)
        if isinstance(slot.add, Field) and not callable(screen.fields) and slot.within is None:
            check_form((*screen.fields, slot.add), screen.fieldsets, slot)
        slot = _prefixed(plugin_id, contain_slot(slot, screen, host.manifests[plugin_id], host.book))
    if slot.within is not None:
        _add_within(host, screen, slot)
        return
    room = _SLOT_ROOM[type(slot.add)]
    there = getattr(screen, room)
    if not callable(there) and any(name_of(other) == name_of(slot.add) for other in there):
        what = _l("is there twice")
        raise WiringError(_l("%(where)s: %(what)s", where=f"{called(slot.add)} ({slot.screen})", what=what), at=(("Slot", slot.screen), step(slot.add)))
    more: dict[str, Any] = {room: _with_field(there, slot.add) if callable(there) else (*there, slot.add)}
    host.screens[slot.screen] = replace(screen, **more)
    if slot.save is not None:
        host.field_savers[slot.screen, slot.add.name] = slot.save


def _add_within(host: Host, screen: Screen, slot: Slot) -> None:
    """A field in each line of a field of the screen."""
    assert not callable(screen.fields)  # see check_slot
    lines = next(f for f in screen.fields if f.name == slot.within)
    if any(part.name == name_of(slot.add) for part in lines.rows):
        what = _l("is there twice")
        raise WiringError(_l("%(where)s: %(what)s", where=f"{called(slot.add)} ({slot.screen})", what=what), at=(("Slot", slot.screen), step(slot.add)))
    added: Field = slot.add  # type: ignore[assignment] # see check_slot
    rows = tuple(sorted((*lines.rows, added), key=lambda part: part.order))
    host.screens[slot.screen] = replace(screen, fields=tuple(replace(f, rows=rows) if f is lines else f for f in screen.fields))
    host.line_savers.setdefault(slot.screen, {}).setdefault(lines.name, {})[name_of(slot.add)] = slot.save


def _spread(host: Host, slot: Slot) -> list[Slot]:
    """A field that loads what it holds is a column too: of the detail, of REST and of files."""
    load, f, screen = slot.load, slot.add, host.screens.get(slot.screen)
    if load is None or screen is None or not isinstance(f, Field):
        return [slot]
    key = screen.key

    def get(db: Any, row: Any) -> Any:
        from ..web.context import reader

        row_id = getattr(row, key)
        return load(db, reader(), [row_id]).get(row_id)

    spread = [replace(slot, add=f if f.get is not None else replace(f, get=get))]
    if (BUILT_IN | host.kinds)[f.kind].column and not isinstance(f.permission, tuple):  # a column has rights of its screen alone
        column = Column(
            f.name, f.label, f.kind, choices=() if callable(f.choices) else f.choices, decimals=f.decimals, to=f.to,
            load=load, permission=f.permission, wide=False, order=f.order,
        )  # fmt: skip
        spread.append(Slot(slot.screen, column, order=slot.order))
    return spread


def _prefixed(plugin_id: str, slot: Slot) -> Slot:
    """What is added to a screen of another plugin bears the name of the one it comes from: two ``refund`` never meet."""
    name = f"{plugin_id}__{name_of(slot.add)}"
    return replace(slot, add=replace(slot.add, id=name) if isinstance(slot.add, Section) else replace(slot.add, name=name))


def _with_field(fields: Any, added: Field) -> Any:
    return lambda: (*fields(), added)


def _add_work(host: Host, plugin_id: str, part: Contribution) -> None:
    for job in part.jobs:
        host.jobs[job.name] = job
    for what in part.approvals:
        check_approvable(plugin_id, what, host.screens)
        host.approvals[f"{plugin_id}.{what.id}"] = what
    for webhook in part.webhooks:
        host.jobs[webhook.handle.name] = webhook.handle
    for event in part.events:
        host.events[f"{event.name}@{event.version}"] = event
    for event_or_name, jobs in part.handlers.items():
        name = event_or_name if isinstance(event_or_name, str) else f"{event_or_name.name}@{event_or_name.version}"
        host.handlers.setdefault(name, []).extend(jobs)
        for job in jobs:
            host.jobs[job.name] = job
    for schedule in part.schedules:
        host.schedules.append((plugin_id, schedule))
        host.jobs[schedule.job.name] = schedule.job


def _check_work(host: Host, plugin_id: str, part: Contribution) -> None:
    named = {e if isinstance(e, str) else f"{e.name}@{e.version}": jobs for e, jobs in part.handlers.items()}
    for error in check_jobs(named, part.schedules, host.events):
        raise error
