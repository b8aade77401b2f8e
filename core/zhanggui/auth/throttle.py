"""Too many failures: counted in the database, so that no process and no missing queue server forgets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..db.uow import reading, recording
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.errors import DomainError
from .models import Throttle

WINDOW = timedelta(minutes=5)
LIMIT = 10


class TooManyTries(DomainError):
    """The limit of a window is used up."""

    code = "too_many_tries"
    status = 429
    message = _l("Too many tries. Please wait a few minutes.")


def bucket(kind: str, value: str) -> str:
    """A counter's name; what was typed is not kept in clear."""
    return f"{kind}:{hashlib.sha256(value.lower().encode()).hexdigest()[:40]}"


def check(db: Session, buckets: list[str]) -> None:
    """:raises TooManyTries: when one of these counters is full."""
    since = clock.now() - WINDOW
    full = select(Throttle.bucket).where(Throttle.bucket.in_(buckets), Throttle.count >= LIMIT, Throttle.window_start > since)
    if db.scalar(full.limit(1)) is not None:
        raise TooManyTries()


def count(db: Session, buckets: list[str]) -> int:
    """One more try in each; a window that has run out starts anew. Answers the fullest.

    One statement, so that parallel tries add up.
    """
    now = clock.now()
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Throttle.__table__).values([{"bucket": b, "window_start": now, "count": 1} for b in sorted(buckets)])
    expired = Throttle.__table__.c.window_start <= now - WINDOW
    statement = insert.on_conflict_do_update(
        index_elements=["bucket"],
        set_={
            "count": case((expired, 1), else_=Throttle.__table__.c.count + 1),
            "window_start": case((expired, now), else_=Throttle.__table__.c.window_start),
        },
    )
    return max(db.scalars(statement.returning(Throttle.__table__.c.count)))


def take_back(db: Session, buckets: list[str]) -> None:
    """A try that was counted was none that counts."""
    table = Throttle.__table__
    db.execute(table.update().where(table.c.bucket.in_(buckets), table.c.count > 0).values(count=table.c.count - 1))


def clear(db: Session, buckets: list[str]) -> None:
    """Forget the failures of somebody who got in."""
    db.execute(delete(Throttle).where(Throttle.bucket.in_(buckets)))


@contextmanager
def throttled(name: str, *, counts: type[Exception]) -> Iterator[None]:
    """Run the block unless it failed too often of late; failures of the kind ``counts`` are counted.

    :raises TooManyTries: from the 11th failure in five minutes.
    """
    kind, _, value = name.partition(":")
    buckets = [bucket(kind, value)]
    with reading() as db:
        check(db, buckets)
    try:
        yield
    except counts:
        with recording() as db:
            count(db, buckets)
        raise
