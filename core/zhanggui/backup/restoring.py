"""Bringing a backup back: whole, or some of its tables; and what that would change, before it does.

It is read and found whole first (``verifying``). Then everything happens in one transaction, and the sums of what was written
are compared with the manifest before it ends.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from .. import audit
from ..audit import chain
from ..db.key_check import WrongKey, opens
from ..db.uow import unit_of_work
from ..host import generation
from ..host.manifest import Manifest
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import NotFound
from ..kernel.ids import Code
from ..migrations import heads, history
from ..migrations.changing import schema_change
from ..runtime import Runtime, activated
from . import loading, tables, verifying
from .loading import RestoreRefused
from .making import Report, silent
from .operator import Operator
from .verifying import Contents

_SESSIONS = "core__session"
_BLOCK = 1 << 18


class ShopIsThere(RestoreRefused):
    """The place has a shop in it already."""

    code = "shop_is_there"
    message = _l("There is a shop here already, with people who sign in to it. Everything in it would be replaced: say so, to go on.")


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    made_at: datetime
    tables: int
    rows: int
    files: int
    upgraded: Sequence[str] = ()
    left_out: Sequence[str] = ()
    totals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What restoring a table would do: rows that would come, go, and become others."""

    table: str
    now: int
    then: int
    added: int
    removed: int
    changed: int

    @property
    def same(self) -> bool:
        """Whether it stands as it did."""
        return not (self.added or self.removed or self.changed)


def restore(
    runtime: Runtime, path: Path, keys: Sequence[Any], manifests: Mapping[str, Manifest], *, now: datetime, actor: Actor, force: bool = False,
    keep: Operator | None = None, leave_out: Sequence[str] = (), report: Report = silent,
) -> Restored:  # fmt: skip
    """Bring everything back. The tables are those of the backup's release, then brought forward to this one's.

    :param force: also where a shop is; nobody stays signed in, and what came after the backup is gone.
    :param keep: whose account, and the secrets of whose shop, stay as they are here.
    :param leave_out: plugins whose tables are left out because they are not installed here.
    :raises ShopIsThere: without ``force``, where people sign in.
    :raises RestoreRefused: naming what does not fit; nothing was changed.
    :raises WrongKey: when what is sealed in it was sealed by another secret key.
    :raises BackupDamaged: when it is not whole; nothing was changed.
    """
    contents = verifying.verify(path, keys)
    known = heads.components(manifests)
    wanted = _fitting(contents, known, leave_out)
    layouts = {name: layout for name, layout in contents.layouts.items() if _owner(name) in wanted}
    with activated(runtime):
        if not force and _has_people(runtime):
            raise ShopIsThere()
        kept = keep.read(runtime) if keep else None
        with schema_change(runtime.write_bind) as connection:
            loading.drop_everything(connection)
            for component, folder in known.items():
                if component in wanted:
                    history.run(connection, component, folder, to=wanted[component])
            _same_columns(connection, layouts)
            with loading.guards_aside(connection, list(layouts)):
                loading.empty(connection, list(layouts))
                files = _pour(connection, path, keys, layouts, contents, runtime, report)
                _compare(connection, layouts, contents)
                _own_key(connection, runtime)
                # Who had signed out since is not to be signed in again.
                loading.empty(connection, [name for name in (_SESSIONS,) if name in layouts])
                if keep and kept is not None:
                    keep.put_back(connection, kept)
            loading.count_on(connection, list(layouts))
        upgraded = _forward(runtime, manifests)
        with unit_of_work() as db:
            for part in ("plugins", "security", "settings", "faults"):
                generation.bump(db, part)
            audit.record(db, "core.backup.restored", target=("core.Backup", path.name[:64]), label=Code(path.name), actor=actor, now=now,
                         after={"made_at": contents.made_at, "rows": contents.rows})  # fmt: skip
    return Restored(contents.made_at, len(layouts), sum(contents.tables[name]["rows"] for name in layouts), files, upgraded, tuple(leave_out), contents.totals)


