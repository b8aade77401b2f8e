"""What the sections of pages show of money. Rows that their reader may not see are not among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Reader, _, _l, fmt, row_clauses, row_labels, timeline
from zhanggui_orders import facade as orders

from . import queries
from .contracts import HISTORY, OFFLINE
from .models import Attempt, Case, Refund
from .providers import labels
from .states import ATTEMPT_CHOICES, CASE_CHOICES, CASE_KINDS, NEXT_STEPS, REASONS, REFUND_CHOICES, RefundState
from .words import account_name, method_name, said_of

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
_HEARD = {
    "unknown": _l("Not known there"), "pending": _l("Waiting for the customer"), "captured": _l("The money came in"), "closed": _l("Closed unpaid"),
    "failed": _l("Refused"),
}  # fmt: skip
_HEARD_OF_REFUND = {
    "unknown": _l("Refund: not known there"), "processing": _l("Refund: accepted"), "succeeded": _l("Refund: the money is back"),
    "failed": _l("Refund: refused"), "abnormal": _l("Refund: stuck at the provider"),
}  # fmt: skip


def of_order(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """The money of an order: what came, what went back, what stays, and what has to be decided."""
    names = labels()
    attempts = queries.attempts_of(db, row.id, *row_clauses(reader, "payments.Attempt"))
    refunds = queries.refunds_of(db, row.id, *row_clauses(reader, "payments.Refund"))
    return {
        "cases": [{"id": case.id, "what": _CASE[case.kind]} for case in queries.cases_of(db, row.id, *row_clauses(reader, "payments.Case"))],
        "payments": [
            {
                "id": a.id, "what": names.get((a.provider, a.method), orders.METHODS["other"]), "state": _ATTEMPT[a.state], "at": fmt.datetime(a.captured_at or a.created_at),
                "amount": fmt.money(a.amount, a.currency), "reference": a.reference or a.provider_number or "", "simulated": a.simulated,
            }
            for a in attempts
        ],
        "refunds": [_refund_line(r) for r in refunds],
        "kept": fmt.money(row.paid_total - row.refunded_total, row.currency) if row.paid_total is not None and (attempts or row.paid_total) else "",
        "before": row.paid_total is not None and row.paid_total > 0 and not attempts,
    }  # fmt: skip


def _refund_line(r: Refund) -> dict[str, Any]:
    return {
        "id": r.id, "state": _REFUND[r.state], "at": fmt.datetime(r.succeeded_at or r.requested_at), "amount": fmt.money(-r.amount, r.currency),
        "reason": _REASON.get(r.reason, r.reason), "simulated": r.simulated,
    }  # fmt: skip


def sentence(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """One payment: what its state means, how much of it stays, and its numbers to copy."""
    attempt = db.get_one(Attempt, row.id)
    head, more = said_of(attempt)
    waiting = attempt.reserved - attempt.refunded
    came = attempt.state == "captured"
    money = [(_("Came in") if came else _("Asked for"), fmt.money(attempt.amount, attempt.currency))]
    if attempt.refunded:
        money.append((_("Given back"), fmt.money(-attempt.refunded, attempt.currency)))
    if waiting:
        money.append((_("On the way back"), fmt.money(-waiting, attempt.currency)))
    customers = row_labels(db, reader, "customers.Customer", [attempt.customer_id]) if attempt.customer_id is not None else {}
    left = attempt.amount - attempt.reserved if came else 0
    may_refund = left > 0 and reader.may("can_payments__refund", "orders.Order")
    return {
        "sentence": head, "more": more, "money": money, "simulated": attempt.simulated, "captured": came,
        "kept": fmt.money(attempt.amount - attempt.refunded, attempt.currency) if came else "", "order_id": attempt.order_id,
        "order_number": attempt.order_number, "tone": _ATTEMPT[attempt.state].tone,
        "who": customers.get(attempt.customer_id, ""), "how": method_name(attempt.provider, attempt.method),
        "at": fmt.datetime(attempt.captured_at or attempt.created_at),
        "refund_up_to": fmt.money(left, attempt.currency) if may_refund else "", "fee": fmt.money(0, attempt.currency) if attempt.provider in (OFFLINE, HISTORY) else _("not known yet"),
        "numbers": [(label, value) for label, value in (
            (_("Our number"), attempt.number), (_("Number of the provider"), attempt.provider_number), (_("Reference"), attempt.reference),
        ) if value],
    }  # fmt: skip


def happened(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """What was asked, heard and decided about a payment and its refunds, the newest first, each with how we came to know."""
    refunds = queries.refunds_of_attempt(db, row.id, *row_clauses(reader, "payments.Refund"))
    seen = {r.id for r in refunds}
    found = [
        (
            e.at, 1, {
                "what": (_HEARD_OF_REFUND if e.refund_id else _HEARD).get(e.state, e.state), "sub": _SOURCES.get(e.source, e.source),
                "amount": fmt.money(-e.amount if e.refund_id else e.amount, e.currency or row.currency) if e.amount is not None else "",
            },
        )
        for e in queries.events_of(db, row.id) if e.refund_id is None or e.refund_id in seen
    ]  # fmt: skip
    for r in refunds:
        sub = " · ".join(str(part) for part in (_REASON.get(r.reason, r.reason), r.note) if part)
        found.append((r.requested_at, 0, {"what": _l("Refund asked for"), "sub": sub, "amount": fmt.money(r.amount, r.currency), "href": f"/refunds/{r.id}"}))
    ordered = sorted(found, key=lambda one: one[:2], reverse=True)
    return {"entries": [{**entry, "at": fmt.datetime(at)} for at, _place, entry in ordered], "began": fmt.datetime(row.created_at)}


def entries(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """The postings of a payment: what one account gave, another one got; what stays with the shop is their sum."""
    found = queries.entries_of(db, row.id, *row_clauses(reader, "payments.Entry"))
    stays = sum(e.amount * (e.debit.startswith("clearing:") - e.credit.startswith("clearing:")) for e in found)
    return {
        "entries": [
            {"to": account_name(e.debit), "from": account_name(e.credit), "at": fmt.datetime(e.at),
             "amount": fmt.money(e.amount if e.debit.startswith("clearing:") else -e.amount, e.currency)} for e in found
        ],
        "sum": fmt.money(stays, found[0].currency) if found else "",
    }  # fmt: skip


def refund_lines(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """What a refund is made of."""
    names = {line.order_line_id: f"{line.name} {line.option}".strip() for line in orders.lines_money(db, row.order_id)}
    return {
        "sentence": _REFUND_SAID.get(row.state, ""), "simulated": row.simulated,
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
        "total": fmt.money(row.amount, row.currency),
        "history": [
            {"what": e.what, "who": e.actor, "at": fmt.datetime(e.at), "reason": e.reason}
            for e in timeline(db, reader, "payments.Refund", row.id)
        ],
    }  # fmt: skip


_REFUND_SAID = {
    RefundState.REQUESTED: _l("This money is owed. It leaves when somebody gives it back."),
    RefundState.PROCESSING: _l("It was sent. Accepted is not refunded: the provider is asked until it is through."),
    RefundState.ABNORMAL: _l("The provider cannot finish it by itself: somebody has to, on its own pages. It is asked about until it is through."),
    RefundState.SUCCEEDED: _l("The money is back with the customer."),
    RefundState.FAILED: _l("It never left: the money is still here and can be given back another way."),
}


def case(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """What happened, what is true now, and what comes next."""
    found = db.get_one(Case, row.id)
    payments = queries.attempts_of(db, found.order_id, *row_clauses(reader, "payments.Attempt")) if found.order_id else []
    names = labels()
    expected = fmt.money(found.expected, found.currency) if found.expected is not None else ""
    return {
        "kind": _CASE[found.kind], "next": NEXT_STEPS[found.kind], "closed": found.state != "open", "note": found.note or "", "expected": expected,
        "amount": fmt.money(found.amount, found.currency), "order_id": found.order_id, "order_number": found.order_number,
        "payments": [
            {
                "id": a.id, "what": names.get((a.provider, a.method), orders.METHODS["other"]), "state": _ATTEMPT[a.state], "at": fmt.datetime(a.captured_at or a.created_at),
                "amount": fmt.money(a.amount, a.currency), "mine": a.id == found.attempt_id,
                "left": fmt.money(a.amount - a.refunded, a.currency) if a.state == "captured" else "",
            }
            for a in payments
        ],
        "history": [
            {"what": e.what, "who": e.actor, "at": fmt.datetime(e.at), "reason": e.reason}
            for e in timeline(db, reader, "payments.Case", row.id)
        ],
    }  # fmt: skip


def of_customer(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """A customer's newest payments, and what stays of all of them by the ledger."""
    names, mine, booked = labels(), row_clauses(reader, "payments.Attempt"), row_clauses(reader, "payments.Entry")
    newest = select(Attempt).where(Attempt.customer_id == row.id, *mine).order_by(Attempt.created_at.desc(), Attempt.id.desc()).limit(10)
    found = db.scalars(newest).all()
    kept = []
    for currency in sorted({a.currency for a in found}) if reader.may("can_list", "payments.Entry") else ():
        stays = sum(queries.balance(db, name, currency, *booked, customer_id=row.id).amount for name in ("sales", "refunds"))
        kept.append(fmt.money(-stays, currency))
    return {
        "payments": [
            {
                "id": a.id, "what": names.get((a.provider, a.method), orders.METHODS["other"]), "state": _ATTEMPT[a.state], "at": fmt.datetime(a.created_at),
                "amount": fmt.money(a.amount, a.currency), "order_number": a.order_number, "simulated": a.simulated,
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
