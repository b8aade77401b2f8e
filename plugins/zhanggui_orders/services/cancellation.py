"""Calling an order off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, hooks, publish, record_audit
from zhanggui_inventory import facade as inventory

from .. import queries
from ..events import OrderCanceled
from ..models import Order
from ..states import OrderStatus, PaymentStatus
from . import days
from .moves import begin, move, person_of, refusal


def cancel_order(db: Session, *, id: int, reason: str, actor: Actor, now: datetime) -> Order:
    """Cancel an order and give back the stock it holds, once. What was paid is owed from then on.

    :raises IllegalMove: when something of it was shipped, or it is canceled already.
    """
    order = begin(db, id, "cancel", actor)
    paid = order.paid_total if order.payment_status == PaymentStatus.PAID else 0
    before = {"status": OrderStatus(order.status), "payment_status": PaymentStatus(order.payment_status)}
    owed = PaymentStatus.REFUND_DUE if paid else order.payment_status
    move(
        db, order, "cancel", status=OrderStatus.CANCELED, payment_status=owed, canceled_at=now,
        cancel_reason=reason.strip()[:200],
    )  # fmt: skip
    inventory.release_stock(db, order_id=order.id, actor=actor, now=now)
    hooks.call("orders_released", db=db, order=queries.facts(order), actor=actor, now=now)
    record_audit(
        db, "orders.order.canceled", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        before=before, after={"status": OrderStatus.CANCELED, "payment_status": PaymentStatus(owed)}, reason=order.cancel_reason or "",
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


def cancel_unpaid(db: Session, *, id: int, reason: str, actor: Actor, now: datetime) -> Order:
    """The same for who may call off only what was not paid: the buyer, and the clock.

    :raises IllegalMove: when it was paid in the meantime.
    """
    order = begin(db, id, "cancel", actor)
    if order.payment_status != PaymentStatus.UNPAID:
        raise refusal(order, "cancel")
    return cancel_order(db, id=id, reason=reason, actor=actor, now=now)
