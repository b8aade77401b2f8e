"""Backups of the shop at hand, for a plugin that makes, shows and brings them back: ``zhanggui.api.backups``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from datetime import datetime
from typing import Any

from ..db.uow import in_transaction, reading
from ..host import current_host
from ..host.service import found_plugins
from ..kernel.actors import Actor
from ..runtime import current_runtime
from . import making, places, restoring, sealing, verifying
from .drill import Drill
from .drill import drill as _drill
from .making import Report, silent
from .operator import Operator
from .places import Backup, BackupBusy
from .restoring import Change, Restored

__all__ = ["Backup", "BackupBusy", "Change", "Drill", "Restored", "bring_back", "bring_back_tables", "find", "listed", "make", "preview", "prune", "rehearse", "tables", "total_labels"]


def make(*, kind: str, now: datetime, report: Report = silent) -> Backup:
    """Write a backup; ``kind`` is ``manual`` or ``scheduled``. ``report(what, done, of)`` is called while it is written, and may end it by raising.

    :raises BackupBusy: when another one is being written.
    """
    _alone()
    return making.create_backup(current_runtime(), kind=kind, now=now, totals=making.totals_of(current_host()), report=_from_here(report))


def listed() -> list[Backup]:
    """Those that lie in the shop's folder, the newest first."""
    return places.backups(places.folder_of(current_runtime()))


def find(name: str) -> Backup:
    """One of them by its name, or the ``latest``; no path leads out of the folder.

    :raises NotFound: when there is none.
    """
    return places.find(places.folder_of(current_runtime()), name.rpartition("/")[2])


def prune() -> list[Backup]:
    """Take away those that are not the newest of a day, a week or a month that is kept. Answers which."""
    gone = places.spare_ones(current_runtime())
    for one in gone:
        places.remove(one)
    return gone


def rehearse(name: str, *, report: Report = silent) -> Drill:
    """Bring one back into a place that is thrown away, start the shop there, and compare."""
    runtime = current_runtime()
    return _drill(runtime, find(name), found_plugins(runtime).manifests, report=_from_here(report))


def tables(name: str) -> list[tuple[str, Any]]:
    """The tables of a backup that can be brought back by themselves, each with what its rows are called, by that name.

    :raises BackupDamaged: when it cannot be read.
    """
    runtime = current_runtime()
    head = verifying.head_of(find(name).path, sealing.identities(runtime.keyring))
    titles = {getattr(screen.source, "__tablename__", ""): screen.title for screen in current_host().screens.values()}
    with reading() as db:
        connection = db.connection()
        growing = restoring.only_growing(connection)
        here = set(verifying.tables.layouts(connection))
    found = [(table, titles.get(table, "")) for table in head["layouts"] if table in here and table not in growing]
    return sorted(found, key=lambda one: (not str(one[1]), str(one[1]), one[0]))


def total_labels() -> dict[str, Any]:
    """What the sums are called that plugins vouch for."""
    return {total.id: total.label for total in current_host().every("totals")}


def preview(name: str, only: Sequence[str] = ()) -> list[Change]:
    """What bringing it back would change, table by table; nothing is written."""
    runtime = current_runtime()
    return restoring.preview(runtime, find(name).path, sealing.identities(runtime.keyring), only)


def bring_back(name: str, *, keep_user: str | None, actor: Actor, now: datetime, report: Report = silent) -> Restored:
    """Replace everything by what is in a backup, but the account of ``keep_user`` and the stored secrets. Nobody stays signed in.

    :raises RestoreRefused: naming what does not fit; nothing was changed.
    """
    _alone()
    runtime = current_runtime()
    return restoring.restore(
        runtime, find(name).path, sealing.identities(runtime.keyring), found_plugins(runtime).manifests, force=True,
        keep=Operator(keep_user), actor=actor, now=now, report=_from_here(report),
    )  # fmt: skip


def bring_back_tables(name: str, only: Sequence[str], *, actor: Actor, now: datetime) -> Restored:
    """Bring some tables back as they stood, and leave all others alone.

    :raises RestoreRefused: when one only ever grows, has other columns by now, or others point to rows that would be gone.
    """
    _alone()
    runtime = current_runtime()
    return restoring.restore_tables(runtime, find(name).path, sealing.identities(runtime.keyring), only, actor=actor, now=now)


def _alone() -> None:
    if in_transaction():
        raise RuntimeError("a backup is made and brought back outside of any unit of work")


def _from_here(report: Report) -> Report:
    """A report that is made in this shop, also while another one is at hand: a drill works in a shop of its own."""
    here = copy_context()

    def told(what: str, done: int, of: int) -> None:
        here.run(_call, report, what, done, of)

    return told


def _call(report: Callable[[str, int, int], None], what: str, done: int, of: int) -> None:
    report(what, done, of)
