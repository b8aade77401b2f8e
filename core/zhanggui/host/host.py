"""One generation of the plugin host: what the enabled plugins add, collected and checked once.

Hooks are called one plugin at a time. One that raises is quarantined, with everything it had added
and with the plugins that require it; the others go on.
"""

from __future__ import annotations

import importlib
import logging
import time
import traceback
import typing
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

import pluggy

from ..hookspecs import Terms, data, figures, screens, terms_of, trade, work
from ..i18n.texts import in_english
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Stop, WiringError
from ..web.blocks import Page
from ..web.describe import HelpTarget, MenuItem, Screen, SearchProvider, Slot, Widget
from ..web.kinds import Kind
from .checks import check_room
from .contain import refuse
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
    PublicEvent,
    RolePreset,
    Schedule,
    SettingTest,
    Total,
    Webhook,
)
from .faults import BUDGET, Called, FaultBook, Place, Watch, said
from .manifest import Manifest
from .measuring import Dashboard, Dimension, Fact, Metric
from .messaging import MessageKind
from .signatures import check_functions, check_hook, check_left_open
from .spots import find, of_error, said_at

log = logging.getLogger(__name__)

CORE_SPECS = (data, figures, screens, trade, work)
NO_REASON = (KeyboardInterrupt, GeneratorExit, Stop)
_LONG_IMPORT = 5.0  # seconds; nobody can end an import that takes for ever, but it can be told which one takes long
_LEFT_OUT = object()


@dataclass(frozen=True)
class Fault:
    """Why a plugin is not running, or what it names in vain: a sentence in the reader's language, the traceback for its author."""

    plugin: str
    stage: str  # manifest | requires | import | migrate | build | hook; check: it runs
    sentence: Any
    detail: str = ""

    @property
    def repair(self) -> str:
        """The key of its repair item."""
        key = f"plugin:{self.plugin}:{self.stage}"
        return f"{key}:{zlib.crc32(in_english(self.sentence).encode()):08x}" if self.stage == "check" else key


@dataclass
class Contribution:
    """What one plugin adds."""

    kinds: list[Kind] = field(default_factory=list)
    models: list[type[Any]] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    views: list[type[Any]] = field(default_factory=list)
    apis: list[type[Any]] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    menu: list[MenuItem] = field(default_factory=list)
    widgets: list[Widget] = field(default_factory=list)
    first_steps: list[FirstStep] = field(default_factory=list)
    help_targets: list[HelpTarget] = field(default_factory=list)
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
    choices: list[CartChoice] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)
    public_events: list[PublicEvent] = field(default_factory=list)
    message_kinds: list[MessageKind] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    dimensions: list[Dimension] = field(default_factory=list)
    dashboards: list[Dashboard] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    approvals: list[Approvable] = field(default_factory=list)
    personal_data: list[PersonalData] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    audit_words: list[AuditWords] = field(default_factory=list)


