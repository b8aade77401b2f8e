"""How an order changes its statuses: one statement, conditional on the old ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, IllegalMove, _l, hooks

from .. import queries
from ..models import Order
from ..rules import stage_of
from ..states import STAGE_LABELS, VERBS


def person_of(order: Order) -> tuple[str, int]:
    """Whom an order is about: with whose key its texts are sealed in the trail. A guest's order is its own person."""
    return ("customers.Customer", order.customer_id) if order.customer_id is not None else ("orders.Order", order.id)


def begin(db: Session, order_id: int, verb: str, actor: Actor) -> Order:
    """The order, locked, if it may take this verb and no plugin objects.

    :raises NotFound: when there is none.
    :raises IllegalMove: when its statuses do not allow it.
    """
    order = queries.order_for_update(db, order_id)
    if not VERBS[verb].allows(order.status, order.payment_status, order.fulfillment_status):
        raise refusal(order, verb)
    hooks.call("orders_move_guards", db=db, order=queries.facts(order), verb=verb, actor=actor)
    return order


def move(db: Session, order: Order, verb: str, **changes: Any) -> None:
    """Write ``changes`` if the statuses are still what ``order`` says; the stage follows them.

    :raises IllegalMove: when somebody was faster; nothing was changed then.
    """
    before = (order.status, order.payment_status, order.fulfillment_status)
    after = [changes.get(name, old) for name, old in zip(_STATUSES, before, strict=True)]
    done = db.scalar(
        update(Order)
        .where(
            Order.id == order.id,
            Order.status == before[0],
            Order.payment_status == before[1],
            Order.fulfillment_status == before[2],
        )
        .values(**changes, stage=stage_of(*after), row_version=Order.row_version + 1)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    db.refresh(order)
    if done is None:
        raise refusal(order, verb)


_STATUSES = ("status", "payment_status", "fulfillment_status")


def refusal(order: Order, verb: str) -> IllegalMove:
    """Why this order cannot take this verb, as a sentence."""
    return IllegalMove(
        thing=_l("Order %(number)s", number=order.number),
        state=STAGE_LABELS[order.stage],
        wanted=VERBS[verb].wanted,
    )
