"""A payment from the first question to the last: claimed, asked, settled, whoever says so first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zhanggui.api import (
    SYSTEM,
    Actor,
    Chart,
    IllegalMove,
    NotFound,
    Reader,
    Series,
    _,
    _l,
    clock,
    current_runtime,
    fmt,
    job,
    reading,
    record_audit,
    unit_of_work,
    webhook_message,
)
from zhanggui_orders import facade as orders

from . import provider
from .models import Charge

_c = Charge.__table__.c


def claim_payment(request: Any) -> Mapping[str, Any]:
    """The order waits for its payment; asked twice it is the same charge."""
    facts = orders.order_of_customer(request.db, customer_id=request.customer.id, number=request.path["number"]).facts
    if facts.payment_status != "unpaid" or facts.status == "canceled":
        raise IllegalMove(_l("This order does not wait for a payment."))
    charge = request.db.scalars(select(Charge).where(_c.order_id == facts.id)).first()
    if charge is None:
        charge = Charge(order_id=facts.id, number=facts.number, amount=facts.total, currency=facts.currency, asked_at=request.now)
        request.db.add(charge)
        request.db.flush()
    return {"charge_id": charge.id}


def ask_for_payment(*, charge_id: int) -> Any:
    """Where the customer pays."""
    with reading() as db:
        charge = db.get_one(Charge, charge_id)
        body = {"number": charge.number, "amount": charge.amount, "currency": charge.currency}
    return provider.ask("/charges", body)["pay_url"]


def show_payment(db: Session, result: str, *, actor: Actor, now: datetime, charge_id: int) -> Mapping[str, Any]:
    """Hand the address on."""
    db.execute(update(Charge).where(_c.id == charge_id, _c.state == "asked").values(state="waiting", pay_url=result))
    return {"pay_url": result}


def settle(db: Session, charge_id: int, now: datetime) -> None:
    """It is paid: once, whether the provider told us or was asked, and however often."""
    paid = update(Charge).where(_c.id == charge_id, _c.state.in_(("asked", "waiting"))).values(state="paid", paid_at=now)
    found = db.execute(paid.returning(_c.order_id, _c.amount, _c.currency, _c.number)).first()
    if found is not None:
        orders.record_payment(
            db, order_id=found.order_id, provider="pandapay", amount=found.amount, currency=found.currency, reference=found.number, actor=SYSTEM, now=now
        )


@job()
def take_message(db: Session, *, message_id: int, **_more: Any) -> None:
    """What the provider tells us by itself."""
    told = webhook_message(db, message_id).payload
    charge_id = db.scalar(select(_c.id).where(_c.number == told["number"]))
    if charge_id is None:
        raise NotFound()
    if told["state"] == "paid":
        settle(db, charge_id, clock.now())


@job(lane="io")
def ask_again(*, charge_id: int, **_more: Any) -> None:
    """Nobody has told us: ask what became of it."""
    with reading() as db:
        charge = db.get_one(Charge, charge_id)
        number, state = charge.number, charge.state
    said = provider.ask("/state", {"number": number})["state"]
    with unit_of_work() as db:
        if said == "paid":
            settle(db, charge_id, clock.now())
        elif said == "refunded" and state == "refunding":
            show_refund(db, None, actor=SYSTEM, now=clock.now(), charge_id=charge_id)


@job(lane="io")
def poll(**_more: Any) -> None:
    """Every charge that has waited for a minute; no word of the provider has to arrive."""
    with reading() as db:
        late = select(_c.id).where(_c.state.in_(("asked", "waiting", "refunding")), _c.asked_at <= clock.now() - timedelta(minutes=1))
        waiting = list(db.scalars(late.order_by(_c.asked_at.desc()).limit(50)))
    for charge_id in waiting:
        ask_again.function(charge_id=charge_id)


def claim_refund(db: Session, *, id: int, actor: Actor, now: datetime) -> Mapping[str, Any]:
    """The whole sum goes back; from here on nobody else gives it back as well."""
    charge_id = db.scalar(update(Charge).where(_c.order_id == id, _c.state == "paid").values(state="refunding").returning(_c.id))
    if charge_id is None:
        raise IllegalMove(_l("This order was not paid by Panda Pay, or its money is on the way back."))
    return {"charge_id": charge_id}


def ask_for_refund(*, charge_id: int) -> None:
    """Ask for the money to go back; the same number is never given back twice there."""
    with reading() as db:
        number = db.scalar(select(_c.number).where(_c.id == charge_id))
    provider.ask("/refunds", {"number": number})


def show_refund(db: Session, result: None, *, actor: Actor, now: datetime, charge_id: int) -> None:
    """It has gone back."""
    done = update(Charge).where(_c.id == charge_id, _c.state == "refunding").values(state="refunded")
    order_id = db.scalar(done.returning(_c.order_id))
    if order_id is not None:
        record_audit(db, "pandapay.charge.refunded", target=("orders.Order", order_id), actor=actor, now=now)


def by_day(db: Session, reader: Reader) -> Chart:
    """What came in on each of the last 14 days, and what of it was given back."""
    today = reader.now.astimezone(reader.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [(today - timedelta(days=13 - n)).date() for n in range(14)]
    came, back = dict.fromkeys(days, 0), dict.fromkeys(days, 0)
    for at, amount, state in db.execute(select(_c.paid_at, _c.amount, _c.state).where(_c.paid_at >= today - timedelta(days=13))):
        day = at.astimezone(reader.zone).date()
        came[day] += amount
        back[day] -= amount if state == "refunded" else 0
    currency = str(current_runtime().config["instance.currency"])
    summary = _("%(total)s by Panda Pay in 14 days", total=fmt.money(sum(came.values()), currency))
    links = [f"/orders/?placed_at_from={day}&placed_at_to={day}" for day in days]
    series = [Series(_("Paid"), list(came.values()), links), Series(_("Given back"), list(back.values()))]
    return Chart("bars", days, series, _("Day"), "money", currency, summary, running=True)


def states_of_orders(db: Session, ids: list[int]) -> Mapping[int, str]:
    """``{order id: state}``, for the column."""
    return dict(db.execute(select(_c.order_id, _c.state).where(_c.order_id.in_(ids))).tuples().all())
