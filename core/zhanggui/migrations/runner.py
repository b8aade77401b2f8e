"""``zhanggui upgrade``: bring every installed plugin's tables up to its code, or leave them as they were.

One version table per component (``orders__alembic``), in the order of ``requires``, each component in
one transaction, under one lock, after a backup of everything.
"""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete, inspect, select, text, update
from sqlalchemy.orm import Session

from ..db.key_check import check_key
from ..db.uow import unit_of_work
from ..db.upsert import insert_or_skip
from ..host import generation
from ..host.manifest import Manifest
from ..host.models import PluginState, Repair
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.errors import DomainError
from ..runtime import Runtime, activated
from . import history
from .changing import schema_change
from .heads import behind, components, forget, head
from .history import MigrationFailed

log = logging.getLogger(__name__)

_LOCK_KEY = 0x7A68616E67  # "zhang", for pg_advisory_lock
_KEEP = 5  # backups from before an upgrade
_FAILED = "upgrade:"  # so begins a repair that says which upgrade failed
Report = Callable[[str], None]


class UpgradeBusy(DomainError):
    """Another process is upgrading this instance right now."""

    code = "upgrade_busy"
    message = "Another upgrade of this instance is running."


class UpgradeRefused(DomainError):
    """Nothing is changed without a backup of what was."""

    code = "upgrade_refused"
    message = _l("The backup before the upgrade could not be written (%(why)s). Nothing was changed: make room, and run zhanggui upgrade again.")


class UpgradeFailed(DomainError):
    """The tables of the core are not those of this release: nothing can start on them."""

    code = "upgrade_failed"


@dataclass
class Outcome:
    """What an upgrade did: components brought forward, and those that failed with their sentence."""

    upgraded: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    copy: Path | None = None

    @property
    def sentence(self) -> str:
        """Of what failed: which tables are as they were, why, and what to do."""
        first, why = next(iter(self.failed.items()))
        if first == "core":
            todo = "The shop stays on the release that it had: start that one again, or install a mended one"
        else:
            todo = "What is named does not run; install a mended release of it"
        return (
            f"The upgrade of {', '.join(self.failed)} failed and left these tables as they were. {why} "
            f"{todo} and run zhanggui upgrade again; the log above says more."
        )


def upgrade(runtime: Runtime, manifests: Mapping[str, Manifest], report: Report = lambda line: None) -> Outcome:
    """Run what is pending. A component that fails is left exactly as it was, and so are its dependents: of the core, all.

    :raises UpgradeBusy: when another process holds the lock.
    :raises WrongKey: when the data was sealed with another key.
    """
    outcome = Outcome()
    forget()
    with activated(runtime), _locked(runtime):
        check_key(runtime)
        with runtime.engine.connect() as connection:
            pending = behind(connection, manifests)
            fresh = not inspect(connection).get_table_names()
        if pending and not fresh:
            outcome.copy = _back_up(runtime, report)
        for component, folder in components(manifests).items():
            if component not in pending:
                continue
            blocked = [need for need in (manifests[component].requires if component != "core" else ()) if need in outcome.failed]
            if blocked:
                outcome.failed[component] = f"It waits for {blocked[0]}, whose upgrade failed."
                continue
            try:
                with schema_change(runtime.write_bind) as connection:
                    history.run(connection, component, folder)
            except Exception as error:
                # Whatever the migration of a plugin raises, the others are upgraded.
                log.error("the upgrade of %s failed and was rolled back", component, exc_info=True)
                outcome.failed[component] = str(error if isinstance(error, DomainError) else MigrationFailed(component, error))
                report(f"{component}: failed, left as it was")
                if component == "core":
                    break
            else:
                outcome.upgraded[component] = head(folder) or ""
                report(f"{component}: at {outcome.upgraded[component]}")
        _note(runtime, outcome, components(manifests))
        if "core" not in outcome.failed:
            _remember(manifests)
    return outcome


def _note(runtime: Runtime, outcome: Outcome, known: Collection[str]) -> None:
    """Keep what failed among the repairs, and take away what is mended."""
    if not inspect(runtime.engine).has_table(Repair.__tablename__):
        return
    with unit_of_work() as db:
        still = [f"{_FAILED}{component}" for component in known if component in outcome.failed]
        db.execute(delete(Repair).where(Repair.id.like(f"{_FAILED}%"), Repair.id.not_in(still)))
        for component, sentence in outcome.failed.items():
            insert_or_skip(
                db, Repair, id=f"{_FAILED}{component}", plugin=None if component == "core" else component, title="", detail="", since=clock.now(),
            )  # fmt: skip
            title = f"The upgrade of {component} failed and left it as it was. {sentence}"
            db.execute(update(Repair).where(Repair.id == f"{_FAILED}{component}").values(title=title[:200]))


def failures(db: Session) -> dict[str, str]:
    """Components whose last upgrade failed, with the sentence that says so."""
    rows = db.execute(select(Repair.id, Repair.title).where(Repair.id.like(f"{_FAILED}%")).order_by(Repair.id)).tuples()
    return {key.removeprefix(_FAILED): title for key, title in rows}


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


def _back_up(runtime: Runtime, report: Report) -> Path:
    """A backup of everything as it was; of those before upgrades the last five stay.

    :raises UpgradeRefused: when there is no room for it: without one nothing is changed.
    """
    # Here and not above: what brings a backup back runs migrations, and so imports this package.
    from ..backup import places
    from ..backup.making import create_backup

    try:
        made = create_backup(runtime, kind="upgrade", now=clock.now())
    except OSError as error:
        raise UpgradeRefused(why=error.strerror or type(error).__name__) from error
    for old in [backup for backup in places.backups(places.folder_of(runtime)) if backup.kind == "upgrade"][_KEEP:]:
        places.remove(old)
    report(f"backed up to {made.path}")
    return made.path
