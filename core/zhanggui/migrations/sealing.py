"""For migrations: texts that stood in clear, sealed where they stand, on both databases and in a shop that is full."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from ..audit import Told, canonical_hash, chain, sealed_parts, told
from ..audit.models import AuditEntry, AuditLink
from ..db.append_only import guards, removal
from ..db.people import Subject
from ..db.types import Pii, SealedJson
from ..kernel import clock

_BATCH = 1000


def batches(connection: Connection, table: sa.TableClause, columns: list[str], where: Any = None) -> Iterator[list[Any]]:
    """The rows of a table with a number for its key, in batches that may be changed while walking."""
    key, last = table.c.id, None
    names = [table.c[name] for name in dict.fromkeys(["id", *columns])]
    while True:
        statement = sa.select(*names).order_by(key).limit(_BATCH)
        if where is not None:
            statement = statement.where(where)
        rows = connection.execute(statement if last is None else statement.where(key > last)).all()
        if not rows:
            return
        yield list(rows)
        last = rows[-1].id


def leave_nothing_behind() -> None:
    """What is overwritten or dropped from here on is not left readable in free pages of the file."""
    if op.get_bind().dialect.name == "sqlite":
        op.get_bind().exec_driver_sql("PRAGMA secure_delete=ON")


def seal_column(name: str, column: str, *, json: bool = False, change: Callable[[Any], Any] | None = None) -> None:
    """Make a text (or JSON) column a ``Pii`` (or ``SealedJson``) one, with all that stands in it; an empty text becomes none.

    :param change: what is to be kept of a value, where that is less than all.
    """
    leave_nothing_behind()
    connection, new = op.get_bind(), f"{column}_sealed"
    op.add_column(name, sa.Column(new, sa.LargeBinary(), nullable=True))
    old_type: Any = sa.JSON() if json else sa.Text()
    new_type: Any = SealedJson() if json else Pii()
    table = sa.table(name, sa.column("id"), sa.column(column, old_type), sa.column(new, new_type))
    # The old column is emptied in the same statement: PostgreSQL keeps the bytes of a dropped one in its rows.
    emptied: Any = sa.bindparam("_old", type_=old_type)
    statement = sa.update(table).where(table.c.id == sa.bindparam("_id")).values({new: sa.bindparam("_new", type_=new_type), column: emptied})
    for rows in batches(connection, table, [column], table.c[column].is_not(None)):
        given = [(row.id, change(value) if change else value) for row in rows for value in [row._mapping[column]]]
        connection.execute(statement, [{"_id": i, "_new": None if v == "" else v, "_old": {} if json else ""} for i, v in given])
    op.drop_column(name, column)
    connection.execute(sa.text(f'ALTER TABLE {name} RENAME COLUMN "{new}" TO "{column}"'))


def seal_trail(
    *, subject_of: Callable[[Connection, list[str]], Mapping[str, Subject]] | None = None, target_type: str | None = None,
    read: Callable[[Session, list[Any]], list[Told]] = told, also: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Seal the texts in rows of the trail and make their hashes anew; the triggers are taken off meanwhile.

    :param subject_of: whom rows of ``target_type`` are about, by the ids of their targets: their texts are sealed with
        the keys of these people.
    :param read: what a row says, where it was written in an older way; it finds there the columns named in ``also``,
        which are then set to these values.
    """
    leave_nothing_behind()
    connection, also = op.get_bind(), also or {}
    dialect, trail = connection.dialect.name, AuditEntry.__tablename__
    for statement in removal(dialect, trail):
        op.execute(statement)
    there = {found["name"] for found in sa.inspect(connection).get_columns(trail)}
    mine = [c for c in AuditEntry.__table__.c if c.name in there]  # a later release may know more of them
    table = sa.table(trail, *(sa.column(c.name, c.type) for c in mine), *(sa.column(name, sa.Text()) for name in also))
    changed = ("label", "before", "after", "subject_type", "subject_id", "sealed", "hash")
    new: dict[str, Any] = {name: sa.bindparam(f"_{name}", type_=table.c[name].type) for name in changed}
    update = sa.update(table).where(table.c.id == sa.bindparam("_id")).values({**new, **also})
    where = None if target_type is None else table.c.target_type == target_type
    with Session(connection, join_transaction_mode="create_savepoint") as db:
        for rows in batches(connection, table, [c.name for c in table.c], where):
            people = subject_of(connection, [row.target_id for row in rows]) if subject_of else {}
            writes = []
            for row, said in zip(rows, read(db, rows), strict=True):
                values = {c.name: row._mapping[c.name] for c in mine} | _sealed(db, row, said, people.get(row.target_id))
                values["hash"] = canonical_hash(values)
                writes.append({"_id": row.id, **{f"_{name}": values[name] for name in changed}})
            connection.execute(update, writes)
        db.commit()
    for statement in guards(dialect, trail, [["id"]], "the audit trail"):
        op.execute(statement)
    if sa.inspect(connection).has_table(AuditLink.__tablename__):
        link_trail()


def link_trail() -> None:
    """The chain of the trail anew, over rows as they stand; its guards are made anew too."""
    connection, links = op.get_bind(), AuditLink.__tablename__
    for statement in removal(connection.dialect.name, links):
        op.execute(statement)
    chain.fill(connection)
    for statement in guards(connection.dialect.name, links, [["number"], ["audit_id"]], "the chain of the audit trail"):
        op.execute(statement)


def _sealed(db: Session, row: Any, said: Told, subject: Subject | None) -> dict[str, Any]:
    own = (row.subject_type, row.subject_id) if row.subject_type else None
    return sealed_parts(
        db, label=said.label,
        before=said.before if row.before is not None else None, after=said.after if row.after is not None else None,
        reason=said.reason, pii=said.pii, subject=subject or own, now=clock.now(),
    )  # fmt: skip


def index_sealed(name: str, column: str, to: str, index: Callable[[str], str]) -> None:
    """Make the digest ``to`` of each row with one anew, out of the sealed text in ``column``."""
    connection = op.get_bind()
    table = sa.table(name, sa.column("id"), sa.column(column, Pii()), sa.column(to))
    statement = sa.update(table).where(table.c.id == sa.bindparam("_id")).values({to: sa.bindparam("_new")})
    for rows in batches(connection, table, [column], table.c[column].is_not(None) & (table.c[to] != "")):
        connection.execute(statement, [{"_id": row.id, "_new": index(row._mapping[column])} for row in rows])


def index_column(name: str, column: str, index: Callable[[str], str]) -> None:
    """Put a keyed digest in the place of each value of a column that only has to be compared."""
    leave_nothing_behind()
    connection = op.get_bind()
    table = sa.table(name, sa.column("id"), sa.column(column, sa.Text()))
    statement = sa.update(table).where(table.c.id == sa.bindparam("_id")).values({column: sa.bindparam("_new")})
    for rows in batches(connection, table, [column], table.c[column].is_not(None)):
        connection.execute(statement, [{"_id": row.id, "_new": index(row._mapping[column])} for row in rows])
