"""The line of writers before a SQLite file: everybody gets through, in order, and a turn never stays behind."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.db.engine import open_engine
from zhanggui.db.write_queue import DatabaseBusy, NestedWrite, Turn, WriteQueue, queue_of

COUNT = text("UPDATE counter SET n = n + 1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database file with a counter in it, and a table that checks its parents only at the commit."""
    path = tmp_path / "db.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
        connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"))
    engine.dispose()
    return path


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{path}", write_wait=30).execution_options(writes=True)
    yield engine
    engine.dispose()


def counted(path: Path) -> int:
    engine = open_engine(f"sqlite:///{path}", pooled=False, read_only=True)
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT n FROM counter")))


def is_free(path: Path) -> bool:
    """Whether nobody holds the file that writers wait for, and nobody stands in this process's line."""
    if queue_of(str(path))._line:
        return False
    return all(is_lockable(f"{path}{end}") for end in ("-writer", "-next"))


def is_lockable(path: str) -> bool:
    with open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.002)


@contextmanager
def forked(act: Callable[[], None]) -> Iterator[int]:
    """A child process that does this and ends; killed with the block."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
            os._exit(0)
        except BaseException:
            os._exit(1)
    try:
        yield pid
    finally:
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ChildProcessError, ProcessLookupError):
            pass  # the test has waited for it


def ended(pid: int) -> int:
    """The exit code of a child, once it has ended by itself."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextmanager
def held(queue: WriteQueue) -> Iterator[None]:
    """Another thread writes."""
    there, over = threading.Event(), threading.Event()

    def hold() -> None:
        turn = Turn()
        queue.take(turn, 10)
        there.set()
        over.wait()
        queue.leave(turn)

    thread = threading.Thread(target=hold)
    thread.start()
    there.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("count", [8, 24])
def test_threads_write_in_the_order_in_which_they_came(engine: Engine, path: Path, count: int):
    queue, order = queue_of(str(path)), []

    def write(number: int) -> None:
        with engine.begin() as connection:
            connection.execute(COUNT)
            order.append(number)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(count)]
    with held(queue):
        for place, thread in enumerate(threads, start=2):
            thread.start()
            until(lambda place=place: len(queue._line) == place)
    for thread in threads:
        thread.join()
    assert order == list(range(count))
    assert is_free(path)


@pytest.mark.parametrize("threads", [2, 6])
def test_writers_of_several_processes_all_get_through_and_none_waits_for_long(path: Path, threads: int):
    def write() -> None:
        engine = open_engine(f"sqlite:///{path}", write_wait=10).execution_options(writes=True)
        errors, slowest = [], [0.0]

        def count() -> None:
            try:
                for _ in range(10):
                    began = time.monotonic()
                    with engine.begin() as connection:
                        connection.execute(COUNT)
                    slowest.append(time.monotonic() - began)
            except BaseException as error:
                errors.append(error)

        some = [threading.Thread(target=count) for _ in range(threads)]
        for thread in some:
            thread.start()
        for thread in some:
            thread.join()
        os._exit(len(errors) or (99 if max(slowest) > 8 else 0))

    with forked(write) as one, forked(write) as two, forked(write) as three, forked(write) as four:
        assert [ended(pid) for pid in (one, two, three, four)] == [0] * 4
    assert counted(path) == 4 * threads * 10
    assert is_free(path)


def test_a_process_that_just_wrote_does_not_pass_by_one_that_waits(path: Path, engine: Engine):
    """Without the second file the first process would take the lock again and again while the other one sleeps."""
    go, told = os.pipe()

    def wait() -> None:
        other = open_engine(f"sqlite:///{path}", write_wait=30).execution_options(writes=True)
        os.read(go, 1)
        with other.begin() as connection:
            connection.execute(text("INSERT INTO parent SELECT 1000 + n FROM counter"))

    with forked(wait) as pid:
        with engine.begin() as connection:
            connection.execute(COUNT)
            os.write(told, b"x")
            until(lambda: not is_lockable(f"{path}-next"))  # it waits for us
        for _ in range(100):
            with engine.begin() as connection:
                connection.execute(COUNT)
        assert ended(pid) == 0
    with engine.connect() as connection:
        place = connection.scalar(text("SELECT id FROM parent")) - 1000
    assert place <= 3, f"{place} others wrote before it"


def test_who_waits_too_long_is_told_so_and_has_begun_nothing(path: Path, engine: Engine):
    hasty = open_engine(f"sqlite:///{path}", write_wait=0.1).execution_options(writes=True)
    with held(queue_of(str(path))):
        began = time.monotonic()
        with pytest.raises(DatabaseBusy), Session(hasty) as db, db.begin():
            db.execute(COUNT)
        assert time.monotonic() - began < 1
    with hasty.begin() as connection:
        connection.execute(COUNT)
    assert counted(path) == 1
    assert is_free(path)


