"""Reads of payments, as rows or dataclasses, without one query per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from zhanggui.api import Hit, Money, NotFound, Reader, _l, current_actor, current_runtime, find_rows, fmt, reader_at_work, row_clauses
from zhanggui_orders.contracts import RefundView

from .contracts import AttemptView, PaymentView, RefundRequest
from .models import Attempt, Case, Entry, ProviderEvent, Refund, RefundLine
from .states import ATTEMPT_CHOICES, OPEN_ATTEMPT, AttemptState, CaseState, RefundState

_attempts, _refunds, _cases = Attempt.__table__, Refund.__table__, Case.__table__
LABELS = {choice.value: choice.label for choice in ATTEMPT_CHOICES}


def attempt_for_update(db: Session, attempt_id: int) -> Attempt:
    """An attempt that nobody else moves until this transaction ends; its order is locked before it.

    :raises NotFound: when there is none.
    """
    found = db.scalar(select(Attempt).where(Attempt.id == attempt_id).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound(_l("There is no such payment."))
    return found


def refund_for_update(db: Session, refund_id: int) -> Refund:
    """:raises NotFound: when there is none."""
    found = db.scalar(select(Refund).where(Refund.id == refund_id).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound(_l("There is no such refund."))
    return found


def seen_by_provider(attempt: Attempt) -> AttemptView:
    """An attempt as its provider is told of it."""
    return AttemptView(
        attempt.number, attempt.method, attempt.scene, Money(attempt.amount, attempt.currency), f"#{attempt.order_number}", attempt.created_at,
        attempt.expires_at or attempt.created_at, attempt.payer, attempt.provider_number,
    )  # fmt: skip


def request_of(refund: Refund, attempt: Attempt) -> RefundRequest:
    """A refund as its provider is told of it."""
    return RefundRequest(refund.number, Money(refund.amount, refund.currency), seen_by_provider(attempt), refund.reason, refund.provider_number)


def payment(attempt: Attempt) -> PaymentView:
    """An attempt as its buyer sees it."""
    return PaymentView(
        attempt.number, attempt.order_id, attempt.state, attempt.provider, attempt.method, attempt.scene, Money(attempt.amount, attempt.currency),
        Money(attempt.refunded, attempt.currency), attempt.created_at, attempt.captured_at,
        dict(attempt.action or {}) if attempt.state == AttemptState.PENDING else {},
    )  # fmt: skip


def attempts_of(db: Session, order_id: int, *rules: Any) -> list[Attempt]:
    """The attempts of an order, the first one first; ``rules`` keep some from who reads."""
    return list(db.scalars(select(Attempt).where(Attempt.order_id == order_id, *rules).order_by(Attempt.id)))


def refunds_of(db: Session, order_id: int, *rules: Any) -> list[Refund]:
    """The refunds of an order, the first one first."""
    return list(db.scalars(select(Refund).where(Refund.order_id == order_id, *rules).order_by(Refund.id)))


def refunds_of_attempt(db: Session, attempt_id: int, *rules: Any) -> list[Refund]:
    """The refunds of a payment, the first one first."""
    return list(db.scalars(select(Refund).where(Refund.attempt_id == attempt_id, *rules).order_by(Refund.id)))


def cases_of(db: Session, order_id: int, *rules: Any) -> list[Any]:
    """The open cases of an order: ``id`` and ``kind``."""
    return list(db.execute(select(_cases.c.id, _cases.c.kind).where(_cases.c.order_id == order_id, _cases.c.state == CaseState.OPEN, *rules).order_by(_cases.c.id)))


def sums(db: Session, order_id: int, currency: str) -> tuple[Money, Money]:
    """What was paid for an order and what went back."""
    c = _attempts.c
    row = db.execute(
        select(func.coalesce(func.sum(c.amount), 0), func.coalesce(func.sum(c.refunded), 0)).where(
            c.order_id == order_id, c.state == AttemptState.CAPTURED
        )
    ).one()
    return Money(int(row[0]), currency), Money(int(row[1]), currency)


def open_attempts(db: Session, order_id: int) -> list[Attempt]:
    """Those that could still be paid."""
    return list(db.scalars(select(Attempt).where(Attempt.order_id == order_id, Attempt.state.in_(OPEN_ATTEMPT)).order_by(Attempt.id)))


def due(db: Session, model: Any, now: datetime, limit: int) -> list[tuple[int, datetime]]:
    """Attempts or refunds whose provider is to be asked now, the longest waiting first, each with when it was due."""
    c = model.__table__.c
    return [(row.id, row.ask_at) for row in db.execute(select(c.id, c.ask_at).where(c.ask_at <= now).order_by(c.ask_at, c.id).limit(limit))]


def given_back(db: Session, order_id: int) -> dict[int, dict[str, int]]:
    """What of each order line went back or is on its way: quantity, goods, freight, fee. What failed counts for nothing."""
    line, refund = RefundLine.__table__.c, _refunds.c
    rows = db.execute(
        select(line.order_line_id, *(func.sum(line[name]).label(name) for name in ("quantity", "goods", "freight", "fee")))
        .join(_refunds, refund.id == line.refund_id)
        .where(refund.order_id == order_id, refund.state != RefundState.FAILED, line.order_line_id.is_not(None))
        .group_by(line.order_line_id)
    )
    return {row.order_line_id: {name: int(row._mapping[name] or 0) for name in ("quantity", "goods", "freight", "fee")} for row in rows}


def lines_of_refund(db: Session, refund_id: int) -> list[RefundLine]:
    """The lines of a refund."""
    return list(db.scalars(select(RefundLine).where(RefundLine.refund_id == refund_id).order_by(RefundLine.id)))


def refunds_for_buyers(db: Session, order_ids: Sequence[int]) -> Mapping[int, Sequence[RefundView]]:
    """What buyers are told of refunds."""
    c = _refunds.c
    found: dict[int, list[RefundView]] = {}
    rows = db.execute(select(c.order_id, c.amount, c.currency, c.state, c.changed_at).where(c.order_id.in_(list(order_ids))).order_by(c.id))
    for row in rows:
        found.setdefault(row.order_id, []).append(RefundView(Money(row.amount, row.currency), row.state, row.changed_at))
    return found


def events_of(db: Session, attempt_id: int) -> list[ProviderEvent]:
    """What was heard of an attempt and of its refunds, the first thing first."""
    c = ProviderEvent.__table__.c
    mine = or_(c.attempt_id == attempt_id, c.refund_id.in_(select(_refunds.c.id).where(_refunds.c.attempt_id == attempt_id)))
    return list(db.scalars(select(ProviderEvent).where(mine).order_by(ProviderEvent.id)))


def entries_of(db: Session, attempt_id: int, *rules: Any) -> list[Entry]:
    """The postings of an attempt and of its refunds."""
    return list(db.scalars(select(Entry).where(Entry.attempt_id == attempt_id, *rules).order_by(Entry.id)))


def open_cases(db: Session, reader: Reader, ids: list[int]) -> Mapping[int, str]:
    """Which orders have an open case that this reader may see: ``{order id: kind}`` of the oldest."""
    c = _cases.c
    mine = row_clauses(reader, "payments.Case")
    rows = db.execute(select(c.order_id, c.kind).where(c.order_id.in_(ids), c.state == CaseState.OPEN, *mine).order_by(c.id.desc()))
    return {row.order_id: row.kind for row in rows}


def has_open_case(wanted: bool, c: Any) -> Any:
    """The orders with a case that whoever asks may see, or those without."""
    mine = row_clauses(reader_at_work(current_actor()), "payments.Case")
    found = select(_cases.c.order_id).where(_cases.c.state == CaseState.OPEN, _cases.c.order_id.is_not(None), *mine)
    return c.id.in_(found) if wanted else c.id.not_in(found)


def balance(db: Session, account: str, currency: str, *rules: Any, customer_id: int | None = None) -> Money:
    """What an account holds by the ledger; of one customer's rows alone when he is named."""
    c = Entry.__table__.c
    mine = and_(c.currency == currency, *([c.customer_id == customer_id] if customer_id is not None else []), *rules)
    got, gave = (
        db.scalar(select(func.coalesce(func.sum(c.amount), 0)).where(mine, side == account)) for side in (c.debit, c.credit)
    )
    return Money(int(got or 0) - int(gave or 0), currency)


def entered(db: Session) -> Money:
    """All that was ever entered in the shop's currency, whichever way it went."""
    currency = current_runtime().config["instance.currency"]
    c = Entry.__table__.c
    return Money(int(db.scalar(select(func.sum(c.amount)).where(c.currency == currency)) or 0), currency)


def search(db: Session, reader: Reader, text: str, limit: int) -> list[Hit]:
    """Payments by the beginning of our number, of the provider's, or of the order's."""
    rows = find_rows(db, reader, "payments.Attempt", text, limit, columns=("number", "order_number", "state", "amount", "currency"), sort="-id")
    return [Hit(row.number, f"{LABELS[row.state]} · {fmt.money(row.amount, row.currency)} · {row.order_number}", f"/payments/{row.id}", "wallet") for row in rows]


def part_of_refund(name: str) -> Any:
    """A column of the list of refunds: how much of each is goods, freight or fee."""

    def of(c: Any) -> Any:
        part = RefundLine.__table__.c
        return select(func.coalesce(func.sum(part[name]), 0)).where(part.refund_id == c.id).scalar_subquery()

    return of