@dataclass
class Host:
    """Everything that is enabled now. Never changed after it was built: a toggle builds another."""

    manager: pluggy.PluginManager
    manifests: dict[str, Manifest] = field(default_factory=dict)  # enabled and running, in order of requires
    parts: dict[str, Contribution] = field(default_factory=dict)  # "core" and each of these plugins
    faults: dict[str, Fault] = field(default_factory=dict)
    findings: list[Fault] = field(default_factory=list)  # what running plugins name and nothing answers to
    seniority: list[str] = field(default_factory=list)  # parts, the oldest first: what is taken twice stays with the elder
    screens: dict[str, Screen] = field(default_factory=dict)  # with the slots of other plugins
    field_savers: dict[tuple[str, str], Any] = field(default_factory=dict)
    line_savers: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)  # screen -> field -> what stands in its lines
    jobs: dict[str, JobDef] = field(default_factory=dict)
    handlers: dict[str, list[JobDef]] = field(default_factory=dict)
    schedules: list[tuple[str, Schedule]] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)
    help_targets: dict[str, HelpTarget] = field(default_factory=dict)  # by the stable name of what is explained
    events: dict[str, type[Any]] = field(default_factory=dict)
    approvals: dict[str, Approvable] = field(default_factory=dict)  # by "<plugin>.<id>"
    acts: dict[str, AuditWords] = field(default_factory=dict)  # what acts of the trail are called, by their action
    generation: int = 0
    book: FaultBook = field(default_factory=FaultBook)

    def repairs(self) -> dict[str, Fault]:
        """What needs a person, by the key of its repair item."""
        return {fault.repair: fault for fault in (*self.faults.values(), *self.findings)}

    def every(self, room: str) -> list[Any]:
        """All entries of one room (``menu``, ``widgets``, ...) in order: core, then plugins; by ``order`` where it has one."""
        entries = [entry for part in self.parts.values() for entry in getattr(part, room)]
        return sorted(entries, key=lambda entry: getattr(entry, "order", 100))

    def call(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Call a hook that a plugin offers, one plugin after another: ``[(plugin id, result)]``.

        A refusal (``DomainError``) always reaches the caller. One that raises anything else is left out, unless
        the hook is ``strict``: then the whole call is refused in words.
        """
        caller = getattr(self.manager.hook, hook)
        results = []
        for implementation in caller.get_hookimpls():
            given = {name: arguments[name] for name in implementation.argnames}

            def ask(implementation: Any = implementation, given: dict[str, Any] = given) -> Any:
                return _checked(caller.spec.function, implementation.function(**given))

            result = self.contained(implementation.plugin_name, hook, ask, default=_LEFT_OUT)
            if result is not _LEFT_OUT:
                results.append((implementation.plugin_name, result))
        # pluggy keeps the last registered first; ours run in the order of requires.
        position = {plugin: index for index, plugin in enumerate(self.manifests)}
        return sorted(results, key=lambda pair: position.get(pair[0], -1))

    def contained(self, plugin: str, hook: str, function: Callable[..., Any], /, *args: Any, default: Any = None, **kwargs: Any) -> Any:
        """Call what a plugin gave to a hook, on the terms of that hook: ``default`` when it fails, or a refusal in words.

        :raises PluginTrouble: when the hook is ``strict`` and the plugin fails, or failed so often that it is paused.
        """
        terms = self._terms(hook)
        watch = self._hook_watch(plugin, hook, terms)
        instead = (lambda: refuse(watch, terms.strict)) if terms.strict is not None else lambda: default
        return watch.timed(function, *args, instead=instead, budget=BUDGET if terms.strict is not None else None, **kwargs)

    def tell(self, plugin: str, kind: str, name: str, sentence: str) -> None:
        """Put on the repairs page what a plugin offers and cannot be taken, such as a path that another one has.

        The plugin goes on without it. :param kind: the word for such a thing, as in :class:`Place`.
        """
        manifest = self.manifests.get(plugin)
        self.book.watch(Place(plugin, kind, name, name, names=manifest.name if manifest else {})).failed(WiringError(sentence))

    def refuses(self, hook: str) -> bool:
        """Whether what calls this hook is refused while a plugin fails in it."""
        caller = getattr(self.manager.hook, hook, None)
        return caller is not None and caller.has_spec() and self._terms(hook).strict is not None

    def rights_to_set(self, plugin: str) -> list[tuple[str, str]]:
        """What somebody needs, beside the right to the settings, who changes settings of this plugin: see :class:`Terms`."""
        found = []
        for name, caller in vars(self.manager.hook).items():
            if not name.startswith("_") and caller.has_spec() and (right := self._terms(name).settings) is not None:
                answering = {implementation.plugin_name for implementation in caller.get_hookimpls()}
                if plugin in answering or name.startswith(f"{plugin}_"):
                    found.append(right)
        return found

    def _terms(self, hook: str) -> Terms:
        return terms_of(getattr(self.manager.hook, hook).spec.function)

    def _hook_watch(self, plugin: str, hook: str, terms: Terms) -> Watch:
        manifest = self.manifests.get(plugin)
        return self.book.watch(Place(plugin, "hook", hook, terms.words or hook, names=manifest.name if manifest else {}))

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
    manifests: Mapping[str, Manifest], enabled: Iterable[str], core: Contribution, *, unready: Mapping[str, Any] | None = None,
    book: FaultBook | None = None, since: Mapping[str, Any] | None = None, icons: Collection[str] = (),
) -> Host:  # fmt: skip
    """Collect what ``enabled`` plugins add. Never raises because of a plugin: see ``faults`` and ``findings``.

    :param unready: plugins whose tables are not there yet, with the reason; their code is not imported.
    :param book: where faults are counted while they run; those of the process, so that a build does not forget them.
    :param since: since when each is on: of two that want the same route or kind, the one that came later is refused.
    :param icons: those that the theme has; none: they are not looked at.
    """
    from . import hosted
    from .names import unanswered
    from .wiring import adopt, wire

    manager = pluggy.PluginManager("zhanggui")
    for module in CORE_SPECS:
        manager.add_hookspecs(module)
    host = Host(manager, book=book or FaultBook())
    wanted = set(enabled) & set(manifests)
    loaded: dict[str, ModuleType] = {}
    for plugin_id, manifest in manifests.items():
        if plugin_id not in wanted:
            continue
        fault = _reason_to_refuse(manifest, wanted, manifests, host, unready or {})
        if fault is None:
            try:
                loaded[plugin_id] = _load(manifest, host)
            except NO_REASON:
                raise
            except BaseException as error:  # a plugin that calls sys.exit() ends itself, not the shop
                fault = fault_of(manifest, "import", error)
        if fault is None:
            host.manifests[plugin_id] = manifest
        else:
            host.faults[plugin_id] = fault
    host.parts["core"] = core
    for plugin_id in _by_age(host.manifests, since or {}):
        if plugin_id not in host.manifests:  # it went with one that it requires
            continue
        try:
            _check_hooks(host, plugin_id, loaded[plugin_id], manifests)
            manager.register(loaded[plugin_id], plugin_id)
            host.parts[plugin_id] = adopt(host, plugin_id, _collect(loaded[plugin_id]))
        except NO_REASON:
            raise
        except BaseException as error:
            drop(host, fault_of(manifests[plugin_id], "build", error))
            drop_needing(host, manifests)
    host.seniority = list(host.parts)
    host.parts = {plugin_id: host.parts[plugin_id] for plugin_id in ("core", *host.manifests)}
    while (faulty := wire(host)) is not None:
        drop(host, faulty)
        drop_needing(host, manifests)
    with hosted(host):  # a filter of a plugin's own kind is read by the kinds of this generation
        host.findings = [fault_of(manifests[plugin_id], "check", error) for plugin_id, error in unanswered(host, icons)]
    return host


def _by_age(plugins: Iterable[str], since: Mapping[str, Any]) -> list[str]:
    """The oldest first; those that came together, or whose age nobody knows, as they stand."""
    known = sorted(since.values())
    return sorted(plugins, key=lambda plugin_id: known.index(since[plugin_id]) if plugin_id in since else len(known))


def _load(manifest: Manifest, host: Host) -> ModuleType:
    started = time.perf_counter()
    module = importlib.import_module(f"{manifest.package}.plugin")
    took = time.perf_counter() - started
    if took > _LONG_IMPORT:
        host.book.watch(Place(manifest.id, "import", "plugin", names=manifest.name)).slow(took)
    offered = getattr(module, "register_hookspecs", None)
    for specs in offered() if offered else ():
        strange = [name for name, f in vars(specs).items() if hasattr(f, "zhanggui_spec") and not name.startswith(f"{manifest.id}_")]
        if strange:
            raise WiringError(_l("the hook “%(hook)s” must start with %(prefix)s", hook=strange[0], prefix=f"{manifest.id}_"), at=getattr(specs, strange[0]))
        host.manager.add_hookspecs(specs)
    return module


def _reason_to_refuse(
    manifest: Manifest, wanted: set[str], manifests: Mapping[str, Manifest], host: Host, unready: Mapping[str, Any]
) -> Fault | None:
    if not manifest.compatible:
        return Fault(manifest.id, "manifest", _l("It was written for a newer core (API level %(level)s).", level=manifest.api_level))
    for need in manifest.requires:
        why = _unmet(manifest, need, wanted, manifests, host)
        if why is not None:
            return Fault(manifest.id, "requires", why)
    for other in manifest.conflicts:
        if other in wanted:
            return Fault(manifest.id, "requires", _l("It cannot run beside %(other)s.", other=named(other, manifests)))
    if manifest.id in unready:
        return Fault(manifest.id, "migrate", unready[manifest.id])
    return None


def _unmet(manifest: Manifest, need: str, wanted: set[str], manifests: Mapping[str, Manifest], host: Host) -> Any:
    """Why a requirement is not met, in words; None when it is."""
    there, asked = manifests.get(need), manifest.versions.get(need)
    if there is None:
        return _l("It needs %(needs)s, which is not installed.", needs=need)
    if asked is not None and not asked.contains(there.version, prereleases=True):
        return _l("It needs %(needs)s in version %(asked)s; version %(there)s is installed.", needs=named(need, manifests), asked=str(asked), there=there.version)
    if need not in wanted:
        return _l("It needs %(needs)s, which is switched off.", needs=named(need, manifests))
    return None if need in host.manifests else _l("It needs %(needs)s, which does not run.", needs=named(need, manifests))


def named(plugin_id: str, manifests: Mapping[str, Manifest]) -> Any:
    """A plugin by the name that whoever reads knows, and by the one that commands take."""
    manifest = manifests.get(plugin_id)
    return _l("%(name)s (%(id)s)", name=Called(plugin_id, manifest.name), id=plugin_id) if manifest else plugin_id


def fault_of(manifest: Manifest, stage: str, error: BaseException) -> Fault:
    """What went wrong with a plugin, with file and line; logged once."""
    if isinstance(error, WiringError):
        sentence = said_at(error.sentence, find(manifest.path, error.at) or of_error(manifest.path, error))
    elif stage == "import":
        sentence = said_at(_l("It cannot be loaded: %(error)s", error=said(error)[:300]), of_error(manifest.path, error))
    else:
        sentence = said_at(said(error)[:300], of_error(manifest.path, error))
    log.log(logging.WARNING if stage == "check" else logging.ERROR, "plugin %s (%s): %s", manifest.id, stage, in_english(sentence))
    return Fault(manifest.id, stage, sentence, "" if stage == "check" else "".join(traceback.format_exception(error))[-6000:])


def drop(host: Host, fault: Fault) -> None:
    """Leave a plugin out of a host, with everything that it had added."""
    host.faults[fault.plugin] = fault
    host.manifests.pop(fault.plugin, None)
    host.parts.pop(fault.plugin, None)
    if host.manager.has_plugin(fault.plugin):
        host.manager.unregister(name=fault.plugin)


def drop_needing(host: Host, manifests: Mapping[str, Manifest]) -> None:
    """Leave out those that require one which was left out."""
    for plugin_id, manifest in list(host.manifests.items()):
        gone = [need for need in manifest.requires if need in host.faults]
        if gone:
            drop(host, Fault(plugin_id, "requires", _l("It needs %(needs)s, which does not run.", needs=named(gone[0], manifests))))


def _check_hooks(host: Host, plugin_id: str, module: ModuleType, manifests: Mapping[str, Manifest]) -> None:
    """A misspelt hook would be silent. One that a disabled plugin offers is fine, and one of a plugin that ``after`` names and that is not here."""
    for name, function in vars(module).items():
        if not hasattr(function, "zhanggui_impl"):
            continue
        caller = getattr(host.manager.hook, name, None)
        if caller is not None and caller.has_spec():
            check_hook(name, function, caller.spec.argnames)
            if not name.startswith("register_"):  # what those give is looked at when it is collected
                _check_given(function, caller.spec)
            continue
        owner = next((i for i in (*manifests, *manifests[plugin_id].after) if name.startswith(f"{i}_")), None)
        if owner is None or owner in host.manifests:
            raise WiringError(_l("there is no hook “%(hook)s”", hook=name), at=function)


def _check_given(function: Callable[..., Any], spec: Any) -> None:
    """The functions in what a hook gives can be called as they will be, where it gives data without being told anything."""
    origin, inner = _promised(spec.function)
    if spec.argnames or origin is not Sequence or not isinstance(inner[0], type):
        return
    try:
        given = list(function() or ())
    except Exception:  # contained where it is asked in earnest
        log.debug("a hook could not be asked while it was loaded", exc_info=True)
        return
    for thing in given:
        if isinstance(thing, inner[0]):
            check_left_open(thing)
            check_functions(thing)
            _check_by_terms(thing, terms_of(spec.function))


def _check_by_terms(thing: Any, terms: Terms) -> None:
    """What whoever offers the hook looks at; whatever its plugin's code raises there is told with its place."""
    if terms.check is None:
        return
    try:
        terms.check(thing)
    except Exception as error:
        why = error.args[0] if isinstance(error, ValueError) and error.args else said(error)
        raise WiringError(_l("%(where)s: %(what)s", where=type(thing).__name__, what=why), at=type(thing)) from error


def _collect(module: ModuleType) -> Contribution:
    part = Contribution()
    for room in vars(part):
        function = getattr(module, f"register_{room}", None)
        if function is not None and hasattr(function, "zhanggui_impl"):
            setattr(part, room, check_room(room, function()))
    return part


@cache
def _promised(spec: Callable[..., Any]) -> tuple[Any, tuple[Any, ...]]:
    promised = typing.get_type_hints(spec).get("return")
    return typing.get_origin(promised), typing.get_args(promised)


def _checked(spec: Callable[..., Any], result: Any) -> Any:
    """What a hook answered, when it is what its specification promises: a list or mapping of such things."""
    origin, inner = _promised(spec)
    if result is None or origin not in (Sequence, Mapping):
        return result
    if not isinstance(result, origin) or isinstance(result, str):
        raise TypeError(f"a {origin.__name__} is needed, not {type(result).__name__}")
    if origin is Sequence and isinstance(inner[0], type) and not all(isinstance(one, inner[0]) for one in result):
        raise TypeError(f"a list of {inner[0].__name__} is needed")
    return result
