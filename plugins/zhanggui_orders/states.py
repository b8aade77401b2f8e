"""The three statuses of an order, the verbs that move them, and the stage that people see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zhanggui.api import Choice, _l


class OrderStatus(StrEnum):
    """What the order itself is."""

    OPEN = "open"
    CLOSING = "closing"  # unpaid, and being closed where it could still be paid
    COMPLETED = "completed"
    CANCELED = "canceled"


class PaymentStatus(StrEnum):
    """Where the money is."""

    UNPAID = "unpaid"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    OVERPAID = "overpaid"  # more than it costs is here
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


class FulfillmentStatus(StrEnum):
    """Where the goods are."""

    UNFULFILLED = "unfulfilled"
    PARTLY = "partly"
    FULFILLED = "fulfilled"
    RECEIVED = "received"


class Stage(StrEnum):
    """The one word for all three, stored and indexed for tabs and filters."""

    TO_PAY = "to_pay"
    TO_SHIP = "to_ship"
    SHIPPED = "shipped"
    DONE = "done"
    CANCELED = "canceled"


MOVES: Mapping[type[StrEnum], Mapping[StrEnum, frozenset[StrEnum]]] = {
    OrderStatus: {
        OrderStatus.OPEN: frozenset({OrderStatus.CLOSING, OrderStatus.COMPLETED, OrderStatus.CANCELED}),
        OrderStatus.CLOSING: frozenset({OrderStatus.CANCELED, OrderStatus.OPEN}),  # open again: it was paid after all
        OrderStatus.COMPLETED: frozenset(),
        OrderStatus.CANCELED: frozenset(),
    },
    PaymentStatus: {
        # Derived from two sums, see `rules.payment_status`: money can come and go at any time, but never be taken back to nothing.
        status: frozenset(PaymentStatus) - {status, PaymentStatus.UNPAID} for status in PaymentStatus
    },
    FulfillmentStatus: {
        FulfillmentStatus.UNFULFILLED: frozenset({FulfillmentStatus.PARTLY, FulfillmentStatus.FULFILLED}),
        FulfillmentStatus.PARTLY: frozenset({FulfillmentStatus.PARTLY, FulfillmentStatus.FULFILLED}),
        FulfillmentStatus.FULFILLED: frozenset({FulfillmentStatus.RECEIVED}),
        FulfillmentStatus.RECEIVED: frozenset(),
    },
}


@dataclass(frozen=True)
class Verb:
    """What an order must be for a verb to be allowed; ``wanted`` is what it would become, in words."""

    status: frozenset[OrderStatus]
    payment: frozenset[PaymentStatus]
    fulfillment: frozenset[FulfillmentStatus]
    wanted: Any

    def allows(self, status: str, payment: str, fulfillment: str) -> bool:
        """Whether an order in these three statuses may take this verb."""
        return status in self.status and payment in self.payment and fulfillment in self.fulfillment


_OPEN = frozenset({OrderStatus.OPEN})
_UNSHIPPED = frozenset({FulfillmentStatus.UNFULFILLED})
WAITING = frozenset({PaymentStatus.UNPAID, PaymentStatus.PARTLY_PAID})
_HERE = frozenset({PaymentStatus.PAID, PaymentStatus.OVERPAID, PaymentStatus.PARTLY_REFUNDED})

VERBS: Mapping[str, Verb] = {
    "pay": Verb(_OPEN, WAITING, _UNSHIPPED, _l("paid")),
    "ship": Verb(
        _OPEN, _HERE, _UNSHIPPED | {FulfillmentStatus.PARTLY}, _l("shipped")
    ),
    "receive": Verb(
        _OPEN, _HERE | {PaymentStatus.REFUNDED}, frozenset({FulfillmentStatus.FULFILLED}), _l("received")
    ),
    "cancel": Verb(_OPEN, frozenset(PaymentStatus), _UNSHIPPED, _l("canceled")),
    "reprice": Verb(_OPEN, frozenset({PaymentStatus.UNPAID}), _UNSHIPPED, _l("repriced")),
    "readdress": Verb(_OPEN, frozenset(PaymentStatus), _UNSHIPPED, _l("sent elsewhere")),
    "refund": Verb(frozenset(OrderStatus), _HERE | {PaymentStatus.PARTLY_PAID}, frozenset(FulfillmentStatus), _l("refunded")),
}  # fmt: skip

STAGES = (
    Choice("to_pay", _l("To pay"), "warn"),
    Choice("to_ship", _l("To ship"), "info"),
    Choice("shipped", _l("Shipped"), "good"),
    Choice("done", _l("Done"), "neutral"),
    Choice("canceled", _l("Canceled"), "bad"),
)
PAYMENT_CHOICES = (
    Choice("unpaid", _l("Unpaid"), "warn"),
    Choice("partly_paid", _l("Partly paid"), "warn"),
    Choice("paid", _l("Paid"), "good"),
    Choice("overpaid", _l("Paid too much"), "bad"),
    Choice("partly_refunded", _l("Partly refunded"), "info"),
    Choice("refunded", _l("Refunded"), "neutral"),
)
FULFILLMENT_CHOICES = (
    Choice("unfulfilled", _l("Not shipped"), "neutral"),
    Choice("partly", _l("Partly shipped"), "warn"),
    Choice("fulfilled", _l("Shipped"), "good"),
    Choice("received", _l("Received"), "good"),
)
SOURCES = (
    Choice("storefront", _l("Storefront")),
    Choice("admin", _l("By staff")),
    Choice("import", _l("Import")),
)
STAGE_LABELS = {choice.value: choice.label for choice in STAGES}
