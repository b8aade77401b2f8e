"""The far end of the provider, and the provider: nothing happens by chance or by itself."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from zhanggui.api import Arrival, Money, NotGenuine
from zhanggui_payments.facade import (
    AttemptView,
    Capabilities,
    ClientAction,
    Declined,
    Method,
    Misconfigured,
    Notification,
    OutcomeUnknown,
    Provider,
    RefundRequest,
    RefundSnapshot,
    Retryable,
    Snapshot,
)

KEY = b"between us"
T = TypeVar("T")
SAID = {"waiting": "pending", "paid": "captured", "closed": "closed", "failed": "failed"}


def seal(body: bytes) -> str:
    """What stands beside a message."""
    return hashlib.sha256(KEY + body).hexdigest()


@dataclass
class Books:
    """``charges[number]`` is ``{"state": waiting | paid | closed | failed, "amount", "got"}``, ``refunds[number]`` is ``{"of", "state", "amount"}``.

    ``fate``: what becomes of the next question: ``down`` nothing was done, ``lost`` it was and nobody hears of it, ``refuse``, ``unset`` the shop
    has no key.
    """

    charges: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    fate: str = ""
    quick: bool = False  # a refund is through at once
    moved: Counter[str] = field(default_factory=Counter)  # how often money went back under a number

    def pay(self, number: str, got: int) -> None:
        """Somebody pays what is waiting, or tries once more."""
        if self.charges[number]["state"] in ("waiting", "failed"):
            self.charges[number] |= {"state": "paid", "got": got}

    def end(self, number: str, state: str) -> None:
        """A refund that is on its way ends."""
        refund = self.refunds[number]
        if refund["state"] in ("processing", "abnormal") and refund["state"] != state:
            refund["state"] = state
            self.moved[number] += state == "succeeded"

    def left(self, number: str) -> int:
        """What of a charge is still there."""
        return int(self.charges[number]["got"]) - sum(r["amount"] for r in self.refunds.values() if r["of"] == number and r["state"] != "failed")

    def told(self, number: str) -> tuple[bytes, str]:
        """A message about a charge or a refund as it stands now, with its seal."""
        what = self.refunds[number] if number in self.refunds else self.charges[number]
        body = json.dumps({"number": number, **what}).encode()
        return body, seal(body)


BOOKS = Books()


def said_of(number: str) -> Snapshot:
    """What the books say of a charge."""
    charge = BOOKS.charges.get(number)
    if charge is None:
        return Snapshot(number, "unknown")
    return _snapshot(number, charge)


def _snapshot(number: str, charge: dict[str, Any]) -> Snapshot:
    if charge["state"] == "paid":
        return Snapshot(number, "captured", Money(charge["got"], "CNY"), f"T{number}")
    return Snapshot(number, SAID[charge["state"]], Money(charge["amount"], "CNY"))


def _refund_snapshot(number: str, refund: dict[str, Any]) -> RefundSnapshot:
    return RefundSnapshot(number, refund["state"], Money(refund["amount"], "CNY"), f"T{number}", attempt=refund["of"])


def asked(act: Callable[[], T]) -> T:
    """An answer, or what became of it on its way."""
    fate, BOOKS.fate = BOOKS.fate, ""
    match fate:
        case "down":
            raise Retryable("the abacus is away")
        case "refuse":
            raise Declined("the abacus does not want to", code="no")
        case "unset":
            raise Misconfigured("the abacus has no beads")
    try:
        return act()
    finally:
        if fate == "lost":
            raise OutcomeUnknown("nobody heard the abacus")


class Abacus(Provider):
    """The protocol is a call."""

    id = "abacus"
    label = "Abacus"

    def capabilities(self) -> Capabilities:
        return Capabilities([Method("abacus", "Abacus", ("h5", "page"))])

    def create(self, attempt: AttemptView) -> ClientAction | Snapshot:
        def act() -> ClientAction | Snapshot:
            charge = BOOKS.charges.setdefault(attempt.number, {"state": "waiting", "amount": attempt.amount.amount, "got": 0})
            if charge["state"] != "waiting":
                return said_of(attempt.number)
            return ClientAction("redirect", {"url": f"https://abacus.example/{attempt.number}"}, attempt.expires_at)

        return asked(act)

    def query(self, attempt: AttemptView) -> Snapshot:
        return asked(lambda: said_of(attempt.number))

    def close(self, attempt: AttemptView) -> Snapshot:
        def act() -> Snapshot:
            charge = BOOKS.charges.get(attempt.number)
            if charge is not None and charge["state"] == "waiting":
                charge["state"] = "closed"
            return said_of(attempt.number)

        return asked(act)

    def refund(self, refund: RefundRequest) -> RefundSnapshot:
        def act() -> RefundSnapshot:
            if refund.number not in BOOKS.refunds:
                of = refund.attempt.number
                if of not in BOOKS.charges or BOOKS.left(of) < refund.amount.amount:
                    raise Declined("more than is there", code="too_much")
                BOOKS.refunds[refund.number] = {"of": of, "amount": refund.amount.amount, "state": "processing"}
                if BOOKS.quick:
                    BOOKS.end(refund.number, "succeeded")
            return _refund_snapshot(refund.number, BOOKS.refunds[refund.number])

        return asked(act)

    def query_refund(self, refund: RefundRequest) -> RefundSnapshot:
        def act() -> RefundSnapshot:
            there = BOOKS.refunds.get(refund.number)
            return _refund_snapshot(refund.number, there) if there else RefundSnapshot(refund.number, "unknown")

        return asked(act)

    def parse_notification(self, arrival: Arrival) -> Notification:
        if arrival.headers.get("abacus-seal") != seal(arrival.body):
            raise NotGenuine()
        told = json.loads(arrival.body)
        number = told.pop("number")
        return Notification(arrival.headers["abacus-seal"], [_refund_snapshot(number, told) if "of" in told else _snapshot(number, told)])


ABACUS = Abacus()
