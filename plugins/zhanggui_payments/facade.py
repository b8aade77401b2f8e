"""What other plugins may ask of payments, and what a provider is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from zhanggui.api import Actor, Money

from . import queries
from .contracts import (
    AttemptView,
    Capabilities,
    ClientAction,
    Declined,
    Method,
    Misconfigured,
    Notification,
    OutcomeUnknown,
    PaymentView,
    Provider,
    RefundRequest,
    RefundSnapshot,
    Retryable,
    Snapshot,
)
from .services import refunds
from .services.attempts import MethodUnavailable, PaymentKnown
from .services.inbox import apply_told, webhook
from .services.inbox import take as take_notification
from .services.refunds import NothingToRefund

__all__ = [
    "AttemptView",
    "Capabilities",
    "ClientAction",
    "Declined",
    "Method",
    "MethodUnavailable",
    "Misconfigured",
    "Notification",
    "NothingToRefund",
    "OutcomeUnknown",
    "PaymentKnown",
    "PaymentView",
    "Provider",
    "RefundRequest",
    "RefundSnapshot",
    "Retryable",
    "Snapshot",
    "apply_told",
    "balance",
    "payments_of",
    "refundable",
    "request_refund",
    "take_notification",
    "webhook",
]


def payments_of(db: Session, order_id: int) -> Sequence[PaymentView]:
    """The attempts of an order, the first one first."""
    return [queries.payment(attempt) for attempt in queries.attempts_of(db, order_id)]


def balance(db: Session, account: str, currency: str, *, customer_id: int | None = None) -> Money:
    """What an account of the ledger holds (``clearing:wechatpay``, ``sales``); of one customer's rows when he is named."""
    return queries.balance(db, account, currency, customer_id=customer_id)


def refundable(db: Session, order_id: int, currency: str) -> Money:
    """What can still be given back of an order."""
    return Money(refunds.refundable(db, order_id), currency)


def request_refund(db: Session, order_id: int, amount: Money, *, reason: str, actor: Actor, now: datetime, note: str | None = None) -> list[int]:
    """Reserve an amount of an order's money to be given back; it waits under "to give back" until somebody sends it.

    :param reason: one of ``states.REASONS``.
    :raises NothingToRefund: for more than is here and not on its way.
    """
    parts = refunds.parts_by_amount(db, order_id, amount.amount)
    return refunds.request_refund(db, order_id, parts, reason=reason, note=note, actor=actor, now=now)
