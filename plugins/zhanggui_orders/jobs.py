"""Entry points of the worker: orders that time decides about, each in its own unit of work."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from zhanggui.api import SYSTEM, DomainError, _l, clock, get_setting, is_aside, job, reading, set_aside, take_back, unit_of_work

from . import queries
from .services.cancellation import cancel_unpaid
from .services.fulfillment import receive_order

log = logging.getLogger(__name__)
BATCH = 200
SECONDS = 40  # of one run; the clock asks every minute
CLOSE, RECEIVE = "orders.close", "orders.receive"


@job(_l("Close orders that were not paid in time"), max_attempts=1)
def close_unpaid_orders(**_from_newer_releases: object) -> None:
    """Close orders that were not paid in time; their stock is free again."""
    minutes = int(get_setting("plugin.orders.auto_close_minutes"))
    if minutes:
        _each(CLOSE, queries.due_for_closing, clock.now() - timedelta(minutes=minutes), _close)
    hours = int(get_setting("plugin.orders.staff_close_hours"))
    if hours:  # who ordered on the phone pays when he comes to it
        _each(CLOSE, queries.staff_due_for_closing, clock.now() - timedelta(hours=hours), _close)


@job(_l("Count orders as received that were shipped long ago"), max_attempts=1)
def receive_shipped_orders(**_from_newer_releases: object) -> None:
    """Count orders as received that were shipped long ago."""
    days = int(get_setting("plugin.orders.auto_receive_days"))
    if days:
        _each(RECEIVE, queries.due_for_receiving, clock.now() - timedelta(days=days), _receive)


def _close(db: Any, order_id: int, now: datetime) -> None:
    cancel_unpaid(db, id=order_id, reason=_l("Not paid in time"), actor=SYSTEM, now=now)


def _receive(db: Any, order_id: int, now: datetime) -> None:
    receive_order(db, id=order_id, actor=SYSTEM, now=now)


def _each(queue: str, due: Callable[..., list[int]], before: datetime, act: Callable[..., None]) -> None:
    """Act on all that are due while there is time; the next run goes on. What is refused steps back behind the others."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with reading() as db:
            ids = due(db, before, BATCH, ~is_aside(queue, queries.ORDER_ID, clock.now()))
        if not ids:
            return
        for order_id in ids:
            reason = _one(queue, order_id, act)
            if reason:
                with unit_of_work() as db:
                    set_aside(db, queue, order_id, reason, now=clock.now())


def _one(queue: str, order_id: int, act: Callable[..., None]) -> str:
    """Act on one order; answers why it was left as it is, "" when it was not."""
    try:
        with unit_of_work() as db:
            act(db, order_id, clock.now())
            take_back(db, queue, [order_id])
        return ""
    except DomainError as refusal:  # paid or moved in this moment, or a plugin objects: the others go on
        log.info("order %s was left as it is: %s", order_id, refusal)
        return str(refusal)
    except Exception as error:
        # One order that cannot be handled must not keep the stock of all that come after it.
        log.exception("order %s could not be handled", order_id)
        return f"{type(error).__name__}: {error}"
