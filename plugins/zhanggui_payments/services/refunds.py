"""Giving money back: reserved by one statement, sent under one number for ever, in three phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, DomainError, IllegalMove, Invalid, Money, ProviderError, _l, record_audit
from zhanggui_orders import facade as orders

from .. import queries
from ..contracts import RefundLines, RefundSnapshot
from ..models import Attempt, Refund, RefundLine
from ..rules import LINE_PARTS, REFUND_TIMES, new_number, pieces, spread
from ..states import AttemptState, RefundState
from . import asking, past, settling


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
    """What can still be given back of an order, in minor units; also of one whose money came before anybody here was told."""
    c = Attempt.__table__.c
    rows = db.execute(select(c.amount, c.reserved).where(c.order_id == order_id, c.state == AttemptState.CAPTURED)).all()
    if rows:
        return sum(row.amount - row.reserved for row in rows)
    paid, back = orders.paid_and_refunded(db, order_id)
    return max(paid - back, 0)


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
    past.adopt(db, order, now=now)
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
