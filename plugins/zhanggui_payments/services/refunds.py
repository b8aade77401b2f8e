"""Giving money back: reserved by one statement, sent under one number for ever, in three phases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zhanggui.api import (
    Actor,
    Code,
    DomainError,
    IllegalMove,
    Invalid,
    Money,
    ProviderError,
    _l,
    get_setting,
    record_audit,
    request_approval,
)
from zhanggui_orders import facade as orders

from .. import queries
from ..contracts import RefundLines, RefundSnapshot
from ..models import Attempt, Refund, RefundLine
from ..providers import HISTORY, OFFLINE
from ..rules import LINE_PARTS, REFUND_TIMES, new_number, pieces, spread
from ..states import AttemptState, RefundState
from . import asking, settling


class NothingToRefund(DomainError):
    """More is asked back than is there."""

    code = "nothing_to_refund"
    message = _l("At most %(left)s can be given back for this order: the rest went back or is on its way.")


@dataclass(frozen=True)
class Part:
    """What of an order line goes back."""

    order_line_id: int | None
    quantity: int
    goods: int
    freight: int
    fee: int

    @property
    def total(self) -> int:
        return self.goods + self.freight + self.fee


def refundable(db: Session, order_id: int) -> int:
    """What can still be given back of an order, in minor units."""
    c = Attempt.__table__.c
    rows = db.execute(select(c.amount, c.reserved).where(c.order_id == order_id, c.state == AttemptState.CAPTURED))
    return sum(row.amount - row.reserved for row in rows)


def parts_by_line(db: Session, order_id: int, wanted: RefundLines, *, freight: bool) -> list[Part]:
    """Pieces of lines: what they gave, less what went back of them. Their freight only when it is said so.

    :raises Invalid: for a line that is none, or more pieces than are left of it.
    """
    lines, before = {line.order_line_id: line for line in orders.lines_money(db, order_id)}, queries.given_back(db, order_id)
    found = []
    for line_id, count in wanted.items():
        line = lines.get(line_id)
        if line is None:
            raise Invalid(errors={"lines": _l("There is no such line in this order.")})
        gone = before.get(line_id, {})
        if not 0 < count <= line.quantity - gone.get("quantity", 0):
            raise Invalid(errors={"lines": _l("Of %(name)s at most %(left)s can be given back.", name=line.name, left=line.quantity - gone.get("quantity", 0))})
        amounts = {}
        for part in LINE_PARTS:
            whole = getattr(line, part)
            share = 0 if part == "freight" and not freight else pieces(whole, line.quantity, gone.get("quantity", 0), count)
            amounts[part] = min(share, whole - gone.get(part, 0))
        found.append(Part(line_id, count, **amounts))
    return found


def parts_by_amount(db: Session, order_id: int, amount: int) -> list[Part]:
    """An amount spread over what is left of the lines; what no line has (an order of the past) belongs to none."""
    lines, before = orders.lines_money(db, order_id), queries.given_back(db, order_id)
    left = [{part: max(getattr(line, part) - before.get(line.order_line_id, {}).get(part, 0), 0) for part in LINE_PARTS} for line in lines]
    there = min(amount, sum(value for one in left for value in one.values()))
    found = [Part(line.order_line_id, 0, **shares) for line, shares in zip(lines, spread(there, left), strict=True) if any(shares.values())]
    return [*found, *([Part(None, 0, amount - there, 0, 0)] if amount > there else [])]


def all_that_is_left(db: Session, order_id: int) -> list[Part]:
    """Everything that is still here of an order's money, with the pieces that are left."""
    amount = refundable(db, order_id)
    lines, before = {line.order_line_id: line for line in orders.lines_money(db, order_id)}, queries.given_back(db, order_id)
    return [
        Part(part.order_line_id, max(lines[part.order_line_id].quantity - before.get(part.order_line_id, {}).get("quantity", 0), 0), part.goods, part.freight, part.fee)
        if part.order_line_id else part
        for part in parts_by_amount(db, order_id, amount)
    ]  # fmt: skip


def request_refund(
    db: Session, order_id: int, parts: Sequence[Part], *, reason: str, note: str | None, actor: Actor, now: datetime, attempt_id: int | None = None
) -> list[int]:
    """Reserve what goes back and write it down, to be sent; answers the refunds, one for each payment that it comes from.

    :raises NothingToRefund: for more than is here and not on its way.
    """
    order = orders.facts(db, order_id)
    amount = sum(part.total for part in parts)
    if amount <= 0:
        raise Invalid(errors={"amount": _l("Nothing would be given back.")})
    here = [one for one in queries.attempts_of(db, order_id) if one.state == AttemptState.CAPTURED and one.id in (attempt_id or one.id,)]
    made: list[int] = []
    left = list(parts)
    for attempt in reversed(here):  # the latest first: an older one can be too old for its provider
        room = attempt.amount - attempt.reserved
        if not left or room <= 0:
            continue
        mine, left = _cut(left, room)
        made.append(_reserve(db, attempt, mine, reason=reason, note=note, actor=actor, now=now))
    if left:
        raise NothingToRefund(left=Money(amount - sum(part.total for part in left), order.currency))
    return made


