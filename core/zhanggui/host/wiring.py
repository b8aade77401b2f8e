"""From contributions to a host: names checked against each other, slots put into screens, functions contained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..kernel.errors import WiringError
from ..kernel.phases import ThreePhases
from ..web.describe import Action, Column, Field, Filter, Screen, Section
from .checks import check_decimals, check_form, check_kind, check_kinds, check_schedule, check_slot, check_webhook, is_name
from .contain import contain_kind, contain_shared, contain_slot, contain_test
from .declare import EVERY
from .host import NO_REASON, Contribution, Fault, Host, fault_of

_SLOT_ROOM = {Column: "columns", Filter: "filters", Action: "actions", Section: "sections", Field: "fields"}


def adopt(host: Host, plugin_id: str, part: Contribution) -> Contribution:
    """A plugin's part, checked beside those that are there, with contained functions on pages that all share.

    :raises WiringError: naming what is wrong.
    """
    manifest = host.manifests[plugin_id]
    _check_names(host, plugin_id, part)
    taken = {kind.name: kind for other in host.parts.values() for kind in other.kinds}
    for kind in part.kinds:
        check_kind(kind, taken)
        taken[kind.name] = kind
    check_kinds(_of_kinds(part), taken)
    for screen in part.screens:
        if not callable(screen.fields):
            check_form(screen.fields, screen.fieldsets, screen.resource)
        check_decimals(screen)
    for schedule in part.schedules:
        check_schedule(plugin_id, schedule)
    for webhook in part.webhooks:
        check_webhook(webhook)
    actions = [*(slot.add for slot in part.slots if isinstance(slot.add, Action)), *(a for screen in part.screens for a in screen.actions)]
    for action in actions:
        check_form(action.fields, action.fieldsets, f"action {action.name!r}")
        if isinstance(action.run, ThreePhases) and action.run.resume not in part.jobs:
            raise WiringError(f"action {action.name!r}: register_jobs must name {action.run.resume.name}, which goes on with what was claimed")
    part.kinds = [contain_kind(kind, manifest, host.book) for kind in part.kinds]
    for room in ("screens", "menu", "widgets", "search", "demo", "webhooks"):
        setattr(part, room, [contain_shared(room, thing, manifest, host.book) for thing in getattr(part, room)])
    part.setting_tests = {key: contain_test(key, test, manifest, host.book) for key, test in part.setting_tests.items()}
    return part


def _of_kinds(part: Contribution) -> list[Any]:
    """Everything of a part that has a kind of value."""
    added = [slot.add for slot in part.slots]
    screens = [(s.columns, s.filters, () if callable(s.fields) else s.fields, *(a.fields for a in s.actions)) for s in part.screens]
    return [
        *(thing for thing in added if isinstance(thing, Column | Field | Filter)),
        *(f for action in added if isinstance(action, Action) for f in action.fields),
        *(thing for rooms in screens for room in rooms for thing in room),
    ]


def _check_names(host: Host, plugin_id: str, part: Contribution) -> None:
    for screen in part.screens:
        if screen.plugin != plugin_id:
            raise WiringError(f"screen {screen.resource!r} must be named {plugin_id}.<Model>")
        for other in host.parts.values():
            if any(screen.resource == s.resource or screen.route == s.route for s in other.screens):
                raise WiringError(f"screen {screen.resource!r} or its route {screen.route!r} is taken")
    for model in part.models:
        if not model.__tablename__.startswith(f"{plugin_id}__"):
            raise WiringError(f"table {model.__tablename__!r} must start with {plugin_id}__")
    for event in part.events:
        event.check()
    jobs = [*part.jobs, *(s.job for s in part.schedules), *(job for jobs in part.handlers.values() for job in jobs)]
    jobs += [webhook.handle for webhook in part.webhooks]
    for job in jobs:
        if not job.name.startswith(f"{plugin_id}."):
            raise WiringError(f"job {job.name!r} must start with {plugin_id}.")
    everywhere = {job.name for job in part.handlers.get(EVERY, ())}
    for event, handlers in part.handlers.items():
        if event != EVERY and everywhere & {job.name for job in handlers}:
            raise WiringError(f"register_handlers: a job of {EVERY!r} is told of {event!r} anyhow")
    for room in ("schedules", "menu", "widgets", "search", "demo"):
        ids = [entry.id for entry in getattr(part, room)]
        if len(set(ids)) < len(ids):
            raise WiringError(f"register_{room}: the id {max(ids, key=ids.count)!r} is there twice")
    for choice in part.choices:
        if not is_name(choice.id) or sum((c.id, c.per) == (choice.id, choice.per) for c in part.choices) > 1:
            raise WiringError(f"register_choices: {choice.id!r} is no name, or there twice")
    addresses = [f"{webhook.id}{webhook.path}" for webhook in part.webhooks]
    if len(set(addresses)) < len(addresses):
        raise WiringError(f"register_webhooks: /notify/{max(addresses, key=addresses.count)} is there twice")
    for other in host.parts.values():
        for webhook in other.webhooks:
            if webhook.id in {own.id for own in part.webhooks}:
                raise WiringError(f"the webhook {webhook.id!r} is taken")
    for room in ("importers", "exporters"):
        taken = {entry.kind for other in host.parts.values() for entry in getattr(other, room)}
        clash = [entry.kind for entry in getattr(part, room) if entry.kind in taken]
        if clash:
            raise WiringError(f"the kind {clash[0]!r} of {room} is taken")


def wire(host: Host) -> Fault | None:
    """Put everything where it is looked up. Answers what is wrong with the first plugin that does not fit, if one does not."""
    host.kinds = {kind.name: kind for kind in host.every("kinds")}
    host.help_targets = {target.key: target for target in reversed(host.every("help_targets"))}
    host.screens = {screen.resource: screen for screen in host.every("screens")}
    for rooms in (host.field_savers, host.jobs, host.handlers, host.events):
        rooms.clear()  # type: ignore[attr-defined]
    host.schedules.clear()
    slots = [(slot, plugin_id) for plugin_id, part in host.parts.items() for slot in part.slots]
    steps: list[tuple[str, Any, Any]] = [(owner, _add_slot, slot) for slot, owner in sorted(slots, key=lambda pair: pair[0].order)]
    steps += [(plugin_id, _add_work, part) for plugin_id, part in host.parts.items()]
    for plugin_id, step, thing in steps:
        try:
            step(host, plugin_id, thing)
        except NO_REASON:
            raise
        except BaseException as error:
            if plugin_id == "core":
                raise
            return fault_of(plugin_id, "build", error)
    return None


def _add_slot(host: Host, plugin_id: str, slot: Any) -> None:
    screen: Screen | None = host.screens.get(slot.screen)
    if screen is None:  # the other plugin is disabled or absent
        return
    if plugin_id != screen.plugin and plugin_id != "core":
        check_slot(slot, screen)
        slot = contain_slot(slot, screen, host.manifests[plugin_id], host.book)
    room = _SLOT_ROOM[type(slot.add)]
    there = getattr(screen, room)
    more: dict[str, Any] = {room: _with_field(there, slot.add) if callable(there) else (*there, slot.add)}
    host.screens[slot.screen] = replace(screen, **more)
    if slot.save is not None:
        host.field_savers[slot.screen, slot.add.name] = slot.save


def _with_field(fields: Any, added: Field) -> Any:
    return lambda: (*fields(), added)


def _add_work(host: Host, plugin_id: str, part: Contribution) -> None:
    for job in part.jobs:
        host.jobs[job.name] = job
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
