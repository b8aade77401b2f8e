"""Generations: how every process learns, at its next request or job, that something changed."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from ..db.upsert import insert_for
from .models import Generation


class Generations(NamedTuple):
    """``plugins``: which plugins are enabled; ``security``: users, roles, grants; ``settings``: run-time settings;
    ``faults``: which parts of plugins are paused."""

    plugins: int
    security: int
    settings: int
    faults: int


_READ = "SELECT plugins, security, settings, faults FROM core__generation WHERE id = 1"


def read(connection: Connection | Session) -> Generations:
    """The present generations: one primary-key look-up. Zeros before the first upgrade filled the row."""
    if isinstance(connection, Session):
        connection = connection.connection()
    row = connection.exec_driver_sql(_READ).first()
    return Generations(*row) if row else Generations(0, 0, 0, 0)


def bump(db: Session, kind: str) -> None:
    """Tell every process that ``kind`` (plugins, security, settings or faults) changed, with this commit."""
    table = Generation.__table__
    # One statement: the row is made by whoever comes first, and raised by everybody.
    made = insert_for(db, Generation).values(id=1, plugins=1, security=1, settings=1, faults=1)
    db.execute(made.on_conflict_do_update(index_elements=["id"], set_={kind: table.c[kind] + 1}))
