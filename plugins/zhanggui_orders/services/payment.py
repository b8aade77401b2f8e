"""Money that came in, and money that went back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, DomainError, Money, _l, notify, publish, record_audit

from ..events import OrderPaid, OrderRefunded
from ..models import Order, Payment
from ..rules import reference_index
from ..states import PaymentStatus
from . import days
from .moves import begin, move, person_of


class PaymentKnown(DomainError):
    """This transaction paid another order already."""

    code = "payment_known"
    message = _l("The payment %(reference)s is booked for another order already.")


class WrongAmount(DomainError):
    """A payment covers the order exactly, or it is not taken for it."""

    code = "wrong_amount"
    status = 409
    message = _l("The payment does not match what is due.")


def mark_paid_offline(
    db: Session, *, id: int, method: str, actor: Actor, now: datetime, reference: str | None = None
) -> Order:
    """Somebody of the staff has the whole amount, in cash or on the bank's statement.

    :raises IllegalMove: when the order is not waiting for a payment.
    """
    return _pay(db, id, "offline", method, None, reference, actor, now)


def record_payment(
    db: Session,
    *,
    order_id: int,
    provider: str,
    amount: int,
    currency: str,
    actor: Actor,
    now: datetime,
    method: str = "",
    reference: str | None = None,
) -> Order:
    """A provider says that an order is paid.

    :raises WrongAmount: when it is not the whole amount in the order's currency.
    :raises IllegalMove: when the order is not waiting for a payment.
    """
    return _pay(db, order_id, provider, method, (amount, currency), reference, actor, now)


def _pay(
    db: Session,
    order_id: int,
    provider: str,
    method: str,
    given: tuple[int, str] | None,
    reference: str | None,
    actor: Actor,
    now: datetime,
) -> Order:
    order = begin(db, order_id, "pay", actor)
    reference = (reference or "").strip() or None
    if given is not None and given != (order.total, order.currency):
        raise WrongAmount()
    move(db, order, "pay", payment_status=PaymentStatus.PAID, paid_total=order.total, paid_at=now)
    try:
        with db.begin_nested():
            db.add(
                Payment(
                    order_id=order.id, provider=provider, method=method, amount=order.total, currency=order.currency,
                    status="captured", reference=reference, reference_index=reference and reference_index(reference),
                    created_at=now,
                )
            )  # fmt: skip
    except IntegrityError:
        raise PaymentKnown(reference=reference) from None
    record_audit(
        db, "orders.order.paid", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        before={"payment_status": PaymentStatus.UNPAID},
        after={"payment_status": PaymentStatus.PAID, "provider": Code(provider), "method": Code(method), "amount": order.total},
    )  # fmt: skip
    publish(
        db,
        OrderPaid(
            order_id=order.id, number=Code(order.number), customer_id=order.customer_id, amount=order.total,
            currency=Code(order.currency), at=now,
        ),
    )  # fmt: skip
    notify(
        db,
        kind="orders.paid",
        title=_l(
            "New paid order %(number)s, %(amount)s", number=order.number, amount=Money(order.total, order.currency)
        ),
        body=order.summary,
        href=f"/orders/{order.id}",
        permission=("can_list", "orders.Order"),
        now=now,
        key=f"orders.paid:{order.id}",
    )
    days.count(db, now, order.currency, paid_count=1, paid_amount=order.total)
    return order


def record_refund(db: Session, *, id: int, actor: Actor, now: datetime, note: str | None = None) -> Order:
    """Somebody of the staff gave back the whole amount of a canceled order.

    :raises IllegalMove: when nothing is owed.
    """
    order = begin(db, id, "refund", actor)
    amount = order.paid_total
    move(db, order, "refund", payment_status=PaymentStatus.REFUNDED, refunded_total=amount)
    db.execute(
        update(Payment)
        .where(Payment.order_id == id, Payment.status == "captured")
        .values(status="refunded", refunded_at=now)
    )
    record_audit(
        db,
        "orders.order.refunded",
        target=order,
        label=Code(order.number),
        subject=person_of(order),
        actor=actor,
        now=now,
        before={"payment_status": PaymentStatus.REFUND_DUE},
        after={"payment_status": PaymentStatus.REFUNDED, "amount": amount},
        reason=note or "",
    )
    publish(
        db,
        OrderRefunded(
            order_id=order.id,
            number=Code(order.number),
            customer_id=order.customer_id,
            amount=amount,
            currency=Code(order.currency),
            at=now,
        ),
    )
    days.count(db, now, order.currency, refunded_amount=amount)
    return order
