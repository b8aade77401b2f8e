"""Asking providers what became of things, and closing what nobody shall pay any more. Never inside a transaction.

Nothing is done twice here: who asks pushes the next question back first, and what is answered is applied by the table of moves.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, ProviderError, _, clock, reading, unit_of_work

from .. import queries
from ..contracts import Declined, Misconfigured, RefundSnapshot, Retryable, Snapshot
from ..models import Attempt, Refund
from ..providers import provider_of
from ..rules import ATTEMPT_TIMES, HOURLY, REFUND_TIMES, SIX_HOURLY, next_question, outcome
from ..states import OPEN_ATTEMPT, RefundState
from . import settling

log = logging.getLogger(__name__)
SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class Refused(RefundSnapshot):
    """They did not take it on this try. Who tried again meanwhile may have been luckier: then it says nothing."""

    turn: int = 0  # how often it had been asked about when it was sent


def take_turn(db: Session, model: Any, row_id: int, due: datetime) -> bool:
    """Whether this worker asks: of two who want to, the first one does, and the next time is set before anybody asks."""
    now = clock.now()
    row = db.get(model, row_id, populate_existing=True)
    if row is None:
        return False
    if model is Attempt:
        began, times, after = row.created_at, ATTEMPT_TIMES, HOURLY
    else:
        began, times, after = row.requested_at, REFUND_TIMES, SIX_HOURLY
    following = now + SOON if getattr(row, "close_wanted", False) else next_question(times, after, began, row.asked + 1, now)
    if model is Attempt and row.expires_at is not None and now < row.expires_at:
        following = min(following, row.expires_at)
    taken = update(model).where(model.id == row_id, model.ask_at == due).values(ask_at=following, asked=model.asked + 1)
    return db.scalar(taken.returning(model.id).execution_options(synchronize_session=False)) is not None


def ask_attempt(attempt_id: int) -> str:
    """What became of an attempt; one whose time is over, or that shall not be paid, is closed. Answers its state.

    :raises ProviderError: when nobody knows.
    """
    with reading() as db:
        attempt = db.get(Attempt, attempt_id)
        if attempt is None or attempt.state not in OPEN_ATTEMPT:
            return attempt.state if attempt else ""
        seen, provider = queries.seen_by_provider(attempt), attempt.provider
        over = attempt.close_wanted or (attempt.expires_at is not None and attempt.expires_at <= clock.now())
    if over:
        return close_attempt(attempt_id)
    try:
        said = provider_of(provider).query(seen)
    except ProviderError as trouble:
        raise outcome(trouble) from None
    return _applied(attempt_id, said, "asked")


def close_attempt(attempt_id: int) -> str:
    """Make it unpayable where it could be paid; somebody who paid before wins. Answers its state.

    :raises ProviderError: when nobody knows.
    """
    with reading() as db:
        attempt = db.get(Attempt, attempt_id)
        if attempt is None or attempt.state not in OPEN_ATTEMPT:
            return attempt.state if attempt else ""
        seen, provider = queries.seen_by_provider(attempt), attempt.provider
    try:
        said = provider_of(provider).close(seen)
    except ProviderError as trouble:
        raise outcome(trouble) from None
    if said.state == "unknown":  # they never heard of it: nobody can pay it
        said = Snapshot(seen.number, "closed")
    return _applied(attempt_id, said, "answered")


def _applied(attempt_id: int, said: Snapshot, source: str) -> str:
    with unit_of_work() as db:
        settling.apply_snapshot(db, attempt_id, said, source=source, actor=SYSTEM, now=clock.now())
        return db.get_one(Attempt, attempt_id, populate_existing=True).state


def send_refund(refund_id: int, *, first: bool) -> RefundSnapshot | None:
    """Ask for money to go back (``first``), or what became of that; None when it is settled.

    What the provider never saw is sent again under the same number, which is one refund there however often it comes.

    :raises ProviderError: when nobody knows.
    """
    with reading() as db:
        refund = db.get_one(Refund, refund_id)
        if refund.state not in (RefundState.PROCESSING, RefundState.ABNORMAL):
            return None
        request = queries.request_of(refund, db.get_one(Attempt, refund.attempt_id))
        provider, turn = refund.provider, 0 if first else refund.asked
    asking = not first
    try:
        there = provider_of(provider)
        if asking:
            said = there.query_refund(request)
            if said.state != "unknown":
                return said
            asking, turn = False, _next_try(refund_id, turn)
        return there.refund(request)
    except ProviderError as trouble:
        meant = outcome(trouble)
        # A refund that is refused did not move, and trying again by itself helps nobody: a person has to look. That a
        # question cannot be asked now says nothing of what was sent before.
        if not asking and (isinstance(meant, Declined) or (first and isinstance(meant, Misconfigured))):
            return Refused(request.number, "failed", code=getattr(meant, "code", "") or type(meant).__name__, turn=turn)
        raise meant from None


def _next_try(refund_id: int, turn: int) -> int:
    """From here on the answers of older tries count for nothing.

    :raises Retryable: when somebody else has begun another try.
    """
    with unit_of_work() as db:
        mine = update(Refund).where(Refund.id == refund_id, Refund.asked == turn).values(asked=turn + 1).returning(Refund.id)
        if db.scalar(mine.execution_options(synchronize_session=False)) is None:
            raise Retryable(_("Somebody else is sending this refund in this moment."))
    return turn + 1


def ask_refund(refund_id: int) -> None:
    """What became of a refund.

    :raises ProviderError: when nobody knows.
    """
    said = send_refund(refund_id, first=False)
    if said is not None:
        with unit_of_work() as db:
            settling.apply_refund(db, refund_id, said, source="asked", actor=SYSTEM, now=clock.now())
