"""Canceling an order."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from shop import NOON, add_customer, add_product, place, stock_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, Actor, IllegalMove, NotFound, acting_as, clock, reader_at_work, timeline, unit_of_work
from zhanggui.runtime import Runtime, activated
from zhanggui_inventory.facade import release_stock
from zhanggui_inventory.models import StockMovement
from zhanggui_orders import facade as orders
from zhanggui_orders import jobs
from zhanggui_orders.models import Order
from zhanggui_orders.services.cancellation import cancel_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_payments.models import Refund


def test_it_gives_back_the_stock_it_held(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=5)
    order = place(db, owner, (tea, 2), (tea, 1))
    cancel_order(db, id=order.id, reason="sold elsewhere", actor=owner, now=NOON)
    assert (stock_of(db, tea).on_hand, stock_of(db, tea).reserved) == (5, 0)
    assert timeline(db, reader_at_work(owner), "orders.Order", order.id)[0].reason == "sold elsewhere"


def test_it_gives_back_the_stock_only_once(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=5)
    place(db, owner, (tea, 1))
    order = place(db, owner, (tea, 2))
    cancel_order(db, id=order.id, reason="x", actor=owner, now=NOON)
    with pytest.raises(IllegalMove):
        cancel_order(db, id=order.id, reason="x", actor=owner, now=NOON)
    assert release_stock(db, order_id=order.id, actor=owner, now=NOON) == 0
    assert stock_of(db, tea).reserved == 1


def test_the_shop_owes_what_was_paid(db: Session, owner: Actor) -> None:
    order = place(db, owner, (add_product(db, owner, price=500), 2))
    mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
    order = cancel_order(db, id=order.id, reason="broken", actor=owner, now=NOON)
    assert (order.status, order.payment_status, order.paid_total, order.refunded_total) == (
        "canceled",
        "paid",
        1000,
        0,
    )
    assert [(r.amount, r.state, r.reason) for r in db.scalars(select(Refund))] == [(1000, "requested", "canceled")]


def test_a_buyer_cancels_only_what_is_not_paid(db: Session, owner: Actor) -> None:
    tea, buyer = add_product(db, owner), add_customer(db, owner)
    first, second = (place(db, owner, (tea, 1), customer_id=buyer) for _ in range(2))
    mark_paid_offline(db, id=second.id, method="cash", actor=owner, now=NOON)
    view = orders.cancel_by_customer(db, customer_id=buyer, number=first.number, actor=SYSTEM, now=NOON)
    assert view.facts.stage == "canceled"
    with pytest.raises(IllegalMove):
        orders.cancel_by_customer(db, customer_id=buyer, number=second.number, actor=SYSTEM, now=NOON)


def test_a_buyer_does_not_reach_the_order_of_somebody_else(db: Session, owner: Actor) -> None:
    order = place(db, owner, (add_product(db, owner), 1), customer_id=add_customer(db, owner))
    with pytest.raises(NotFound):
        orders.cancel_by_customer(
            db, customer_id=add_customer(db, owner, "Li Na"), number=order.number, actor=SYSTEM, now=NOON
        )


def test_24_cancellations_at_once_release_the_stock_once(instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        tea = add_product(db, owner, stock=5)
        order_id, _other = place(db, owner, (tea, 2)).id, place(db, owner, (tea, 1))
    start, results = threading.Barrier(24), []

    def cancel() -> None:
        with activated(instance), acting_as(SYSTEM):
            start.wait()
            try:
                with unit_of_work() as db:
                    cancel_order(db, id=order_id, reason="x", actor=SYSTEM, now=NOON)
                results.append("canceled")
            except Exception as error:
                results.append(type(error).__name__)

    threads = [threading.Thread(target=cancel) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["IllegalMove"] * 23 + ["canceled"]
    with unit_of_work() as db:
        assert (stock_of(db, tea).on_hand, stock_of(db, tea).reserved) == (5, 1)
        assert len(db.scalars(select(StockMovement).where(StockMovement.kind == "release")).all()) == 1


def test_the_clock_closes_what_was_not_paid_in_time(instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        tea = add_product(db, owner, stock=5)
        late, paid = place(db, owner, (tea, 1)).id, place(db, owner, (tea, 1)).id
        mark_paid_offline(db, id=paid, method="cash", actor=owner, now=NOON)
    _run_at(NOON + timedelta(minutes=29))
    assert _stage(late) == "to_pay"
    _run_at(NOON + timedelta(minutes=31))
    assert (_stage(late), _stage(paid)) == ("canceled", "to_ship")
    with unit_of_work() as db:
        assert stock_of(db, tea).reserved == 1


def test_one_order_that_breaks_does_not_keep_the_stock_of_the_others(
    instance: Runtime, owner: Actor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with unit_of_work() as db:
        tea = add_product(db, owner, stock=5)
        broken, fine = place(db, owner, (tea, 1)).id, place(db, owner, (tea, 1)).id
    close = jobs.cancel_unpaid

    def fail_for_one(db: Session, *, id: int, **more: Any) -> Any:
        if id == broken:
            raise KeyError("a guard of another plugin")
        return close(db, id=id, **more)

    monkeypatch.setattr(jobs, "cancel_unpaid", fail_for_one)
    _run_at(NOON + timedelta(minutes=31))
    assert (_stage(broken), _stage(fine)) == ("to_pay", "canceled")
    assert f"order {broken} could not be handled" in caplog.text


def _run_at(moment: Any) -> None:
    with clock.hold(moment):
        jobs.close_unpaid_orders.function()


def _stage(order_id: int) -> str:
    with unit_of_work() as db:
        return db.get_one(Order, order_id).stage
