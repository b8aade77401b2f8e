"""What the sections of pages show of money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Reader, _, _l, fmt, timeline
from zhanggui_orders import facade as orders

from . import queries
from .models import Attempt, Case
from .providers import HISTORY, labels, providers
from .states import ATTEMPT_CHOICES, CASE_CHOICES, CASE_KINDS, NEXT_STEPS, OPEN_ATTEMPT, REASONS, REFUND_CHOICES, SENTENCES, RefundState

_ATTEMPT = {choice.value: choice for choice in ATTEMPT_CHOICES}
_REFUND = {choice.value: choice for choice in REFUND_CHOICES}
_REASON = {choice.value: choice.label for choice in REASONS}
_CASE = {choice.value: choice.label for choice in CASE_KINDS}
_CASE_STATE = {choice.value: choice for choice in CASE_CHOICES}
_SOURCES = {
    "answered": _l("the provider answered"),
    "asked": _l("we asked the provider"),
    "notified": _l("the provider told us"),
    "person": _l("entered by hand"),
}
_SAID = {
    "unknown": _l("Not known there"),
    **{value: choice.label for value, choice in (_ATTEMPT | _REFUND).items()},
}
_ACCOUNTS = {"sales": _l("Sales"), "refunds": _l("Refunds"), "suspense": _l("To be cleared up")}
ACTS = {
    "payments.case.opened": _l("Opened"),
    "payments.case.taken": _l("Taken over"),
    "payments.case.closed": _l("Closed"),
}


def account_name(account: str) -> str:
    """An account of the ledger in words."""
    head, _colon, provider = account.partition(":")
    if head == "clearing":
        return provider_name(provider)
    return str(_ACCOUNTS.get(account, account))


def provider_name(provider: str) -> str:
    """Who moves the money, in words."""
    if provider == HISTORY:
        return _("Imported")
    found = providers().get(provider)
    return str(found.label) if found is not None and found.label else provider


def method_name(provider: str, method: str) -> str:
    """How it was paid, in words."""
    return str(labels().get((provider, method), orders.METHODS["other"]))


def of_order(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """The money of an order: what came, what went back, what stays, and what has to be decided."""
    names, attempts, refunds = labels(), queries.attempts_of(db, row.id), queries.refunds_of(db, row.id)
    cases = db.execute(select(Case.id, Case.kind).where(Case.order_id == row.id, Case.state == "open").order_by(Case.id)).all()
    return {
        "cases": [{"id": case.id, "what": _CASE[case.kind]} for case in cases],
        "payments": [
            {
                "id": a.id, "what": names.get((a.provider, a.method), orders.METHODS["other"]), "state": _ATTEMPT[a.state], "at": fmt.datetime(a.captured_at or a.created_at),
                "amount": fmt.money(a.amount, a.currency), "reference": a.reference or a.provider_number or "", "simulated": a.simulated,
                "counts": a.state == "captured",
            }
            for a in attempts
        ],
        "refunds": [
            {
                "id": r.id, "state": _REFUND[r.state], "at": fmt.datetime(r.succeeded_at or r.requested_at), "amount": fmt.money(-r.amount, r.currency),
                "reason": _REASON.get(r.reason, r.reason), "simulated": r.simulated,
            }
            for r in refunds
        ],
        "kept": fmt.money(row.paid_total - row.refunded_total, row.currency) if attempts else "",
    }  # fmt: skip


def sentence(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """One payment: what its state means, how much of it stays, and its numbers to copy."""
    attempt = db.get_one(Attempt, row.id)
    said = str(SENTENCES[attempt.state])
    if attempt.state in OPEN_ATTEMPT and attempt.close_wanted:
        said = _("It is being closed at the provider, so that nobody pays it any more.")
    waiting = attempt.reserved - attempt.refunded
    money = [(_("Amount"), fmt.money(attempt.amount, attempt.currency))]
    if attempt.refunded:
        money.append((_("Given back"), fmt.money(-attempt.refunded, attempt.currency)))
    if waiting:
        money.append((_("On the way back"), fmt.money(-waiting, attempt.currency)))
    kept = attempt.amount - attempt.refunded if attempt.state == "captured" else 0
    return {
        "sentence": said, "money": money, "kept": fmt.money(kept, attempt.currency), "simulated": attempt.simulated, "order_id": attempt.order_id,
        "order_number": attempt.order_number,
        "numbers": [(label, value) for label, value in (
            (_("Our number"), attempt.number), (_("Number of the provider"), attempt.provider_number), (_("Reference"), attempt.reference),
        ) if value],
    }  # fmt: skip


def happened(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """What was heard of a payment and of its refunds, the newest first, each with how we came to know."""
    entries = [
        {
            "what": _("Refund: %(state)s", state=_SAID.get(e.state, e.state)) if e.refund_id else _SAID.get(e.state, e.state),
            "sub": f"{fmt.datetime(e.at)} · {_SOURCES.get(e.source, e.source)}" + (f" · {e.code}" if e.code else ""),
            "amount": fmt.money(e.amount, e.currency or row.currency) if e.amount is not None else "",
        }
        for e in reversed(queries.events_of(db, row.id))
    ]
    return {"entries": entries, "began": fmt.datetime(row.created_at)}


def entries(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """The postings of a payment: what one account gave, another one got."""
    found = queries.entries_of(db, row.id)
    return {
        "entries": [
            {"to": account_name(e.debit), "from": account_name(e.credit), "amount": fmt.money(e.amount, e.currency), "at": fmt.datetime(e.at)} for e in found
        ]
    }  # fmt: skip


def refund_lines(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """What a refund is made of."""
    names = {line.order_line_id: f"{line.name} {line.option}".strip() for line in orders.lines_money(db, row.order_id)}
    return {
        "lines": [
            {
                "name": names.get(line.order_line_id or 0, _("Belongs to no line")), "quantity": line.quantity,
                "parts": [
                    (label, fmt.money(value, row.currency))
                    for label, value in ((_("Goods"), line.goods), (_("Freight"), line.freight), (_("Fees and taxes"), line.fee)) if value
                ],
                "total": fmt.money(line.goods + line.freight + line.fee, row.currency),
            }
            for line in queries.lines_of_refund(db, row.id)
        ],
        "total": fmt.money(row.amount, row.currency), "stuck": row.state == RefundState.ABNORMAL,
    }  # fmt: skip


def case(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """What happened, what is true now, and what comes next."""
    found = db.get_one(Case, row.id)
    payments = queries.attempts_of(db, found.order_id) if found.order_id else []
    names = labels()
    expected = fmt.money(found.expected, found.currency) if found.expected is not None else ""
    return {
        "kind": _CASE[found.kind], "next": NEXT_STEPS[found.kind], "closed": found.state != "open", "note": found.note or "", "expected": expected,
        "amount": fmt.money(found.amount, found.currency), "order_id": found.order_id, "order_number": found.order_number,
        "payments": [
            {
                "id": a.id, "what": names.get((a.provider, a.method), orders.METHODS["other"]), "state": _ATTEMPT[a.state], "at": fmt.datetime(a.captured_at or a.created_at),
                "amount": fmt.money(a.amount, a.currency), "mine": a.id == found.attempt_id, "left": fmt.money(a.amount - a.refunded, a.currency),
            }
            for a in payments
        ],
        "history": [
            {"what": ACTS.get(e.action, e.action), "who": e.actor, "at": fmt.datetime(e.at), "reason": e.reason}
            for e in timeline(db, reader, "payments.Case", row.id)
        ],
    }  # fmt: skip


def of_customer(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """A customer's newest payments, and what stays of all of them by the ledger."""
    names = labels()
    found = db.scalars(select(Attempt).where(Attempt.customer_id == row.id).order_by(Attempt.created_at.desc(), Attempt.id.desc()).limit(10)).all()
    currencies = sorted({a.currency for a in found})
    kept = [fmt.money(-(queries.balance(db, "sales", c, customer_id=row.id) + queries.balance(db, "refunds", c, customer_id=row.id)).amount, c) for c in currencies]
    return {
        "payments": [
            {
                "id": a.id, "what": names.get((a.provider, a.method), orders.METHODS["other"]), "state": _ATTEMPT[a.state], "at": fmt.datetime(a.created_at),
                "amount": fmt.money(a.amount, a.currency), "order_number": a.order_number,
            }
            for a in found
        ],
        "kept": " · ".join(kept), "customer_id": row.id,
    }  # fmt: skip


def case_name(kind: str) -> str:
    """A kind of case in words."""
    return str(_CASE.get(kind, kind))


def next_step(kind: str) -> str:
    """What comes next in a case of a kind."""
    return str(NEXT_STEPS.get(kind, ""))
