"""One generation of the plugin host: what the enabled plugins add, collected and checked once.

Hooks are called one plugin at a time. One that raises is quarantined, with everything it had added
and with the plugins that require it; the others go on.
"""

from __future__ import annotations

import importlib
import logging
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import pluggy

from ..hookspecs import data, screens, work
from ..kernel.errors import DomainError, WiringError
from ..web.describe import Action, Column, Field, Filter, MenuItem, Screen, SearchProvider, Section, Slot, Widget
from .declare import DemoData, Exporter, Importer, JobDef, Permission, RolePreset, Schedule, SettingTest
from .manifest import Manifest

log = logging.getLogger(__name__)

CORE_SPECS = (data, screens, work)
_SLOT_ROOM = {Column: "columns", Filter: "filters", Action: "actions", Section: "sections", Field: "fields"}


@dataclass(frozen=True)
class Fault:
    """Why a plugin is not running: a sentence for people, the traceback for its author."""

    plugin: str
    stage: str  # manifest | requires | import | migrate | build | hook
    sentence: str
    detail: str = ""


@dataclass
class Contribution:
    """What one plugin adds."""

    models: list[type[Any]] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    views: list[type[Any]] = field(default_factory=list)
    apis: list[type[Any]] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    menu: list[MenuItem] = field(default_factory=list)
    widgets: list[Widget] = field(default_factory=list)
    search: list[SearchProvider] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    role_presets: list[RolePreset] = field(default_factory=list)
    setting_tests: dict[str, SettingTest] = field(default_factory=dict)
    events: list[type[Any]] = field(default_factory=list)
    handlers: dict[Any, list[JobDef]] = field(default_factory=dict)
    jobs: list[JobDef] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    importers: list[Importer] = field(default_factory=list)
    exporters: list[Exporter] = field(default_factory=list)
    demo: list[DemoData] = field(default_factory=list)


@dataclass
class Host:
    """Everything that is enabled now. Never changed after it was built: a toggle builds another."""

    manager: pluggy.PluginManager
    manifests: dict[str, Manifest] = field(default_factory=dict)  # enabled and running, in order of requires
    parts: dict[str, Contribution] = field(default_factory=dict)  # "core" and each of these plugins
    faults: dict[str, Fault] = field(default_factory=dict)
    screens: dict[str, Screen] = field(default_factory=dict)  # with the slots of other plugins
    field_savers: dict[tuple[str, str], Any] = field(default_factory=dict)
    jobs: dict[str, JobDef] = field(default_factory=dict)
    handlers: dict[str, list[JobDef]] = field(default_factory=dict)
    schedules: list[tuple[str, Schedule]] = field(default_factory=list)
    events: dict[str, type[Any]] = field(default_factory=dict)
    generation: int = 0

    def every(self, room: str) -> list[Any]:
        """All entries of one room (``menu``, ``widgets``, ...) in order: core, then plugins; by ``order`` where it has one."""
        entries = [entry for part in self.parts.values() for entry in getattr(part, room)]
        return sorted(entries, key=lambda entry: getattr(entry, "order", 100))

    def call(self, hook: str, *, strict: bool = True, **arguments: Any) -> list[tuple[str, Any]]:
        """Call a hook that a plugin offers, one plugin after another: ``[(plugin id, result)]``.

        A refusal (``DomainError``) always reaches the caller. Another exception does so when
        ``strict``, for hooks whose silence would cost money; else it is logged and the others go on.
        """
        caller = getattr(self.manager.hook, hook)
        results = []
        for implementation in caller.get_hookimpls():
            names = implementation.argnames
            try:
                result = implementation.function(**{name: arguments[name] for name in names})
            except DomainError:
                raise
            except Exception:
                if strict:
                    raise
                log.exception("plugin %s failed in %s", implementation.plugin_name, hook)
                continue
            results.append((implementation.plugin_name, result))
        # pluggy keeps the last registered first; ours run in the order of requires.
        position = {plugin: index for index, plugin in enumerate(self.manifests)}
        return sorted(results, key=lambda pair: position.get(pair[0], -1))

    def hook_table(self) -> list[dict[str, Any]]:
        """Every hook with its first sentence and the plugins that implement it."""
        rows = []
        for name in sorted(vars(self.manager.hook)):
            caller = getattr(self.manager.hook, name)
            if name.startswith("_") or not caller.has_spec():
                continue
            doc = (caller.spec.function.__doc__ or "").strip().split("\n")[0]
            rows.append({"name": name, "doc": doc, "plugins": [i.plugin_name for i in caller.get_hookimpls()]})
        return rows


