"""``Idempotency-Key``: a creation that is sent twice happens once and answers twice the same.

The record is written in the transaction of the effect, so there is no moment at which one is there
without the other. Keys are kept for a day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Request
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..db.crypto import blind_index, seal, unseal
from ..db.uow import reading, unit_of_work
from ..i18n.texts import lazy_gettext as _l
from ..jobs.phases import in_phases
from ..kernel import clock
from ..kernel.errors import BadRequest, DomainError
from ..kernel.phases import ThreePhases
from .models import IdempotencyKey

KEEP = timedelta(hours=24)
LEASE = timedelta(minutes=2)  # for which a key is claimed while somebody far away is called


class KeyReused(DomainError):
    """The key was used with another body."""

    code = "idempotency_mismatch"
    status = 422
    message = _l("This Idempotency-Key was used for another request.")


class StillWorking(DomainError):
    """The same request came before, and is being worked on."""

    code = "still_working"
    retry_after = 2
    message = _l("This request is still being worked on.")


class _KeyTaken(Exception):
    """Another request holds the key. Any other constraint that breaks on the way is an error of its own."""


@dataclass(frozen=True)
class Answer:
    """What was answered: the same bytes for every retry."""

    status: int
    body: bytes
    replayed: bool = False


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What must be equal for two requests to be the same one."""
    return hashlib.sha256(b"\0".join([method.encode(), path.encode(), body])).hexdigest()


def kept_key(owner: str, key: str) -> str:
    """How a key is stored: clients put into it what they like, a phone among it."""
    return blind_index(f"idempotency-key:{owner}:{key}")


def once(owner: str, key: str | None, print_: str, act: Callable[[Session], Answer]) -> Answer:
    """Run ``act`` in a unit of work, at most once for this owner and key.

    :param owner: who sends it, so that keys of two customers never meet.
    :param act: does the work and answers; when it raises, nothing is stored and a retry runs anew.
    :raises KeyReused: when the key came with another request before.
    """
    if key is None:
        with unit_of_work() as db:
            return act(db)
    key, print_ = _checked(owner, key, print_)
    found = _find(owner, key, print_)
    if found is not None:
        return found
    try:
        with unit_of_work() as db:
            # A key that has run out and was not swept yet is free.
            table = IdempotencyKey.__table__
            where = (table.c.owner == owner) & (table.c.key == key)
            db.execute(delete(table).where(where, table.c.created_at <= clock.now() - KEEP))
            # First, so that a parallel request with the same key waits here and then finds the row taken.
            row = {"owner": owner, "key": key, "fingerprint": print_, "status": 0, "body": b"", "created_at": clock.now()}
            db.execute(insert(table).values(**row))
            answer = act(db)
            # Sealed: an answer can hold an address and a phone.
            db.execute(table.update().where(where).values(status=answer.status, body=seal(answer.body.decode())))
            return answer
    except IntegrityError:
        found = _find(owner, key, print_)
        if found is None:
            raise
        return found


def once_within(db: Session, owner: str, key: str, print_: str, act: Callable[[], Answer]) -> Answer:
    """As :func:`once`, in a transaction that is open: for a job, whose unit of work is its own.

    On PostgreSQL two that come at once wait for each other; the later one is refused then, and finds the answer when it is tried again.

    :raises KeyReused: when the key came with another request before.
    :raises StillWorking: when another transaction with this key was committed in this moment.
    """
    key, print_ = _checked(owner, key, print_)
    found = _found(db, owner, key, print_)
    if found is not None:
        return found
    table = IdempotencyKey.__table__
    where = (table.c.owner == owner) & (table.c.key == key)
    db.execute(delete(table).where(where, table.c.created_at <= clock.now() - KEEP))
    try:
        with db.begin_nested():
            db.execute(insert(table).values(owner=owner, key=key, fingerprint=print_, status=0, body=b"", created_at=clock.now()))
    except IntegrityError as error:
        raise StillWorking() from error
    answer = act()
    db.execute(table.update().where(where).values(status=answer.status, body=seal(answer.body.decode())))
    return answer


