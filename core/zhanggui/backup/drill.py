"""A drill: the newest backup is brought back into a throw-away place and started there, so that one knows before it is needed."""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, inspect, select, type_coerce
from sqlalchemy.engine import Connection

from .. import files
from ..db.base import metadata
from ..files import private
from ..files.models import PrivateFile, StoredFile
from ..host import hosted, refresh
from ..host.host import Host
from ..host.manifest import Manifest
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import SYSTEM
from ..kernel.errors import ConfigError, DomainError
from ..runtime import Runtime, activated
from . import places, restoring, sealing, tables
from .making import Report, silent, sums, totals_of

_SAMPLE = 50  # sealed values of each column that are opened


@dataclass(frozen=True)
class Drill:
    """How a drill went. ``why`` says what was wrong, and is empty when it passed; ``totals`` are pairs: then, and as brought back."""

    backup: str
    made_at: datetime
    passed: bool
    why: Any = ""
    tables: int = 0
    rows: int = 0
    files: int = 0
    opened: int = 0  # sealed values that could be read
    totals: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    seconds: float = 0


class DrillFailed(DomainError):
    """What was brought back is not the shop that it was."""

    code = "drill_failed"


def drill(runtime: Runtime, backup: places.Backup, manifests: Mapping[str, Manifest], *, keys: Sequence[Any] = (), report: Report = silent) -> Drill:
    """Restore a backup into an empty SQLite database in a folder that is thrown away, whatever the shop runs on, and look at it.

    A drill that fails is an answer and no error.
    """
    began = time.monotonic()
    facts: dict[str, Any] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="zhanggui-drill-") as folder:
            there = _elsewhere(runtime, Path(folder))
            try:
                _rehearse(there, backup, manifests, list(keys) or sealing.identities(runtime.keyring), report, facts)
            finally:
                there.close()
    except (DomainError, ConfigError) as error:
        facts["why"] = error.said() if isinstance(error, DomainError) else str(error)
    return Drill(backup.name, backup.made_at, "why" not in facts, seconds=round(time.monotonic() - began, 1), **facts)


def _elsewhere(runtime: Runtime, folder: Path) -> Runtime:
    config = copy.copy(runtime.config)
    config.settled = {**config.settled, "instance.data": str(folder), "database.url": f"sqlite:///{folder / 'db.sqlite3'}"}
    return Runtime(config)


def _rehearse(there: Runtime, backup: places.Backup, manifests: Mapping[str, Manifest], keys: list[Any], report: Report, facts: dict[str, Any]) -> None:
    done = restoring.restore(there, backup.path, keys, manifests, now=backup.made_at, actor=SYSTEM, report=report)
    facts |= {"tables": done.tables, "rows": done.rows, "files": done.files}
    with activated(there):
        host = refresh(there)
        with hosted(host), tables.snapshot(there.engine) as connection:
            facts["opened"] = _open_some(connection, there)
            now = sums(connection, totals_of(host))
            facts["totals"] = {name: (then, now.get(name)) for name, then in done.totals.items()}
            _files_are_there(connection)
        for name, (then, found) in facts["totals"].items():
            if then is not None and then != found:
                raise DrillFailed(_l("%(total)s was %(then)s in the shop and is %(now)s after the restore."), total=name, then=str(then), now=str(found))
        with hosted(host):
            copy_context().run(_starts, there, host)  # the pages speak to a visitor: what is told of the drill does not


def _open_some(connection: Connection, there: Runtime) -> int:
    """Open a sample of what is sealed by the instance's key, of every column that has some. Answers how many.

    :raises DrillFailed: naming the column that cannot be read.
    """
    from cryptography.exceptions import InvalidTag

    opened = 0
    present = set(inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        for found in table.columns if table.name in present else ():
            if not getattr(found.type, "pii", False):
                continue
            values = connection.execute(select(type_coerce(found, LargeBinary)).where(found.is_not(None)).limit(_SAMPLE)).scalars()
            for value in values:
                try:
                    there.keyring.unseal(bytes(value))
                except (InvalidTag, ValueError) as error:
                    raise DrillFailed(_l("%(column)s cannot be read with the key of this shop."), column=f"{table.name}.{found.name}") from error
                opened += 1
    return opened


def _files_are_there(connection: Connection) -> None:
    """:raises DrillFailed: when rows name pictures or files that were not brought back."""
    pictures = connection.scalars(select(StoredFile.id))
    papers = connection.scalars(select(PrivateFile.id))
    missing = sum(not files.path_of(name, size).is_file() for name in pictures for size in files.SIZES)
    missing += sum(not private.path_of(name).is_file() for name in papers)
    if missing:
        raise DrillFailed(_l("Files that rows name are missing: %(count)s."), count=missing)


def _starts(there: Runtime, host: Host) -> None:
    """Build the shop and ask it for two pages.

    :raises DrillFailed: when it does not answer.
    """
    from ..app import create_app  # everything there is: only a drill needs it

    visitor = create_app(there, host).test_client()
    for path in ("/readyz", "/login/"):
        status = visitor.get(path, base_url="http://localhost").status_code
        if status != 200:
            raise DrillFailed(_l("The shop that was brought back does not start (%(status)s)."), status=status)