def restore_tables(
    runtime: Runtime, path: Path, keys: Sequence[Any], names: Sequence[str], *, now: datetime, actor: Actor, report: Report = silent
) -> Restored:  # fmt: skip
    """Bring some tables back as they stood, and leave all others alone, while the shop goes on.

    :raises NotFound: for a table that is not in it.
    :raises RestoreRefused: when one has other columns by now, only ever grows, or others point to rows that would be gone.
    """
    contents = verifying.verify(path, keys)
    layouts = _some(contents, names)
    with activated(runtime), schema_change(runtime.write_bind) as connection:
        _same_columns(connection, layouts)
        _changeable(connection, names)
        with loading.guards_aside(connection, list(layouts)):
            loading.empty(connection, list(layouts))
            _pour(connection, path, keys, layouts, contents, None, report)
            _compare(connection, layouts, contents)
        loading.count_on(connection, list(layouts))
        with Session(connection) as db:
            for name in layouts:
                audit.record(db, "core.backup.table_restored", target=("core.Backup", path.name[:64]), label=Code(name), actor=actor, now=now,
                             after={"made_at": contents.made_at, "rows": contents.tables[name]["rows"]})  # fmt: skip
            chain.seal(db)
    return Restored(contents.made_at, len(layouts), sum(contents.tables[name]["rows"] for name in layouts), 0)


def preview(runtime: Runtime, path: Path, keys: Sequence[Any], names: Sequence[str] = ()) -> list[Change]:
    """What a restore would change, table by table. Nothing is written.

    :param names: of the tables; none: all of them.
    """
    contents = verifying.verify(path, keys)
    layouts = _some(contents, names or sorted(contents.layouts))
    changes = []
    with activated(runtime), tables.snapshot(runtime.engine) as connection:
        here = tables.layouts(connection)
        then = _by_key(_lines_of(path, keys, layouts), layouts, connection)
        for name, layout in layouts.items():
            if here.get(name) != layout:
                rows = contents.tables[name]["rows"]
                changes.append(Change(name, 0, rows, rows, 0, 0))
                continue
            now = _by_key(((name, line) for line in tables.lines(connection, layout)), {name: layout}, connection)[name]
            old = then[name]
            both = now.keys() & old.keys()
            changes.append(Change(
                name, len(now), len(old), len(old) - len(both), len(now) - len(both), sum(now[key] != old[key] for key in both)
            ))  # fmt: skip
    return changes


def _by_key(rows: Iterable[tuple[str, str]], layouts: Mapping[str, tables.Layout], connection: Connection) -> dict[str, dict[Any, bytes]]:
    """Per table: the digest of each row by its key."""
    found: dict[str, dict[Any, bytes]] = {name: {} for name in layouts}
    places = {}
    for name, layout in layouts.items():
        key = inspect(connection).get_pk_constraint(name)["constrained_columns"] if inspect(connection).has_table(name) else []
        places[name] = [layout.names.index(column) for column in key] or list(range(len(layout.columns)))
    for name, line in rows:
        row = json.loads(line)
        found[name][tuple(str(row[place]) for place in places[name])] = hashlib.blake2b(line.encode(), digest_size=12).digest()
    return found


def _lines_of(path: Path, keys: Sequence[Any], layouts: Mapping[str, tables.Layout]) -> Iterable[tuple[str, str]]:
    for member in verifying.each(path, keys):
        if member.table in layouts:
            yield from ((member.table, line) for line in member.body.read().decode().split("\n") if line)


def _pour(
    connection: Connection, path: Path, keys: Sequence[Any], layouts: Mapping[str, tables.Layout], contents: Contents, runtime: Runtime | None,
    report: Report,
) -> int:  # fmt: skip
    """Write the rows, and the files that are not there yet. Answers how many files were written."""
    written = done = 0
    seen = ""
    for member in verifying.each(path, keys):
        if member.table in layouts:
            if member.table != seen:
                seen = member.table
                report(seen, done, len(layouts))
                done += 1
            loading.load(connection, layouts[member.table], member.body.read())
        elif member.file and runtime is not None and member.file in contents.files:
            report(member.file, len(layouts), len(layouts))
            written += _write_file(runtime.data / "files" / member.file, member.body, contents.files[member.file][1])
    return written


