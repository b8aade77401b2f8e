"""Order, payments, refunds and cases beside a plain model: whatever happens in whatever order, both say the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shop import NOON, add_product, place
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, Actor, DomainError, Money
from zhanggui_orders.models import Order
from zhanggui_orders.rules import payment_status
from zhanggui_orders.services.cancellation import cancel_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_payments import queries
from zhanggui_payments.contracts import RefundSnapshot, Snapshot
from zhanggui_payments.models import Attempt, Entry, Refund
from zhanggui_payments.services import attempts, refunds, settling
from zhanggui_payments.states import MOVES, AttemptState, RefundState

TOTAL = 3000
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("begin", "begin", "begin", "tell", "tell", "tell", "tell", "hand", "give", "give", "send", "send", "answer", "answer", "answer", "answer", "withdraw", "cancel", "wrong")),
        st.integers(0, 7), st.sampled_from((100, 301, 602, 903, 1500, 1601, 2202, 3003)),
    ),
    min_size=30, max_size=50,
)  # fmt: skip
# Every move of the tables once, whatever chance brings.
EVERY_ATTEMPT = [
    ("begin", 0, 100), ("tell", 0, 100), ("tell", 0, 602), ("begin", 0, 100), ("tell", 1, 100), ("tell", 1, 903), ("begin", 0, 100), ("tell", 2, 602),
    ("begin", 0, 100), ("tell", 3, 903), ("begin", 0, 100), ("tell", 4, 301), ("tell", 3, 301), ("tell", 2, 301), ("tell", 1, 301),
]  # fmt: skip
EVERY_REFUND = [
    ("begin", 0, 100), ("tell", 0, 100), ("tell", 0, 301), ("give", 0, 100), ("withdraw", 0, 100), ("give", 0, 100), ("send", 0, 100), ("answer", 0, 602),
    ("give", 0, 100), ("send", 0, 100), ("answer", 0, 903), ("answer", 0, 602), ("give", 0, 100), ("send", 0, 100), ("answer", 0, 301),
    ("give", 0, 100), ("send", 0, 100), ("answer", 1, 903), ("answer", 1, 301), ("cancel", 0, 100),
]  # fmt: skip
SAID = ("pending", "captured", "closed", "failed")
ANSWERED = ("processing", "succeeded", "failed", "abnormal")


@dataclass
class Model:
    """What is true, without a database."""

    status: str = "open"
    attempts: dict[int, list[Any]] = field(default_factory=dict)  # id: [state, amount, closing]
    refunds: dict[int, list[Any]] = field(default_factory=dict)  # id: [state, amount, attempt]
    reached: set[tuple[Any, Any]] = field(default_factory=set)

    def paid(self) -> int:
        return sum(amount for state, amount, _closing in self.attempts.values() if state == "captured")

    def back(self) -> int:
        return sum(amount for state, amount, _attempt in self.refunds.values() if state == "succeeded")

    def reserved(self, attempt: int) -> int:
        return sum(amount for state, amount, of in self.refunds.values() if of == attempt and state != "failed")

    def left(self) -> int:
        return sum(amount - self.reserved(n) for n, (state, amount, _c) in self.attempts.items() if state == "captured")


@pytest.fixture
def kind() -> str:
    return "sqlite"


REACHED: set[tuple[Any, Any]] = set()


def test_both_say_the_same(db: Session, owner: Actor, size: Any) -> None:
    tea = add_product(db, owner, price=TOTAL, stock=10_000)

    @settings(max_examples=size(40, 1200), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=STEPS)
    @example(steps=EVERY_ATTEMPT)
    @example(steps=EVERY_REFUND)
    def run(steps: list[tuple[str, int, int]]) -> None:
        savepoint = db.begin_nested()
        order_id, model = place(db, owner, (tea, 1)).id, Model()
        for verb, which, amount in steps:
            step = db.begin_nested()
            try:
                _do(db, model, order_id, verb, which, amount)
                step.commit()
            except DomainError:
                step.rollback()
            db.expire_all()
            _compare(db, model, order_id)
        savepoint.rollback()
        db.expire_all()

    run()
    legal = {(old, new) for kind in (AttemptState, RefundState) for old, moves in MOVES[kind].items() for new in moves}
    assert {(str(old), str(new)) for old, new in legal} - REACHED == set()


def _pick(rows: dict[int, Any], which: int) -> int | None:
    ids = sorted(rows)
    return ids[which % len(ids)] if ids else None


def _became(kind: type[Any], old: str, new: str) -> bool:
    """Whether the table has this move; it is remembered."""
    legal = kind(new) in MOVES[kind][kind(old)]
    if legal:
        REACHED.add((old, new))
    return legal


def _do(db: Session, model: Model, order_id: int, verb: str, which: int, amount: int) -> None:
    match verb:
        case "begin":
            made = attempts.claim_payment(db, order_id=order_id, method="panda", scene="h5", customer_id=None, actor=SYSTEM, now=NOON)
            assert model.status == "open" and payment_status(TOTAL, model.paid(), model.back()) in ("unpaid", "partly_paid")
            for other in made["close"]:
                model.attempts[other][2] = True
            due = TOTAL - model.paid() + model.back()
            model.attempts.setdefault(made["attempt_id"], ["created", due, False])
        case "hand":
            mark_paid_offline(db, id=order_id, method="cash", actor=SYSTEM, now=NOON)
            due = TOTAL - model.paid() + model.back()
            number = db.scalar(select(func.max(Attempt.id))) or 0
            model.attempts[number] = ["captured", due, False]
        case "tell" | "wrong":
            number = _pick(model.attempts, which)
            if number is None:
                return
            state, full, _closing = model.attempts[number]
            new = SAID[amount % 4] if verb == "tell" else "captured"
            told = Money(full if verb == "tell" else full + 1, "CNY")
            settling.apply_snapshot(db, number, Snapshot("", new, told), source="asked", actor=SYSTEM, now=NOON)
            if verb == "wrong" or not _became(AttemptState, state, new):
                _settle(db, model, order_id, new if verb == "tell" else "")
                return
            model.attempts[number][0] = new
            if new == "captured" and model.status == "closing":
                model.status = "open"
            _settle(db, model, order_id, new)
        case "cancel":
            cancel_order(db, id=order_id, reason="x", actor=SYSTEM, now=NOON)
            waits = payment_status(TOTAL, model.paid(), model.back()) in ("unpaid", "partly_paid")
            open_ = any(state in ("created", "pending") for state, _a, _c in model.attempts.values())
            assert model.status == "open"
            model.status = "closing" if waits and open_ else "canceled"
            if model.status == "canceled":
                _owe(db, model, order_id)
        case "give":
            made = refunds.request_refund(
                db, order_id, refunds.parts_by_amount(db, order_id, amount), reason="price", note=None, actor=SYSTEM, now=NOON
            )
            assert amount <= model.left()
            _read(db, model, made)
        case "send":
            waiting = [n for n, (state, _a, _of) in model.refunds.items() if state == "requested"]
            if waiting:
                refunds.claim_refunds(db, waiting[:1], now=NOON)
                _became(RefundState, "requested", "processing")
                model.refunds[waiting[0]][0] = "processing"
        case "withdraw":
            waiting = [n for n, (state, _a, _of) in model.refunds.items() if state == "requested"]
            if waiting:
                refunds.withdraw(db, id=waiting[0], note="no", actor=SYSTEM, now=NOON)
                _became(RefundState, "requested", "failed")
                model.refunds[waiting[0]][0] = "failed"
        case "answer":
            sent = {n: row for n, row in model.refunds.items() if row[0] in ("processing", "abnormal", "succeeded")}
            number = _pick(sent, which)
            if number is None:
                return
            new = ANSWERED[amount % 4]
            settling.apply_refund(db, number, RefundSnapshot("", new, Money(sent[number][1], "CNY")), source="asked", actor=SYSTEM, now=NOON)
            if _became(RefundState, sent[number][0], new):
                model.refunds[number][0] = new
                if new == "succeeded" and model.paid() - model.back() <= 0 and model.status == "open":
                    model.status = "canceled"
                    _owe(db, model, order_id)


def _settle(db: Session, model: Model, order_id: int, new: str) -> None:
    """An order that waits for its last attempt to be closed is canceled then."""
    if new in ("closed", "failed") and model.status == "closing" and not any(s in ("created", "pending") for s, _a, _c in model.attempts.values()):
        model.status = "canceled"
        _owe(db, model, order_id)


def _owe(db: Session, model: Model, order_id: int) -> None:
    """What is left of the money is owed from then on."""
    left, known = model.left(), set(model.refunds)
    made = [n for n in db.scalars(select(Refund.id).where(Refund.order_id == order_id)) if n not in known]
    _read(db, model, made)
    assert sum(model.refunds[n][1] for n in made) == left


def _read(db: Session, model: Model, made: list[int]) -> None:
    for refund in made:
        row = db.get_one(Refund, refund)
        model.refunds[refund] = ["requested", row.amount, row.attempt_id]


def _compare(db: Session, model: Model, order_id: int) -> None:
    order = db.get_one(Order, order_id)
    paid, back = model.paid(), model.back()
    assert (order.status, order.payment_status, order.paid_total, order.refunded_total) == (
        model.status, payment_status(TOTAL, paid, back), paid, back,
    )  # fmt: skip
    rows = {a.id: (a.state, a.amount, a.reserved) for a in queries.attempts_of(db, order_id)}
    assert rows == {n: (state, amount, model.reserved(n)) for n, (state, amount, _c) in model.attempts.items()}
    assert {r.id: (r.state, r.amount) for r in queries.refunds_of(db, order_id)} == {n: (s, a) for n, (s, a, _of) in model.refunds.items()}
    entries = list(db.scalars(select(Entry).where(Entry.order_id == order_id)))
    booked = {side: sum(e.amount for e in entries if e.credit == side) - sum(e.amount for e in entries if e.debit == side) for side in ("sales", "refunds")}
    assert booked == {"sales": paid, "refunds": -back}
