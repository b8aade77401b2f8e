"""The ledger as a list of what came in and went out: every figure of the finance page is the sum of one of its narrowings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from zhanggui.api import Card, Choice, Column, Filter, Measure, Reader, Screen, Search, _l

from . import words
from .models import Attempt, Entry, Refund

_attempts, _refunds = Attempt.__table__.c, Refund.__table__.c
FLOWS = (
    Choice("in", _l("In"), "good"),
    Choice("out", _l("Out"), "neutral"),
    Choice("fee", _l("Fee"), "neutral"),
    Choice("payout", _l("Paid out"), "info"),
    Choice("other", _l("Other"), "neutral"),
)


def flow(c: Any) -> ColumnElement[str]:
    """Which way an entry goes, by its two accounts."""
    gets, gives = c.debit.startswith("clearing:"), c.credit.startswith("clearing:")
    return case(
        (c.debit == "fees", "fee"), (c.debit == "bank", "payout"), (and_(gets, ~gives), "in"), (and_(gives, ~gets), "out"), else_="other"
    )


def effect(c: Any) -> ColumnElement[int]:
    """What an entry adds to what the shop has, or takes from it: a pay-out only moves it."""
    way = flow(c)
    return case((way == "in", c.amount), (way.in_(("out", "fee")), -c.amount), else_=0)


def _methods(db: Session, reader: Reader, ids: list[int]) -> Mapping[int, str]:
    c = Entry.__table__.c
    rows = db.execute(select(c.id, _attempts.provider, _attempts.method, c.simulated).where(c.attempt_id == _attempts.id, c.id.in_(ids)))
    return {row.id: words.marked(words.method_name(row.provider, row.method), row.simulated) for row in rows}


def _numbers(db: Session, reader: Reader, ids: list[int]) -> Mapping[int, str]:
    """The number that the provider knows it by: of the refund, or of the payment."""
    c = Entry.__table__.c
    number = case((c.refund_id.is_not(None), _refunds.provider_number), else_=_attempts.provider_number).label("number")
    joined = Entry.__table__.outerjoin(Attempt.__table__, _attempts.id == c.attempt_id).outerjoin(Refund.__table__, _refunds.id == c.refund_id)
    return {row.id: row.number for row in db.execute(select(c.id, number).select_from(joined).where(c.id.in_(ids))) if row.number}


def _of_method(value: tuple[str, str], c: Any) -> Any:
    return c.attempt_id.in_(select(_attempts.id).where(_attempts.provider == value[0], _attempts.method == value[1]))


def _of_number(value: str, c: Any) -> Any:
    """By the beginning of the provider's number, or of ours."""
    found = [
        side.in_(select(t.id).where(or_(*(func.substr(number, 1, len(value)) == value for number in (t.provider_number, t.number)))))
        for side, t in ((c.attempt_id, _attempts), (c.refund_id, _refunds))
    ]
    return or_(*found)


def _of_flow(wanted: Sequence[str], c: Any) -> Any:
    return flow(c).in_(wanted)


ENTRIES = Screen(
    resource="payments.Entry",
    source=Entry,
    route="/ledger",
    title=_l("Transactions"),
    singular=_l("Transaction"),
    icon="list",
    label="entry_key",
    always=("currency", "debit", "credit", "simulated"),
    columns=(
        Column("at", _l("Time"), "datetime", sortable=True, order=10),
        Column("effect", _l("Amount"), "money", currency="currency", expr=effect, order=20),
        Column("flow", _l("Direction"), "status", choices=FLOWS, expr=flow, order=25),
        Column("method", _l("Method"), load=_methods, order=30),
        Column("customer_id", _l("Customer"), "lookup", to="customers.Customer", order=40),
        Column("order_id", _l("Order"), "lookup", to="orders.Order", order=50),
        Column("number", _l("Number of the provider"), "code", load=_numbers, order=60),
        Column("attempt_id", _l("Payment"), "lookup", to="payments.Attempt", wide=False, order=65),
        Column("amount", _l("Amount moved"), "money", currency="currency", wide=False, order=68),
        Column("to_account", _l("To"), value=lambda row: words.account_name(row.debit), wide=False, order=70),
        Column("from_account", _l("From"), value=lambda row: words.account_name(row.credit), wide=False, order=75),
        Column("entry_key", _l("Fact"), "code", wide=False, order=80),
        Column("debit", _l("Account that gets"), "code", wide=False, order=85),
        Column("credit", _l("Account that gives"), "code", wide=False, order=90),
        Column("simulated", _l("Sandbox"), "bool", wide=False, order=95),
        Column("currency", _l("Currency"), "code", wide=False, order=100),
    ),
    card=Card(title="method", end="effect", badge="flow", sub=("customer_id", "order_id", "at")),
    filters=(
        Filter("flow", _l("Direction"), choices=FLOWS, clause=_of_flow, tabs=True, order=5),
        Filter("at", _l("Time"), "date_range", order=10),
        Filter("method", _l("Method"), "payments_method", clause=_of_method, order=20),
        Filter("number", _l("Number of the provider"), "text", clause=_of_number, order=30),
        Filter("amount", _l("Amount moved"), "money_range", order=35),
        Filter("customer_id", _l("Customer"), "lookup", to="customers.Customer", order=40),
        Filter("order_id", _l("Order"), "lookup", to="orders.Order", order=45),
        Filter("debit", _l("Account that gets"), "text", order=50),
        Filter("credit", _l("Account that gives"), "text", order=55),
        Filter("currency", _l("Currency"), "text", order=60),
        Filter("simulated", _l("Sandbox"), "bool", order=70),
    ),
    search=Search(prefix=("entry_key",), hint=_l("Fact, such as attempt:7")),
    default_sort=("-at", "-id"),
    measures=(
        Measure("entries", _l("Transactions"), order=10),
        Measure("net", _l("Net"), "sum", "effect", "money", currency="currency", order=20),
        Measure("in", _l("In"), "sum", "effect", "money", currency="currency", only={"flow": "in"}, order=30),
        Measure("out", _l("Out"), "sum", "effect", "money", currency="currency", only={"flow": "out"}, order=40),
    ),
    empty=_l("Nothing was booked yet."),
)  # fmt: skip