def _write_file(target: Path, body: Any, digest: str) -> int:
    """A file of the store. Its name was chosen by us and never changes what it means: one that is there is left."""
    if target.is_file():
        with target.open("rb") as there:
            if hashlib.file_digest(there, "sha256").hexdigest() == digest:
                return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(target.name + ".part")
    with scratch.open("wb") as out:
        while block := body.read(_BLOCK):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    scratch.replace(target)
    return 1


def _compare(connection: Connection, layouts: Mapping[str, tables.Layout], contents: Contents) -> None:
    for name, layout in layouts.items():
        count, total = tables.checksum(connection, layout)
        if {"rows": count, "sum": total} != contents.tables[name]:
            raise RestoreRefused(_l("The rows of %(table)s are not those of the backup after they were written."), table=name)


def _own_key(connection: Connection, runtime: Runtime) -> None:
    """:raises WrongKey: when the backup's texts about people were sealed by another secret key."""
    if not opens(connection, runtime.keyring):
        raise WrongKey(
            f"The secret key ({runtime.config.source_of_secret()}) is not the one that this backup was made with: names and addresses in it "
            "could never be read. Nothing was changed. Give it the key of that shop."
        )


def _fitting(contents: Contents, known: Mapping[str, Path], leave_out: Sequence[str]) -> dict[str, str]:
    """The components to bring back, each with the revision of its tables."""
    wanted = {component: revision for component, revision in contents.components.items() if component not in leave_out}
    strangers = sorted(set(wanted) - set(known))
    if strangers:
        raise RestoreRefused(_l("It holds tables of %(plugins)s, which is not installed here: install it, or leave it out."), plugins=", ".join(strangers))
    for component, revision in wanted.items():
        scripts = history.scripts(known[component])
        if scripts is None or revision not in {script.revision for script in scripts.walk_revisions()}:
            raise RestoreRefused(
                _l("The tables of %(component)s in it are of a newer release (%(revision)s): restore it with that one."), component=component, revision=revision
            )
    return wanted


def _some(contents: Contents, names: Sequence[str]) -> dict[str, tables.Layout]:
    for name in names:
        if name not in contents.layouts:
            raise NotFound(_l("There is no table %(table)s in this backup."), table=name)
    return {name: contents.layouts[name] for name in names}


def _same_columns(connection: Connection, layouts: Mapping[str, tables.Layout]) -> None:
    here = tables.layouts(connection)
    for name, layout in layouts.items():
        if name not in here or here[name].names != layout.names:
            raise RestoreRefused(_l("%(table)s has other columns here than in the backup."), table=name)


def only_growing(connection: Connection) -> set[str]:
    """The tables to which rows are only ever added."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_no\\_delete' ESCAPE '\\'"))
    else:
        found = connection.execute(text(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE '%\\_no\\_change'"
        ))  # fmt: skip
    return set(found.scalars())


def _changeable(connection: Connection, names: Sequence[str]) -> None:
    """:raises RestoreRefused: for a table to which rows are only ever added: a trail that could be set back would prove nothing."""
    for name in sorted(only_growing(connection) & set(names)):
        raise RestoreRefused(_l("Rows of %(table)s are only ever added: it comes back with the whole backup or not at all."), table=name)


def _has_people(runtime: Runtime) -> bool:
    with runtime.engine.connect() as connection:
        return inspect(connection).has_table("ab_user") and bool(connection.scalar(text("SELECT count(*) FROM ab_user")))


def _forward(runtime: Runtime, manifests: Mapping[str, Manifest]) -> list[str]:
    from ..host.service import upgrade

    outcome = upgrade(runtime)
    if outcome.failed:
        raise RestoreRefused(_l("Everything is back as it was, and the upgrade to this release failed: %(why)s"), why=outcome.sentence)
    return sorted(outcome.upgraded)


def _owner(table: str) -> str:
    return "core" if table.startswith("ab_") else table.split("__")[0]
