"""Enabling, disabling and repairing plugins, for the gallery screen and the command line."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, inspect, select
from sqlalchemy.orm import Session

from .. import audit
from ..config import identity
from ..config.models import StoredSetting
from ..db.locks import one_at_a_time
from ..db.uow import reading, unit_of_work
from ..db.upsert import insert_or_skip
from ..i18n.texts import in_english, reader
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import ConfigError, DomainError, NotFound
from ..migrations.heads import behind
from ..runtime import Runtime, activated, current_runtime
from ..web.theme import icon_names
from . import faults, generation, use_host
from .core_part import core_part
from .discovery import Found, discover, ordered
from .host import Contribution, Fault, Host, build_host, named
from .manifest import Manifest
from .models import PluginState, Repair
from .permissions import wanted_permissions
from .trial import mounted

if TYPE_CHECKING:
    from ..migrations.runner import Outcome

_lock = threading.Lock()
LOCK = "core.plugins"  # which plugins are on, and the permissions that they bring


_FIRST = "plugins.first_enabled"


class PluginRefused(DomainError):
    """A plugin cannot be enabled or disabled now; the sentence says why."""

    code = "plugin_refused"


@dataclass(frozen=True)
class PluginInfo:
    """One line of the gallery."""

    manifest: Manifest
    state: str  # enabled | disabled | quarantined | incompatible | broken
    reasons: Sequence[Any] = ()  # sentences in the reader's language


def found_plugins(runtime: Runtime) -> Found:
    """What is installed, as this process knows it: code that was imported does not change without a restart."""
    if "found" not in runtime.shared:
        runtime.shared["found"] = discover(runtime.config["plugins.folders"])
    found: Found = runtime.shared["found"]
    return found


def plugin_name(plugin_id: str) -> str:
    """A plugin by the name that whoever reads knows it by, whether it runs or not; its id when it is not installed."""
    manifest = found_plugins(current_runtime()).manifests.get(plugin_id)
    return manifest.text("name", reader().locale) if manifest else plugin_id


def look_again(runtime: Runtime) -> Found:
    """What is installed now: folders that came are taken up while the process runs; those that it knows stay as they are."""
    known, now = found_plugins(runtime), discover(runtime.config["plugins.folders"])
    fresh = []
    for plugin_id, manifest in now.manifests.items():
        if plugin_id not in known.manifests:
            try:
                runtime.config.learn(manifest)
            except ConfigError as error:  # a file sets one of its settings to what it cannot be
                now.broken[manifest.package] = str(error)
            else:
                fresh.append(manifest)
    if fresh or now.broken != known.broken:
        importlib.invalidate_caches()
        kept = known.manifests | {manifest.id: manifest for manifest in fresh}
        runtime.shared["found"] = Found({i: kept[i] for i in ordered(kept)}, now.broken)
    versions = {i: now.manifests[i].version for i in known.manifests if i in now.manifests}
    runtime.shared["waiting"] = {i: version for i, version in versions.items() if version != known.manifests[i].version}
    return found_plugins(runtime)


def _enabled_since(db: Session) -> dict[str, datetime]:
    return dict(db.execute(select(PluginState.id, PluginState.changed_at).where(PluginState.enabled)).tuples().all())


def enabled_ids(db: Session) -> set[str]:
    """The plugins that the merchant wants."""
    return set(db.scalars(select(PluginState.id).where(PluginState.enabled)))


def unready(db: Session, manifests: Mapping[str, Manifest]) -> dict[str, Any]:
    """Plugins whose tables are behind their code, with a sentence each."""
    return {i: _l("Its tables are not up to date: run zhanggui upgrade.") for i in behind(db, manifests)}


def build(runtime: Runtime, enabled: set[str] | None = None) -> Host:
    """The host for a set of plugins (default: as the database says; none in safe mode)."""
    found = found_plugins(runtime)
    with reading() as db:
        stamp = generation.read(db)
        since = _enabled_since(db)
        wanted = set(since) if enabled is None else enabled
        if not wanted <= set(found.manifests):  # it came while this process ran, and another one switched it on
            found = look_again(runtime)
        late = unready(db, found.manifests)
    book = faults.book_of(runtime)
    book.heed(stamp.faults)
    host = build_host(
        found.manifests, set() if runtime.safe_mode else wanted, core_part(), unready=late, book=book, since=since, icons=icon_names(runtime)
    )
    host.generation = stamp.plugins
    for package, sentence in found.broken.items():
        host.faults[package] = Fault(package, "manifest", sentence)
    if not runtime.safe_mode:
        for plugin_id in sorted(wanted - set(found.manifests)):
            host.faults[plugin_id] = Fault(plugin_id, "manifest", _l("It is switched on, but not installed."))
    return host


def present(runtime: Runtime) -> Host:
    """The host that this process has, when it is of the database's generation; else one that is built now."""
    with reading() as db:
        now = generation.read(db).plugins
    host: Host | None = runtime.shared.get("host")
    return host if host is not None and host.generation == now else build(runtime)


