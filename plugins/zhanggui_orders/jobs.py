"""Entry points of the worker: orders that time decides about, each in its own unit of work."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from zhanggui.api import SYSTEM, DomainError, clock, get_setting, job, reading, unit_of_work

from . import queries
from .services.cancellation import cancel_unpaid
from .services.fulfillment import receive_order

log = logging.getLogger(__name__)
BATCH = 200
SECONDS = 40  # of one run; the clock asks every minute


@job(max_attempts=1)
def close_unpaid_orders(**_from_newer_releases: object) -> None:
    """Close orders that were not paid in time; their stock is free again."""
    minutes = int(get_setting("plugin.orders.auto_close_minutes"))
    if minutes:
        _each(queries.due_for_closing, clock.now() - timedelta(minutes=minutes), _close)


@job(max_attempts=1)
def receive_shipped_orders(**_from_newer_releases: object) -> None:
    """Count orders as received that were shipped long ago."""
    days = int(get_setting("plugin.orders.auto_receive_days"))
    if days:
        _each(queries.due_for_receiving, clock.now() - timedelta(days=days), _receive)


def _close(db: Any, order_id: int, now: datetime) -> None:
    cancel_unpaid(db, id=order_id, reason="not paid in time", actor=SYSTEM, now=now)


def _receive(db: Any, order_id: int, now: datetime) -> None:
    receive_order(db, id=order_id, actor=SYSTEM, now=now)


def _each(due: Callable[..., list[int]], before: datetime, act: Callable[..., None]) -> None:
    """Act on all that are due while there is time; the next run goes on. What stays as it is, is not asked twice."""
    end, left_alone = time.monotonic() + SECONDS, set[int]()
    while time.monotonic() < end:
        with reading() as db:
            ids = [order_id for order_id in due(db, before, BATCH + len(left_alone)) if order_id not in left_alone]
        if not ids:
            return
        left_alone.update(order_id for order_id in ids if not _one(order_id, act))


def _one(order_id: int, act: Callable[..., None]) -> bool:
    try:
        with unit_of_work() as db:
            act(db, order_id, clock.now())
        return True
    except DomainError as refusal:  # paid or moved in this moment, or a plugin objects: the others go on
        log.info("order %s was left as it is: %s", order_id, refusal)
    except Exception:
        # One order that cannot be handled must not keep the stock of all that come after it.
        log.exception("order %s could not be handled", order_id)
    return False
