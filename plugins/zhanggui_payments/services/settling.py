"""What a provider says, applied: by a table of moves, once, in whatever order it comes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, Money, publish, record_audit
from zhanggui_orders import facade as orders

from .. import queries
from ..contracts import ClientAction, Declined, RefundSnapshot, Snapshot
from ..events import PaymentCaptured, RefundSucceeded
from ..models import Attempt, Case, ProviderEvent, Refund
from ..states import OPEN_ATTEMPT, AttemptState, RefundState, before
from . import past
from .cases import open_case
from .ledger import REFUNDS, SALES, SUSPENSE, clearing, post, posting

A, R = AttemptState, RefundState


def person_of(row: Any) -> tuple[str, int]:
    """Whom a payment is about: with whose key its texts are sealed in the trail."""
    return ("customers.Customer", row.customer_id) if row.customer_id is not None else ("orders.Order", row.order_id)


def apply_snapshot(db: Session, attempt_id: int, said: Snapshot, *, source: str, actor: Actor, now: datetime, key: str | None = None) -> None:
    """What became of an attempt. Said twice, or late, it does no harm."""
    order_id = db.scalar(select(Attempt.order_id).where(Attempt.id == attempt_id))
    if order_id is None:
        return
    order = orders.facts(db, order_id)  # locked first: everybody who moves money of an order stands in this line
    attempt = queries.attempt_for_update(db, attempt_id)
    if key is not None or said.state != attempt.state:
        remember(db, attempt.provider, source, said, now, attempt_id=attempt.id, key=key)
    if said.state == A.CAPTURED:
        capture(db, attempt, order, said, actor=actor, now=now)
    elif said.state in (A.PENDING, A.CLOSED, A.FAILED):
        _move(db, attempt, A(said.state), code=said.code[:64], **({} if said.state == A.PENDING else {"closed_at": now, "ask_at": None}))
    if said.state in (A.CLOSED, A.FAILED):
        let_order_go(db, attempt.order_id, actor=actor, now=now)


def capture(db: Session, attempt: Attempt, order: orders.OrderFacts, said: Snapshot, *, actor: Actor, now: datetime) -> None:
    """The money is there: posted, told and applied once; what nobody waited for is a case."""
    due = Money(attempt.amount, attempt.currency)
    past.adopt(db, order, now=now)
    of: dict[str, Any] = {"order_id": order.id, "order_number": order.number, "attempt_id": attempt.id, "provider_number": said.provider_number}
    if said.amount != due:
        # What was asked for was not paid, and cannot be any more: that something else was is in suspense.
        got = said.amount or Money(0, attempt.currency)
        if open_case(db, "wrong_amount", f"attempt:{attempt.id}", provider=attempt.provider, amount=got, expected=due, actor=actor, now=now, **of):
            entry = posting(f"suspense:{attempt.number}", clearing(attempt.provider), SUSPENSE, got, now, **_owner(attempt))
            post(db, [entry])
        _give_up(db, attempt, "wrong_amount", actor=actor, now=now)
        return
    clash = select(Attempt.id).where(Attempt.provider == attempt.provider, Attempt.provider_number == said.provider_number, Attempt.id != attempt.id)
    if said.provider_number and db.scalar(clash) is not None:
        open_case(db, "unknown_payment", f"attempt:{attempt.id}", provider=attempt.provider, amount=due, actor=actor, now=now, **of)
        _give_up(db, attempt, "known_number", actor=actor, now=now)
        return
    at = said.at or now
    number = {"provider_number": said.provider_number} if said.provider_number else {}
    payer = {"payer": said.payer} if said.payer else {}
    if not _move(db, attempt, A.CAPTURED, captured_at=at, ask_at=None, close_wanted=False, **number, **payer):
        return
    # Nobody pays the same twice if it can be helped: what else is open for this order is closed where it can be paid.
    others = update(Attempt).where(Attempt.order_id == order.id, Attempt.id != attempt.id, Attempt.state.in_(OPEN_ATTEMPT))
    db.execute(others.values(close_wanted=True, ask_at=now).execution_options(synchronize_session=False))
    post(db, [posting(f"attempt:{attempt.id}", clearing(attempt.provider), SALES, due, at, **_owner(attempt))])
    c = Case.__table__.c
    for key, amount in db.execute(select(c.case_key, c.amount).where(c.order_id == order.id, c.kind == "outside_refund", c.attempt_id == attempt.id, c.currency == due.currency)).all():  # fmt: skip
        _book_outside(db, attempt, key.rpartition(":")[2], Money(amount, due.currency), now)  # its word was here first
    record_audit(
        db, "payments.payment.captured", target=("payments.Attempt", attempt.id), label=Code(attempt.number), subject=person_of(attempt), actor=actor,
        now=now, after={"amount": attempt.amount, "provider": Code(attempt.provider), "method": Code(attempt.method)},
    )  # fmt: skip
    tell_order(db, order, actor=actor, now=now)
    publish(
        db,
        PaymentCaptured(
            attempt_id=attempt.id, order_id=order.id, order_number=Code(order.number), customer_id=order.customer_id, provider=Code(attempt.provider),
            method=Code(attempt.method), amount=due, at=at,
        ),
    )  # fmt: skip
    kept = order.paid_total - order.refunded_total
    if order.status == "canceled":
        open_case(db, "paid_after_close", f"attempt:{attempt.id}", provider=attempt.provider, amount=due, actor=actor, now=now, **of)
    elif kept + due.amount > max(order.total, 0):
        open_case(db, "paid_twice", f"attempt:{attempt.id}", provider=attempt.provider, amount=due, expected=Money(max(order.total - kept, 0), due.currency), actor=actor, now=now, **of)  # fmt: skip


def _give_up(db: Session, attempt: Attempt, code: str, *, actor: Actor, now: datetime) -> None:
    """A case is open about it, and nobody can pay it: it is asked about no more, and its order waits for it no longer."""
    _move(db, attempt, A.CLOSED, code=code, closed_at=now, ask_at=None)
    let_order_go(db, attempt.order_id, actor=actor, now=now)


def begin_waiting(db: Session, attempt_id: int, action: ClientAction, *, now: datetime) -> None:
    """The provider made it payable: what the client is to do is kept for whoever asks again."""
    attempt = queries.attempt_for_update(db, attempt_id)
    told = {"action": {"type": action.type, **action.values}, "usable_until": action.usable_until}
    if attempt.state == A.PENDING:
        _change(db, attempt, **told)
    elif _move(db, attempt, A.PENDING, **told):
        remember(db, attempt.provider, "answered", Snapshot(attempt.number, "pending", Money(attempt.amount, attempt.currency)), now, attempt_id=attempt.id)


def decline(db: Session, attempt_id: int, trouble: Declined, *, actor: Actor, now: datetime) -> None:
    """The provider does not take it."""
    number, state = db.execute(select(Attempt.number, Attempt.state).where(Attempt.id == attempt_id)).one()
    if state != A.CREATED:
        return  # somebody else made it payable meanwhile, or it is settled
    apply_snapshot(db, attempt_id, Snapshot(number, "failed", code=trouble.code), source="answered", actor=actor, now=now)


def let_order_go(db: Session, order_id: int, *, actor: Actor, now: datetime) -> None:
    """An order that waited for the last of its attempts to be closed is canceled."""
    if not queries.open_attempts(db, order_id):
        orders.finish_closing(db, order_id, actor=actor, now=now)


def tell_order(db: Session, order: orders.OrderFacts, *, actor: Actor, now: datetime) -> None:
    """The order's two sums, anew from its attempts."""
    paid, refunded = queries.sums(db, order.id, order.currency)
    orders.apply_money(db, order.id, paid, refunded, actor=actor, now=now)


