"""Inserts that meet a row which is there already, in one statement on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_for(db: Session, model: Any) -> Any:
    """An INSERT of this database's dialect, which knows ON CONFLICT."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(model.__table__)


def insert_or_skip(db: Session, model: Any, **values: Any) -> bool:
    """Insert a row unless one like it is there; False when there was.

    It waits for a transaction that is inserting the same one, so of many at once exactly one gets True.
    """
    # Asked by RETURNING: the count of inserted rows is not to be had of every driver (psycopg's is -1, which is true).
    made = insert_for(db, model).values(**values).on_conflict_do_nothing()
    return db.execute(made.returning(*model.__table__.primary_key)).first() is not None
