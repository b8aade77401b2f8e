"""What people see of money, and what it adds to the pages of orders and customers."""

from __future__ import annotations

from typing import Any

from zhanggui.api import Action, Card, Choice, Column, Field, Filter, MenuItem, Screen, Search, Section, Slot, ThreePhases, When, Widget, _l
from zhanggui_orders import facade as orders

from . import details, jobs, queries, widgets
from .models import Attempt, Case, Entry, Refund
from .services import attempts, cases, refunds
from .states import (
    ATTEMPT_CHOICES,
    CASE_CHOICES,
    CASE_KINDS,
    GIVEN_REASONS,
    OPEN_ATTEMPT,
    REASONS,
    REFUND_CHOICES,
)

MAY_LIST = ("can_list", "payments.Attempt")
_WHAT = (
    Choice("all", _l("All that is left")),
    Choice("lines", _l("By line")),
    Choice("amount", _l("An amount")),
)
_REFUNDABLE = ("paid", "overpaid", "partly_refunded", "partly_paid")

REFUND = ThreePhases(refunds.claim_order_refund, refunds.send, refunds.write_down, jobs.ask_refunds)
SEND = ThreePhases(refunds.claim_requested, refunds.send, refunds.write_down, jobs.ask_refunds)
OF_CASE = ThreePhases(refunds.claim_case_refund, refunds.send, refunds.write_down, jobs.ask_refunds)
ASK = ThreePhases(attempts.ask_now, attempts.ask_work, attempts.ask_done, jobs.ask_attempt)


def _lines_of(db: Any, row: Any) -> list[dict[str, Any]]:
    """The lines of an order to enter pieces at."""
    return [
        {"line": f"{place}. {line.name} {line.option}".strip()[:120], "quantity": 0} for place, line in enumerate(orders.lines_money(db, row.id), 1)
    ]  # fmt: skip


ATTEMPTS = Screen(
    resource="payments.Attempt",
    source=Attempt,
    route="/payments",
    title=_l("Payments"),
    singular=_l("Payment"),
    icon="wallet",
    label="number",
    always=("currency", "customer_id", "method", "provider", "state"),
    columns=(
        Column("created_at", _l("Time"), "datetime", sortable=True, order=10),
        Column("amount", _l("Amount"), "money", currency="currency", order=20),
        Column("state", _l("State"), "status", choices=ATTEMPT_CHOICES, order=30),
        Column("method_name", _l("Method"), value=lambda row: details.method_name(row.provider, row.method), order=40),
        Column("order_id", _l("Order"), "lookup", to="orders.Order", order=50),
        Column("customer_id", _l("Customer"), "lookup", to="customers.Customer", order=60),
        Column("refunded", _l("Given back"), "money", currency="currency", wide=False, order=65),
        Column("provider_number", _l("Number of the provider"), "code", order=70),
        Column("number", _l("Our number"), "code", wide=False, order=80),
        Column("method", _l("Code of the method"), "code", wide=False, order=85),
        Column("provider_name", _l("Provider"), value=lambda row: details.provider_name(row.provider), wide=False, order=88),
        Column("provider", _l("Code of the provider"), "code", wide=False, order=90),
        Column("scene", _l("Where"), "code", wide=False, order=95),
        Column("captured_at", _l("Paid at"), "datetime", wide=False, order=100),
        Column("closed_at", _l("Closed at"), "datetime", wide=False, order=110),
        Column("simulated", _l("Sandbox"), "bool", wide=False, order=120),
        Column("currency", _l("Currency"), "code", wide=False, order=130),
    ),
    card=Card(title="method_name", end="amount", badge="state", sub=("order_id", "customer_id", "created_at")),
    filters=(
        Filter("state", _l("State"), choices=ATTEMPT_CHOICES, tabs=True, order=10),
        Filter("created_at", _l("Time"), "date_range", order=20),
        Filter("captured_at", _l("Paid at"), "date_range", order=25),
        Filter("method", _l("Code of the method"), "text", order=30),
        Filter("provider", _l("Code of the provider"), "text", order=35),
        Filter("amount", _l("Amount"), "money_range", order=40),
        Filter("customer_id", _l("Customer"), "lookup", to="customers.Customer", order=50),
        Filter("order_id", _l("Order"), "lookup", to="orders.Order", order=60),
    ),
    search=Search(prefix=("number", "provider_number", "order_number"), hint=_l("Number of the payment, of the provider or of the order")),
    default_sort=("-created_at", "-id"),
    sections=(
        Section("payment", _l("Payment"), template="payments/payment.html", load=details.sentence, order=10),
        Section("happened", _l("What happened"), template="payments/happened.html", load=details.happened, order=20),
        Section("entries", _l("Entries"), template="payments/entries.html", load=details.entries, aside=True, order=30),
        Section("about", _l("About"), columns=("created_at", "captured_at", "closed_at", "method_name", "provider_name", "customer_id"), aside=True, order=40),
    ),
    actions=(
        Action(
            "ask", _l("Ask the provider"), ASK, icon="refresh", needs=("state",), when=lambda row: row.state in OPEN_ATTEMPT,
            done=_l("The provider was asked."), order=10,
        ),
    ),
    empty=_l("No payments yet. They appear here as soon as somebody pays."),
)  # fmt: skip

