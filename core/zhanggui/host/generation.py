"""Generations: how every process learns, at its next request or job, that something changed."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import insert, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from .models import Generation


class Generations(NamedTuple):
    """``plugins``: which plugins are enabled; ``security``: users, roles, grants; ``settings``: run-time settings."""

    plugins: int
    security: int
    settings: int


_READ = text("SELECT plugins, security, settings FROM core__generation WHERE id = 1")


def read(connection: Connection | Session) -> Generations:
    """The present generations: one primary-key look-up. Zeros before the first upgrade filled the row."""
    row = connection.execute(_READ).first()
    return Generations(*row) if row else Generations(0, 0, 0)


def bump(db: Session, kind: str) -> None:
    """Tell every process that ``kind`` (plugins, security or settings) changed, with this commit."""
    column = Generation.__table__.c[kind]
    done = db.execute(update(Generation.__table__).where(Generation.id == 1).values({column: column + 1}))
    if done.rowcount == 0:
        db.execute(insert(Generation.__table__).values(id=1))
