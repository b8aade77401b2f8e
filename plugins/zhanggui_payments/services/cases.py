"""What a person has to decide about: opened once, owned, closed with a sentence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, IllegalMove, Invalid, Money, NotFound, _l, notify, publish, reader_at_work, record_audit, row_labels

from ..events import CaseOpened
from ..models import Case
from ..states import CaseState


def open_case(
    db: Session, kind: str, about: str, *, provider: str, amount: Money, actor: Actor, now: datetime, expected: Money | None = None, **of: Any
) -> int | None:
    """Open a case, unless one of this kind about the same was ever opened; None then.

    :param about: ``attempt:7``, ``refund:3`` or a number of the provider.
    :param of: ``order_id``, ``order_number``, ``attempt_id``, ``refund_id``, ``provider_number``.
    """
    key = f"{kind}:{about}"[:128]
    if db.scalar(select(Case.id).where(Case.case_key == key)) is not None:
        return None
    case = Case(
        case_key=key, kind=kind, state=CaseState.OPEN, provider=provider, amount=amount.amount, currency=amount.currency,
        expected=expected.amount if expected else None, opened_at=now, **of,
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(case)
    except IntegrityError:  # somebody else opened it in this moment
        return None
    publish(db, CaseOpened(case_id=case.id, kind=Code(kind), order_id=case.order_id, amount=amount, at=now))
    record_audit(
        db, "payments.case.opened", target=case, label=Code(kind), actor=actor, now=now,
        after={"kind": Code(kind), "amount": amount.amount, "currency": Code(amount.currency)},
    )  # fmt: skip
    notify(
        db, kind="payments.case", title=_l("Money needs a decision: %(amount)s", amount=amount),
        href=f"/payment-cases/{case.id}", permission=("can_list", "payments.Case"), now=now, key=f"payments.case:{case.id}",
    )  # fmt: skip
    return case.id


def case_for_update(db: Session, case_id: int) -> Case:
    """:raises NotFound: when there is none."""
    case = db.scalar(select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True))
    if case is None:
        raise NotFound(_l("There is no such case."))
    return case


def take_case(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Whoever takes it looks after it.

    :raises IllegalMove: when it is closed.
    """
    case = _open(db, id)
    case.owner_id, case.owner = actor.id, actor.name
    db.flush()
    record_audit(db, "payments.case.taken", target=case, label=Code(case.kind), actor=actor, now=now)


def hand_over(db: Session, *, id: int, to: int, actor: Actor, now: datetime) -> None:
    """Somebody else looks after it, and is told.

    :raises IllegalMove: when it is closed.
    """
    case = _open(db, id)
    case.owner_id, case.owner = to, row_labels(db, reader_at_work(actor), "core.User", [to]).get(to, str(to))
    db.flush()
    record_audit(db, "payments.case.handed", target=case, label=Code(case.kind), actor=actor, now=now, reason=case.owner)
    notify(
        db, kind="payments.case", title=_l("A money case was handed over to you: %(amount)s", amount=Money(case.amount, case.currency)),
        href=f"/payment-cases/{case.id}", user_id=to, now=now, key=f"payments.case:{case.id}:{to}:{now:%Y%m%dT%H%M%S%f}",
    )  # fmt: skip


def close_case(db: Session, *, id: int, note: str, actor: Actor, now: datetime) -> None:
    """Settled: the sentence says how.

    :raises Invalid: without a sentence.
    :raises IllegalMove: when it is closed already.
    """
    note = (note or "").strip()
    if not note:
        raise Invalid(errors={"note": _l("Write in a sentence how it was settled.")})
    case = _open(db, id)
    case.state, case.closed_at, case.note = CaseState.CLOSED, now, note[:500]
    case.owner_id, case.owner = (actor.id, actor.name) if case.owner is None else (case.owner_id, case.owner)
    db.flush()
    record_audit(
        db, "payments.case.closed", target=case, label=Code(case.kind), actor=actor, now=now, reason=note,
        before={"state": CaseState.OPEN}, after={"state": CaseState.CLOSED},
    )  # fmt: skip


def _open(db: Session, case_id: int) -> Case:
    case = case_for_update(db, case_id)
    if case.state != CaseState.OPEN:
        raise IllegalMove(_l("This case is closed already."))
    return case
