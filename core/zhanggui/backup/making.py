"""``create_backup``: one file of everything, as it stood at one moment, while the shop goes on selling."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import column, select
from sqlalchemy import table as named
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from .. import __version__
from ..host.declare import Total
from ..host.host import Host
from ..kernel import privacy
from ..kernel.money import Money
from ..runtime import Runtime, activated
from . import archive, places, sealing, tables
from .places import Backup

Report = Callable[[str, int, int], None]  # what is being written, how many of how many parts are
_VERSIONS = "__alembic"
_BLOCK = 1 << 18


def silent(_what: str, _done: int, _of: int) -> None:
    """For those who do not look on."""


def create_backup(
    runtime: Runtime, *, kind: str, now: datetime, totals: Mapping[str, Total] | None = None, report: Report = silent
) -> Backup:
    """Write a backup into the instance's ``backups/``. A file of that name is either whole or not there.

    :param kind: ``manual``, ``scheduled`` or ``upgrade``; it stands in the name.
    :param totals: sums that plugins vouch for, taken of the same moment; one that fails is kept as none, and compared with nothing.
    :raises BackupBusy: when another one is being written.
    :raises OSError: when there is no room; what was written of it is gone then.
    """
    folder = places.folder_of(runtime)
    folder.mkdir(parents=True, exist_ok=True)
    with activated(runtime), places.alone(folder):
        keys = sealing.recipients(runtime.keyring, runtime.config["backup.recipients"])
        target = places.free_name(folder, kind, now)
        part = target.with_suffix(".part")
        began = time.monotonic()
        try:
            with part.open("xb") as out, tables.snapshot(runtime.engine) as connection:
                head = _head(runtime, connection, kind, now)
                told: dict[str, Any] = {}
                blocks = archive.packed(_members(runtime, connection, head, totals or {}, told, report))
                sealing.write_sealed(blocks, out, keys)
                out.flush()
                os.fsync(out.fileno())
            places.describe(target, {
                "format": head["format"], "made_at": head["made_at"], "kind": kind, "release": head["release"], "database": head["database"],
                "tables": len(told["tables"]), "rows": sum(t["rows"] for t in told["tables"].values()), "files": len(told["files"]),
                "bytes": part.stat().st_size, "sha256": digest_of(part), "seconds": round(time.monotonic() - began, 1),
            })  # fmt: skip
            part.replace(target)
        except BaseException:  # raised again: whatever stopped it, a half is not to lie there
            part.unlink(missing_ok=True)
            with suppress(OSError):
                places.description_of(target).unlink(missing_ok=True)
            raise
        places.sync(folder)
    privacy.close(folder)
    return places.read(target)


def _head(runtime: Runtime, connection: Connection, kind: str, now: datetime) -> dict[str, Any]:
    config = runtime.config
    return {
        "format": archive.FORMAT, "made_at": now.isoformat(), "kind": kind, "release": __version__, "database": connection.dialect.name,
        "instance": config["instance.id"], "currency": config["instance.currency"], "components": components(connection),
        "layouts": {name: layout.as_json() for name, layout in tables.layouts(connection).items()},
    }  # fmt: skip


def components(connection: Connection) -> dict[str, str]:
    """Which revision the tables of each component are at."""
    there = [name for name in tables.layouts(connection) if name.endswith(_VERSIONS)]
    found = {name.removesuffix(_VERSIONS): connection.scalar(select(column("version_num")).select_from(named(name))) for name in there}
    return {component: revision for component, revision in found.items() if revision}


def _members(
    runtime: Runtime, connection: Connection, head: Mapping[str, Any], totals: Mapping[str, Total], told: dict[str, Any], report: Report
) -> Iterator[archive.Written]:  # fmt: skip
    """Everything in turn; ``told`` becomes the manifest on the way."""
    yield archive.as_json("head.json", head)
    yield archive.as_json("config.json", _settings(runtime))
    told.update(tables={}, files={}, totals=sums(connection, totals))
    layouts = tables.layouts(connection)
    for done, (name, layout) in enumerate(layouts.items()):
        report(name, done, len(layouts))
        count = total = 0
        for number, (weight, body) in enumerate(tables.parts(tables.lines(connection, layout))):
            total += weight
            count += body.count(b"\n")  # a line of JSON holds none inside
            yield archive.Written(f"tables/{name}/{number:06d}.jsonl", [body], len(body))
        told["tables"][name] = {"rows": count, "sum": tables.in_hex(total)}
    # Behind the rows: what a row of that moment names was on the disk before the row was committed.
    for path, size in _files(runtime.data / "files"):
        relative = path.relative_to(runtime.data / "files").as_posix()
        report(relative, len(layouts), len(layouts))
        yield archive.Written(f"files/{relative}", _hashed(path, size, relative, told["files"]), size)
    yield archive.as_json("manifest.json", told)


def sums(connection: Connection, totals: Mapping[str, Total]) -> dict[str, Any]:
    """The totals of plugins, of the moment of this connection, as JSON."""
    with Session(connection) as db:
        found = {name: total.read(db) for name, total in totals.items()}
    return {name: value.as_json() if isinstance(value, Money) else value for name, value in found.items()}


def totals_of(host: Host) -> dict[str, Total]:
    """What the plugins that run vouch for, by id."""
    return {total.id: total for total in host.every("totals")}


def _settings(runtime: Runtime) -> dict[str, Any]:
    """What the files and the environment say, without what is secret: to set up a machine anew by."""
    config = runtime.config
    shown = {key: config.explain(key) for key in config if not config.settings[key].secret}
    return {key: {"value": said.value, "layer": said.layer} for key, said in shown.items() if said.layer != "default"}


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            if path.suffix != ".part" and not path.is_symlink():
                with suppress(FileNotFoundError):  # of a row that is gone since
                    yield path, path.stat().st_size


def _hashed(path: Path, size: int, name: str, files: dict[str, Any]) -> Iterator[bytes]:
    """The bytes of a file, and its line in the manifest. One that vanished is filled up and has no line: it is not restored."""
    digest, left = hashlib.sha256(), size
    with suppress(FileNotFoundError), path.open("rb") as source:
        while left and (block := source.read(min(left, _BLOCK))):
            left -= len(block)
            digest.update(block)
            yield block
    if left:
        while left:
            yield b"\0" * min(left, _BLOCK)
            left -= min(left, _BLOCK)
        return
    files[name] = [size, digest.hexdigest()]


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