def _cut(parts: list[Part], room: int) -> tuple[list[Part], list[Part]]:
    """As much of the parts as there is room for, and the rest."""
    mine: list[Part] = []
    for place, part in enumerate(parts):
        if part.total <= room:
            mine.append(part)
            room -= part.total
            continue
        rest = parts[place + 1 :]
        if room:
            shares = spread(room, [{name: getattr(part, name) for name in LINE_PARTS}])[0]
            mine.append(Part(part.order_line_id, part.quantity, **shares))
            rest = [Part(part.order_line_id, 0, *(getattr(part, name) - shares[name] for name in LINE_PARTS)), *rest]
        else:
            rest = [part, *rest]
        return mine, rest
    return mine, []


def _reserve(db: Session, attempt: Attempt, parts: Sequence[Part], *, reason: str, note: str | None, actor: Actor, now: datetime) -> int:
    amount = sum(part.total for part in parts)
    fits = update(Attempt).where(Attempt.id == attempt.id, Attempt.state == AttemptState.CAPTURED, Attempt.reserved + amount <= Attempt.amount)
    values = {"reserved": Attempt.reserved + amount, "row_version": Attempt.row_version + 1}
    if db.scalar(fits.values(values).returning(Attempt.id).execution_options(synchronize_session=False)) is None:
        raise NothingToRefund(left=Money(max(attempt.amount - attempt.reserved, 0), attempt.currency))
    db.refresh(attempt)
    refund = Refund(
        number=new_number("R", now), attempt_id=attempt.id, order_id=attempt.order_id, order_number=attempt.order_number, customer_id=attempt.customer_id,
        provider=attempt.provider, amount=amount, currency=attempt.currency, state=RefundState.REQUESTED, reason=reason, note=(note or "").strip()[:500] or None,
        simulated=attempt.simulated, requested_at=now, changed_at=now,
    )  # fmt: skip
    db.add(refund)
    db.flush()
    db.add_all(
        RefundLine(refund_id=refund.id, order_line_id=part.order_line_id, quantity=part.quantity, goods=part.goods, freight=part.freight, fee=part.fee)
        for part in parts
    )
    db.flush()
    record_audit(
        db, "payments.refund.requested", target=refund, label=Code(refund.number), subject=settling.person_of(refund), actor=actor, now=now,
        after={"amount": amount, "reason": Code(reason), "order": Code(refund.order_number)}, reason=refund.note or "",
    )  # fmt: skip
    return refund.id


# -- sending, in three phases ----------------------------------------------------------------------


def claim_refunds(db: Session, refund_ids: Sequence[int], *, now: datetime) -> dict[str, Any]:
    """From here on nobody else sends them as well.

    :raises IllegalMove: when one of them was sent before.
    """
    for refund_id in refund_ids:
        c = Refund.__table__.c
        taken = update(Refund).where(c.id == refund_id, c.state == RefundState.REQUESTED)
        values = {"state": RefundState.PROCESSING, "changed_at": now, "ask_at": now + REFUND_TIMES[0], "asked": 0, "row_version": Refund.row_version + 1}
        if db.scalar(taken.values(values).returning(Refund.id).execution_options(synchronize_session=False)) is None:
            raise IllegalMove(_l("This refund was sent already."))
    return {"refund_ids": list(refund_ids)}


def send(*, refund_ids: Sequence[int]) -> list[tuple[int, RefundSnapshot | None]]:
    """Ask for each to go back.

    What is not known of one is asked later; the others are sent all the same.
    """
    said: list[tuple[int, RefundSnapshot | None]] = []
    trouble: ProviderError | None = None
    for refund_id in refund_ids:
        try:
            said.append((refund_id, asking.send_refund(refund_id, first=True)))
        except ProviderError as met:
            trouble = met
    if trouble is not None and not said:
        raise trouble
    return said


def write_down(
    db: Session, result: Sequence[tuple[int, RefundSnapshot | None]], *, actor: Actor, now: datetime, refund_ids: Sequence[int]
) -> None:
    """What was answered."""
    for refund_id, snapshot in result:
        if snapshot is not None:
            settling.apply_refund(db, refund_id, snapshot, source="answered", actor=actor, now=now)


# -- what people press -----------------------------------------------------------------------------