REFUNDS = Screen(
    resource="payments.Refund",
    source=Refund,
    route="/refunds",
    title=_l("Refunds"),
    singular=_l("Refund"),
    icon="receipt-refund",
    label="number",
    always=("currency", "code", "provider"),
    columns=(
        Column("requested_at", _l("Time"), "datetime", sortable=True, order=10),
        Column("amount", _l("Amount"), "money", currency="currency", order=20),
        Column("state", _l("State"), "status", choices=REFUND_CHOICES, order=30),
        Column("reason", _l("Reason"), "choice", choices=REASONS, order=40),
        Column("order_id", _l("Order"), "lookup", to="orders.Order", order=50),
        Column("attempt_id", _l("Payment"), "lookup", to="payments.Attempt", wide=False, order=55),
        Column("customer_id", _l("Customer"), "lookup", to="customers.Customer", wide=False, order=60),
        Column("provider_number", _l("Number of the provider"), "code", wide=False, order=70),
        Column("number", _l("Our number"), "code", wide=False, order=80),
        Column("provider", _l("Code of the provider"), "code", wide=False, order=90),
        Column("succeeded_at", _l("Given back at"), "datetime", wide=False, order=100),
        Column("note", _l("Note"), "long_text", wide=False, order=110),
        Column("code", _l("What the provider gave as the reason"), "code", wide=False, order=115),
        Column("simulated", _l("Sandbox"), "bool", wide=False, order=120),
        Column("currency", _l("Currency"), "code", wide=False, order=130),
    ),
    card=Card(title="reason", end="amount", badge="state", sub=("order_id", "requested_at")),
    filters=(
        Filter("state", _l("State"), choices=REFUND_CHOICES, tabs=True, counted=("requested", "abnormal"), order=10),
        Filter("requested_at", _l("Time"), "date_range", order=20),
        Filter("succeeded_at", _l("Given back at"), "date_range", order=25),
        Filter("reason", _l("Reason"), choices=REASONS, order=30),
        Filter("amount", _l("Amount"), "money_range", order=40),
        Filter("customer_id", _l("Customer"), "lookup", to="customers.Customer", order=50),
    ),
    search=Search(prefix=("number", "provider_number", "order_number"), hint=_l("Number of the refund, of the provider or of the order")),
    default_sort=("-requested_at", "-id"),
    sections=(
        Section("lines", _l("What goes back"), template="payments/refund_lines.html", load=details.refund_lines, order=10),
        Section(
            "about", _l("About"), columns=("state", "reason", "order_id", "attempt_id", "requested_at", "succeeded_at", "number", "provider_number", "note"),
            aside=True, order=20,
        ),
    ),
    actions=(
        Action(
            "send", _l("Give back now"), SEND, icon="receipt-refund", tone="primary", needs=("state",), when=lambda row: row.state == "requested",
            confirm=_l("Give this money back now?"), done=_l("The money goes back."), bulk=True, order=10,
        ),
        Action(
            "withdraw", _l("Do not give back"), refunds.withdraw, icon="x", tone="danger", needs=("state",), when=lambda row: row.state == "requested",
            fields=(Field("note", _l("How it was settled"), required=True, max_length=200),), done=_l("It is settled."), order=20,
        ),
    ),
    empty=_l("No refunds. What is to be given back appears here."),
)  # fmt: skip

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
        Column("provider_name", _l("Provider"), value=lambda row: details.provider_name(row.provider), wide=False, order=95),
        Column("provider", _l("Code of the provider"), "code", wide=False, order=100),
        Column("provider_number", _l("Number of the provider"), "code", wide=False, order=110),
    ),
    card=Card(title="kind", end="amount", badge="state", sub=("next_step", "owner", "opened_at")),
    filters=(
        Filter("state", _l("State"), choices=CASE_CHOICES, tabs=True, counted=("open",), order=10),
        Filter("kind", _l("Kind"), choices=CASE_KINDS, order=20),
        Filter("opened_at", _l("Opened"), "date_range", order=30),
    ),
    search=Search(prefix=("provider_number", "order_number"), hint=_l("Number of the order or of the provider")),
    default_sort=("opened_at", "id"),  # the oldest money first
    sections=(
        Section("case", _l("What happened"), template="payments/case.html", load=details.case, order=10),
        Section("about", _l("About"), columns=("state", "owner", "opened_at", "closed_at", "provider_name", "provider_number", "note"), aside=True, order=20),
    ),
    actions=(
        Action(
            "refund", _l("Give the payment back"), OF_CASE, icon="receipt-refund", tone="primary", needs=("state", "kind"),
            when=lambda row: row.state == "open" and row.kind in ("paid_twice", "paid_after_close"),
            confirm=_l("Give this payment back and close the case?"), done=_l("The money goes back."), order=10,
        ),
        Action("take", _l("Take over"), cases.take_case, icon="user", needs=("state",), when=lambda row: row.state == "open", done=_l("It is yours now."), order=20),
        Action(
            "close", _l("Close the case"), cases.close_case, icon="circle-check", needs=("state",), when=lambda row: row.state == "open",
            fields=(Field("note", _l("How it was settled"), "long_text", required=True, max_length=500),), done=_l("The case is closed."), order=30,
        ),
    ),
    empty=_l("No cases. What a person has to decide about money appears here: paid twice, paid too late, refunds that failed."),
)  # fmt: skip

