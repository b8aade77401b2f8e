"""Money of the tea shop beside its orders: most refunds were given back, and some cases wait for a decision."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from zhanggui.api import SYSTEM, Actor, DemoData, Money, reading, unit_of_work
from zhanggui_orders import facade as orders

from . import demo_providers
from .contracts import Snapshot
from .models import Attempt, Refund
from .providers import OFFLINE
from .rules import new_number
from .services import giving_back, refunds, settling
from .states import AttemptState

CLERK = Actor("user", name="clerk")


def fill(now: datetime, rng: random.Random) -> None:
    """Two of three refunds that are owed were given back within the hour; one line came damaged, and one order was paid twice."""
    with reading() as db:
        owed = db.execute(select(Refund.id, Refund.requested_at).where(Refund.state == "requested").order_by(Refund.id)).all()
        shipped = db.scalars(select(Attempt.order_id).where(Attempt.provider == OFFLINE, Attempt.refunded == 0).order_by(Attempt.id.desc()).limit(40)).all()
    with unit_of_work() as db:
        for place, row in enumerate(owed):
            at = row.requested_at + timedelta(minutes=rng.randint(5, 90))
            if place % 3 != 2 and at < now:
                giving_back.give_back_by_hand(db, id=row.id, actor=CLERK, now=at)
        if len(shipped) > 12:
            _twice(db, shipped[4], now, rng)
            next((order_id for order_id in shipped[6:] if _partly(db, order_id, now)), None)
    demo_providers.fill(now)


def _partly(db: Any, order_id: int, now: datetime) -> bool:
    """One piece of a line came damaged; False for an order of a single piece."""
    order, lines = orders.facts(db, order_id), orders.lines_money(db, order_id)
    if order.payment_status != "paid" or order.fulfillment_status == "unfulfilled" or sum(line.quantity for line in lines) < 2:
        return False
    line = lines[0]
    parts = refunds.parts_by_line(db, order_id, {line.order_line_id: 1}, freight=False)
    for refund_id in refunds.request_refund(db, order_id, parts, reason="damaged", note="杯子到货破损", actor=CLERK, now=now - timedelta(hours=3)):
        giving_back.give_back_by_hand(db, id=refund_id, actor=CLERK, now=now - timedelta(hours=2))
    return True


def _twice(db: Any, order_id: int, now: datetime, rng: random.Random) -> None:
    """A transfer came for what was paid already."""
    order = orders.facts(db, order_id)
    if order.payment_status != "paid":
        return
    at = now - timedelta(hours=5)
    attempt = Attempt(
        number=new_number("P", at), order_id=order.id, order_number=order.number, customer_id=order.customer_id, provider=OFFLINE, method="wechat",
        scene="offline", amount=order.total, currency=order.currency, state=AttemptState.CREATED, created_at=at,
    )  # fmt: skip
    db.add(attempt)
    db.flush()
    said = Snapshot(attempt.number, "captured", Money(order.total, order.currency), provider_number=f"42000{rng.randrange(10**18):018d}")
    settling.remember(db, OFFLINE, "person", said, at, attempt_id=attempt.id)
    settling.capture(db, attempt, order, said, actor=SYSTEM, now=at)


DEMO = DemoData("payments", fill, order=60)