def refresh(runtime: Runtime) -> Host:
    """The present generation of this process, rebuilt when the database moved on."""
    with activated(runtime):
        with reading() as db:
            stamp = generation.read(db)
        now = stamp.plugins
        faults.book_of(runtime).heed(stamp.faults)
        host: Host | None = runtime.shared.get("host")
        if host is not None and host.generation == now:
            return host
        with _lock:
            host = runtime.shared.get("host")
            if host is None or host.generation != now:
                host = build(runtime)
                use_host(host)
                if not runtime.safe_mode:
                    record_repairs(host)
            return host


def record_repairs(host: Host) -> None:
    """Keep the list of repairs in step with what this build met. Writes only differences."""
    wanted = host.repairs()
    with reading() as db:
        present = set(db.scalars(select(Repair.id).where(Repair.id.like("plugin:%"))))
    if present == set(wanted):
        return
    with unit_of_work() as db:
        # Every process builds anew at the same moment and finds the same: each row is written and deleted once.
        db.execute(delete(Repair).where(Repair.id.in_(present - set(wanted))))
        for key in sorted(set(wanted) - present):
            fault = wanted[key]
            insert_or_skip(
                db, Repair, id=key, plugin=fault.plugin, title=in_english(fault.sentence)[:200], detail=fault.detail, since=clock.now()
            )


def list_plugins(host: Host) -> list[PluginInfo]:
    """Every installed plugin with its state, and those that are broken before they have a name."""
    infos = []
    found = look_again(current_runtime())
    for plugin_id, manifest in found.manifests.items():
        fault = host.faults.get(plugin_id)
        if fault is not None:
            infos.append(PluginInfo(manifest, "quarantined", [fault.sentence]))
        elif not manifest.compatible:
            why = _l("It was written for a newer core (API level %(level)s).", level=manifest.api_level)
            infos.append(PluginInfo(manifest, "incompatible", [why]))
        else:
            told = [finding.sentence for finding in host.findings if finding.plugin == plugin_id]
            version = current_runtime().shared["waiting"].get(plugin_id)
            if version is not None:
                told.append(_l("Version %(version)s is installed; it runs once the processes were started again.", version=version))
            infos.append(PluginInfo(manifest, "enabled" if plugin_id in host.manifests else "disabled", told))
    return infos + [PluginInfo(nameless(package), "broken", [found.broken[package]]) for package in sorted(found.broken)]


def nameless(package: str) -> Manifest:
    """Stands for a manifest that cannot be read."""
    return Manifest(package, "", 0, Path(), package, {"en": package}, {"en": ""})


def would_add(plugin_id: str) -> Contribution | None:
    """What a plugin that is switched off would add, beside what it requires; None when it cannot be built.

    This imports it: nothing that a page depends on may wait for it.
    """
    runtime = current_runtime()
    manifests = found_plugins(runtime).manifests
    wanted, ahead = set(), [plugin_id]
    while ahead:
        name = ahead.pop()
        if name in manifests and name not in wanted:
            wanted.add(name)
            ahead += manifests[name].requires
    return build(runtime, wanted).parts.get(plugin_id)


def enable_plugin(plugin_id: str, *, actor: Actor, now: datetime) -> None:
    """Switch a plugin on: at the very next request it is there, in every process.

    It is built on trial first; the live processes never meet one that cannot be.

    :raises PluginRefused: when it needs another, clashes with one, or fails to build.
    """
    found = look_again(current_runtime())
    manifest = found.manifests.get(plugin_id)
    if manifest is None:
        broken = found.broken_one(plugin_id)
        if broken is not None:
            raise PluginRefused(_l("%(id)s cannot be enabled: %(why)s"), id=plugin_id, why=broken)
        raise NotFound(_l("There is no plugin %(id)s."), id=plugin_id)
    while True:
        with reading() as db:
            wanted = enabled_ids(db)
        trial = _tried(manifest, wanted)
        if _switch(plugin_id, True, wanted, actor=actor, now=now, trial=trial):
            return


def _tried(manifest: Manifest, wanted: set[str]) -> Host:
    """The host with this plugin beside those that are wanted.

    :raises PluginRefused: when it cannot be.
    """
    runtime = current_runtime()
    manifests = found_plugins(runtime).manifests
    missing = [need for need in manifest.requires if need in manifests and need not in wanted]
    if missing:
        raise PluginRefused(
            _l("%(id)s needs %(needs)s: enable that first."), id=named(manifest.id, manifests),
            needs=", ".join(str(named(need, manifests)) for need in missing),
        )
    trial = build(runtime, wanted | {manifest.id})
    # Its own fault, or that of one that ran until now and cannot run beside it.
    running = build(runtime, wanted).manifests
    fault = trial.faults.get(manifest.id) or next((trial.faults[i] for i in sorted(trial.faults) if i in running), None)
    if fault is None:
        fault = mounted(runtime, trial)
    if fault is not None:
        raise PluginRefused(_l("%(id)s cannot be enabled: %(why)s"), id=named(manifest.id, manifests), why=fault.sentence)
    return trial


