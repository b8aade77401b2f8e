"""``zhanggui upgrade``: bring every installed plugin's tables up to its code, or leave them as they were.

One version table per component (``orders__alembic``), in the order of ``requires``, each component in
one transaction, under one lock; on SQLite after a copy by the backup API. Alembic's scripts run
without its environment file, because there is one environment and it is this module.
"""

from __future__ import annotations

import fcntl
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import column, inspect, select, text
from sqlalchemy import table as named
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from ..db.key_check import check_key
from ..db.uow import unit_of_work
from ..host import generation
from ..host.manifest import Manifest
from ..host.models import PluginState
from ..kernel import clock
from ..kernel.errors import DomainError
from ..runtime import Runtime, activated

log = logging.getLogger(__name__)

CORE = Path(__file__).parent
_LOCK_KEY = 0x7A68616E67  # "zhang", for pg_advisory_lock
_KEEP_COPIES = 5
Report = Callable[[str], None]


class UpgradeBusy(DomainError):
    """Another process is upgrading this instance right now."""

    code = "upgrade_busy"
    message = "Another upgrade of this instance is running."


@dataclass
class Outcome:
    """What an upgrade did: components brought forward, and those that failed with their sentence."""

    upgraded: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    copy: Path | None = None


def scripts(folder: Path) -> ScriptDirectory | None:
    """The migration history in a component's ``migrations`` folder, if it has one."""
    if not any(folder.glob("versions/*.py")):
        return None
    config = AlembicConfig()
    config.set_main_option("script_location", str(CORE))
    config.set_main_option("version_locations", str(folder / "versions"))
    config.set_main_option("path_separator", "newline")
    return ScriptDirectory.from_config(config)


def version_table(component: str) -> str:
    """Name of the table that remembers how far a component's tables are."""
    return f"{component}__alembic"


def components(manifests: Mapping[str, Manifest]) -> dict[str, Path]:
    """Core first, then every installed plugin, enabled or not, in the order of ``requires``."""
    return {"core": CORE} | {plugin_id: manifest.migrations for plugin_id, manifest in manifests.items()}


def behind(db: Session | Connection, manifests: Mapping[str, Manifest]) -> list[str]:
    """Components whose tables are not at the head of their history."""
    connection = db.connection() if isinstance(db, Session) else db
    there = set(inspect(connection).get_table_names())
    late = []
    for component, folder in components(manifests).items():
        history, table = _heads(folder), version_table(component)
        if history is None:
            continue
        current = connection.scalar(select(column("version_num")).select_from(named(table))) if table in there else None
        if current != history:
            late.append(component)
    return late


_heads_cache: dict[Path, str | None] = {}


def _heads(folder: Path) -> str | None:
    if folder not in _heads_cache:
        script = scripts(folder)
        _heads_cache[folder] = script.get_current_head() if script else None
    return _heads_cache[folder]


def upgrade(runtime: Runtime, manifests: Mapping[str, Manifest], report: Report = lambda line: None) -> Outcome:
    """Run what is pending. A component that fails is left exactly as it was, and so are its dependents.

    :raises UpgradeBusy: when another process holds the lock.
    :raises WrongKey: when the data was sealed with another key.
    :raises Exception: when the core's own migration fails; nothing else is then tried.
    """
    outcome = Outcome()
    _heads_cache.clear()
    with activated(runtime), _locked(runtime):
        check_key(runtime)
        with runtime.engine.connect() as connection:
            pending = behind(connection, manifests)
            fresh = not inspect(connection).get_table_names()
        if pending and not fresh:
            outcome.copy = _copy_sqlite(runtime, report)
        for component, folder in components(manifests).items():
            if component not in pending:
                continue
            blocked = [need for need in (manifests[component].requires if component != "core" else ()) if need in outcome.failed]
            if blocked:
                outcome.failed[component] = f"waits for {blocked[0]}, whose upgrade failed"
                continue
            try:
                _run(runtime, component, folder)
            except Exception as error:
                if component == "core":
                    raise
                log.error("upgrade of %s failed and was rolled back", component, exc_info=True)
                outcome.failed[component] = f"{type(error).__name__}: {error}".splitlines()[0]
                report(f"{component}: failed, left as it was ({outcome.failed[component]})")
            else:
                outcome.upgraded[component] = _heads(folder) or ""
                report(f"{component}: at {outcome.upgraded[component]}")
        _remember(manifests)
    return outcome


def _run(runtime: Runtime, component: str, folder: Path) -> None:
    script = scripts(folder)
    if script is None:
        raise ValueError(f"{component} has no migrations")
    with runtime.write_bind.connect() as connection, connection.begin():
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": version_table(component),
                "transactional_ddl": True,
                "fn": lambda revision, _context: script._upgrade_revs("head", revision),
            },
        )
        with Operations.context(context):
            context.run_migrations()


def _remember(manifests: Mapping[str, Manifest]) -> None:
    with unit_of_work() as db:
        for plugin_id, manifest in manifests.items():
            state = db.get(PluginState, plugin_id)
            if state is None:
                db.add(PluginState(id=plugin_id, version=manifest.version, enabled=False, changed_at=clock.now()))
            elif state.version != manifest.version:
                state.version, state.changed_at = manifest.version, clock.now()
        generation.bump(db, "plugins")


@contextmanager
def _locked(runtime: Runtime) -> Iterator[None]:
    if runtime.engine.dialect.name == "postgresql":
        with runtime.engine.connect() as connection:
            if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY}).scalar():
                raise UpgradeBusy()
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})
        return
    runtime.data.mkdir(parents=True, exist_ok=True)
    with (runtime.data / "upgrade.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UpgradeBusy() from None
        yield


def _copy_sqlite(runtime: Runtime, report: Report) -> Path | None:
    source = runtime.engine.url.database
    if runtime.engine.dialect.name != "sqlite" or not source:
        return None
    folder = runtime.data / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"before-upgrade-{clock.now():%Y%m%dT%H%M%SZ}.sqlite3"
    original, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        original.backup(copy)
    finally:
        copy.close()
        original.close()
    for old in sorted(folder.glob("before-upgrade-*.sqlite3"))[:-_KEEP_COPIES]:
        old.unlink()
    report(f"copied the database to {target}")
    return target
