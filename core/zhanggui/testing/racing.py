"""Many threads that want the same thing at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

from sqlalchemy.orm import Session

from ..db.uow import unit_of_work
from ..runtime import current_runtime

T = TypeVar("T")
PATIENCE = 60.0  # seconds; a race that takes longer has come to a standstill


def at_once(count: int, act: Callable[[int], T]) -> list[T | Exception]:
    """Call ``act(0)`` to ``act(count - 1)`` from threads that start together.

    :returns: what each call answered or raised, in the order of the numbers.
    :raises AssertionError: when some of them do not come to an end.
    """
    ready = threading.Barrier(count)
    outcomes: dict[int, T | Exception] = {}

    def run(number: int) -> None:
        ready.wait(PATIENCE)
        try:
            outcomes[number] = act(number)
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=copy_context().run, args=(run, number), daemon=True) for number in range(count)]
    end = time.monotonic() + PATIENCE
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    stuck = [number for number in range(count) if number not in outcomes]
    assert not stuck, f"{len(stuck)} of {count} threads wait for each other"
    return [outcomes[number] for number in range(count)]


def race(count: int, act: Callable[[Session, int], T], *, linger: float = 0.005) -> list[T | Exception]:
    """Call ``act(db, number)`` from ``count`` threads at once, each in a unit of work of its own.

    :param linger: seconds between the act and its commit: who reads without a lock in that time reads
        what is about to change, so that a rule that only looks is broken in every run and not in some.
    :returns: what each answered or raised, in the order of the numbers.
    """
    together = threading.Barrier(count)
    # A database with one writer begins when it writes: there, waiting for all would be waiting forever.
    many_writers = current_runtime().engine.dialect.name != "sqlite"

    def one(number: int) -> T:
        with unit_of_work() as db:
            if many_writers:
                db.connection()
                together.wait(PATIENCE)
            answer = act(db, number)
            if many_writers:
                db.flush()
                time.sleep(linger)
            return answer

    return at_once(count, one)


def refused(outcomes: list[T | Exception], *kinds: type[Exception]) -> int:
    """How many were refused with one of ``kinds``; anything else that was raised is raised again."""
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, kinds):
            raise outcome
    return sum(isinstance(outcome, kinds) for outcome in outcomes)
