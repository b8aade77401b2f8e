"""Orders that a plugin does not let go step back: those behind them get their turn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from shop import NOON, add_product, place
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, DomainError, aside, clock, hookimpl, unit_of_work
from zhanggui.host import current_host
from zhanggui.jobs import aside as waiting
from zhanggui_orders import jobs
from zhanggui_orders.models import Order
from zhanggui_orders.services import fulfillment, payment


class Held(DomainError):
    code = "held"


class Guard:
    """Lets go what it is told to, and counts how often it was asked."""

    def __init__(self) -> None:
        self.holds: set[int] = set()
        self.asked: list[int] = []

    @hookimpl
    def orders_move_guards(self, order: Any, verb: str) -> None:
        if verb in ("cancel", "receive"):
            self.asked.append(order.id)
            if order.id in self.holds:
                raise Held("A payment is on its way.")


@pytest.fixture
def guard(instance: Any) -> Iterator[Guard]:
    manager, guest = current_host().manager, Guard()
    manager.register(guest, "guest")
    yield guest
    manager.unregister(guest)


def stages(ids: list[int]) -> list[str]:
    with unit_of_work() as db:
        return list(db.scalars(select(Order.stage).where(Order.id.in_(ids)).order_by(Order.id)))


def _closed(db: Session, owner: Actor, tea: Any) -> int:
    return int(place(db, owner, (tea, 1)).id)


def _received(db: Session, owner: Actor, tea: Any) -> int:
    order_id = _closed(db, owner, tea)
    payment.mark_paid_offline(db, id=order_id, method="cash", actor=owner, now=NOON)
    fulfillment.ship_order(db, id=order_id, carrier="sf", tracking_number="SF1234567", actor=owner, now=NOON)
    return order_id


CASES = [
    (_closed, jobs.close_unpaid_orders, jobs.CLOSE, timedelta(hours=2), "to_pay", "canceled"),
    (_received, jobs.receive_shipped_orders, jobs.RECEIVE, timedelta(days=60), "shipped", "done"),
]


@pytest.mark.parametrize(("make", "job", "queue", "later", "before", "after"), CASES, ids=["close", "receive"])
def test_more_that_are_refused_than_fit_in_a_batch_keep_nobody_waiting(
    db: Session, owner: Actor, guard: Guard, monkeypatch: pytest.MonkeyPatch, make: Any, job: Any, queue: str, later: timedelta, before: str, after: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(jobs, "BATCH", 3)
    tea = add_product(db, owner, stock=50)
    held, free = [make(db, owner, tea) for _ in range(8)], [make(db, owner, tea) for _ in range(4)]
    db.commit()
    guard.holds = set(held)
    moment = NOON + later
    with clock.hold(moment):
        job.function()
    assert (stages(held), stages(free)) == ([before] * 8, [after] * 4)
    assert guard.asked.count(held[0]) == 1, "it was asked again in the same run"
    with unit_of_work() as reader:
        kept = aside(reader, queue)
    assert [(row.row_id, row.tries, row.until, row.reason) for row in kept] == [
        (order_id, 1, moment + waiting.FIRST, "A payment is on its way.") for order_id in held
    ]
    with clock.hold(moment + timedelta(minutes=1)):
        job.function()
    assert guard.asked.count(held[0]) == 1, "it was asked before its pause was over"
    guard.holds.clear()
    with clock.hold(moment + timedelta(minutes=2)):
        job.function()
    assert stages(held) == [after] * 8
    with unit_of_work() as reader:
        assert aside(reader, queue) == []


def test_a_run_without_time_for_all_goes_on_behind_those_that_were_refused(
    db: Session, owner: Actor, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = add_product(db, owner, stock=50)
    held, free = [_closed(db, owner, tea) for _ in range(5)], [_closed(db, owner, tea) for _ in range(2)]
    db.commit()
    guard.holds = set(held)
    monkeypatch.setattr(jobs, "BATCH", 2)
    ticks = iter(range(1000))
    monkeypatch.setattr(jobs.time, "monotonic", lambda: next(ticks) * jobs.SECONDS / 2)  # time for one batch a run
    for minute in range(4):
        with clock.hold(NOON + timedelta(hours=2, seconds=minute * 20)):
            jobs.close_unpaid_orders.function()
    assert stages(free) == ["canceled"] * 2


def test_pauses_grow_to_an_hour(db: Session) -> None:
    pauses = [waiting.set_aside(db, "orders.close", 7, "no", now=NOON) - NOON for _ in range(8)]
    assert pauses == [timedelta(minutes=m) for m in (2, 4, 8, 16, 32, 60, 60, 60)]