def disable_plugin(plugin_id: str, *, actor: Actor, now: datetime) -> None:
    """Switch a plugin off: its data stays, its queued jobs wait.

    :raises PluginRefused: while an enabled plugin requires it, naming which.
    """
    manifests = found_plugins(current_runtime()).manifests
    while True:
        with reading() as db:
            wanted = enabled_ids(db)
        if plugin_id not in manifests and plugin_id not in wanted:
            raise NotFound(_l("There is no plugin %(id)s."), id=plugin_id)
        needing = sorted(i for i in wanted if i in manifests and plugin_id in manifests[i].requires)
        if needing:
            raise PluginRefused(
                _l("%(id)s is needed by %(needing)s: disable that first."), id=named(plugin_id, manifests),
                needing=", ".join(str(named(other, manifests)) for other in needing),
            )
        if _switch(plugin_id, False, wanted, actor=actor, now=now):
            return


def _switch(plugin_id: str, enabled: bool, wanted: set[str], *, actor: Actor, now: datetime, trial: Host | None = None) -> bool:
    """Write it down; False when what is enabled is no longer what the decision was made on."""
    from ..auth.permissions import sync_permissions

    manifest = found_plugins(current_runtime()).manifests.get(plugin_id)
    with unit_of_work() as db:
        one_at_a_time(db, LOCK)
        if enabled_ids(db) != wanted:
            return False
        state = db.get(PluginState, plugin_id)
        if state is None:
            state = PluginState(id=plugin_id, version=manifest.version if manifest else "", enabled=False, changed_at=now)
            db.add(state)
        if state.enabled == enabled:
            return True
        state.enabled, state.changed_at = enabled, now
        if trial is not None:
            sync_permissions(db, *wanted_permissions(trial))
        faults.forget(db, plugin=plugin_id)
        generation.bump(db, "plugins")
        generation.bump(db, "security")
        verb = "enabled" if enabled else "disabled"
        audit.record(
            db, f"core.plugin.{verb}", target=("core.Plugin", plugin_id), label=plugin_id, actor=actor, now=now,
            before={"enabled": not enabled}, after={"enabled": enabled},
        )  # fmt: skip
        return True


def upgrade(runtime: Runtime, report: Callable[[str], None] = lambda line: None) -> Outcome:
    """``zhanggui upgrade``: tables, then which plugins are on at first, then permissions and role presets.

    Safe to run at any time and twice; one process does it, never a web worker.
    """
    from ..auth.permissions import sync_permissions
    from ..migrations import runner

    runtime.shared.pop("found", None)
    found = found_plugins(runtime)
    with activated(runtime):
        versions = _versions(runtime)
        outcome = runner.upgrade(runtime, found.manifests, report)
        if "core" in outcome.failed:
            return outcome  # what follows needs the tables of this release
        _forgive(found, versions)
        _enable_first(runtime.config["plugins.enabled"], found)
        with unit_of_work() as db:
            identity.remember(db, runtime.config)
        host = build(runtime)
        with unit_of_work() as db:
            one_at_a_time(db, LOCK)
            sync_permissions(db, *wanted_permissions(host))
            generation.bump(db, "security")
        record_repairs(host)
        for fault in host.faults.values():
            report(f"{fault.plugin}: not running ({in_english(fault.sentence)})")
        use_host(host)
    return outcome


def _versions(runtime: Runtime) -> dict[str, str]:
    """The version of each plugin as it was; none before the first upgrade."""
    if not inspect(runtime.engine).has_table(PluginState.__tablename__):
        return {}
    with reading() as db:
        return dict(db.execute(select(PluginState.id, PluginState.version)).tuples().all())


def _forgive(found: Found, versions: Mapping[str, str]) -> None:
    """Another version of a plugin begins with a clean sheet."""
    with unit_of_work() as db:
        for plugin_id, version in versions.items():
            if plugin_id in found.manifests and found.manifests[plugin_id].version != version:
                faults.forget(db, plugin=plugin_id)


def try_again(fault_id: str, *, actor: Actor, now: datetime) -> str:
    """Call again what was paused; answers the id of its plugin.

    :raises NotFound: when there is no such fault any more.
    """
    with unit_of_work() as db:
        rows = faults.forget(db, fault=fault_id)
        if not rows:
            raise NotFound(_l("This was repaired or tried again in the meantime."))
        audit.record(
            db, "core.plugin.tried_again", target=("core.Plugin", rows[0].plugin), label=rows[0].plugin, actor=actor, now=now,
            after={"kind": rows[0].kind, "name": rows[0].name},
        )  # fmt: skip
        return rows[0].plugin


def _enable_first(configured: Sequence[str], found: Found) -> None:
    """On a fresh instance the configuration says what is on; afterwards the merchant does."""
    with unit_of_work() as db:
        one_at_a_time(db, LOCK)
        if db.get(StoredSetting, _FIRST) is not None:
            return
        for plugin_id in found.manifests:
            if plugin_id in configured or "*" in configured:
                state = db.get_one(PluginState, plugin_id)
                state.enabled, state.changed_at = True, clock.now()
        db.add(StoredSetting(key=_FIRST, value=True))
        generation.bump(db, "plugins")
