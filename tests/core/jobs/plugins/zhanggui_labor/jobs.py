"""Jobs that leave a mark in ``labor__mark``."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from zhanggui.api import ProviderError, job, publish, unit_of_work
from zhanggui.db.write_queue import DatabaseBusy
from zhanggui.kernel.trace import current_trace

from .events import EchoHeard

_luck = 0
_MARK = text("INSERT INTO labor__mark (job, note) VALUES (:job, :note)")


def mark(db: Session, name: str, note: object) -> None:
    db.execute(_MARK, {"job": name, "note": str(note)})


@job(max_attempts=3)
def note(db: Session, *, thing: int, note: str = "", **_from_newer_releases: Any) -> None:
    if note == "fail":
        raise ValueError("told to fail")
    mark(db, "note", thing)


@job()
def also_note(db: Session, *, thing: int, **_from_newer_releases: Any) -> None:
    mark(db, "also_note", thing)


@job(max_attempts=3)
def poison(db: Session, **_from_newer_releases: Any) -> None:
    mark(db, "poison", "never seen")
    raise ValueError("password=hunter2 was refused")


@job()
def refused(**_from_newer_releases: Any) -> None:
    raise ProviderError("no such account", retry=False)


@job(timeout=1, max_attempts=2)
def hang(**_from_newer_releases: Any) -> None:
    time.sleep(20)


@job()
def robbed(db: Session, **_from_newer_releases: Any) -> None:
    """Somebody else takes the job over while it runs."""
    mark(db, "robbed", "half")
    db.execute(text("UPDATE core__job SET lease_token = 'somebody else' WHERE state = 'running'"))


@job()
def slow(db: Session, *, flag: str, **_from_newer_releases: Any) -> None:
    """Waits for as long as the file ``flag`` is there, then marks."""
    from pathlib import Path

    Path(flag + ".started").touch()
    while Path(flag).exists():
        time.sleep(0.05)
    mark(db, "slow", flag)


@job(lane="io")
def call(db: Session, **_from_newer_releases: Any) -> None:
    """Waits for others, as it says."""
    mark(db, "call", "")


@job(max_attempts=1)
def unlucky(**_from_newer_releases: Any) -> None:
    """The database has no time for it, at first."""
    global _luck
    _luck += 1
    if _luck % 2:
        raise DatabaseBusy()


@job(max_attempts=1, timeout=60)
def sleep(*, flag: str, **_from_newer_releases: Any) -> None:
    """Does not come back for a long time, without the database."""
    from pathlib import Path

    Path(flag).touch()
    time.sleep(60)


@job()
def echo(db: Session, *, loud: int, **_from_newer_releases: Any) -> None:
    publish(db, EchoHeard(loud=loud + 1))


@job(lane="io")
def go_on(*, thing: int, **_from_newer_releases: Any) -> None:
    with unit_of_work() as db:
        mark(db, "go_on", thing)


@job()
def hear(db: Session, *, event: dict[str, Any], **told: Any) -> None:
    mark(db, "hear", f"{event['name']} {event['key']} {sorted(told)}")


@job(together=True, max_attempts=2)
def hear_some(db: Session, *, event: dict[str, Any], note: str = "", **_told: Any) -> None:
    mark(db, "hear_some", f"{event['key']} {current_trace().correlation} {current_trace().depth}")
    if note == "fail":
        raise ValueError("told to fail")


@job()
def tick(db: Session, **_from_newer_releases: Any) -> None:
    mark(db, "tick", "")


@job(first=True)
def take(db, *, thing, **_from_newer_releases):
    """Somebody told of money."""
    mark(db, "take", thing)
