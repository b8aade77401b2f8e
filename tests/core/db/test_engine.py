"""Every connection keeps the promises of the database."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import Session

from zhanggui.db.engine import SQLITE_PRAGMAS, open_engine
from zhanggui.db.uow import after_commit, reading, unit_of_work


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_each_connection_is_durable_and_keeps_foreign_keys(instance):
    for _ in range(3):
        with instance.engine.connect() as connection:
            got = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in SQLITE_PRAGMAS}
            connection.connection.invalidate()
        assert got == SQLITE_PRAGMAS
        assert got["synchronous"] == 2


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_pragma_that_is_not_taken_stops_the_connection(tmp_path, kind, monkeypatch):
    monkeypatch.setitem(SQLITE_PRAGMAS, "synchronous", 7)
    engine = open_engine(f"sqlite:///{tmp_path}/a.sqlite3")
    with pytest.raises(RuntimeError, match="synchronous"):
        engine.connect()


def test_a_database_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="use sqlite or postgresql"):
        open_engine("mysql://localhost/shop")


def test_writers_that_read_first_never_meet_a_locked_database(instance):
    from zhanggui.host.models import Generation

    errors = []

    def count_up():
        try:
            for _ in range(20):
                with unit_of_work() as db:
                    row = db.get(Generation, 1, with_for_update=True)
                    row.settings += 1
        except Exception as error:
            errors.append(error)

    with reading() as db:
        before = db.get(Generation, 1).settings
    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with reading() as db:
        assert db.get(Generation, 1).settings == before + 160


def test_what_fails_leaves_nothing_and_tells_nobody(instance):
    told = []
    with pytest.raises(ZeroDivisionError), unit_of_work() as db:
        db.execute(text("UPDATE core__generation SET settings = 999"))
        after_commit(db, lambda: told.append("sent"))
        raise ZeroDivisionError
    with reading() as db:
        assert db.scalar(text("SELECT settings FROM core__generation")) != 999
    assert told == []


def test_after_the_commit_the_change_is_there_for_others(instance):
    seen = []

    def look():
        with Session(instance.read_bind) as other:
            seen.append(other.scalar(text("SELECT settings FROM core__generation")))

    with unit_of_work() as db:
        db.execute(text("UPDATE core__generation SET settings = 4711"))
        after_commit(db, look)
    assert seen == [4711]


def test_the_database_itself_refuses_to_write_for_who_only_reads(instance):
    with reading() as db, pytest.raises((OperationalError, InternalError), match="(?i)readonly|read-only"):
        db.execute(text("UPDATE core__generation SET plugins = plugins + 1"))
    with unit_of_work() as db:
        db.execute(text("UPDATE core__generation SET plugins = plugins + 1"))