def apply_refund(db: Session, refund_id: int, said: RefundSnapshot, *, source: str, actor: Actor, now: datetime, key: str | None = None) -> None:
    """What became of a refund. Accepted is not refunded."""
    order_id = db.scalar(select(Refund.order_id).where(Refund.id == refund_id))
    if order_id is None:
        return
    order = orders.facts(db, order_id)
    refund = queries.refund_for_update(db, refund_id)
    if refund.asked != getattr(said, "turn", refund.asked):
        return  # refused on an older try than the last one
    if key is not None or said.state != refund.state:
        remember(db, refund.provider, source, said, now, refund_id=refund.id, key=key)
    if said.state in ("unknown", R.PROCESSING):
        if said.provider_number and not refund.provider_number:
            _change(db, refund, provider_number=said.provider_number)
        return
    amount = Money(refund.amount, refund.currency)
    about: dict[str, Any] = {"order_id": order.id, "order_number": order.number, "attempt_id": refund.attempt_id, "refund_id": refund.id}
    if said.state == R.SUCCEEDED and said.amount is not None and said.amount != amount:
        open_case(db, "wrong_amount", f"refund:{refund.id}", provider=refund.provider, amount=said.amount, expected=amount, actor=actor, now=now, **about)
        return
    number = {"provider_number": said.provider_number} if said.provider_number else {}
    ended = {"succeeded_at": said.at or now, "ask_at": None} if said.state == R.SUCCEEDED else {"ask_at": None} if said.state == R.FAILED else {}
    if not _move(db, refund, R(said.state), changed_at=now, code=said.code[:64], **number, **ended):
        return
    if said.state == R.SUCCEEDED:
        _went_back(db, refund, order, actor=actor, now=now)
    elif said.state == R.FAILED:
        release(db, refund)
        open_case(db, "refund_failed", f"refund:{refund.id}", provider=refund.provider, amount=amount, actor=actor, now=now, **about)
    else:
        open_case(db, "refund_abnormal", f"refund:{refund.id}", provider=refund.provider, amount=amount, actor=actor, now=now, **about)


