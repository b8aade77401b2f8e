"""What visitors do: taken in as far as they agreed, and never at the cost of somebody who buys."""

from __future__ import annotations

import threading
from datetime import datetime
from functools import cache
from typing import Any

from flask import request as http

from zhanggui.api import DomainError, Operation, _l, get_setting
from zhanggui_customers import facade as customers
from zhanggui_products import facade as products

from .. import examples, schemas
from ..contracts import ShopRequest


class TooManyEvents(DomainError):
    """The shop takes in as much as it can at this moment; the client sends the same again later."""

    code = "too_many_events"
    status = 429
    message = _l("Too much is sent at this moment. Please send it again later.")
    retry_after = 30


@cache
def _lines() -> threading.BoundedSemaphore:
    # So few at once that threads and the lock of the database are there for everybody else.
    return threading.BoundedSemaphore(max(1, get_setting("web.threads") // 4))


def take_events(request: ShopRequest) -> dict[str, Any]:
    """Events of one client. A token says who has signed in there; without one they are somebody's."""
    if not _lines().acquire(blocking=False):
        raise TooManyEvents()
    try:
        body = request.body
        taken = customers.record_behaviour(
            lambda: request.db, body["events"], consent=body["consent"], customer_id=request.visitor.id if request.visitor else None,
            agent=http.headers.get("User-Agent", "")[:500], mark=body["mark"], products=products.product_ids, sent_at=_moment(body["sent_at"]), now=request.now,
        )  # fmt: skip
    finally:
        _lines().release()
    return {"accepted": taken.accepted, "refused": taken.refused, "dropped": taken.dropped}


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


OPERATIONS = [
    Operation(
        "POST", "/events", take_events, "Send what a visitor did", auth="either", body=schemas.EventsBody, answer=schemas.Taken, status=202,
        refuses=(TooManyEvents,), example=examples.SEND_EVENTS,
    ),
]  # fmt: skip
