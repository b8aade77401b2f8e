"""A partner of the tea shop, with an endpoint at the sandbox that was told of the last orders, and one that is paused."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, DemoData, get_setting, outside, public_events, reading, unit_of_work

from . import rules
from .models import Delivery, Endpoint
from .services import delivering, endpoints, partners

LABEL, RECEIVER = "记账软件", "books"
_TOLD = ("orders.order.paid@1", "orders.order.shipped@1", "payments.refund.succeeded@1")


def fill(now: datetime, rng: random.Random) -> None:
    """The sandbox checks and takes what it is told, all but one, which is tried again. Without one, both endpoints are paused."""
    known = [name for name in _TOLD if name in public_events()]
    if not known:
        return
    sandbox = get_setting("plugin.webhooks.sandbox")
    with unit_of_work() as db:
        partner = partners.create_partner(db, label="青山财务", contact="王会计，ledger@example.com", actor=SYSTEM, now=now - timedelta(days=40))
        url = f"{sandbox}/hooks/{RECEIVER}" if sandbox else "https://books.example/zhanggui"
        first = endpoints.create_endpoint(db, label=LABEL, url=url, events=known, partner_id=partner, actor=SYSTEM, now=now - timedelta(days=40))
        second = endpoints.create_endpoint(db, label="仓库大屏", url="https://wall.example/events", everything=True, actor=SYSTEM, now=now - timedelta(days=9))
        for paused in (second,) if sandbox else (first, second):
            endpoints.pause(db, id=paused, actor=SYSTEM, now=now - timedelta(days=2))
        seen = update(Endpoint).where(Endpoint.id.in_((first, second))).values(secret_seen_at=now - timedelta(days=9))
        db.execute(seen.execution_options(synchronize_session=False))
        for place in range(12, 0, -1):
            _happened(db, first, known[place % len(known)], now - timedelta(minutes=12 * place, seconds=rng.randint(0, 500)))
    if sandbox:
        _tell(str(sandbox), first)


def _happened(db: Session, endpoint_id: int, type_: str, at: datetime) -> None:
    name = rules.new_event_id()
    body = rules.body_of(name, type_, at, 1, public_events()[type_].example)
    values = {
        "endpoint_id": endpoint_id, "event_id": None, "public_id": name, "type": type_, "key": f"demo:{name}", "sequence": 1, "body": body,
        "state": "pending", "tries": 0, "next_at": at, "created_at": at,
    }  # fmt: skip
    db.execute(insert(Delivery).values(**values))


def _tell(sandbox: str, endpoint_id: int) -> None:
    with reading() as db:
        secrets: Sequence[str] = db.scalars(select(Endpoint.secret).where(Endpoint.id == endpoint_id)).all()
    _ask(sandbox, "/_sim/receivers", {"name": RECEIVER, "secrets": list(secrets)})
    _ask(sandbox, "/_sim/faults", {"kind": "status", "receiver": RECEIVER, "status": 503})
    while delivering.run():
        pass


def _ask(sandbox: str, path: str, asked: dict[str, Any]) -> None:
    outside.post(f"{sandbox}{path}", body=json.dumps(asked).encode(), headers={"Content-Type": "application/json"}, seconds=5)


DEMO = DemoData("webhooks", fill, order=90)
