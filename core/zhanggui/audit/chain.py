"""The trail as a chain: each row has a link with a number, whose digest covers the row, its place and the digest before it.

Rows are written where something happens; their links are written together, as the last thing before that transaction commits. Only
there are writers one behind the other, and whoever holds the end of the chain has nothing left to wait for, so nobody waits in a circle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import JSON, Connection, Text, cast, delete, event, func, insert, select
from sqlalchemy.orm import Session

from .models import AuditEntry, AuditLink

START = "0" * 64
_a, _l = AuditEntry.__table__, AuditLink.__table__
_PENDING, _RECHECK = "zhanggui_audit_unlinked", "zhanggui_audit_recheck"
# A number of our own, beside those of ``db.locks``.
_LOCK = select(func.pg_advisory_xact_lock(int.from_bytes(hashlib.sha256(b"core.audit.chain").digest()[:8], "big", signed=True)))
_HEAD = select(_l.c.number, _l.c.digest).order_by(_l.c.number.desc()).limit(1)
_INSERT = insert(_l)
_BATCH = 1000


def digest(before: str, number: int, audit_id: int, row: str) -> str:
    """What a link says; ``row`` is the hash of the row that it is of."""
    return hashlib.sha256(f"{before}\n{number}\n{audit_id}\n{row}".encode()).hexdigest()


def add(db: Session, audit_id: int, row: str) -> None:
    """A row was written in this transaction: it gets its link before the end."""
    db.info.setdefault(_PENDING, []).append((audit_id, row))


def head(connection: Connection | Session) -> tuple[int, str]:
    """Number and digest of the last link; zero and nothing where there is none."""
    found = connection.execute(_HEAD).first()
    return (found.number, found.digest) if found is not None else (0, START)


def seal(db: Session) -> None:
    """Write the links of what this transaction wrote. Called by itself before a session commits."""
    waiting = db.info.pop(_PENDING, [])
    if not waiting:
        return
    db.flush()  # what it writes may wait for others, so it comes before the end of the chain is held
    if db.info.pop(_RECHECK, False):  # a part of it was taken back
        # SQLite gives the number of a row that was taken back to the next one.
        found = select(_a.c.id, _a.c.hash).where(_a.c.id.in_({audit_id for audit_id, _row in waiting})).order_by(_a.c.id)
        waiting = list(db.execute(found).tuples().all())
    connection = db.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
    _append(connection, waiting)


def _append(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    number, last = head(connection)
    links = []
    for audit_id, row in rows:
        number += 1
        last = digest(last, number, audit_id, row)
        links.append({"number": number, "audit_id": audit_id, "digest": last})
    if links:
        connection.execute(_INSERT, links)


def fill(connection: Connection) -> int:
    """Links for all rows anew, for a migration; the guards of the table are off meanwhile. Answers how many."""
    connection.execute(delete(_l))
    last_id = count = 0
    while rows := connection.execute(select(_a.c.id, _a.c.hash).where(_a.c.id > last_id).order_by(_a.c.id).limit(_BATCH)).all():
        _append(connection, [(row.id, row.hash) for row in rows])
        last_id, count = rows[-1].id, count + len(rows)
    return count


@event.listens_for(Session, "before_commit")
def _before_commit(db: Session) -> None:
    if db.info.get(_PENDING) and not db.in_nested_transaction():
        seal(db)


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(db: Session, transaction: Any) -> None:
    if transaction.nested:
        db.info[_RECHECK] = True
    else:
        db.info.pop(_PENDING, None)
        db.info.pop(_RECHECK, None)


def read(connection: Connection) -> Iterator[tuple[int, int, str, Any]]:
    """Every link in turn, with its row (None where that is gone): ``(number, audit_id, digest, values)``, values as ``canonical.of_row`` takes them."""
    columns = [cast(c, Text) if isinstance(c.type, JSON) else c for c in _a.c]  # most of them say null, and need not be read for that
    statement = select(_l.c.number, _l.c.audit_id, _l.c.digest.label("link"), *columns).outerjoin(_a, _a.c.id == _l.c.audit_id).order_by(_l.c.number)
    with connection.execution_options(stream_results=True).execute(statement) as found:
        for rows in found.partitions(_BATCH):
            for number, audit_id, link, *values in rows:
                yield number, audit_id, link, values if values[0] is not None else None


def number_of(db: Session, audit_id: int) -> int:
    """The place of a row in the chain; zero where it has none."""
    return db.scalar(select(_l.c.number).where(_l.c.audit_id == audit_id)) or 0


def stands(db: Session, audit_id: int, row: str) -> bool:
    """Whether a row is what its link says, behind the link before it."""
    number = number_of(db, audit_id)
    found = dict(db.execute(select(_l.c.number, _l.c.digest).where(_l.c.number.in_((number - 1, number)))).tuples().all())
    return number > 0 and found.get(number) == digest(found.get(number - 1, START if number == 1 else ""), number, audit_id, row)


def unlinked(connection: Connection) -> list[int]:
    """Rows without a link: nothing of ours writes such; at most ten."""
    missing = select(_a.c.id).outerjoin(_l, _l.c.audit_id == _a.c.id).where(_l.c.number.is_(None)).order_by(_a.c.id).limit(10)
    return list(connection.scalars(missing))

