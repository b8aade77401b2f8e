"""While figures are worked out anew, the shop goes on selling: orders wait little longer, and afterwards everything is right."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from shop import add_product, place
from sqlalchemy import func, select, update

from zhanggui.api import Actor, clock, facts, reading, shop_day, unit_of_work
from zhanggui.runtime import Runtime
from zhanggui.testing.instances import environment
from zhanggui_analytics.services import buckets, proof
from zhanggui_orders.models import Order
from zhanggui_orders.services.payment import mark_paid_offline

pytestmark = [pytest.mark.long, pytest.mark.hard, pytest.mark.proof]


def test_orders_are_placed_during_a_rebuild(instance: Runtime, owner: Actor, kind: str, size: Callable[[int, int], int], keep_figures: Callable[..., None]) -> None:
    orders = size(12, 400)
    with unit_of_work() as db:
        tea = add_product(db, owner, stock=10_000)
    for _n in range(orders):
        sell(owner, tea)
    spread(orders)
    alone = sorted(sell(owner, tea) for _n in range(orders))
    rebuild = subprocess.Popen([sys.executable, "-m", "zhanggui.cli", "analytics", "rebuild"], env={**os.environ, **environment(instance.config)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    during: list[float] = []
    while rebuild.poll() is None or len(during) < orders:
        during.append(sell(owner, tea))
        if len(during) >= 5 * orders:
            break
    assert rebuild.wait(120) == 0, rebuild.stderr.read() if rebuild.stderr else ""
    if rebuild.stderr is not None:
        rebuild.stderr.close()
    locked = [longest(fact_id) for fact_id in facts()]
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Order)) == 2 * orders + len(during)
    assert proof.prove(proof.of_days(None, shop_day(clock.now()) - timedelta(days=1))).differences == []
    told = {"orders": orders, "p95_alone_ms": p95(alone), "p95_during_ms": p95(sorted(during)), "longest_day_ms": round(max(locked) * 1000, 1)}
    print(told)
    if orders > 100:  # a dozen orders say nothing of the slowest of twenty
        assert told["p95_during_ms"] <= 1.25 * told["p95_alone_ms"] + 5 and told["longest_day_ms"] < 200
    keep_figures(f"orders_during_rebuild_{kind}", told)


def sell(owner: Actor, tea: Any) -> float:
    """An order that is placed and paid; how long it took, in seconds."""
    began = time.perf_counter()
    with unit_of_work() as db:
        order = place(db, owner, (tea, 1))
    with unit_of_work() as db:
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=clock.now())
    return time.perf_counter() - began


def spread(orders: int) -> None:
    """Over the last days, so that there is something to work out."""
    with unit_of_work() as db:
        for n, id in enumerate(db.scalars(select(Order.id).order_by(Order.id)).all()):
            day = clock.now() - timedelta(days=1 + n % max(orders // 4, 1))
            db.execute(update(Order).where(Order.id == id).values(placed_at=day, paid_at=day))


def longest(fact_id: str) -> float:
    """How long the transaction of one day holds the lock."""
    day = shop_day(clock.now()) - timedelta(days=1)
    began = time.perf_counter()
    with unit_of_work() as db:
        buckets.mark(db, facts()[fact_id], [day], clock.now())
        buckets.recompute(db, facts()[fact_id], day, buckets.marked(db, facts()[fact_id], day), clock.now())
    return time.perf_counter() - began


def p95(times: list[float]) -> float:
    """In milliseconds."""
    return round(times[min(len(times) - 1, len(times) * 95 // 100)] * 1000, 1)
