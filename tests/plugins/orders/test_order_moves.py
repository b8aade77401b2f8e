"""Every verb in every state an order can reach: allowed as the table says, or refused and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from shop import NOON, add_product, place
from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, IllegalMove, Money, NotFound
from zhanggui_inventory.models import StockLevel, StockMovement, StockReservation
from zhanggui_orders import states
from zhanggui_orders.models import Day, Order, OrderLine, Shipment
from zhanggui_orders.rules import stage_of
from zhanggui_orders.services.cancellation import cancel_order
from zhanggui_orders.services.corrections import change_address, change_price
from zhanggui_orders.services.fulfillment import receive_order, ship_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_payments.models import Attempt, Case, Entry, Refund
from zhanggui_payments.services import giving_back

Do = Callable[[Session, int, Actor], Any]

VERBS: dict[str, Do] = {
    "pay": lambda db, i, who: mark_paid_offline(db, id=i, method="cash", actor=who, now=NOON),
    "ship": lambda db, i, who: ship_order(db, id=i, carrier="sf", tracking_number="SF1234567", actor=who, now=NOON),
    "receive": lambda db, i, who: receive_order(db, id=i, actor=who, now=NOON),
    "cancel": lambda db, i, who: cancel_order(db, id=i, reason="changed my mind", actor=who, now=NOON),
    "refund": lambda db, i, who: _refund(db, i, who),
    "reprice": lambda db, i, who: change_price(db, id=i, total=Money(100, "CNY"), reason="a friend", actor=who, now=NOON),
    "readdress": lambda db, i, who: change_address(
        db, id=i, name="Li Na", phone="13900139000", region="浙江省 杭州市 西湖区", detail="1 Lake Road", actor=who, now=NOON
    ),
}


def _refund(db: Session, i: int, who: Actor) -> None:
    """All that is left goes back, by hand; what a canceled order is owed was written down when it was canceled."""
    owed = list(db.scalars(select(Refund.id).where(Refund.order_id == i, Refund.state == "requested")))
    if not owed:
        owed = giving_back.claim_order_refund(db, id=i, what="all", reason="customer", actor=who, now=NOON)["refund_ids"]
        db.execute(update(Refund).where(Refund.id.in_(owed)).values(state="requested"))
        db.expire_all()
    for refund_id in owed:
        giving_back.give_back_by_hand(db, id=refund_id, actor=who, now=NOON)


def _ship_one(db: Session, i: int, who: Actor) -> None:
    line = db.scalars(select(OrderLine).where(OrderLine.order_id == i)).first()
    assert line is not None
    ship_order(db, id=i, carrier="own", actor=who, now=NOON, quantities={line.id: 1})


# How each state is reached, and what may be done in it.
STATES: dict[str, tuple[list[Do], set[str]]] = {
    "placed": ([], {"pay", "cancel", "reprice", "readdress"}),
    "paid": ([VERBS["pay"]], {"ship", "cancel", "refund", "readdress"}),
    "partly shipped": ([VERBS["pay"], _ship_one], {"ship", "refund"}),
    "shipped": ([VERBS["pay"], VERBS["ship"]], {"receive", "refund"}),
    "received": ([VERBS["pay"], VERBS["ship"], VERBS["receive"]], {"refund"}),
    "canceled unpaid": ([VERBS["cancel"]], set()),
    "canceled paid": ([VERBS["pay"], VERBS["cancel"]], {"refund"}),
    "refunded": ([VERBS["pay"], VERBS["cancel"], VERBS["refund"]], set()),
    "refunded before it was sent": ([VERBS["pay"], VERBS["refund"]], set()),
    "refunded after it was sent": ([VERBS["pay"], VERBS["ship"], VERBS["refund"]], {"receive"}),
}
LEGAL = [(state, verb) for state, (_path, verbs) in STATES.items() for verb in sorted(verbs)]
ILLEGAL = [(state, verb) for state, (_path, verbs) in STATES.items() for verb in sorted(set(VERBS) - verbs)]


def _everything(db: Session) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that an order's move could touch."""
    db.flush()
    models = (Order, OrderLine, Attempt, Refund, Entry, Case, Shipment, Day, StockLevel, StockMovement, StockReservation)
    found = {}
    for model in models:
        table = inspect(model).local_table
        found[table.name] = [tuple(row) for row in db.execute(select(*table.c).order_by(*table.primary_key))]
    return found


def _reach(db: Session, owner: Actor, state: str) -> int:
    order_id: int = place(db, owner, (add_product(db, owner), 2)).id
    for step in STATES[state][0]:
        step(db, order_id, owner)
    return order_id


@pytest.mark.parametrize(("state", "verb"), LEGAL)
def test_an_allowed_move_is_made_and_the_stage_follows(db: Session, owner: Actor, state: str, verb: str) -> None:
    order_id = _reach(db, owner, state)
    VERBS[verb](db, order_id, owner)
    order = db.get_one(Order, order_id)
    assert order.stage == stage_of(order.status, order.payment_status, order.fulfillment_status)


@pytest.mark.parametrize(("state", "verb"), ILLEGAL)
def test_a_forbidden_move_is_refused_and_changes_nothing(db: Session, owner: Actor, state: str, verb: str) -> None:
    order_id = _reach(db, owner, state)
    before = _everything(db)
    with pytest.raises(IllegalMove) as refusal:
        VERBS[verb](db, order_id, owner)
    assert refusal.value.status == 409
    assert _everything(db) == before


def test_every_state_and_verb_is_covered() -> None:
    assert len(LEGAL) + len(ILLEGAL) == len(STATES) * len(VERBS)
    assert set(VERBS) == set(states.VERBS)


def test_every_verb_makes_only_moves_of_the_tables(db: Session, owner: Actor) -> None:
    kinds = dict(zip(("status", "payment_status", "fulfillment_status"), states.MOVES, strict=True))
    for number, (state, verb) in enumerate(LEGAL):
        order_id: int = place(db, owner, (add_product(db, owner, f"SKU-{number}"), 2)).id
        for step in STATES[state][0]:
            step(db, order_id, owner)
        before = {name: getattr(db.get_one(Order, order_id), name) for name in kinds}
        VERBS[verb](db, order_id, owner)
        for name, kind in kinds.items():
            old, new = kind(before[name]), kind(getattr(db.get_one(Order, order_id), name))
            assert new == old or new in states.MOVES[kind][old], (verb, name, old, new)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_an_order_that_is_none_answers_not_found(db: Session, owner: Actor, verb: str) -> None:
    with pytest.raises(NotFound):
        VERBS[verb](db, 4711, owner)
