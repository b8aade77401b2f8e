"""An endpoint of the tea shop's bookkeeping, with what it was told of the last orders."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from zhanggui.api import SYSTEM, DemoData, public_events, unit_of_work

from . import rules
from .models import Delivery, Endpoint, Try
from .services import endpoints

LABEL = "记账软件"


def fill(now: datetime, rng: random.Random) -> None:
    """It took all but one, and a second one that is paused."""
    known = [name for name in ("orders.order.paid@1", "orders.order.shipped@1", "payments.refund.succeeded@1") if name in public_events()]
    if not known:
        return
    with unit_of_work() as db:
        first = endpoints.create_endpoint(db, label=LABEL, url="https://books.example/zhanggui", events=known, actor=SYSTEM, now=now - timedelta(days=40))
        second = endpoints.create_endpoint(db, label="仓库大屏", url="https://wall.example/events", everything=True, actor=SYSTEM, now=now - timedelta(days=9))
        endpoints.pause(db, id=second, actor=SYSTEM, now=now - timedelta(days=2))
        seen = update(Endpoint).where(Endpoint.id.in_((first, second)))
        db.execute(seen.values(secret_seen_at=now - timedelta(days=9), last_ok_at=now - timedelta(minutes=12)).execution_options(synchronize_session=False))
        for place in range(12, 0, -1):
            at = now - timedelta(minutes=12 * place, seconds=rng.randint(0, 500))
            _delivery(db, first, known[place % len(known)], at, fails=place == 7, milliseconds=rng.randint(40, 240))


def _delivery(db: Any, endpoint_id: int, type_: str, at: datetime, *, fails: bool, milliseconds: int) -> None:
    name = rules.new_event_id()
    body = rules.body_of(name, type_, at, 1, public_events()[type_].example)
    values = {
        "endpoint_id": endpoint_id, "event_id": None, "public_id": name, "type": type_, "key": f"demo:{name}", "sequence": 1, "body": body,
        "state": "failed" if fails else "done", "tries": 3 if fails else 1, "last_status": 422 if fails else 200, "created_at": at, "done_at": at,
    }  # fmt: skip
    delivery_id = db.execute(insert(Delivery).values(**values).returning(Delivery.id)).scalar_one()
    answer = json.dumps({"error": "unknown customer"}) if fails else "ok"
    for n in range(3 if fails else 1):
        tried = {"delivery_id": delivery_id, "endpoint_id": endpoint_id, "at": at + timedelta(minutes=5 * n), "milliseconds": milliseconds, "cause": "schedule"}
        db.execute(insert(Try).values(**tried, status=422 if fails else 200, answer=answer))


DEMO = DemoData("webhooks", fill, order=90)
