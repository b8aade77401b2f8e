"""Writers on SQLite stand in line, because SQLite itself keeps none.

Its busy handler sleeps up to 100 ms and asks again, in no order: with eight writers one in a hundred
waited over a second. Here the threads of a process wait in the order they came, and the first of each
line waits for a lock on a file beside the database, which the kernel lets go when its process dies.
``BEGIN IMMEDIATE`` comes after that, so whoever does not stand in line (a shell, a copy) harms nobody.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections import deque
from weakref import WeakValueDictionary

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError

_SHORTEST, _LONGEST = 0.0002, 0.002  # seconds between two looks at a lock that another process holds


class DatabaseBusy(DomainError):
    """Others wrote for longer than a writer waits. Nothing was begun."""

    code = "busy"
    status = 503
    retry_after = 2
    message = _l("The shop is very busy. Nothing was saved; please try again in a moment.")


class NestedWrite(RuntimeError):
    """A thread that writes began a second unit of work: on SQLite it would wait for itself."""


class Turn:
    """A place in the line of one thread."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.called = threading.Lock()
        self.called.acquire()


class WriteQueue:
    """The line of this process before one database file; get it by :func:`queue_of`."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.forget()

    def forget(self) -> None:
        """Begin anew without a word to others, as a child that was just forked must."""
        # Reentrant: a forgotten connection may be collected, and leave, while this very thread is in here.
        self._mutex = threading.RLock()
        self._line: deque[Turn] = deque()  # the first one writes, or waits for the other processes
        self._files: tuple[int, ...] = ()

    def take(self, turn: Turn, seconds: float) -> None:
        """Wait until it is this thread's turn to write.

        :raises DatabaseBusy: when that takes longer than ``seconds``.
        :raises NestedWrite: when this thread writes already.
        """
        give_up = time.monotonic() + seconds
        with self._mutex:
            if any(other.thread == turn.thread for other in self._line):
                raise NestedWrite("this thread is inside a unit of work already: pass its session on instead of opening another one")
            self._line.append(turn)
            first = self._line[0] is turn
        try:
            if not first and not turn.called.acquire(timeout=seconds):
                raise DatabaseBusy()
            self._lock(give_up)
        except BaseException:  # also a time-out of a job, which can strike anywhere
            self.leave(turn)
            raise

    def leave(self, turn: Turn) -> None:
        """Let the next one write; nothing when the turn is over already."""
        with self._mutex:
            if turn not in self._line:
                return
            wrote = self._line[0] is turn
            self._line.remove(turn)
            if wrote:
                for file in self._files:
                    fcntl.flock(file, fcntl.LOCK_UN)
                if self._line:
                    self._line[0].called.release()

    def _lock(self, give_up: float) -> None:
        """Only the first of the line comes here.

        Two files: who waits for the first holds the second meanwhile, so a process that just wrote and
        wants to again cannot pass by those who are waiting.
        """
        if not self._files:
            self._files = tuple(os.open(self.database + end, os.O_RDWR | os.O_CREAT, 0o600) for end in ("-writer", "-next"))
        writer, following = self._files
        _wait_for(following, give_up)
        try:
            _wait_for(writer, give_up)
        finally:
            fcntl.flock(following, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files. In a child this leaves its parent's lock alone."""
        for file in self._files:
            os.close(file)
        self._files = ()

    def __del__(self) -> None:
        self.close()


def _wait_for(file: int, give_up: float) -> None:
    # Looking again is no slower than a thread that blocks in the kernel and wakes another one, and it can be given up.
    pause = _SHORTEST
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise DatabaseBusy() from None
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST)


_queues: WeakValueDictionary[str, WriteQueue] = WeakValueDictionary()
_making = threading.Lock()


def queue_of(database: str) -> WriteQueue:
    """The one line of this process before this file, however many engines are open on it."""
    path = os.path.realpath(database)
    with _making:
        found = _queues.get(path)
        if found is None:
            found = _queues[path] = WriteQueue(path)
        return found


def _after_fork() -> None:
    global _making
    _making = threading.Lock()
    for queue in list(_queues.values()):
        queue.close()
        queue.forget()


os.register_at_fork(after_in_child=_after_fork)


class QueuedConnection(sqlite3.Connection):
    """A connection that gives its turn back with the end of its transaction, whichever end that is."""

    queue: WriteQueue | None = None
    turn: Turn | None = None

    def stand_in_line(self, queue: WriteQueue, seconds: float) -> None:
        """Wait for the turn to begin a transaction that writes."""
        self.queue, self.turn = queue, Turn()
        queue.take(self.turn, seconds)

    def leave(self) -> None:
        """Give the turn back, if there is one."""
        turn, self.turn = self.turn, None
        if turn is not None and self.queue is not None:
            self.queue.leave(turn)

    def commit(self) -> None:
        super().commit()  # one that fails leaves the transaction open until it is rolled back
        self.leave()

    def rollback(self) -> None:
        super().rollback()
        self.leave()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.leave()
