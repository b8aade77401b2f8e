"""What is kept ready of a fact, and by which definition it was worked out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.dialects import sqlite

from zhanggui.api import Fact

from .models import DIMENSIONS, SUMS


@dataclass(frozen=True)
class Kept:
    """A set of dimensions of a fact, and the columns of a cell that they stand in."""

    fact: Fact
    by: tuple[str, ...]

    @property
    def id(self) -> str:
        """How its cells are known."""
        return f"{self.fact.id}:{','.join(self.by)}"

    @property
    def hour(self) -> bool:
        """Whether its cells are of an hour."""
        return "hour" in self.by

    @property
    def columns(self) -> dict[str, str]:
        """dimension -> column of a cell"""
        return dict(zip((name for name in self.by if name != "hour"), DIMENSIONS, strict=False))


def kept_of(fact: Fact) -> list[Kept]:
    """Every set that is kept of a fact."""
    return [Kept(fact, tuple(by)) for by in fact.kept]


def sums_of(fact: Fact) -> dict[str, str]:
    """column of the fact -> column of a cell"""
    return dict(zip(fact.sums, SUMS, strict=False))


def fitting(fact: Fact, needed: Collection[str]) -> Kept | None:
    """The first set from which these dimensions can be read."""
    return next((kept for kept in kept_of(fact) if set(needed) <= set(kept.by)), None)


_versions: dict[tuple[str, str], tuple[Fact, str]] = {}  # of the facts of this generation of the host


def version_of(fact: Fact, zone: ZoneInfo) -> str:
    """A digest of the definition and the zone: what was worked out by another one counts no more."""
    known = _versions.get((fact.id, zone.key))
    if known is None or known[0] is not fact:
        known = _versions[fact.id, zone.key] = (fact, _digest(fact, zone))
    return known[1]


def _digest(fact: Fact, zone: ZoneInfo) -> str:
    said: Sequence[object] = (fact.id, tuple(fact.sums), sorted(fact.by.items()), [tuple(by) for by in fact.kept], zone.key)
    rows = str(fact.rows().compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": False}))  # type: ignore[no-untyped-call] # of SQLAlchemy
    return hashlib.sha256(repr((said, rows)).encode()).hexdigest()[:40]