ENTRIES = Screen(
    resource="payments.Entry",
    source=Entry,
    route="/ledger",
    title=_l("Ledger"),
    singular=_l("Entry"),
    icon="list",
    label="entry_key",
    always=("currency", "debit", "credit"),
    columns=(
        Column("at", _l("Time"), "datetime", sortable=True, order=10),
        Column("to_account", _l("To"), value=lambda row: details.account_name(row.debit), order=20),
        Column("from_account", _l("From"), value=lambda row: details.account_name(row.credit), order=30),
        Column("amount", _l("Amount"), "money", currency="currency", order=40),
        Column("order_id", _l("Order"), "lookup", to="orders.Order", order=50),
        Column("entry_key", _l("Fact"), "code", order=60),
        Column("debit", _l("Account that gets"), "code", wide=False, order=70),
        Column("credit", _l("Account that gives"), "code", wide=False, order=80),
        Column("simulated", _l("Sandbox"), "bool", wide=False, order=90),
        Column("currency", _l("Currency"), "code", wide=False, order=100),
    ),
    card=Card(title="to_account", end="amount", sub=("from_account", "order_id", "at")),
    filters=(
        Filter("at", _l("Time"), "date_range", order=10),
        Filter("debit", _l("Account that gets"), "text", order=20),
        Filter("credit", _l("Account that gives"), "text", order=30),
        Filter("order_id", _l("Order"), "lookup", to="orders.Order", order=40),
    ),
    search=Search(prefix=("entry_key",), hint=_l("Fact, such as attempt:7")),
    default_sort=("-at", "-id"),
    empty=_l("Nothing was booked yet."),
)

MENU = (
    MenuItem("finance", _l("Finance"), "coins", href="/finance/", permission=("can_index", "payments.Finance"), group="money", order=10),
    MenuItem("payments", _l("Payments"), "wallet", screen="payments.Attempt", group="money", order=20),
    MenuItem("refunds", _l("Refunds"), "receipt-refund", screen="payments.Refund", group="money", order=30),
    MenuItem("cases", _l("Cases"), "flag", screen="payments.Case", group="money", order=40),
    MenuItem("ledger", _l("Ledger"), "list", screen="payments.Entry", group="money", order=50),
)

SLOTS = (
    Slot(
        "orders.Order",
        Section("money", _l("Payment"), template="payments/of_order.html", load=details.of_order, permission=MAY_LIST, aside=True, order=25),
    ),
    Slot("orders.Order", Column("case", _l("Open case"), "status", choices=CASE_KINDS, load=queries.open_cases, order=36)),
    Slot("orders.Order", Filter("has_case", _l("Open case"), "bool", clause=queries.has_open_case, order=25)),
    Slot(
        "orders.Order",
        Action(
            "refund", _l("Give money back"), REFUND, icon="receipt-refund", needs=("payment_status",),
            when=lambda row: row.payment_status in _REFUNDABLE,
            fields=(
                Field("what", _l("What goes back"), "choice", required=True, choices=_WHAT, default="all", order=10),
                Field(
                    "lines", _l("Lines"), "rows", get=_lines_of, shown_when=When("what", ("lines",)), order=20,
                    help=_l("Enter how many pieces of each line go back; what one piece gives back is worked out from what was paid."),
                    rows=(Field("line", _l("Product"), max_length=160), Field("quantity", _l("Pieces"), "int", minimum=0, maximum=10**6)),
                ),
                Field("freight", _l("Freight of these lines too"), "bool", shown_when=When("what", ("lines",)), order=30),
                Field("amount", _l("Amount"), "money", currency="currency", shown_when=When("what", ("amount",)), order=40),
                Field("reason", _l("Reason"), "choice", required=True, choices=GIVEN_REASONS, order=50),
                Field("note", _l("Note"), max_length=200, order=60),
            ),
            done=_l("The money goes back."), order=45,
        ),
    ),
    Slot(
        "customers.Customer",
        Section("payments", _l("Payments"), template="payments/of_customer.html", load=details.of_customer, permission=MAY_LIST, order=35),
    ),
)  # fmt: skip

WIDGETS = (
    Widget("cases", _l("Money cases"), "todo", widgets.CASES, ("can_list", "payments.Case"), icon="flag", order=24),
    Widget("refunds_due", _l("Refunds due"), "todo", widgets.REFUNDS_DUE, ("can_list", "payments.Refund"), icon="receipt-refund", order=25),
)
