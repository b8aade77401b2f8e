"""What people press to give money back: on an order, a refund that is owed, a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, IllegalMove, Invalid, Money, _l, get_setting, record_audit, request_approval, require_recent
from zhanggui_orders import facade as orders

from .. import queries
from ..contracts import HISTORY, OFFLINE, RefundLines, RefundSnapshot
from ..models import Attempt, Refund
from ..states import RefundState
from . import past, refunds, settling
from .cases import case_for_update, close_case
from .refunds import NothingToRefund, Part, refundable


def claim_order_refund(
    db: Session, *, id: int, actor: Actor, now: datetime, what: str, reason: str, amount: Money | None = None, freight: bool = False,
    note: str | None = None, lines: RefundLines | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Give money of an order back: all of it, pieces of its lines, or an amount. Above the owner's limit a second person decides.

    :param lines: how many pieces of each line, by its place in the order (1 is the first).
    """
    order = orders.check_move(db, id, "refund", actor)
    past.adopt(db, order, now=now)
    parts = parts_of(db, id, order.currency, what=what, amount=amount, lines=lines or {}, freight=freight)
    total = sum(part.total for part in parts)
    if above_limit(db, id, Money(total, order.currency)):
        values = {"reason": reason, "note": note or "", "parts": [[p.order_line_id, p.quantity, p.goods, p.freight, p.fee] for p in parts], "currency": order.currency}
        request_approval(
            db, "payments.refund", id=id, values=values, label=Code(order.number), reason=note or "", subject=_person(order), actor=actor, now=now
        )  # fmt: skip
        return {"refund_ids": []}
    _ask_who(Money(total, order.currency))
    made = refunds.request_refund(db, id, parts, reason=reason, note=note, actor=actor, now=now)
    return refunds.claim_refunds(db, made, now=now)


def parts_of(
    db: Session, order_id: int, currency: str, *, what: str, amount: Money | None, lines: RefundLines, freight: bool
) -> list[Part]:
    """What of an order would go back.

    :raises Invalid: when that is not said, or cannot be.
    :raises NothingToRefund: for more than is here and not on its way.
    """
    here = refundable(db, order_id)
    if what == "all":
        parts = refunds.all_that_is_left(db, order_id)
    elif what == "amount":
        if amount is None or amount.amount <= 0:
            raise Invalid(errors={"amount": _l("Enter how much goes back.")})
        if amount.currency != currency:
            raise Invalid(errors={"amount": _l("This order was paid in %(currency)s: give back by line, or all of it.", currency=currency)})
        if amount.amount > here:
            raise NothingToRefund(left=Money(here, currency))
        parts = refunds.parts_by_amount(db, order_id, amount.amount)
    else:
        places = dict(enumerate((line.order_line_id for line in orders.lines_money(db, order_id)), 1))
        if not lines:
            raise Invalid(errors={"lines": _l("Choose of at least one line how many pieces go back.")})
        if not places.keys() >= lines.keys():
            raise Invalid(errors={"lines": _l("There is no such line in this order.")})
        parts = refunds.parts_by_line(db, order_id, {places[place]: count for place, count in lines.items()}, freight=freight)
    total = sum(part.total for part in parts)
    if total > here or total <= 0:
        raise NothingToRefund(left=Money(here, currency))
    return parts


def above_limit(db: Session, order_id: int, amount: Money) -> bool:
    """Whether a second person has to agree: what people gave back of one order counts together, or parts would pass where the whole does not."""
    limit = int(get_setting("plugin.payments.approve_above"))
    if not limit:
        return False
    c = Refund.__table__.c
    sent = c.state.in_((RefundState.PROCESSING, RefundState.ABNORMAL, RefundState.SUCCEEDED))
    before = db.scalar(select(func.coalesce(func.sum(c.amount), 0)).where(c.order_id == order_id, sent))
    return Money(int(before or 0) + amount.amount, amount.currency).decimal > limit


def _ask_who(amount: Money) -> None:
    """:raises NotFresh: above the owner's limit, when who sits at the browser has not said of late who he is."""
    limit = int(get_setting("plugin.payments.fresh_above"))
    if limit and amount.decimal > limit:
        require_recent()


def _person(row: Any) -> tuple[str, int]:
    """Whom a request for a second person is about."""
    order_id = row.id if isinstance(row, orders.OrderFacts) else row.order_id
    return ("customers.Customer", row.customer_id) if row.customer_id is not None else ("orders.Order", order_id)


def claim_approved(
    db: Session, *, id: int, actor: Actor, now: datetime, reason: str, note: str, parts: list[list[Any]], currency: str
) -> dict[str, Any]:
    """A second person agreed: what was frozen is what is done."""
    orders.check_move(db, id, "refund", actor)
    made = refunds.request_refund(db, id, [Part(*part) for part in parts], reason=reason, note=note, actor=actor, now=now)
    return refunds.claim_refunds(db, made, now=now)


