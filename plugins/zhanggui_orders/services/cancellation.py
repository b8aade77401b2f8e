"""Calling an order off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, hooks, keep_text, publish, record_audit
from zhanggui_inventory import facade as inventory

from .. import queries
from ..events import OrderCanceled
from ..models import Order
from ..states import WAITING, OrderStatus
from . import days
from .moves import begin, move, person_of, refusal


def cancel_order(db: Session, *, id: int, reason: Any, actor: Actor, now: datetime) -> Order:
    """Cancel an order and give back the stock it holds, once. What was paid is owed from then on.

    One that could still be paid somewhere is ``closing`` until that is over there. ``reason`` is what somebody wrote, or a lazy text.

    :raises IllegalMove: when something of it was shipped, or it is canceled already.
    """
    order = begin(db, id, "cancel", actor)
    reason = keep_text(reason, 200).strip()
    if order.payment_status in WAITING:
        waits = hooks.call("orders_closing", db=db, order=queries.facts(order), actor=actor, now=now)
        if any(open_ for _plugin, open_ in waits):
            move(db, order, "cancel", status=OrderStatus.CLOSING, cancel_reason=reason)
            record_audit(
                db, "orders.order.closing", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
                before={"status": OrderStatus.OPEN}, after={"status": OrderStatus.CLOSING}, reason=reason,
            )  # fmt: skip
            return order
    return _cancel(db, order, reason, actor, now)


def finish_closing(db: Session, *, id: int, actor: Actor, now: datetime) -> Order:
    """Cancel an order that was closing; one that is open again or canceled already stays as it is."""
    order = queries.order_for_update(db, id)
    return _cancel(db, order, order.cancel_reason or "", actor, now) if order.status == OrderStatus.CLOSING else order


def _cancel(db: Session, order: Order, reason: str, actor: Actor, now: datetime) -> Order:
    paid = 0 if order.payment_status in WAITING else order.paid_total
    before = OrderStatus(order.status)
    move(db, order, "cancel", status=OrderStatus.CANCELED, canceled_at=now, cancel_reason=reason)
    inventory.release_stock(db, order_id=order.id, actor=actor, now=now)
    hooks.call("orders_released", db=db, order=queries.facts(order), actor=actor, now=now)
    record_audit(
        db, "orders.order.canceled", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        before={"status": before}, after={"status": OrderStatus.CANCELED}, reason=reason,
    )  # fmt: skip
    publish(
        db,
        OrderCanceled(
            order_id=order.id, number=Code(order.number), customer_id=order.customer_id, paid=paid,
            currency=Code(order.currency), at=now,
        ),
    )  # fmt: skip
    days.count(db, now, order.currency, canceled_count=1)
    return order


def cancel_unpaid(db: Session, *, id: int, reason: Any, actor: Actor, now: datetime) -> Order:
    """The same for who may call off only what was not paid: the buyer, and the clock.

    :raises IllegalMove: when it was paid in the meantime.
    """
    order = begin(db, id, "cancel", actor)
    if order.payment_status not in WAITING:
        raise refusal(order, "cancel")
    return cancel_order(db, id=id, reason=reason, actor=actor, now=now)
