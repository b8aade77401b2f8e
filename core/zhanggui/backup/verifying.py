"""Reading a backup from first to last, and finding it whole. Nothing is written with one that was not."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..i18n.texts import lazy_gettext as _l
from . import archive, sealing, tables
from .sealing import BackupDamaged

_BLOCK = 1 << 18


class NewerBackup(BackupDamaged):
    """A backup in a form that this release does not know."""

    code = "backup_newer"
    message = _l("%(name)s was made by a newer release (%(what)s): restore it with that one.")


@dataclass(frozen=True)
class Contents:
    """What a backup holds, as its head and its manifest say; ``totals`` are money as ``{"amount", "currency"}``, or numbers."""

    head: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]]  # table -> rows, sum
    files: Mapping[str, Sequence[Any]]  # path below files/ -> size, SHA-256
    totals: Mapping[str, Any]
    settings: Mapping[str, Any]

    @property
    def layouts(self) -> dict[str, tables.Layout]:
        """The columns of each table."""
        return {name: tables.Layout(name, tuple((n, k) for n, k in columns)) for name, columns in self.head["layouts"].items()}

    @property
    def components(self) -> Mapping[str, str]:
        """At which revision the tables of each component are."""
        found: Mapping[str, str] = self.head["components"]
        return found

    @property
    def made_at(self) -> datetime:
        """The moment of which everything in it is."""
        return datetime.fromisoformat(self.head["made_at"])

    @property
    def rows(self) -> int:
        """Of all tables together."""
        return sum(table["rows"] for table in self.tables.values())


def verify(path: Path, keys: Sequence[Any]) -> Contents:
    """Read all of a backup and compare it with what it says of itself.

    :raises BackupDamaged: naming what is not as it was written.
    :raises BackupSealed: when no key opens it.
    """
    told: dict[str, Any] = {}
    rows: dict[str, list[int]] = {}
    files: dict[str, list[Any]] = {}
    for member in each(path, keys):
        if "manifest" in told:
            raise BackupDamaged(name=path.name, what=_l("there is more behind its end"))
        if member.table:
            counted = rows.setdefault(member.table, [0, 0])
            for line in member.body.read().splitlines():
                counted[0] += 1
                counted[1] += int.from_bytes(hashlib.sha256(line).digest(), "big")
        elif member.file:
            files[member.file] = [member.size, _digest(member)]
        else:
            told[member.name.removesuffix(".json")] = member.json()
        if "head" not in told:
            raise BackupDamaged(name=path.name, what=_l("it does not begin with its head"))
    if not {"manifest", "config"} <= set(told):
        raise BackupDamaged(name=path.name, what=_l("its end is missing"))
    head, manifest = told["head"], told["manifest"]
    for table in sorted({*head["layouts"], *manifest["tables"], *rows}):
        count, total = rows.get(table, [0, 0])
        if manifest["tables"].get(table) != {"rows": count, "sum": tables.in_hex(total)} or table not in head["layouts"]:
            raise BackupDamaged(name=path.name, what=_l("the rows of %(table)s are not those that it says", table=table))
    for file, facts in manifest["files"].items():
        if files.get(file) != facts:
            raise BackupDamaged(name=path.name, what=_l("the file %(file)s is not the one that it says", file=file))
    return Contents(head, manifest["tables"], manifest["files"], manifest["totals"], told["config"])


def head_of(path: Path, keys: Sequence[Any]) -> Mapping[str, Any]:
    """What a backup says of itself at its beginning; whether it is whole is not looked at.

    :raises BackupDamaged: when even that cannot be read.
    """
    with closing(each(path, keys)) as members:
        for member in members:
            if member.name == "head.json":
                head: Mapping[str, Any] = member.json()
                return head
            break
    raise BackupDamaged(name=path.name, what=_l("it does not begin with its head"))


def each(path: Path, keys: Sequence[Any]) -> Generator[archive.Member]:
    """Every member of a backup in turn; the form of it is looked at first.

    :raises BackupDamaged: for what is no backup of ours; what it says is only known to be true at the end.
    """
    with sealing.opened(path, keys) as stream:
        for member in archive.members(stream, path.name):
            if member.name == "head.json":
                yield _known(member, path)
            else:
                yield member


def _known(member: archive.Member, path: Path) -> archive.Member:
    body = member.body.read()
    form = json.loads(body).get("format")
    if form != archive.FORMAT:
        raise NewerBackup(name=path.name, what=f"format {form}")
    return replace(member, body=archive.Body(io.BytesIO(body), path.name))


def _digest(member: archive.Member) -> str:
    digest = hashlib.sha256()
    while block := member.body.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
