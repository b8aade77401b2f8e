"""Entry points of the worker: silent payments and refunds are asked about, whether anybody calls us or not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import ProviderError, _l, clock, enqueue, job, reading, unit_of_work

from . import queries
from .models import Attempt, Refund
from .services import asking, attempts, past

log = logging.getLogger(__name__)
BATCH, SECONDS = 200, 50


@job(_l("Ask providers about open payments and refunds"), max_attempts=1, lane="io")
def poll(**_from_newer_releases: object) -> None:
    """Everything whose time to be asked about has come."""
    end = time.monotonic() + SECONDS
    for model, ask in ((Attempt, asking.ask_attempt), (Refund, asking.ask_refund)):
        _each(model, ask, end)


def _each(model: Any, ask: Callable[[int], Any], end: float) -> None:
    while time.monotonic() < end:
        with reading() as db:
            due = queries.due(db, model, clock.now(), BATCH)
        for row_id, moment in due:
            if time.monotonic() > end:
                return
            _one(model, ask, row_id, moment)
        if len(due) < BATCH:
            return


def _one(model: Any, ask: Callable[[int], Any], row_id: int, due: datetime) -> None:
    with unit_of_work() as db:
        mine = asking.take_turn(db, model, row_id, due)
    if not mine:
        return
    try:
        ask(row_id)
    except ProviderError as trouble:
        log.info("%s %s is asked about later: %s", model.__tablename__, row_id, trouble)
    except Exception:
        # One that a provider cannot answer for must not keep all that come after it from being asked about.
        log.exception("%s %s could not be asked about", model.__tablename__, row_id)


@job(_l("Ask the provider about a payment"), lane="io")
def ask_attempt(*, attempt_id: int, **_from_newer_releases: object) -> None:
    """Nobody has told us what became of it."""
    asking.ask_attempt(attempt_id)


@job(_l("Ask the provider about refunds"), lane="io")
def ask_refunds(*, refund_ids: Sequence[int], **_from_newer_releases: object) -> None:
    """The same for refunds."""
    for refund_id in refund_ids:
        asking.ask_refund(refund_id)


@job(_l("Close payments at the provider"), lane="io")
def close_attempts(*, attempt_ids: Sequence[int], **_from_newer_releases: object) -> None:
    """Nobody shall pay these any more; whoever was faster wins. What stays open is asked about by ``poll``."""
    for attempt_id in attempt_ids:
        asking.close_attempt(attempt_id)


@job(_l("Book what orders were paid with before"), max_attempts=3)
def take_over(**_from_newer_releases: object) -> None:
    """What orders were paid with while payments were off gets its postings."""
    past.adopt_all(now=clock.now())


def close_for_order(db: Session, order_id: int, *, now: datetime) -> bool:
    """An order is called off: what could still be paid of it is closed after the commit; False when there is nothing."""
    found = attempts.mark_for_closing(db, order_id, now=now)
    if found:
        enqueue(db, close_attempts, attempt_ids=found)
    return bool(found)
