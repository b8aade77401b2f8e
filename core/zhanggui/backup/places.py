"""Where backups lie, what is known of each without opening it, and which may go.

``20260315T193000Z-scheduled.age`` is a backup; ``20260315T193000Z-scheduled.json`` beside it says what it is, and nothing that a
stranger should not read. A backup whose description was lost is one all the same.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from ..config import settings
from ..config.days import shop_zone
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError, NotFound
from ..runtime import Runtime

KINDS = ("manual", "scheduled", "upgrade")
SUFFIX = ".age"
_NAME = re.compile(r"(\d{8}T\d{6}Z)(?:-\d+)?-(manual|scheduled|upgrade)\.age\Z")


class BackupBusy(DomainError):
    """Another backup of this shop is being written."""

    code = "backup_busy"
    message = _l("Another backup of this shop is being made right now.")


@dataclass(frozen=True)
class Backup:
    """A backup in a folder. What only its description tells is 0 or empty where that is lost; ``size`` is in bytes."""

    path: Path
    made_at: datetime
    kind: str
    size: int
    release: str = ""
    tables: int = 0
    rows: int = 0
    files: int = 0
    sha256: str = ""
    seconds: float = 0

    @property
    def name(self) -> str:
        """Its name, as commands take it."""
        return self.path.name


def folder_of(runtime: Runtime) -> Path:
    """Where the backups of an instance lie."""
    return runtime.data / "backups"


def free_name(folder: Path, kind: str, now: datetime) -> Path:
    """A name that is not taken."""
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    names = (f"{stamp}{between}-{kind}{SUFFIX}" for between in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(folder / name for name in names if not (folder / name).exists())


def description_of(path: Path) -> Path:
    """The description beside a backup."""
    return path.with_suffix(".json")


def describe(path: Path, facts: dict[str, Any]) -> None:
    """Write the description of a backup."""
    description_of(path).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Backup:
    """What is known of a backup, by its name and its description.

    :raises NotFound: when the name is none of a backup, or nothing is there.
    """
    found = _NAME.match(path.name)
    if not found or not path.is_file():
        raise NotFound(_l("There is no backup %(name)s."), name=path.name)
    made_at = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    try:
        told = json.loads(description_of(path).read_text(encoding="utf-8"))
        more = {key: told[key] for key in ("release", "tables", "rows", "files", "sha256", "seconds")}
    except (OSError, ValueError, KeyError):
        more = {}
    return Backup(path, made_at, found[2], path.stat().st_size, **more)


def backups(folder: Path) -> list[Backup]:
    """All of a folder, the newest first."""
    found = [read(path) for path in folder.glob(f"*{SUFFIX}") if _NAME.match(path.name)]
    return sorted(found, key=lambda backup: (backup.made_at, backup.name), reverse=True)


def find(folder: Path, name: str) -> Backup:
    """A backup by its name, a path to one, or ``latest``.

    :raises NotFound: when there is none.
    """
    if name == "latest":
        newest = next(iter(backups(folder)), None)
        if newest is None:
            raise NotFound(_l("There is no backup yet."))
        return newest
    return read(folder / name if Path(name).name == name else Path(name))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """While a backup is written nobody writes another; what one that was killed left behind is cleared away.

    :raises BackupBusy: when somebody does.
    """
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupBusy() from None
        for left in folder.glob("*.part"):
            left.unlink()
        yield


def sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- which may go -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Keep:
    """How many days, weeks and months keep their newest backup; of those before an upgrade, how many."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12
    upgrade: int = 5


def spare(found: Sequence[Backup], keep: Keep, zone: tzinfo) -> list[Backup]:
    """Those that may go, the oldest first. The newest always stays; days, weeks and months are the shop's."""
    newest_first = sorted(found, key=lambda backup: backup.made_at, reverse=True)
    ordinary = [backup for backup in newest_first if backup.kind != "upgrade"]
    kept = {backup.path for backup in [*newest_first[:1], *[b for b in newest_first if b.kind == "upgrade"][: keep.upgrade]]}
    for count, period in ((keep.daily, _day), (keep.weekly, _week), (keep.monthly, _month)):
        kept |= _newest_of(ordinary, count, lambda backup, period=period: period(backup.made_at.astimezone(zone)))
    return [backup for backup in reversed(newest_first) if backup.path not in kept]


def spare_ones(runtime: Runtime, *, daily: int | None = None, weekly: int | None = None, monthly: int | None = None) -> list[Backup]:
    """Those of an instance that may go, by what is set, or by what is said here."""
    said = {"daily": daily, "weekly": weekly, "monthly": monthly}
    keep = Keep(**{name: settings.get(f"backup.{name}") if count is None else count for name, count in said.items()})
    return spare(backups(folder_of(runtime)), keep, shop_zone())


def _newest_of(newest_first: Iterable[Backup], count: int, period: Callable[[Backup], Any]) -> set[Path]:
    chosen: dict[Any, Path] = {}
    for backup in newest_first:
        if len(chosen) < count:
            chosen.setdefault(period(backup), backup.path)
    return set(chosen.values())


def _day(at: datetime) -> Any:
    return at.date()


def _week(at: datetime) -> Any:
    return at.date() - timedelta(days=at.weekday())


def _month(at: datetime) -> Any:
    return at.year, at.month


def remove(backup: Backup) -> None:
    """Take a backup away, with its description."""
    backup.path.unlink(missing_ok=True)
    description_of(backup.path).unlink(missing_ok=True)
