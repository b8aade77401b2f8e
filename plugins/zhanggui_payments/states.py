"""The states of an attempt, a refund and a case, with the tables of their moves, and what people read of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from zhanggui.api import Choice, _l


class AttemptState(StrEnum):
    """One try to pay."""

    CREATED = "created"
    PENDING = "pending"
    CAPTURED = "captured"
    CLOSED = "closed"
    FAILED = "failed"


class RefundState(StrEnum):
    """Money on its way back."""

    REQUESTED = "requested"
    PROCESSING = "processing"
    ABNORMAL = "abnormal"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class CaseState(StrEnum):
    """What a person decides about."""

    OPEN = "open"
    CLOSED = "closed"


A, R = AttemptState, RefundState
MOVES: Mapping[type[StrEnum], Mapping[StrEnum, frozenset[StrEnum]]] = {
    AttemptState: {
        A.CREATED: frozenset({A.PENDING, A.CAPTURED, A.CLOSED, A.FAILED}),
        A.PENDING: frozenset({A.CAPTURED, A.CLOSED, A.FAILED}),
        A.CAPTURED: frozenset(),
        A.CLOSED: frozenset({A.CAPTURED}),
        A.FAILED: frozenset({A.CAPTURED}),
    },
    RefundState: {
        R.REQUESTED: frozenset({R.PROCESSING, R.FAILED}),
        R.PROCESSING: frozenset({R.SUCCEEDED, R.FAILED, R.ABNORMAL}),
        R.ABNORMAL: frozenset({R.SUCCEEDED, R.FAILED}),
        R.SUCCEEDED: frozenset(),
        R.FAILED: frozenset(),
    },
    CaseState: {CaseState.OPEN: frozenset({CaseState.CLOSED}), CaseState.CLOSED: frozenset()},
}
OPEN_ATTEMPT = (A.CREATED, A.PENDING)
ON_THE_WAY = (R.PROCESSING, R.ABNORMAL)


def before(state: StrEnum) -> tuple[StrEnum, ...]:
    """The states from which a state may be reached."""
    return tuple(old for old, new in MOVES[type(state)].items() if state in new)


ATTEMPT_CHOICES = (
    Choice("created", _l("Begun"), "neutral"),
    Choice("pending", _l("Waiting for the customer"), "warn"),
    Choice("captured", _l("Paid"), "good"),
    Choice("closed", _l("Closed unpaid"), "neutral"),
    Choice("failed", _l("Failed"), "bad"),
)
REFUND_CHOICES = (
    Choice("requested", _l("To give back"), "warn"),
    Choice("processing", _l("On the way back"), "info"),
    Choice("abnormal", _l("Stuck at the provider"), "bad"),
    Choice("succeeded", _l("Given back"), "good"),
    Choice("failed", _l("Failed"), "bad"),
)
CASE_CHOICES = (Choice("open", _l("Open"), "bad"), Choice("closed", _l("Closed"), "neutral"))
REASONS = (
    Choice("customer", _l("The customer changed his mind")),
    Choice("canceled", _l("The order was canceled")),
    Choice("sold_out", _l("Sold out")),
    Choice("damaged", _l("Damaged or faulty")),
    Choice("missing", _l("Something was missing")),
    Choice("late", _l("Came too late")),
    Choice("price", _l("Difference in price")),
    Choice("twice", _l("Paid twice")),
    Choice("late_payment", _l("Paid after the order was closed")),
    Choice("other", _l("Other")),
)
GIVEN_REASONS = REASONS[:1] + REASONS[2:7] + REASONS[9:]  # those that a person chooses from
CASE_KINDS = (
    Choice("paid_twice", _l("Paid twice"), "bad"),
    Choice("paid_after_close", _l("Paid after closing"), "bad"),
    Choice("wrong_amount", _l("Wrong amount"), "bad"),
    Choice("unknown_payment", _l("Unknown payment"), "warn"),
    Choice("refund_failed", _l("Refund failed"), "bad"),
    Choice("refund_abnormal", _l("Refund is stuck"), "bad"),
    Choice("outside_refund", _l("Refunded at the provider"), "warn"),
)
NEXT_STEPS = {
    "paid_twice": _l("Give one of the two payments back."),
    "paid_after_close": _l("Give it back: the order is canceled and its goods are free again."),
    "wrong_amount": _l("Look at the provider’s own pages, settle it there, then close this with a note."),
    "unknown_payment": _l("Look at the provider’s own pages whom it belongs to, then close this with a note."),
    "refund_failed": _l("Give it back another way: the provider refused, and the money is still here."),
    "refund_abnormal": _l("Finish it on the provider’s own pages; it is asked about until it is through."),
    "outside_refund": _l("Somebody gave money back on the provider’s own pages. Check it, then close this with a note."),
}
