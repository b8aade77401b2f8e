"""How far the tables of each component are, and how far their histories go: asked at each start, so without Alembic.

Loading it takes a tenth of a second and 10 MB in every process, for one name a component.
"""

from __future__ import annotations

import ast
import logging
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import column, inspect, select
from sqlalchemy import table as named
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from ..host.manifest import Manifest

log = logging.getLogger(__name__)

CORE = Path(__file__).parent
_UNREADABLE = "?"  # stands for the head of a history that cannot be read
_cache: dict[Path, str | None] = {}


def components(manifests: Mapping[str, Manifest]) -> dict[str, Path]:
    """Core first, then every installed plugin, enabled or not, in the order of ``requires``."""
    return {"core": CORE} | {plugin_id: manifest.migrations for plugin_id, manifest in manifests.items()}


def version_table(component: str) -> str:
    """Name of the table that remembers how far a component's tables are."""
    return f"{component}__alembic"


def behind(db: Session | Connection, manifests: Mapping[str, Manifest]) -> list[str]:
    """Components whose tables are not at the head of their history."""
    connection = db.connection() if isinstance(db, Session) else db
    there = set(inspect(connection).get_table_names())
    late = []
    for component, folder in components(manifests).items():
        wanted, table = head(folder), version_table(component)
        if wanted is None:
            continue
        current = connection.scalar(select(column("version_num")).select_from(named(table))) if table in there else None
        if current != wanted:
            late.append(component)
    return late


def head(folder: Path) -> str | None:
    """The last revision of the history in a component's ``migrations`` folder; None where there is none, ``?`` where it cannot be read."""
    if folder not in _cache:
        try:
            _cache[folder] = _head(folder)
        except (OSError, SyntaxError, ValueError, KeyError):
            # Of one plugin: the others are to run, and its upgrade is to say so.
            log.error("the history in %s cannot be read", folder, exc_info=True)
            _cache[folder] = _UNREADABLE
    return _cache[folder]


def forget() -> None:
    """Read the histories anew when they are asked for next: files came or went."""
    _cache.clear()


def _head(folder: Path) -> str | None:
    before = {names["revision"]: names["down_revision"] for names in map(_names, sorted(folder.glob("versions/*.py")))}
    last = before.keys() - set(before.values())
    if before and (len(last) != 1 or not set(before.values()) <= {*before, None}):
        raise ValueError(f"one revision must follow each other, and {sorted(last)} follow none")
    return next(iter(last), None)


def _names(path: Path) -> dict[str, str | None]:
    """``revision`` and ``down_revision`` of a file, which are written as plain texts."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id in ("revision", "down_revision") and isinstance(node, ast.Assign | ast.AnnAssign):
            found[target.id] = ast.literal_eval(node.value) if node.value is not None else None
    return found