def _went_back(db: Session, refund: Refund, order: orders.OrderFacts, *, actor: Actor, now: datetime) -> None:
    amount, at = Money(refund.amount, refund.currency), refund.succeeded_at or now
    db.execute(
        update(Attempt).where(Attempt.id == refund.attempt_id)
        .values(refunded=Attempt.refunded + refund.amount, row_version=Attempt.row_version + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    post(db, [posting(f"refund:{refund.id}", REFUNDS, clearing(refund.provider), amount, at, **_owner(refund), refund_id=refund.id)])
    record_audit(
        db, "payments.refund.succeeded", target=("payments.Refund", refund.id), label=Code(refund.number), subject=person_of(refund), actor=actor,
        now=now, after={"amount": refund.amount, "provider": Code(refund.provider)},
    )  # fmt: skip
    lines = queries.lines_of_refund(db, refund.id)
    publish(
        db,
        RefundSucceeded(
            refund_id=refund.id, order_id=order.id, order_number=Code(order.number), customer_id=order.customer_id, amount=amount,
            order_line_ids=[line.order_line_id or 0 for line in lines], quantities=[line.quantity for line in lines],
            goods=[Money(line.goods, refund.currency) for line in lines], freight=[Money(line.freight, refund.currency) for line in lines],
            fees=[Money(line.fee, refund.currency) for line in lines], at=at,
        ),
    )  # fmt: skip
    tell_order(db, order, actor=actor, now=now)


def release(db: Session, refund: Refund) -> None:
    """What was reserved for a refund is free again."""
    db.execute(
        update(Attempt).where(Attempt.id == refund.attempt_id)
        .values(reserved=Attempt.reserved - refund.amount, row_version=Attempt.row_version + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def outside_refund(db: Session, attempt_id: int, said: RefundSnapshot, *, actor: Actor, now: datetime) -> None:
    """Money went back that nobody here sent: booked as it is, and a person looks at it."""
    order_id = db.scalar(select(Attempt.order_id).where(Attempt.id == attempt_id))
    if order_id is None or said.amount is None or said.state != R.SUCCEEDED:
        return
    order = orders.facts(db, order_id)
    attempt = queries.attempt_for_update(db, attempt_id)
    of: dict[str, Any] = {"order_id": order.id, "order_number": order.number, "attempt_id": attempt.id, "provider_number": said.provider_number}
    opened = open_case(db, "outside_refund", f"{attempt.provider}:{said.number}", provider=attempt.provider, amount=said.amount, actor=actor, now=now, **of)
    if opened is None or said.amount.currency != attempt.currency or attempt.state != A.CAPTURED:
        return
    if _book_outside(db, attempt, said.number, said.amount, said.at or now):
        tell_order(db, order, actor=actor, now=now)


def _book_outside(db: Session, attempt: Attempt, number: str, amount: Money, at: datetime) -> bool:
    """False when more than was here went back, or is on its way: the case says so."""
    more = {"reserved": Attempt.reserved + amount.amount, "refunded": Attempt.refunded + amount.amount, "row_version": Attempt.row_version + 1}
    fits = update(Attempt).where(Attempt.id == attempt.id, Attempt.reserved + amount.amount <= Attempt.amount)
    if db.scalar(fits.values(more).returning(Attempt.id).execution_options(synchronize_session=False)) is None:
        return False
    post(db, [posting(f"outside:{number}"[:96], REFUNDS, clearing(attempt.provider), amount, at, **_owner(attempt))])
    return True


def remember(
    db: Session, provider: str, source: str, said: Snapshot | RefundSnapshot, now: datetime, *,
    attempt_id: int | None = None, refund_id: int | None = None, key: str | None = None,
) -> None:  # fmt: skip
    """Keep what was said. The same message is kept once."""
    about = f"attempt:{attempt_id}" if attempt_id else f"refund:{refund_id}" if refund_id else f"number:{said.number}"
    full = key or f"{about}:{source}:{said.state}:{now:%Y%m%dT%H%M%S%f}"
    c = ProviderEvent.__table__.c
    if db.scalar(select(c.id).where(c.event_key == full[:128])) is not None:
        return
    db.add(
        ProviderEvent(
            event_key=full[:128], provider=provider, attempt_id=attempt_id, refund_id=refund_id, source=source, state=said.state,
            amount=said.amount.amount if said.amount else None, currency=said.amount.currency if said.amount else None,
            provider_number=said.provider_number, code=said.code[:64], at=now,
        )
    )  # fmt: skip
    db.flush()


def _owner(row: Attempt | Refund) -> dict[str, Any]:
    attempt_id = row.attempt_id if isinstance(row, Refund) else row.id
    return {"attempt_id": attempt_id, "order_id": row.order_id, "customer_id": row.customer_id, "simulated": row.simulated}


def _move(db: Session, row: Attempt | Refund, state: AttemptState | RefundState, **changes: Any) -> bool:
    """One statement that names the states it may be reached from; False when the row is in none of them."""
    model: Any = type(row)
    done = db.scalar(
        update(model)
        .where(model.id == row.id, model.state.in_(before(state)))
        .values(state=state, row_version=model.row_version + 1, **changes)
        .returning(model.id)
        .execution_options(synchronize_session=False)
    )
    db.refresh(row)
    return done is not None


def _change(db: Session, row: Attempt | Refund, **changes: Any) -> None:
    model: Any = type(row)
    values = {**changes, "row_version": model.row_version + 1}
    db.execute(update(model).where(model.id == row.id).values(values).execution_options(synchronize_session=False))
    db.refresh(row)