def once_in_phases(
    owner: str, key: str | None, print_: str, phases: ThreePhases, claim: Callable[[Session], Mapping[str, Any]], said: Callable[[Any], Answer],
) -> Answer:  # fmt: skip
    """As :func:`once`, for what calls somebody far away: the key is claimed and committed, the answer stored with the third phase.

    When the work fails, the key is free again; when the process is killed, after ``LEASE``. A retry then claims anew,
    and ``phases.claim`` answers what it claimed before.

    :raises StillWorking: while another request with this key is at work.
    """
    if key is None:
        return in_phases(phases, claim, lambda _db, given: said(given))
    key, print_ = _checked(owner, key, print_)
    found = _find(owner, key, print_)
    if found is not None:
        return found
    table, began = IdempotencyKey.__table__, clock.now()
    row = (table.c.owner == owner) & (table.c.key == key)
    mine = row & (table.c.status == 0) & (table.c.created_at == began)

    def claim_with_key(db: Session) -> Mapping[str, Any]:
        over = (table.c.created_at <= began - KEEP) | ((table.c.status == 0) & (table.c.created_at <= began - LEASE))
        db.execute(delete(table).where(row, over))
        try:
            db.execute(insert(table).values(owner=owner, key=key, fingerprint=print_, status=0, body=b"", created_at=began))
        except IntegrityError as error:
            raise _KeyTaken from error
        return claim(db)

    def finish(db: Session, given: Any) -> Answer:
        answer = said(given)
        db.execute(table.update().where(mine).values(status=answer.status, body=seal(answer.body.decode())))
        return answer

    try:
        return in_phases(phases, claim_with_key, finish)
    except _KeyTaken:
        found = _find(owner, key, print_)
        if found is None:  # it was given up in this moment
            raise StillWorking() from None
        return found
    except BaseException:  # however it ended, a job's time included: the next one may try; the error goes on its way
        with unit_of_work() as db:
            db.execute(delete(table).where(mine))
        raise


def _checked(owner: str, key: str, print_: str) -> tuple[str, str]:
    if not key or len(key) > 255 or not key.isprintable():
        raise BadRequest(_l("Idempotency-Key must have 1 to 255 printable characters."))
    return kept_key(owner, key), blind_index(f"idempotency:{print_}")  # keyed: what is in a body can be guessed


def _find(owner: str, key: str, print_: str) -> Answer | None:
    with reading() as db:
        return _found(db, owner, key, print_)


def _found(db: Session, owner: str, key: str, print_: str) -> Answer | None:
    c = IdempotencyKey.__table__.c
    row = db.execute(
        select(c.fingerprint, c.status, c.body, c.created_at).where(c.owner == owner, c.key == key, c.created_at > clock.now() - KEEP)
    ).first()
    if row is None:
        return None
    if row.fingerprint != print_:
        raise KeyReused()
    if row.status == 0:
        if row.created_at <= clock.now() - LEASE:
            return None
        raise StillWorking()
    return Answer(row.status, unseal(row.body).encode(), replayed=True)


def forget_old(db: Session) -> int:
    """Drop keys older than a day; answers how many."""
    return int(db.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < clock.now() - KEEP)).rowcount)


def idempotent(owner: str, request: Request, act: Callable[[Session], tuple[int, bytes]]) -> tuple[int, bytes]:
    """:func:`once` for a Flask request: the key is its ``Idempotency-Key``, the fingerprint what it asks."""
    answer = once(owner, request.headers.get("Idempotency-Key"), _print(request), lambda db: Answer(*act(db)))
    return answer.status, answer.body


def idempotent_in_phases(
    owner: str, request: Request, phases: ThreePhases, claim: Callable[[Session], Mapping[str, Any]], said: Callable[[Any], tuple[int, bytes]],
) -> tuple[int, bytes]:  # fmt: skip
    """:func:`once_in_phases` for a Flask request; ``said`` makes of what ``phases.answer`` gave a status and a body."""
    answer = once_in_phases(owner, request.headers.get("Idempotency-Key"), _print(request), phases, claim, lambda given: Answer(*said(given)))
    return answer.status, answer.body


def _print(request: Request) -> str:
    return fingerprint(request.method, request.path, request.get_data())
