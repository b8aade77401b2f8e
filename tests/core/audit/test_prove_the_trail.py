"""The trail is a chain: whatever is bent straight in the database is found, with the first bad number."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from zhanggui import audit
from zhanggui.audit import chain, verifying
from zhanggui.audit.models import AuditEntry, AuditLink
from zhanggui.backup.tables import snapshot
from zhanggui.db.append_only import removal
from zhanggui.db.uow import recording, unit_of_work
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.ids import Code
from zhanggui.runtime import Runtime, activated
from zhanggui.testing.fixtures import NOON

ROWS = 40
BENDS = ("edit", "delete", "insert", "swap", "cut", "edit_link", "delete_link", "swap_links")


def write(db: Any, n: int) -> None:
    audit.record(db, "customers.customer.changed", target=("customers.Customer", n), label=Code(f"C-{n}"), actor=SYSTEM, now=NOON, before={"n": n}, reason=f"因为 {n}")


def write_some(count: int = ROWS) -> None:
    for start in range(0, count, 7):
        with unit_of_work() as db:
            for n in range(start, min(start + 7, count)):
                write(db, n)


def verify(shop: Runtime, heads: Any = ()) -> verifying.Verdict:
    with snapshot(shop.engine) as connection:
        return verifying.verify(connection, heads)


@pytest.fixture
def open_trail(instance: Runtime) -> Callable[[], Iterator[Connection]]:
    """A connection of somebody who runs the database, with the guards out of his way; they are put back in a way that nobody sees."""
    from contextlib import contextmanager

    from zhanggui.db.append_only import guards

    @contextmanager
    def do() -> Iterator[Connection]:
        dialect = instance.engine.dialect.name
        with instance.engine.begin() as connection:
            if dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE") if not connection.connection.dbapi_connection.in_transaction else None
            for table, _keys, _what in verifying._TABLES:
                for statement in removal(dialect, table):
                    connection.execute(text(statement))
            yield connection
            for table, keys, what in verifying._TABLES:
                for statement in guards(dialect, table, keys, what):
                    connection.exec_driver_sql(statement)

    return do


def bend(connection: Connection, how: str, chance: random.Random) -> int:
    """Do it; answers the first number that is not as it was."""
    links = connection.execute(select(AuditLink.number, AuditLink.audit_id).order_by(AuditLink.number)).all()
    one = links[chance.randrange(len(links) - 1)]
    other = links[chance.randrange(links.index(one) + 1, len(links))]

    def do(statement: str, **values: Any) -> None:
        connection.execute(text(statement), values)

    if how == "edit":
        column, value = chance.choice([("action", "x"), ("actor_name", "nobody"), ("ip", "10.9.8.7"), ("target_id", "99999"), ("sealed", b"x"), ("correlation", "x")])
        do(f"UPDATE core__audit SET {column} = :value WHERE id = :id", value=value, id=one.audit_id)
    elif how == "delete":
        do("DELETE FROM core__audit WHERE id = :id", id=one.audit_id)
    elif how == "insert":
        columns = ", ".join(c.name for c in AuditEntry.__table__.c if c.name != "id")
        new = connection.scalar(select(func.max(AuditEntry.id))) + 7
        do(f"INSERT INTO core__audit (id, {columns}) SELECT :new, {columns} FROM core__audit WHERE id = :id", new=new, id=one.audit_id)
        return links[-1].number + 1
    elif how == "swap":
        for old, new in ((one.audit_id, -1), (other.audit_id, one.audit_id), (-1, other.audit_id)):
            do("UPDATE core__audit SET id = :new WHERE id = :old", old=old, new=new)
    elif how == "cut":
        do("DELETE FROM core__audit_link WHERE number >= :n", n=one.number)
        do("DELETE FROM core__audit WHERE id >= :id", id=one.audit_id)
    elif how == "edit_link":
        do("UPDATE core__audit_link SET digest = :d WHERE number = :n", d="f" * 64, n=one.number)
    elif how == "delete_link":
        do("DELETE FROM core__audit_link WHERE number = :n", n=one.number)
    elif how == "swap_links":
        for old, new in ((one.number, -1), (other.number, one.number), (-1, other.number)):
            do("UPDATE core__audit_link SET number = :new WHERE number = :old", old=old, new=new)
    return one.number


def test_what_is_written_makes_a_whole_chain(instance: Runtime):
    write_some()
    said = verify(instance)
    assert said.whole, said.why
    assert said.rows == said.head.number >= ROWS


@pytest.mark.parametrize("how", BENDS)
def test_whatever_is_bent_is_found_with_its_first_bad_number(instance: Runtime, open_trail: Any, how: str):
    write_some()
    head = verify(instance).head
    with open_trail() as connection:
        number = bend(connection, how, random.Random(f"{how} 1"))
    said = verify(instance, [head])
    assert (said.whole, said.number) == (False, number), said.why


def test_thirty_random_bends_are_all_found(instance: Runtime, open_trail: Any):
    bend_many(instance, open_trail, 30, ROWS)


@pytest.mark.proof
def test_a_thousand_random_bends_are_all_found(instance: Runtime, open_trail: Any, request: pytest.FixtureRequest):
    bend_many(instance, open_trail, 1000 if request.config.getoption("--hard", default=False) else 60, 300)


class Undo(Exception):
    """The database is as it was."""


def bend_many(shop: Runtime, open_trail: Any, times: int, rows: int) -> None:
    write_some(rows)
    head = verify(shop).head
    for turn in range(times):
        chance = random.Random(turn)
        how = chance.choice(BENDS)
        with pytest.raises(Undo), open_trail() as connection:
            number = bend(connection, how, chance)
            said = verifying.verify(connection, [head])
            assert (said.whole, said.number) == (False, number), (turn, how, str(said.why))
            raise Undo
    assert verify(shop, [head]).whole


def test_a_chain_that_was_written_anew_as_a_whole_is_found_by_a_head(instance: Runtime, open_trail: Any):
    write_some()
    head = verify(instance).head
    with open_trail() as connection:
        rows = connection.execute(select(AuditEntry.__table__)).all()
        for row in rows:
            connection.execute(text("UPDATE core__audit SET actor_name = 'nobody' WHERE id = :id"), {"id": row.id})
        for row in connection.execute(select(AuditEntry.__table__)).all():
            connection.execute(text("UPDATE core__audit SET hash = :h WHERE id = :id"), {"id": row.id, "h": audit.canonical_hash(row._mapping)})
        chain.fill(connection)
    assert verify(instance).whole
    assert not verify(instance, [head]).whole


@pytest.mark.parametrize("table", ["core__audit", "core__audit_link"])
def test_dropped_guards_are_found(instance: Runtime, table: str):
    write_some(3)
    with instance.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TRIGGER {table}_no_update")
        else:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_change")
    assert f"{table}_no_" in str(verify(instance).why)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_guard_that_lets_everything_pass_is_found(instance: Runtime):
    with instance.engine.begin() as connection:
        connection.exec_driver_sql("CREATE OR REPLACE FUNCTION core__audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
    assert "core__audit_no_change" in str(verify(instance).why)


def test_what_is_taken_back_leaves_no_link(instance: Runtime):
    with unit_of_work() as db:
        write(db, 1)
        inner = db.begin_nested()
        write(db, 2)
        inner.rollback()
        with db.begin_nested():
            write(db, 3)
    with pytest.raises(ZeroDivisionError), unit_of_work() as db:
        write(db, 4)
        _ = 1 / 0
    with recording() as db:
        write(db, 5)
    said = verify(instance)
    assert said.whole, said.why
    assert said.rows == 3 + baseline(instance)


def baseline(shop: Runtime) -> int:
    with Session(shop.engine) as db:
        return db.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action != "customers.customer.changed")) or 0


def test_many_writers_at_once_make_one_chain(instance: Runtime):
    def run(n: int) -> None:
        with activated(instance):
            for turn in range(15):
                with unit_of_work() as db:
                    write(db, n * 100 + turn)
                    write(db, n * 100 + turn)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = verify(instance)
    assert said.whole, said.why
    assert said.rows == 6 * 15 * 2 + baseline(instance)


def test_heads_are_kept_once_each_and_a_wrong_line_is_told(instance: Runtime, tmp_path: Any):
    path = tmp_path / "kept" / "heads.jsonl"
    write_some(3)
    first = verifying.export_head(path, NOON)
    assert first is not None
    assert verifying.export_head(path, NOON) is None
    write_some(3)
    verifying.export_head(path, NOON)
    heads = verifying.read_heads(path)
    assert len(heads) == 2
    assert verify(instance, heads).whole
    assert not verify(instance, [replace(heads[0], digest="0" * 64), heads[1]]).whole
    path.write_text(path.read_text() + "nonsense\n")
    with pytest.raises(verifying.BentTrail, match="Line 3"):
        verifying.read_heads(path)


@pytest.mark.proof
def test_how_fast_it_is_followed(instance: Runtime, request: pytest.FixtureRequest):
    rows = 100_000 if request.config.getoption("--hard", default=False) else 10_000
    for start in range(0, rows, 2000):
        with unit_of_work() as db:
            for n in range(start, start + 2000):
                write(db, n)
    best = 0.0
    for _turn in range(5):
        began = time.monotonic()
        said = verify(instance)
        best = max(best, said.rows / (time.monotonic() - began))
        assert said.whole
    assert best > 20_000
