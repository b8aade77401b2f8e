"""Paying an order, and giving money back."""

from __future__ import annotations

import pytest
from shop import NOON, add_customer, add_product, place, rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, IllegalMove
from zhanggui.host import current_host
from zhanggui_customers import jobs as customer_jobs
from zhanggui_customers.models import Customer
from zhanggui_orders import facade as orders
from zhanggui_orders.events import OrderCanceled, OrderPaid
from zhanggui_orders.models import Day
from zhanggui_orders.rules import payment_status
from zhanggui_orders.services.cancellation import cancel_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_payments.facade import PaymentKnown
from zhanggui_payments.models import Attempt as Payment
from zhanggui_payments.models import Refund
from zhanggui_payments.services.giving_back import give_back_by_hand


def test_it_is_a_row_of_its_own_and_counts_in_the_day(db: Session, owner: Actor) -> None:
    order = place(db, owner, (add_product(db, owner, price=1990), 2))
    mark_paid_offline(db, id=order.id, method="transfer", reference="T-1", actor=owner, now=NOON)
    payment, day = db.scalars(select(Payment)).one(), db.scalars(select(Day)).one()
    assert (payment.provider, payment.amount, payment.currency, payment.state) == ("offline", 3980, "CNY", "captured")
    assert (day.paid_count, day.paid_amount, order.paid_at) == (1, 3980, NOON)


def test_a_second_payment_is_refused_and_leaves_no_row(db: Session, owner: Actor) -> None:
    order = place(db, owner, (add_product(db, owner), 1))
    mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
    with pytest.raises(IllegalMove):
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
    assert rows(db, Payment) == 1


def test_money_goes_back_for_a_canceled_order(db: Session, owner: Actor) -> None:
    order = place(db, owner, (add_product(db, owner, price=1990), 1))
    mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
    cancel_order(db, id=order.id, reason="x", actor=owner, now=NOON)
    give_back_by_hand(db, id=db.scalars(select(Refund.id)).one(), actor=owner, now=NOON)
    day = db.scalars(select(Day)).one()
    db.refresh(order)
    assert (order.payment_status, order.refunded_total, day.refunded_amount) == ("refunded", 1990, 1990)
    db.expire_all()
    assert db.scalars(select(Payment.refunded)).one() == 1990


@pytest.mark.parametrize(
    ("total", "paid", "refunded", "status"),
    [
        (1000, 0, 0, "unpaid"), (1000, 400, 0, "partly_paid"), (1000, 1000, 0, "paid"), (0, 0, 0, "paid"), (1000, 2000, 0, "overpaid"),
        (1000, 2000, 1000, "paid"), (1000, 1000, 400, "partly_refunded"), (1000, 1000, 1000, "refunded"), (1000, 400, 400, "refunded"),
        (-1490, -1490, 0, "paid"),
    ],
)  # fmt: skip
def test_the_payment_status_follows_from_the_sums(total: int, paid: int, refunded: int, status: str) -> None:
    assert payment_status(total, paid, refunded) == status


def test_without_a_plugin_that_takes_money_nobody_can_pay(db: Session, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    order = place(db, owner, (add_product(db, owner), 1))
    monkeypatch.setattr("zhanggui_orders.services.payment.hooks", type("None", (), {"call": staticmethod(lambda *_names, **_more: [])}))
    with pytest.raises(orders.NoWayToPay, match="No way to pay is switched on"):
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)


def test_the_customer_s_counters_follow_the_events(db: Session, owner: Actor) -> None:
    buyer = add_customer(db, owner)
    for amount in (1990, 500):
        customer_jobs.count_paid_order.function(db, customer_id=buyer, amount=amount, at=NOON.isoformat(), order_id=1)
    customer_jobs.uncount_canceled_order.function(db, customer_id=buyer, paid=500, order_id=1)
    customer_jobs.uncount_canceled_order.function(db, customer_id=buyer, paid=0, order_id=2)
    db.expire_all()
    customer = db.get_one(Customer, buyer)
    assert (customer.order_count, customer.spent, customer.last_order_at) == (1, 1990, NOON)


def test_the_handlers_take_what_the_events_carry(db: Session, owner: Actor) -> None:
    buyer = add_customer(db, owner)
    paid = OrderPaid(order_id=1, number=Code("1"), customer_id=buyer, amount=1990, currency=Code("CNY"), at=NOON)
    canceled = OrderCanceled(order_id=1, number=Code("1"), customer_id=buyer, paid=1990, currency=Code("CNY"), at=NOON)
    for event, spent in ((paid, 1990), (canceled, 0)):
        for handler in current_host().handlers[f"{event.name}@{event.version}"]:
            handler.function(db, **event.payload())
        db.expire_all()
        assert db.get_one(Customer, buyer).spent == spent


def test_one_transfer_does_not_pay_two_orders(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner)
    first, second = place(db, owner, (tea, 1)), place(db, owner, (tea, 1))
    mark_paid_offline(db, id=first.id, method="transfer", reference="T-1", actor=owner, now=NOON)
    with pytest.raises(PaymentKnown):
        mark_paid_offline(db, id=second.id, method="transfer", reference="T-1", actor=owner, now=NOON)
    assert rows(db, Payment) == 1