def claim_requested(db: Session, *, id: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """Send what is owed already: what a canceled order leaves behind. Above the owner's limit a second person decides."""
    order_id = db.scalar(select(Refund.order_id).where(Refund.id == id))
    if order_id is not None:
        orders.facts(db, order_id)  # locked first: two of one order that are sent at once count together
    refund = queries.refund_for_update(db, id)
    amount = Money(refund.amount, refund.currency)
    _ask_who(amount)
    if refund.state == RefundState.REQUESTED and above_limit(db, refund.order_id, amount):
        values = {"amount": refund.amount, "currency": refund.currency}
        request_approval(db, "payments.send", id=id, values=values, label=Code(refund.number), subject=_person(refund), actor=actor, now=now)
        return {"refund_ids": []}
    return _send_requested(db, refund, actor=actor, now=now)


def claim_requested_approved(db: Session, *, id: int, actor: Actor, now: datetime, amount: int, currency: str) -> dict[str, Any]:
    """A second person agreed to send what is owed."""
    return _send_requested(db, queries.refund_for_update(db, id), actor=actor, now=now)


def _send_requested(db: Session, refund: Refund, *, actor: Actor, now: datetime) -> dict[str, Any]:
    record_audit(
        db, "payments.refund.sent", target=refund, label=Code(refund.number), subject=settling.person_of(refund), actor=actor, now=now,
    )  # fmt: skip
    return refunds.claim_refunds(db, [refund.id], now=now)


def claim_case_refund(db: Session, *, id: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """Give back the payment that a case is about, as a whole, and close the case with it. Above the owner's limit a second person decides."""
    case = case_for_update(db, id)
    if case.attempt_id is None or case.order_id is None or case.kind not in ("paid_twice", "paid_after_close"):
        raise IllegalMove(_l("There is no payment here that could be given back."))
    if case.state != "open":
        raise IllegalMove(_l("This case is closed already."))
    orders.facts(db, case.order_id)  # locked, see above
    amount = Money(_case_amount(db, case.attempt_id, case.order_id), case.currency)
    _ask_who(amount)
    if above_limit(db, case.order_id, amount):
        values = {"amount": amount.amount, "currency": amount.currency}
        attempt = db.get_one(Attempt, case.attempt_id)
        request_approval(db, "payments.case_refund", id=id, values=values, label=Code(case.kind), subject=_person(attempt), actor=actor, now=now)
        return {"refund_ids": []}
    return claim_case_approved(db, id=id, actor=actor, now=now, amount=amount.amount, currency=amount.currency)


def _case_amount(db: Session, attempt_id: int, order_id: int) -> int:
    room = db.execute(select(Attempt.amount - Attempt.reserved).where(Attempt.id == attempt_id)).scalar_one()
    return min(int(room), refundable(db, order_id))


def claim_case_approved(db: Session, *, id: int, actor: Actor, now: datetime, amount: int, currency: str) -> dict[str, Any]:
    """Give back what a case is about, and no more than a second person agreed to where one did."""
    case = case_for_update(db, id)
    if case.attempt_id is None or case.order_id is None:
        raise IllegalMove(_l("There is no payment here that could be given back."))
    reason = "twice" if case.kind == "paid_twice" else "late_payment"
    part = [Part(None, 0, amount, 0, 0)]  # it belongs to no line: the goods stay where they are
    made = refunds.request_refund(db, case.order_id, part, reason=reason, note=None, actor=actor, now=now, attempt_id=case.attempt_id)
    close_case(db, id=id, note=str(_l("The payment is given back.")), actor=actor, now=now)
    return refunds.claim_refunds(db, made, now=now)


def withdraw(db: Session, *, id: int, note: str, actor: Actor, now: datetime) -> None:
    """Not given back after all: settled otherwise.

    :raises IllegalMove: when it was sent.
    """
    refund = queries.refund_for_update(db, id)
    done = update(Refund).where(Refund.id == id, Refund.state == RefundState.REQUESTED)
    values = {"state": RefundState.FAILED, "changed_at": now, "code": "withdrawn", "row_version": Refund.row_version + 1}
    if db.scalar(done.values(values).returning(Refund.id).execution_options(synchronize_session=False)) is None:
        raise IllegalMove(_l("This refund was sent already."))
    db.refresh(refund)
    settling.release(db, refund)
    record_audit(
        db, "payments.refund.withdrawn", target=refund, label=Code(refund.number), subject=settling.person_of(refund), actor=actor, now=now, reason=note,
    )  # fmt: skip


def owe(db: Session, order: orders.OrderFacts, *, actor: Actor, now: datetime) -> None:
    """A paid order was called off: what is left of its money is to be given back, by somebody who presses the button."""
    left = refundable(db, order.id)
    if left > 0:
        refunds.request_refund(db, order.id, refunds.all_that_is_left(db, order.id), reason="canceled", note=None, actor=actor, now=now)


def give_back_by_hand(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Somebody gave back what was taken by hand: nobody is asked, so one transaction does it.

    :raises IllegalMove: for money of a provider, or what was sent before.
    """
    refund = queries.refund_for_update(db, id)
    if refund.provider not in (OFFLINE, HISTORY):
        raise IllegalMove(_l("This money goes back by its provider."))
    refunds.claim_refunds(db, [id], now=now)
    said = RefundSnapshot(refund.number, "succeeded", Money(refund.amount, refund.currency), at=now)
    settling.apply_refund(db, id, said, source="person", actor=actor, now=now)


def in_words(values: Mapping[str, Any]) -> Any:
    """What a second person reads of a refund."""
    whole = values["amount"] if "amount" in values else sum(goods + freight + fee for _line, _quantity, goods, freight, fee in values["parts"])
    return _l("Give back %(amount)s", amount=Money(whole, values["currency"]))
