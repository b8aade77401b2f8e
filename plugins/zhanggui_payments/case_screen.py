"""What a person has to decide about money: a queue with its next step, its owner and a closing note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_

from zhanggui.api import (
    Action,
    Card,
    Choice,
    Column,
    Field,
    Filter,
    GroupBy,
    Measure,
    Screen,
    Search,
    Section,
    ThreePhases,
    _l,
    current_actor,
    fmt,
)

from . import details, jobs, words
from .models import Case
from .services import cases, giving_back, refunds
from .states import CASE_CHOICES, CASE_KINDS

OF_CASE = ThreePhases(giving_back.claim_case_refund, refunds.send, refunds.write_down, jobs.ask_refunds)
OWNERS = (Choice("me", _l("Mine")), Choice("nobody", _l("Nobody’s")), Choice("others", _l("Somebody else’s")))


def _owned(wanted: Sequence[str], c: Any) -> Any:
    """Cases by who looks after them, seen from who asks."""
    me = current_actor().id
    clauses = {"me": c.owner_id == me, "nobody": c.owner_id.is_(None), "others": c.owner_id != me}
    return or_(*(clauses[one] for one in wanted))


CASES = Screen(
    resource="payments.Case",
    source=Case,
    route="/payment-cases",
    title=_l("Cases"),
    singular=_l("Case"),
    icon="flag",
    label=lambda row: details.case_name(row.kind),
    always=("currency", "kind", "provider"),
    columns=(
        Column("kind", _l("Kind"), "status", choices=CASE_KINDS, order=10),
        Column("amount", _l("Amount"), "money", currency="currency", order=20),
        Column("next_step", _l("Next step"), value=lambda row: details.next_step(row.kind), order=30),
        Column("order_id", _l("Order"), "lookup", to="orders.Order", order=40),
        Column("opened_at", _l("Opened"), "datetime", sortable=True, order=50),
        Column("owner", _l("Looked after by"), order=60),
        Column("state", _l("State"), "status", choices=CASE_CHOICES, wide=False, order=70),
        Column("closed_at", _l("Closed at"), "datetime", wide=False, order=80),
        Column("note", _l("Closing note"), "long_text", wide=False, order=90),
        Column("provider_name", _l("Provider"), value=lambda row: words.provider_name(row.provider), wide=False, order=95),
        Column("provider", _l("Code of the provider"), "code", wide=False, order=100),
        Column("provider_number", _l("Number of the provider"), "code", wide=False, order=110),
    ),
    card=Card(title="kind", end="amount", badge="state", sub=("next_step", "order_id", "owner", "opened_at")),
    filters=(
        Filter("state", _l("State"), choices=CASE_CHOICES, tabs=True, counted=("open",), order=10),
        Filter("owner", _l("Looked after by"), choices=OWNERS, clause=_owned, order=15),
        Filter("kind", _l("Kind"), choices=CASE_KINDS, order=20),
        Filter("opened_at", _l("Opened"), "date_range", order=30),
    ),
    search=Search(prefix=("provider_number", "order_number"), hint=_l("Number of the order or of the provider")),
    default_sort=("opened_at", "id"),  # the oldest money first
    measures=(
        Measure("cases", _l("Cases"), order=10), Measure("amount", _l("Amount"), "sum", "amount", "money", currency="currency", order=20),
    ),
    group_by=(GroupBy("kind", _l("By kind")),),
    sections=(
        Section("case", _l("What happened"), template="payments/case.html", load=details.case, order=10),
        Section("about", _l("About"), columns=("state", "owner", "opened_at", "closed_at", "provider_name", "provider_number", "note"), aside=True, order=20),
    ),
    actions=(
        Action(
            "refund", _l("Give the payment back"), OF_CASE, icon="receipt-refund", tone="primary", needs=("state", "kind"),
            when=lambda row: row.state == "open" and row.kind in ("paid_twice", "paid_after_close"),
            confirm=lambda row: _l("Give %(amount)s back and close the case?", amount=fmt.money(row.amount, row.currency)),
            follows=_l("The money goes the way it came and cannot be called back."), stays=_l("Leave the case open"), done=_l("The money goes back."), order=10,
        ),
        Action("take", _l("Take over"), cases.take_case, icon="user", needs=("state",), when=lambda row: row.state == "open", done=_l("It is yours now."), order=20),
        Action(
            "hand_over", _l("Hand over"), cases.hand_over, icon="users", needs=("state",), when=lambda row: row.state == "open",
            fields=(Field("to", _l("To whom"), "lookup", to="core.User", required=True),), done=_l("It was handed over."), order=25,
        ),
        Action(
            "close", _l("Close the case"), cases.close_case, icon="circle-check", needs=("state",), when=lambda row: row.state == "open",
            fields=(Field("note", _l("How it was settled"), "long_text", required=True, max_length=500),), done=_l("The case is closed."), order=30,
        ),
    ),
    empty=_l("No cases. What a person has to decide about money appears here: paid twice, paid too late, refunds that failed."),
)  # fmt: skip
