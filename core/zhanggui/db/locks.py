"""One at a time: for rules that look at several rows before they write."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def one_at_a_time(db: Session, name: str) -> None:
    """Wait until no other transaction holds ``name``, and hold it until this one ends.

    Call it before the rows are read that decide: what is read after it is what the one before left
    behind. A unit of work on SQLite is alone anyway from its first statement on.

    :param name: of the rule, as in ``core.owners``; two names never wait for each other.
    """
    connection = db.connection()
    if connection.dialect.name == "postgresql":
        # A number of our own making: PostgreSQL's hashtext() has 32 bits and may change between releases.
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(key)))
