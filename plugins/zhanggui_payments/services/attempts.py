"""Beginning a payment: claimed by the customer's request, made payable outside of any transaction, answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, DomainError, IllegalMove, Invalid, Money, ProviderError, _l, clock, current_actor, get_setting, reading
from zhanggui_customers import facade as customers
from zhanggui_orders import facade as orders
from zhanggui_orders.contracts import PastPayment

from .. import queries
from ..contracts import ClientAction, Declined, Snapshot
from ..models import Attempt, Entry
from ..providers import HISTORY, OFFLINE, Offer, offers, provider_of
from ..rules import ATTEMPT_TIMES, new_number, outcome, reference_index
from ..states import OPEN_ATTEMPT, AttemptState
from . import asking, settling
from .ledger import SALES, clearing, posting


class MethodUnavailable(DomainError):
    """This way to pay cannot be used now; the sentence says why."""

    code = "method_unavailable"
    message = _l("This order cannot be paid that way: %(why)s")


class BeingPaid(DomainError):
    """Somebody could pay the old amount at this moment."""

    code = "being_paid"
    message = _l("The buyer has begun to pay. The price can be changed once that payment is closed.")


def refuse_while_paying(db: Session, order_id: int) -> None:
    """The price of an order stays while a payment of it is open.

    :raises BeingPaid: when one is.
    """
    if queries.open_attempts(db, order_id):
        raise BeingPaid()


class PaymentKnown(DomainError):
    """This transfer paid another order already."""

    code = "payment_known"
    message = _l("The payment %(reference)s is booked for another order already.")


def claim_payment(
    db: Session, *, order_id: int, method: str, scene: str, customer_id: int | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    """The attempt for what is due of an order: the open one of the same kind, or a new one.

    :raises IllegalMove: when the order is not waiting for a payment.
    :raises NoWayToPay: (of orders) when nobody takes money here.
    :raises MethodUnavailable: in words, for a method that cannot be used.
    """
    order = orders.check_move(db, order_id, "pay", actor)
    offer = _offer(method, scene, order.currency)
    payer = customers.subject_of(db, customer_id, offer.provider.payer_of) if offer.provider.payer_of and customer_id else None
    if payer is None and scene in offer.method.needs_payer and customer_id:
        payer = offer.provider.play_payer(customer_id)
    if payer is None and scene in offer.method.needs_payer:
        raise MethodUnavailable(why=offer.method.needs_payer[scene])
    due = order.total - (order.paid_total - order.refunded_total)
    mine, others = None, []
    for there in queries.open_attempts(db, order_id):
        kind = (there.provider, there.method, there.scene, there.amount)
        usable = not there.close_wanted and there.expires_at is not None and there.expires_at > now
        if kind == (offer.provider.id, method, scene, due) and usable and mine is None:
            mine = there
        else:
            others.append(there.id)
    if others:
        # One order is paid once: what was begun in another way is closed there first.
        db.execute(update(Attempt).where(Attempt.id.in_(others)).values(close_wanted=True).execution_options(synchronize_session=False))
    if mine is None:
        mine = Attempt(
            number=new_number("P", now), order_id=order.id, order_number=order.number, customer_id=order.customer_id, provider=offer.provider.id,
            method=method, scene=scene, amount=due, currency=order.currency, state=AttemptState.CREATED, created_at=now,
            expires_at=now + timedelta(minutes=int(get_setting("plugin.payments.open_minutes"))), ask_at=now + ATTEMPT_TIMES[0],
            simulated=offer.provider.simulated(), payer=payer,
        )  # fmt: skip
        db.add(mine)
        db.flush()
    return {"attempt_id": mine.id, "close": others}


def _offer(method: str, scene: str, currency: str) -> Offer:
    found = {offer.method.id: offer for offer in offers(currency, scene)}
    if not method and all(offer.provider.missing() is not None for offer in found.values()):
        raise orders.NoWayToPay()  # nobody is set up: there is nothing to choose from
    missing = {name: _l("This is needed.") for name, value in (("method", method), ("scene", scene)) if not value}
    if missing:
        raise Invalid(errors=missing)
    if method not in found:
        raise MethodUnavailable(why=_l("there is no such way to pay here."))
    if found[method].why_not is not None:
        raise MethodUnavailable(why=found[method].why_not)
    return found[method]


def make_payable(*, attempt_id: int, close: Sequence[int], return_url: str = "") -> Any:
    """Ask the provider; None when there is nothing to ask.

    :param return_url: where the customer comes back to; its host is the name under which he knows this machine.

    :raises ProviderError: when what happened there is not known, or nothing did; the attempt stays as it is.
    """
    for other in close:
        if asking.close_attempt(other) == AttemptState.CAPTURED:
            return None
    now = clock.now()
    with reading() as db:
        attempt = db.get_one(Attempt, attempt_id)
        known = attempt.state == AttemptState.PENDING and attempt.action and (attempt.usable_until is None or attempt.usable_until > now)
        if known or attempt.state not in OPEN_ATTEMPT:
            return None
        seen = replace(queries.seen_by_provider(attempt), return_url=return_url, ip=current_actor().ip)
        provider = attempt.provider
    there = provider_of(provider)
    try:
        return there.create(seen)
    except ProviderError as trouble:
        meant = outcome(trouble)
        if not isinstance(meant, Declined):
            raise meant from None
    try:
        # Refused now: one that was made payable before (its answer got lost, its time ran out) can be paid all the same.
        said = there.query(seen)
    except ProviderError as trouble:
        raise outcome(trouble) from None
    return meant if said.state in ("unknown", "closed", "failed") else said if said.state == AttemptState.CAPTURED else None


def show_payment(
    db: Session, result: Any, *, actor: Actor, now: datetime, attempt_id: int, close: Sequence[int], **_claimed: object
) -> Attempt:
    """Write down what the provider answered; answers the attempt that counts."""
    if isinstance(result, ClientAction):
        settling.begin_waiting(db, attempt_id, result, now=now)
    elif isinstance(result, Snapshot):
        settling.apply_snapshot(db, attempt_id, result, source="answered", actor=actor, now=now)
    elif isinstance(result, Declined):
        settling.decline(db, attempt_id, result, actor=actor, now=now)
    paid = db.scalar(select(Attempt).where(Attempt.id.in_(list(close)), Attempt.state == AttemptState.CAPTURED)) if close else None
    if paid is not None:  # "already paid" wins: what was just begun was never asked for
        settling.apply_snapshot(db, attempt_id, Snapshot("", "closed"), source="answered", actor=actor, now=now)
        return paid
    return queries.attempt_for_update(db, attempt_id)


def take_offline(
    db: Session, order: orders.OrderFacts, *, method: str, reference: str | None, actor: Actor, now: datetime, provider: str = OFFLINE
) -> Attempt:
    """All that is due is here, says somebody who saw it.

    :raises PaymentKnown: for a transfer that paid another order.
    """
    due = order.total - (order.paid_total - order.refunded_total)
    attempt = Attempt(
        number=new_number("P", now), order_id=order.id, order_number=order.number, customer_id=order.customer_id, provider=provider, method=method,
        scene="offline", amount=due, currency=order.currency, state=AttemptState.CREATED, created_at=now, reference=reference,
        reference_index=reference and reference_index(reference),
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(attempt)
    except IntegrityError:
        raise PaymentKnown(reference=reference) from None
    said = Snapshot(attempt.number, "captured", Money(due, order.currency))
    settling.remember(db, provider, "person", said, now, attempt_id=attempt.id)
    settling.capture(db, attempt, order, said, actor=actor, now=now)
    return attempt


def book_past(db: Session, payments: Sequence[PastPayment], *, now: datetime) -> None:
    """What was paid for orders of the past, in few statements: no event and no audit row of each; their totals are right already."""
    ids = [past.order_id for past in payments]
    numbers: dict[int, tuple[str, int | None]] = {}
    for start in range(0, len(ids), 500):
        numbers |= orders.numbers_and_customers(db, ids[start : start + 500])
    rows = [
        {
            "number": new_number("H", past.at), "order_id": past.order_id, "order_number": numbers[past.order_id][0],
            "customer_id": numbers[past.order_id][1], "provider": HISTORY, "method": "", "scene": "", "amount": past.amount.amount,
            "currency": past.amount.currency, "state": AttemptState.CAPTURED, "reserved": 0, "refunded": 0, "created_at": past.at,
            "captured_at": past.at, "asked": 0,
        }
        for past in payments
    ]  # fmt: skip
    table = Attempt.__table__
    made = db.execute(insert(table).returning(table.c.id, table.c.order_id), rows)
    attempts = {row.order_id: row.id for row in made}
    db.execute(
        insert(Entry.__table__),
        [
            posting(
                f"attempt:{attempts[past.order_id]}", clearing(HISTORY), SALES, past.amount, past.at, attempt_id=attempts[past.order_id],
                order_id=past.order_id, customer_id=numbers[past.order_id][1],
            )
            for past in payments
        ],
    )  # fmt: skip


def mark_for_closing(db: Session, order_id: int, *, now: datetime) -> list[int]:
    """What of an order could still be paid is to be closed where it can be; answers those attempts."""
    wanted = update(Attempt).where(Attempt.order_id == order_id, Attempt.state.in_(OPEN_ATTEMPT)).values(close_wanted=True, ask_at=now)
    return sorted(db.scalars(wanted.returning(Attempt.id).execution_options(synchronize_session=False)))


def hurry(db: Session, order_id: int, *, now: datetime) -> list[int]:
    """The open attempts of an order that are asked about now; one that is to be within seconds, or was due, waits for its turn."""
    soon = now + ATTEMPT_TIMES[0]
    wanted = update(Attempt).where(Attempt.order_id == order_id, Attempt.state.in_(OPEN_ATTEMPT), Attempt.ask_at > soon).values(ask_at=soon)
    return sorted(db.scalars(wanted.returning(Attempt.id).execution_options(synchronize_session=False)))


def ask_now(db: Session, *, id: int, actor: Actor, now: datetime) -> Mapping[str, Any]:
    """The staff wants to know what became of it.

    :raises IllegalMove: for one that is settled.
    """
    attempt = queries.attempt_for_update(db, id)
    if attempt.state not in OPEN_ATTEMPT:
        raise IllegalMove(_l("This payment is settled: there is nothing to ask."))
    return {"attempt_id": id}


def ask_work(*, attempt_id: int) -> None:
    """See ``ask_now``."""
    asking.ask_attempt(attempt_id)


def ask_done(db: Session, result: None, *, actor: Actor, now: datetime, attempt_id: int) -> None:
    """The answer was applied where it was asked."""
