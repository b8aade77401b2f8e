"""What holds of orders when everybody moves at once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from arena import OWNER, Arena, buy, buyer, name
from shop import NOON
from sqlalchemy import func, select, update

from zhanggui.api import SYSTEM, IllegalMove, Invalid, unit_of_work
from zhanggui.audit.models import AuditEntry
from zhanggui.testing.racing import refused
from zhanggui_customers import facade as customers
from zhanggui_customers.models import Customer
from zhanggui_customers.services import profile
from zhanggui_inventory.facade import NotHeld, OutOfStock
from zhanggui_orders.contracts import HistoricLine, HistoricOrder
from zhanggui_orders.facade import NotSellable
from zhanggui_orders.models import Order, OrderLine, Shipment, ShipmentLine
from zhanggui_orders.services import cancellation, fulfillment, history, notes, payment, placement
from zhanggui_payments.facade import PaymentKnown
from zhanggui_payments.models import Attempt, Refund
from zhanggui_payments.services import giving_back
from zhanggui_products.services import selling

pytestmark = pytest.mark.proof
BY: dict[str, Any] = {"actor": OWNER, "now": NOON}


def _ended(arena: Arena, order_id: int) -> tuple[str, str]:
    return tuple(arena.ask(select(Order.status, Order.payment_status).where(Order.id == order_id))[0])


def test_the_last_units_go_to_as_many_as_there_are(arena: Arena):
    tea = arena.variant(stock=3)
    outcomes = arena.race(lambda db, n: buy(db, SYSTEM, (tea, 1)))
    assert refused(outcomes, OutOfStock) == arena.crowd - 3
    assert arena.level(tea) == (3, 3)
    arena.balance(tea)
    arena.figures()


def test_carts_with_the_same_skus_in_opposite_order_do_not_wait_for_each_other(arena: Arena):
    tea, cup = arena.variant(stock=6), arena.variant(stock=6)
    outcomes = arena.race(lambda db, n: buy(db, SYSTEM, *([(tea, 1), (cup, 1)] if n % 2 else [(cup, 1), (tea, 1)])))
    assert refused(outcomes, OutOfStock) == arena.crowd - 6
    arena.balance(tea, cup)


def test_two_orders_never_share_a_number(arena: Arena, monkeypatch: pytest.MonkeyPatch):
    tea, word = arena.variant(stock=100), name("N")
    turns = itertools.count()
    # Every number is drawn four times, by four who are at it at the same moment.
    monkeypatch.setattr(placement, "new_number", lambda day: f"{word}-{next(turns) // 4}")
    outcomes = arena.race(lambda db, n: buy(db, SYSTEM, (tea, 1)))
    assert refused(outcomes) == 0
    assert arena.one(select(func.count(func.distinct(Order.number))).where(Order.number.like(f"{word}-%"))) == arena.crowd


def test_an_order_is_paid_or_canceled_and_not_both(arena: Arena):
    tea = arena.variant(stock=10)
    order_id = arena.order((tea, 2))

    def act(db, n):
        match n % 4:
            case 0:
                payment.mark_paid_offline(db, id=order_id, method="cash", **BY)
            case 1:
                payment.mark_paid_offline(db, id=order_id, method="transfer", reference=f"{order_id}/{n}", **BY)
            case 2:
                cancellation.cancel_unpaid(db, id=order_id, reason="", **BY)
            case 3:
                notes.write_note(db, id=order_id, staff_note=f"note {n}", **BY)

    refused(arena.race(act), IllegalMove)
    payments = arena.one(select(func.count()).where(Attempt.order_id == order_id))
    assert (_ended(arena, order_id), payments, arena.level(tea)[1]) in [
        (("open", "paid"), 1, 2), (("canceled", "unpaid"), 0, 0),
    ]  # fmt: skip
    arena.balance(tea)
    arena.figures()


def test_one_transaction_of_a_provider_pays_one_order(arena: Arena):
    tea, reference = arena.variant(stock=100), name("transaction")
    orders = [arena.order((tea, 1)) for _ in range(arena.crowd)]
    arena.one_wins(
        lambda db, n: payment.mark_paid_offline(db, id=orders[n], method="transfer", reference=reference, **BY), PaymentKnown,
    )
    assert arena.one(select(func.count()).where(Order.id.in_(orders), Order.payment_status == "paid")) == 1


def test_what_is_owed_is_given_back_once(arena: Arena):
    tea = arena.variant()
    order_id = arena.order((tea, 1))
    with unit_of_work() as db:
        payment.mark_paid_offline(db, id=order_id, method="cash", **BY)
    arena.one_wins(lambda db, n: cancellation.cancel_order(db, id=order_id, reason="x", **BY), IllegalMove)
    owed = arena.one(select(Refund.id).where(Refund.order_id == order_id))
    arena.one_wins(lambda db, n: giving_back.give_back_by_hand(db, id=owed, **BY), IllegalMove)
    found = arena.ask(select(Order.paid_total, Order.refunded_total).where(Order.id == order_id))[0]
    assert (tuple(found), arena.level(tea)) == ((1990, 1990), (10, 0))


def test_no_more_is_shipped_than_was_ordered_and_it_is_received_once(arena: Arena):
    tea = arena.variant(stock=20)
    order_id = arena.order((tea, 5))
    with unit_of_work() as db:
        payment.mark_paid_offline(db, id=order_id, method="cash", **BY)
    line = arena.one(select(OrderLine.id).where(OrderLine.order_id == order_id))

    def ship(db, n):
        fulfillment.ship_order(db, id=order_id, carrier="own", quantities={line: 1 + n % 2}, **BY)

    refused(arena.race(ship), IllegalMove, Invalid, NotHeld)
    shipped = arena.one(select(OrderLine.shipped_quantity).where(OrderLine.id == line))
    parcels = select(func.sum(ShipmentLine.quantity)).join(Shipment, Shipment.id == ShipmentLine.shipment_id)
    assert shipped == arena.one(parcels.where(Shipment.order_id == order_id)) == 5
    assert arena.level(tea) == (15, 0)
    arena.balance(tea)
    arena.one_wins(lambda db, n: fulfillment.receive_order(db, id=order_id, **BY), IllegalMove)


def test_nobody_orders_after_he_was_blocked(arena: Arena):
    tea, who = arena.variant(stock=100), arena.customer()

    def act(db, n):
        if n == arena.crowd // 2:
            profile.block_customer(db, id=who, **BY)
        else:
            buy(db, buyer(who), (tea, 1), customer_id=who)

    refused(arena.race(act), customers.CustomerIsBlocked)
    entry = AuditEntry.__table__.c
    blocked = arena.one(select(entry.id).where(entry.action == "customers.customer.blocked", entry.target_id == str(who)))
    placed = select(func.max(entry.id)).where(entry.action == "orders.order.placed", entry.actor_name == f"c{who}")
    assert (arena.one(placed) or 0) < blocked
    with pytest.raises(customers.CustomerIsBlocked), unit_of_work() as db:
        buy(db, buyer(who), (tea, 1), customer_id=who)


def test_an_order_has_one_price_of_the_catalogue_and_none_comes_after_the_sale(arena: Arena):
    tea = arena.variant(stock=100, price=1000)
    last = arena.crowd - 1

    def act(db, n):
        if n == last:
            selling.take_off_sale(db, id=tea.product_id, **BY)
        elif n % 2:
            selling.change_price(db, id=tea.product_id, prices=[{"id": tea.id, "price": 1000 + n}], **BY)
        else:
            return buy(db, SYSTEM, (tea, 1), (tea, 2)).id
        return None

    placed = [o for o in arena.race(act) if isinstance(o, int)]
    prices = {1000, *(1000 + n for n in range(arena.crowd))}
    for order_id in placed:
        lines = arena.ask(select(OrderLine.unit_price, OrderLine.quantity).where(OrderLine.order_id == order_id))
        assert len({line.unit_price for line in lines}) == 1
        assert lines[0].unit_price in prices
        assert arena.one(select(Order.total).where(Order.id == order_id)) == 3 * lines[0].unit_price
    with pytest.raises(NotSellable), unit_of_work() as db:
        buy(db, SYSTEM, (tea, 1))


def test_orders_of_the_past_are_booked_once_whoever_brings_them(arena: Arena):
    source, people = name("till"), [arena.customer() for _ in range(4)]
    orders = [
        HistoricOrder(f"{k}", NOON, "CNY", [HistoricLine("OLD", "Old tea", 1, 500)], source=source, customer_id=who)
        for k, who in enumerate(people)
    ]

    def act(db, n):
        return history.record_history(db, orders if n % 2 else orders[::-1], "batch", **BY)

    outcomes = arena.race(act)
    assert refused(outcomes) == 0
    assert len({tuple(sorted(o.items())) for o in outcomes}) == 1
    assert [tuple(r) for r in arena.ask(select(Customer.order_count, Customer.spent).where(Customer.id.in_(people)))] == [(1, 500)] * 4
    arena.figures()


def test_the_clock_and_the_buyer_decide_about_many_orders_without_a_circle(arena: Arena):
    tea, cup = arena.variant(stock=200), arena.variant(stock=200)
    orders = [arena.order((tea, 1), (cup, 1)) for _ in range(6)]

    def act(db, n):
        order_id = orders[n % 6]
        if n % 3 == 0:
            payment.mark_paid_offline(db, id=order_id, method="cash", **BY)
        elif n % 3 == 1:
            cancellation.cancel_unpaid(db, id=order_id, reason="", **BY)
        else:
            buy(db, SYSTEM, (cup, 1), (tea, 1))

    refused(arena.race(act), IllegalMove)
    arena.balance(tea, cup)
    open_now = arena.one(select(func.count()).where(Order.id.in_(orders), Order.status == "open"))
    assert arena.level(tea)[1] == open_now + sum(n % 3 == 2 for n in range(arena.crowd))
    arena.figures()


def test_the_rows_that_the_database_keeps_refuse_by_themselves(arena: Arena):
    from sqlalchemy.exc import IntegrityError

    tea = arena.variant()
    order_id = arena.order((tea, 1))
    with pytest.raises(IntegrityError), unit_of_work() as db:
        db.execute(update(OrderLine).where(OrderLine.order_id == order_id).values(shipped_quantity=2))