def build_host(
    manifests: Mapping[str, Manifest], enabled: Iterable[str], core: Contribution, *, unready: Mapping[str, str] | None = None
) -> Host:
    """Collect what ``enabled`` plugins add. Never raises because of a plugin: see ``faults``.

    :param unready: plugins whose tables are not there yet, with the reason; their code is not imported.
    """
    manager = pluggy.PluginManager("zhanggui")
    for module in CORE_SPECS:
        manager.add_hookspecs(module)
    host = Host(manager)
    wanted = set(enabled) & set(manifests)
    loaded: dict[str, ModuleType] = {}
    for plugin_id, manifest in manifests.items():
        if plugin_id not in wanted:
            continue
        fault = _reason_to_refuse(manifest, wanted, host, unready or {})
        if fault is None:
            try:
                module = importlib.import_module(f"{manifest.package}.plugin")
                offered = getattr(module, "register_hookspecs", None)
                for specs in offered() if offered else ():
                    manager.add_hookspecs(specs)
                manager.register(module, plugin_id)
                loaded[plugin_id] = module
            except Exception as error:
                fault = _fault(plugin_id, "import", error)
        if fault is None:
            host.manifests[plugin_id] = manifest
        else:
            host.faults[plugin_id] = fault
    host.parts["core"] = core
    for plugin_id in list(host.manifests):
        gone = [need for need in manifests[plugin_id].requires if need in host.faults]
        if gone:
            _drop(host, Fault(plugin_id, "requires", f"{plugin_id} needs {gone[0]}, which is not running"))
            continue
        try:
            _check_hook_names(host, plugin_id, loaded[plugin_id], manifests)
            part = _collect(loaded[plugin_id])
            _check_names(host, plugin_id, part)
            host.parts[plugin_id] = part
        except Exception as error:
            _drop(host, _fault(plugin_id, "build", error))
    _wire(host)
    return host


def _reason_to_refuse(manifest: Manifest, wanted: set[str], host: Host, unready: Mapping[str, str]) -> Fault | None:
    if not manifest.compatible:
        return Fault(manifest.id, "manifest", f"{manifest.id} was written for a newer core (API level {manifest.api_level})")
    for need in manifest.requires:
        if need not in host.manifests:
            return Fault(manifest.id, "requires", f"{manifest.id} needs {need}, which is not running")
    for other in manifest.conflicts:
        if other in wanted:
            return Fault(manifest.id, "requires", f"{manifest.id} cannot run beside {other}")
    if manifest.id in unready:
        return Fault(manifest.id, "migrate", unready[manifest.id])
    return None


def _fault(plugin_id: str, stage: str, error: BaseException) -> Fault:
    log.error("plugin %s is quarantined (%s): %s", plugin_id, stage, error)
    sentence = f"{type(error).__name__}: {error}"[:500]
    return Fault(plugin_id, stage, sentence, "".join(traceback.format_exception(error))[-6000:])


def _drop(host: Host, fault: Fault) -> None:
    host.faults[fault.plugin] = fault
    host.manifests.pop(fault.plugin, None)
    host.parts.pop(fault.plugin, None)
    if host.manager.has_plugin(fault.plugin):
        host.manager.unregister(name=fault.plugin)


def _check_hook_names(host: Host, plugin_id: str, module: ModuleType, manifests: Mapping[str, Manifest]) -> None:
    """A misspelt hook would be silent; one that a disabled or absent plugin offers is fine."""
    for name, function in vars(module).items():
        if hasattr(function, "zhanggui_impl") and not getattr(host.manager.hook, name).has_spec():
            _refuse_unknown(name, manifests, host)


def _refuse_unknown(name: str, manifests: Mapping[str, Manifest], host: Host) -> None:
    owner = next((i for i in manifests if name.startswith(f"{i}_")), None)
    if owner is None or owner in host.manifests:
        raise WiringError(f"there is no hook {name!r}")


def _collect(module: ModuleType) -> Contribution:
    part = Contribution()
    for room in vars(part):
        function = getattr(module, f"register_{room}", None)
        if function is None or not hasattr(function, "zhanggui_impl"):
            continue
        got = function()
        kind = dict if isinstance(getattr(part, room), dict) else list
        setattr(part, room, kind(got or ()))
    return part


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
    for job in part.jobs:
        if not job.name.startswith(f"{plugin_id}."):
            raise WiringError(f"job {job.name!r} must start with {plugin_id}.")


def _wire(host: Host) -> None:
    for screen in host.every("screens"):
        host.screens[screen.resource] = screen
    for slot in sorted(host.every("slots"), key=lambda slot: slot.order):
        screen = host.screens.get(slot.screen)
        if screen is None:  # the other plugin is disabled or absent
            continue
        room = _SLOT_ROOM[type(slot.add)]
        more: dict[str, Any] = {room: (*getattr(screen, room), slot.add)}
        host.screens[slot.screen] = replace(screen, **more)
        if slot.save is not None:
            host.field_savers[slot.screen, slot.add.name] = slot.save
    for plugin_id, part in host.parts.items():
        for job in part.jobs:
            host.jobs[job.name] = job
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
