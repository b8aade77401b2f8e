"""What happened to money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhanggui.api import Code, Event, Money, _l


@dataclass(frozen=True)
class PaymentCaptured(Event, name="payments.payment.captured", version=1, key="order_id", words=_l("Payment received")):
    """Money came in. Whether it is all of the order says its payment status."""

    attempt_id: int
    order_id: int
    order_number: Code
    customer_id: int | None
    provider: Code
    method: Code
    amount: Money
    at: datetime


@dataclass(frozen=True)
class RefundSucceeded(Event, name="payments.refund.succeeded", version=1, key="order_id", words=_l("Refund succeeded")):
    """Money went back. The lists stand side by side, one entry a line; the amounts of all lines add up to ``amount``.

    ``order_line_ids`` holds 0 for what belongs to no line.
    """

    refund_id: int
    order_id: int
    order_number: Code
    customer_id: int | None
    amount: Money
    order_line_ids: list[int]
    quantities: list[int]
    goods: list[Money]
    freight: list[Money]
    fees: list[Money]
    at: datetime


@dataclass(frozen=True)
class CaseOpened(Event, name="payments.case.opened", version=1, key="case_id", words=_l("Payment case opened")):
    """A person has to decide about money."""

    case_id: int
    kind: Code
    order_id: int | None
    amount: Money
    at: datetime
