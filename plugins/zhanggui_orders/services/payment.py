"""What the money of an order does to it. Where it comes from and goes to is known to the plugin that takes it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, DomainError, Money, _l, hooks, notify, publish, record_audit

from .. import queries
from ..events import OrderPaid, OrderRefunded
from ..models import Order
from ..rules import payment_status, sold
from ..states import WAITING, FulfillmentStatus, OrderStatus, PaymentStatus
from . import days
from .cancellation import cancel_order
from .moves import begin, move, person_of


class NoWayToPay(DomainError):
    """Nobody here takes money."""

    code = "payment_unavailable"
    message = _l("No way to pay is switched on in this shop.")


def mark_paid_offline(
    db: Session, *, id: int, method: str, actor: Actor, now: datetime, reference: str | None = None
) -> Order:
    """Somebody of the staff has all that is due, in cash or on the bank's statement.

    :raises IllegalMove: when the order is not waiting for a payment.
    :raises NoWayToPay: when no plugin that takes money is switched on.
    """
    order = begin(db, id, "pay", actor)
    reference = (reference or "").strip() or None
    taken = hooks.call("orders_mark_paid", db=db, order=queries.facts(order), method=method, reference=reference, actor=actor, now=now)
    if not any(booked for _plugin, booked in taken):
        raise NoWayToPay()
    return queries.order_for_update(db, id)


def apply_money(db: Session, *, order_id: int, paid: Money, refunded: Money, actor: Actor, now: datetime) -> Order:
    """What was paid for an order and what went back, all together. Never refused: money that is here is here."""
    order = queries.order_for_update(db, order_id)
    if {paid.currency, refunded.currency} != {order.currency}:
        raise ValueError(f"order {order.number} is in {order.currency}, not in {paid.currency} and {refunded.currency}")
    before = PaymentStatus(order.payment_status)
    after = payment_status(order.total, paid.amount, refunded.amount)
    came, went = paid.amount - order.paid_total, refunded.amount - order.refunded_total
    if not came and not went and before == after:
        return order
    now_paid = before in WAITING and after not in WAITING and order.status != OrderStatus.CANCELED
    again = OrderStatus.OPEN if order.status == OrderStatus.CLOSING and came > 0 else OrderStatus(order.status)
    move(
        db, order, "pay", status=again, payment_status=after, paid_total=paid.amount, refunded_total=refunded.amount,
        paid_at=order.paid_at or (now if after not in WAITING else None),
        cancel_reason=None if again != order.status else order.cancel_reason,
    )  # fmt: skip
    if came or before == PaymentStatus.UNPAID:
        _record(db, order, "orders.order.paid", before, after, came, actor, now)
    if went:
        _record(db, order, "orders.order.refunded", before, after, went, actor, now)
    if now_paid:
        _tell_paid(db, order, now)
    if after == PaymentStatus.REFUNDED and before != after:
        publish(
            db,
            OrderRefunded(
                order_id=order.id, number=Code(order.number), customer_id=order.customer_id, amount=order.refunded_total,
                currency=Code(order.currency), at=now,
            ),
        )  # fmt: skip
        if order.status == OrderStatus.OPEN and order.fulfillment_status == FulfillmentStatus.UNFULFILLED:
            # Nothing was sent and nothing is owed: the goods are free again.
            return cancel_order(db, id=order.id, reason="", actor=actor, now=now)
    days.count(db, now, order.currency, paid_count=int(now_paid), paid_amount=came, refunded_amount=went)
    return order


def _record(
    db: Session, order: Order, act: str, before: PaymentStatus, after: PaymentStatus, amount: int, actor: Actor, now: datetime
) -> None:
    record_audit(
        db, act, target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        before={"payment_status": before}, after={"payment_status": after, "amount": amount},
    )  # fmt: skip


def _tell_paid(db: Session, order: Order, now: datetime) -> None:
    publish(
        db,
        OrderPaid(
            order_id=order.id, number=Code(order.number), customer_id=order.customer_id, amount=order.total,
            currency=Code(order.currency), at=now,
        ),
    )  # fmt: skip
    notify(
        db, kind="orders.paid", body=sold(order), href=f"/orders/{order.id}", permission=("can_list", "orders.Order"), now=now,
        title=_l("New paid order %(number)s, %(amount)s", number=order.number, amount=Money(order.total, order.currency)),
        key=f"orders.paid:{order.id}",
    )  # fmt: skip