def test_the_limit_counts_for_other_processes_and_for_whoever_does_not_stand_in_line(path: Path, monkeypatch: pytest.MonkeyPatch):
    import sqlite3

    from zhanggui.db.engine import SQLITE_PRAGMAS

    monkeypatch.setitem(SQLITE_PRAGMAS, "busy_timeout", 100)
    hasty = open_engine(f"sqlite:///{path}", write_wait=0.1).execution_options(writes=True)
    with open(f"{path}-writer", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another open file: as good as another process
        with pytest.raises(DatabaseBusy), hasty.begin():
            pass
    assert is_free(path)
    shell = sqlite3.connect(path, isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy), hasty.begin():
        pass
    shell.close()
    assert is_free(path)


def test_when_a_writer_is_killed_the_next_one_goes_on_within_a_second(path: Path, engine: Engine):
    reading, writing = os.pipe()

    def hang() -> None:
        other = open_engine(f"sqlite:///{path}").execution_options(writes=True)
        with other.begin() as connection:
            connection.execute(text("UPDATE counter SET n = 1000"))
            os.write(writing, b"x")
            time.sleep(60)

    with forked(hang) as pid:
        os.read(reading, 1)
        assert not is_free(path)
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        with engine.begin() as connection:
            connection.execute(COUNT)
        assert time.monotonic() - began < 1
    assert counted(path) == 1


def test_a_child_forked_while_another_thread_writes_stands_in_line_itself_and_takes_nobodys_lock_along(path: Path, engine: Engine):
    def write() -> None:
        other = open_engine(f"sqlite:///{path}", write_wait=0.1).execution_options(writes=True)
        try:
            with other.begin():
                os._exit(3)  # the parent's turn did not count
        except DatabaseBusy:
            os._exit(4)

    def idle() -> None:
        time.sleep(60)

    with held(queue_of(str(path))):
        with forked(write) as pid:
            assert ended(pid) == 4
        with forked(write) as pid:  # and the end of the first one let nothing go
            assert ended(pid) == 4
        with forked(idle):
            assert not is_free(path)
            queue_of(str(path)).close()  # as the kernel does when this process ends, with its child still there
            until(lambda: is_lockable(f"{path}-writer"), 5)


def test_a_unit_of_work_inside_another_one_is_refused_at_once(path: Path, engine: Engine):
    with engine.begin() as connection:
        connection.execute(COUNT)
        began = time.monotonic()
        with pytest.raises(NestedWrite, match="pass its session on"), engine.begin():
            pass
        assert time.monotonic() - began < 1
        with connection.begin_nested():
            connection.execute(COUNT)
    assert counted(path) == 2
    assert is_free(path)


def test_no_turn_is_left_after_an_error_wherever_it_strikes(path: Path, engine: Engine):
    def in_the_block() -> None:
        with engine.begin() as connection:
            connection.execute(COUNT)
            raise ZeroDivisionError

    def in_a_savepoint() -> None:
        with engine.begin() as connection, connection.begin_nested():
            connection.execute(COUNT)
            raise ZeroDivisionError

    def at_the_commit() -> None:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO child VALUES (4711)"))

    def with_its_connection_gone() -> None:
        with engine.connect() as connection:
            connection.begin()
            connection.execute(COUNT)
            connection.invalidate()
            raise ZeroDivisionError

    def with_a_session_that_nobody_ended() -> None:
        Session(engine).execute(COUNT)  # forgotten
        raise ZeroDivisionError

    for act in (in_the_block, in_a_savepoint, at_the_commit, with_its_connection_gone, with_a_session_that_nobody_ended):
        with pytest.raises((ZeroDivisionError, IntegrityError)):
            act()
        gc.collect()  # what was forgotten is found with the next collection
        assert is_free(path), act.__name__
    assert counted(path) == 0


def test_no_turn_is_left_when_begin_itself_fails(path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch):
    from sqlalchemy.engine import Connection

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    with engine.connect() as connection:
        monkeypatch.setattr(Connection, "exec_driver_sql", refuse)
        with pytest.raises(KeyboardInterrupt):
            connection.begin()
        assert is_free(path)


def test_a_turn_ends_with_the_transaction_and_not_with_the_connection(path: Path, engine: Engine):
    with engine.connect() as connection:
        with connection.begin():
            connection.execute(COUNT)
        assert is_free(path)
        connection.begin().rollback()
        assert is_free(path)


def test_a_time_out_that_strikes_while_waiting_leaves_the_line(path: Path):
    class Late(Exception):
        pass

    def ring(*_: object) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with held(queue_of(str(path))):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            turn = Turn()
            with pytest.raises(Late):
                queue_of(str(path)).take(turn, 10)
            assert len(queue_of(str(path))._line) == 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert is_free(path)


def test_who_only_reads_stands_in_no_line(path: Path):
    with held(queue_of(str(path))):
        assert counted(path) == 0
