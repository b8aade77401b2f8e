"""What an order, its payments, refunds and cases are, in plain Python: beside it the shop is held to its word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

OPEN = ("created", "pending")
WAITING = ("unpaid", "partly_paid")
HERE = ("paid", "overpaid", "partly_refunded")
MOVES = {
    "order": {"open": {"closing", "completed", "canceled"}, "closing": {"open", "canceled"}},
    "attempt": {
        "created": {"pending", "captured", "closed", "failed"}, "pending": {"captured", "closed", "failed"}, "closed": {"captured"}, "failed": {"captured"},
    },
    "refund": {"requested": {"processing", "failed"}, "processing": {"succeeded", "failed", "abnormal"}, "abnormal": {"succeeded", "failed"}},
    "case": {"open": {"closed"}},
}  # fmt: skip
LEGAL = {(kind, old, new) for kind, moves in MOVES.items() for old, ways in moves.items() for new in ways}


@dataclass
class Try:
    """One attempt. Times are minutes since the machine began."""

    amount: int
    provider: str = "abacus"
    scene: str = ""
    expires: int = 0
    state: str = "created"
    closing: bool = False
    action: bool = False


@dataclass
class Back:
    """One refund of the attempt with this place."""

    of: int
    amount: int
    state: str = "requested"


@dataclass
class Plain:
    """Places in the lists stand for rows; ``reached`` holds every move that happened."""

    total: int
    reached: set[tuple[str, str, str]]
    status: str = "open"
    shipped: str = "unfulfilled"
    tries: list[Try] = field(default_factory=list)
    backs: list[Back] = field(default_factory=list)
    cases: dict[tuple[object, ...], str] = field(default_factory=dict)  # (kind, what, which): state
    outside: dict[str, tuple[int, int, bool]] = field(default_factory=dict)  # number: (attempt, amount, booked)
    ledger: Counter[str] = field(default_factory=Counter)

    # -- what follows from it ----------------------------------------------------------------------

    def paid(self) -> int:
        return sum(t.amount for t in self.tries if t.state == "captured")

    def back(self) -> int:
        return sum(b.amount for b in self.backs if b.state == "succeeded") + sum(a for _of, a, booked in self.outside.values() if booked)

    def payment(self) -> str:
        paid, back = self.paid(), self.back()
        if not paid and not back:
            return "unpaid"
        if back and paid <= back:
            return "refunded"
        if paid - back >= self.total:
            return "overpaid" if paid - back > self.total else "paid"
        return "partly_refunded" if back else "partly_paid"

    def reserved(self, n: int) -> int:
        asked = sum(b.amount for b in self.backs if b.of == n and b.state != "failed")
        return asked + sum(a for of, a, booked in self.outside.values() if of == n and booked)

    def refunded(self, n: int) -> int:
        gone = sum(b.amount for b in self.backs if b.of == n and b.state == "succeeded")
        return gone + sum(a for of, a, booked in self.outside.values() if of == n and booked)

    def left(self) -> int:
        return sum(t.amount - self.reserved(n) for n, t in enumerate(self.tries) if t.state == "captured")

    def open_tries(self) -> list[Try]:
        return [t for t in self.tries if t.state in OPEN]

    # -- moves -------------------------------------------------------------------------------------

    def _move(self, kind: str, what: Try | Back, new: str) -> bool:
        if (kind, what.state, new) not in LEGAL:
            return False
        self.reached.add((kind, what.state, new))
        what.state = new
        return True

    def order(self, new: str) -> None:
        assert ("order", self.status, new) in LEGAL
        self.reached.add(("order", self.status, new))
        self.status = new

    def case(self, kind: str, what: object, which: object) -> bool:
        """True when it is opened: one of a kind about one thing, once for ever."""
        new = (kind, what, which) not in self.cases
        self.cases.setdefault((kind, what, which), "open")
        return new

    def close_case(self, key: tuple[object, ...]) -> None:
        """A person says how it was settled."""
        self.reached.add(("case", "open", "closed"))
        self.cases[key] = "closed"

    def post(self, debit: str, credit: str, amount: int) -> None:
        self.ledger[debit] += amount
        self.ledger[credit] -= amount

    def _told(self, before: str) -> None:
        """The order hears of its sums: one of which all went back, and nothing was sent, is off."""
        if self.payment() == "refunded" != before and self.status == "open" and self.shipped == "unfulfilled":
            self._off()

    def _off(self) -> None:
        self.order("canceled")
        if self.left():
            self.reserve(self.left())

    # -- attempts ----------------------------------------------------------------------------------

    def may_pay(self) -> bool:
        return self.status == "open" and self.payment() in WAITING and self.shipped == "unfulfilled"

    def begin(self, scene: str, now: int) -> tuple[int, list[int]]:
        """The attempt for what is due, and those to be closed before."""
        due, mine = self.total - self.paid() + self.back(), None
        others = []
        for n, t in enumerate(self.tries):
            if t.state in OPEN:
                if mine is None and (t.scene, t.amount) == (scene, due) and not t.closing and t.expires > now:
                    mine = n
                else:
                    others.append(n)
        for n in others:
            self.tries[n].closing = True
        if mine is None:
            self.tries.append(Try(due, scene=scene, expires=now + 120))
            mine = len(self.tries) - 1
        return mine, others

    def by_hand(self) -> None:
        """Cash on the counter."""
        self.tries.append(Try(self.total - self.paid() + self.back(), provider="offline"))
        self.hear(len(self.tries) - 1, "captured", self.tries[-1].amount)

    def hear(self, n: int, state: str, got: int | None = None) -> None:
        """Somebody says what became of an attempt."""
        t = self.tries[n]
        if state == "captured":
            if got != t.amount:
                if self.case("wrong_amount", "attempt", n):
                    self.post(f"clearing:{t.provider}", "suspense", got or 0)
                self.hear(n, "closed")  # nobody can pay it any more
                return
            self._capture(n, t)
        elif state != "unknown":
            self._move("attempt", t, state)
        if state in ("closed", "failed") and self.status == "closing" and not self.open_tries():
            self._off()

    def _capture(self, n: int, t: Try) -> None:
        before, status, kept = self.payment(), self.status, self.paid() - self.back()
        if not self._move("attempt", t, "captured"):
            return
        t.closing = False
        for other in self.open_tries():
            other.closing = True
        self.post(f"clearing:{t.provider}", "sales", t.amount)
        for number, (of, _amount, booked) in list(self.outside.items()):
            if of == n and not booked:
                self._book(number)
        if self.status == "closing":
            self.order("open")
        self._told(before)
        if status == "canceled":
            self.case("paid_after_close", "attempt", n)
        elif kept + t.amount > self.total:
            self.case("paid_twice", "attempt", n)

    # -- refunds -----------------------------------------------------------------------------------

    def may_refund(self) -> bool:
        return self.payment() in (*HERE, "partly_paid")

    def reserve(self, amount: int, only: int | None = None) -> list[int]:
        """The newest payments give first."""
        made = []
        for n in reversed(range(len(self.tries))):
            room = self.tries[n].amount - self.reserved(n) if self.tries[n].state == "captured" and only in (None, n) else 0
            if amount and room > 0:
                self.backs.append(Back(n, min(room, amount)))
                made.append(len(self.backs) - 1)
                amount -= min(room, amount)
        return made

    def move_back(self, n: int, new: str) -> bool:
        """A person sends or withdraws it."""
        return self._move("refund", self.backs[n], new)

    def hear_back(self, n: int, state: str) -> None:
        """Somebody says what became of a refund."""
        back, before = self.backs[n], self.payment()
        if state in ("unknown", "processing") or not self._move("refund", back, state):
            return
        if state == "succeeded":
            self.post("refunds", f"clearing:{self.tries[back.of].provider}", back.amount)
            self._told(before)
        else:
            self.case(f"refund_{state}", "refund", n)

    def hear_outside(self, number: str, n: int, amount: int) -> None:
        """Money went back at the provider's own desk."""
        if not self.case("outside_refund", "abacus", number):
            return
        self.outside[number] = (n, amount, False)
        if self.tries[n].state == "captured":
            before = self.payment()
            self._book(number)
            self._told(before)

    def _book(self, number: str) -> None:
        n, amount, _booked = self.outside[number]
        if self.reserved(n) + amount <= self.tries[n].amount:
            self.outside[number] = (n, amount, True)
            self.post("refunds", "clearing:abacus", amount)

    # -- the order ---------------------------------------------------------------------------------

    def may_cancel(self) -> bool:
        return self.status == "open" and self.shipped == "unfulfilled"

    def cancel(self) -> None:
        """At once, or after what could still be paid is closed."""
        if self.payment() in WAITING:
            for t in self.open_tries():
                t.closing = True
            if self.open_tries():
                self.order("closing")
                return
        self._off()