def claim_order_refund(
    db: Session, *, id: int, actor: Actor, now: datetime, what: str, reason: str, amount: Money | None = None, freight: bool = False,
    note: str | None = None, lines: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Give money of an order back: all of it, pieces of its lines, or an amount. Above the owner's limit a second person decides."""
    order = orders.check_move(db, id, "refund", actor)
    parts = _parts(db, order, what, amount, lines or (), freight)
    total = sum(part.total for part in parts)
    here = refundable(db, id)
    if total > here or total <= 0:
        raise NothingToRefund(left=Money(here, order.currency))
    limit = int(get_setting("plugin.payments.approve_above"))
    if limit and Money(total, order.currency).decimal > limit:
        values = {"reason": reason, "note": note or "", "parts": [[p.order_line_id, p.quantity, p.goods, p.freight, p.fee] for p in parts], "currency": order.currency}
        request_approval(db, "payments.refund", id=id, values=values, label=Code(order.number), reason=note or "", actor=actor, now=now)
        return {"refund_ids": []}
    made = request_refund(db, id, parts, reason=reason, note=note, actor=actor, now=now)
    return claim_refunds(db, made, now=now)


def _parts(
    db: Session, order: orders.OrderFacts, what: str, amount: Money | None, lines: Sequence[Mapping[str, Any]], freight: bool
) -> list[Part]:
    if what == "all":
        return all_that_is_left(db, order.id)
    if what == "amount":
        if amount is None or amount.amount <= 0:
            raise Invalid(errors={"amount": _l("Enter how much goes back.")})
        if amount.amount > refundable(db, order.id):
            raise NothingToRefund(left=Money(refundable(db, order.id), order.currency))
        return parts_by_amount(db, order.id, amount.amount)
    places = [line.order_line_id for line in orders.lines_money(db, order.id)]
    wanted: dict[int, int] = {}
    for row in lines:
        head = str(row.get("line") or "").partition(".")[0]
        count = int(row.get("quantity") or 0)
        if not count:
            continue
        if not head.isdigit() or not 1 <= int(head) <= len(places):
            raise Invalid(errors={"lines": _l("There is no such line in this order.")})
        wanted[places[int(head) - 1]] = wanted.get(places[int(head) - 1], 0) + count
    if not wanted:
        raise Invalid(errors={"lines": _l("Enter of at least one line how many pieces go back.")})
    return parts_by_line(db, order.id, wanted, freight=freight)


def claim_approved(
    db: Session, *, id: int, actor: Actor, now: datetime, reason: str, note: str, parts: Sequence[Sequence[Any]], currency: str
) -> dict[str, Any]:
    """A second person agreed: what was frozen is what is done."""
    orders.check_move(db, id, "refund", actor)
    made = request_refund(db, id, [Part(*part) for part in parts], reason=reason, note=note, actor=actor, now=now)
    return claim_refunds(db, made, now=now)


def claim_requested(db: Session, *, id: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """Send what is owed already: what a canceled order leaves behind."""
    refund = queries.refund_for_update(db, id)
    record_audit(
        db, "payments.refund.sent", target=refund, label=Code(refund.number), subject=settling.person_of(refund), actor=actor, now=now,
    )  # fmt: skip
    return claim_refunds(db, [id], now=now)


def claim_case_refund(db: Session, *, id: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """Give back the payment that a case is about, as a whole, and close the case with it."""
    from .cases import case_for_update, close_case

    case = case_for_update(db, id)
    if case.attempt_id is None or case.order_id is None or case.kind not in ("paid_twice", "paid_after_close"):
        raise IllegalMove(_l("There is no payment here that could be given back."))
    room = db.execute(select(Attempt.amount - Attempt.reserved).where(Attempt.id == case.attempt_id)).scalar_one()
    amount = min(room, refundable(db, case.order_id))
    reason = "twice" if case.kind == "paid_twice" else "late_payment"
    part = [Part(None, 0, amount, 0, 0)]  # it belongs to no line: the goods stay where they are
    made = request_refund(db, case.order_id, part, reason=reason, note=None, actor=actor, now=now, attempt_id=case.attempt_id)
    close_case(db, id=id, note=str(_l("The payment is given back.")), actor=actor, now=now)
    return claim_refunds(db, made, now=now)


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
        request_refund(db, order.id, all_that_is_left(db, order.id), reason="canceled", note=None, actor=actor, now=now)


def give_back_by_hand(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Somebody gave back what was taken by hand: nobody is asked, so one transaction does it.

    :raises IllegalMove: for money of a provider, or what was sent before.
    """
    refund = queries.refund_for_update(db, id)
    if refund.provider not in (OFFLINE, HISTORY):
        raise IllegalMove(_l("This money goes back by its provider."))
    claim_refunds(db, [id], now=now)
    said = RefundSnapshot(refund.number, "succeeded", Money(refund.amount, refund.currency), at=now)
    settling.apply_refund(db, id, said, source="person", actor=actor, now=now)


def in_words(values: Mapping[str, Any]) -> Any:
    """What a second person reads of a refund."""
    amount = Money(sum(goods + freight + fee for _line, _quantity, goods, freight, fee in values["parts"]), values["currency"])
    return _l("Give back %(amount)s", amount=amount)
