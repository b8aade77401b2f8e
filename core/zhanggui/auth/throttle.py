"""Too many failures: counted in the database, so that no process and no missing queue server forgets.

A try is counted before it is looked at, so that of many at once only so many pass. Who guesses is
refused by each of four counters: of the user, of the address, of the two together, of the device.
Whoever it is that they keep out, it must not be the user himself:

* a device on which he has signed in before has a counter of its own, and no other holds it up;
* an address from which he has signed in before is held up by its own counters, not by the user's;
* anywhere else he waits while somebody guesses, but once and for as long as a window lasts: a place
  that has waited gets one try. How many such tries there are is limited too, so that a thousand
  addresses do not get a thousand guesses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, delete, update
from sqlalchemy.orm import Session

from ..db.uow import recording
from ..db.upsert import insert_for, insert_or_skip
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.addresses import network
from ..kernel.errors import DomainError
from ..kernel.names import fold
from .models import Throttle

WINDOW = timedelta(minutes=5)
LIMIT = 10
PATIENT = 50  # tries in a window, of one user, from places that have waited
_c = Throttle.__table__.c


class TooManyTries(DomainError):
    """The limit of a window is used up."""

    code = "too_many_tries"
    status = 429
    message = _l("Too many tries. Please wait a few minutes.")


def bucket(kind: str, *values: str) -> str:
    """A counter's name; what was typed is not kept in clear."""
    together = "\0".join(values)
    return f"{kind}:{hashlib.sha256(together.encode()).hexdigest()[:40]}"


@dataclass(frozen=True)
class Tried:
    """One try to sign in: where it was counted, and whether it is refused without a look."""

    user: str
    address: str
    pair: str
    device: str | None
    full: bool


def sign_in_tried(db: Session, username: str, ip: str | None, *, device: str | None, known_place: bool) -> Tried:
    """Count a try to sign in and say whether it may be looked at.

    :param device: digest of a device on which this user has signed in before; None for any other.
    :param known_place: whether he has signed in from this address before.
    """
    name, where = fold(username), network(ip)
    user, address, pair = bucket("user", name), bucket("ip", where), bucket("pair", name, where)
    own = bucket("device", name, device) if device else None
    counts = count(db, [user, address, pair, *([own] if own else [])])
    if own:
        full = counts[own] > LIMIT
    elif counts[address] > LIMIT or counts[pair] > LIMIT:
        full = True
    else:
        full = counts[user] > LIMIT and not known_place and not _has_waited(db, name, where)
    return Tried(user, address, pair, own, full)


def _has_waited(db: Session, name: str, where: str) -> bool:
    """Whether this place was told to wait a window ago; else it is told now. One try for each time of waiting."""
    now, waiting = clock.now(), bucket("wait", name, where)
    waited = delete(Throttle).where(_c.bucket == waiting, _c.window_start <= now - WINDOW)
    if not db.execute(waited).rowcount:
        insert_or_skip(db, Throttle, bucket=waiting, window_start=now, count=0)
        return False
    budget = bucket("waited", name)
    return count(db, [budget])[budget] <= PATIENT


def sign_in_succeeded(db: Session, tried: Tried) -> None:
    """It was the user himself: his own mistakes are forgotten, what others did is not."""
    left: dict[str, Any] = {tried.pair: 0, tried.user: _c.count - 1, tried.address: _c.count - 1}
    if tried.device:
        left[tried.device] = 0
    _set(db, left)


def count(db: Session, buckets: Sequence[str], window: timedelta = WINDOW) -> dict[str, int]:
    """One more try in each; a window that has run out starts anew. Answers how many each has now.

    One statement, so that parallel tries add up.
    """
    now = clock.now()
    insert = insert_for(db, Throttle).values([{"bucket": b, "window_start": now, "count": 1} for b in sorted(buckets)])
    expired = _c.window_start <= now - window
    statement = insert.on_conflict_do_update(
        index_elements=["bucket"],
        set_={"count": case((expired, 1), else_=_c.count + 1), "window_start": case((expired, now), else_=_c.window_start)},
    )
    return dict(db.execute(statement.returning(_c.bucket, _c.count)).tuples().all())


def take_back(db: Session, counter: str) -> None:
    """A try that was counted was none that counts."""
    _set(db, {counter: _c.count - 1})


def _set(db: Session, counts: dict[str, Any]) -> None:
    for name in sorted(counts):  # in the order in which they are counted: nobody waits for anybody in a circle
        db.execute(update(Throttle).where(_c.bucket == name, _c.count > 0).values(count=counts[name]))


@contextmanager
def throttled(name: str, *, counts: type[Exception]) -> Iterator[None]:
    """For what can be guessed, as a password: run the block unless it failed too often of late.

    Failures of the kind ``counts`` are counted; the right answer is refused like any other once the limit is reached.

    :param name: what is counted, as in ``password:17``.
    :raises TooManyTries: from the 11th failure in five minutes.
    """
    counter = _counter(name)
    with recording() as db:
        full = count(db, [counter])[counter] > LIMIT
    if full:
        raise TooManyTries()
    try:
        yield
    except counts:
        raise
    except BaseException:
        _uncount(counter)
        raise
    _uncount(counter)


@contextmanager
def told_to_wait(name: str, *, counts: type[Exception]) -> Iterator[None]:
    """For what cannot be guessed, as a code of one use: right answers pass whatever others did at the same address.

    Failures of the kind ``counts`` are counted, and from the 11th on answered otherwise.

    :raises TooManyTries: in place of the 11th failure in five minutes and later ones.
    """
    try:
        yield
    except counts as error:
        counter = _counter(name)
        with recording() as db:
            full = count(db, [counter])[counter] > LIMIT
        if full:
            raise TooManyTries() from error
        raise


def _counter(name: str) -> str:
    kind, _, value = name.partition(":")
    return bucket(kind, value)


def _uncount(counter: str) -> None:
    with recording() as db:
        take_back(db, counter)
