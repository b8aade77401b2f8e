"""Payments and refunds as people see them: lists with their sums, and the page of one."""

from __future__ import annotations

from zhanggui.api import Action, Card, Column, Field, Filter, GroupBy, Measure, Screen, Search, Section, ThreePhases, _l, fmt

from . import details, jobs, queries, words
from .models import Attempt, Refund
from .services import attempts, giving_back
from .services import refunds as sending
from .states import ATTEMPT_CHOICES, OPEN_ATTEMPT, REASONS, REFUND_CHOICES

SEND = ThreePhases(giving_back.claim_requested, sending.send, sending.write_down, jobs.ask_refunds)
ASK = ThreePhases(attempts.ask_now, attempts.ask_work, attempts.ask_done, jobs.ask_attempt)

ATTEMPTS = Screen(
    resource="payments.Attempt",
    source=Attempt,
    route="/payments",
    title=_l("Payments"),
    singular=_l("Payment"),
    icon="wallet",
    label="number",
    always=("currency", "customer_id", "method", "provider", "state", "simulated"),
    columns=(
        Column("created_at", _l("Time"), "datetime", sortable=True, order=10),
        Column("amount", _l("Amount"), "money", currency="currency", order=20),
        Column("state", _l("State"), "status", choices=ATTEMPT_CHOICES, order=30),
        Column("method_name", _l("Method"), value=lambda row: words.marked(words.method_name(row.provider, row.method), row.simulated), order=40),
        Column("order_id", _l("Order"), "lookup", to="orders.Order", order=50),
        Column("customer_id", _l("Customer"), "lookup", to="customers.Customer", order=60),
        Column("refunded", _l("Given back"), "money", currency="currency", wide=False, order=65),
        Column("provider_number", _l("Number of the provider"), "code", order=70),
        Column("number", _l("Our number"), "code", wide=False, order=80),
        Column("method", _l("Code of the method"), "code", wide=False, order=85),
        Column("provider_name", _l("Provider"), value=lambda row: words.marked(words.provider_name(row.provider), row.simulated), wide=False, order=88),
        Column("provider", _l("Code of the provider"), "code", wide=False, order=90),
        Column("scene", _l("Where"), "code", wide=False, order=95),
        Column("captured_at", _l("Paid at"), "datetime", wide=False, order=100),
        Column("closed_at", _l("Closed at"), "datetime", wide=False, order=110),
        Column("simulated", _l("Sandbox"), "bool", wide=False, order=120),
        Column("currency", _l("Currency"), "code", wide=False, order=130),
    ),
    card=Card(title="method_name", end="amount", badge="state", sub=("customer_id", "order_id", "created_at")),
    filters=(
        Filter("state", _l("State"), choices=ATTEMPT_CHOICES, tabs=True, order=10),
        Filter("created_at", _l("Time"), "date_range", order=20),
        Filter("captured_at", _l("Paid at"), "date_range", order=25),
        Filter("method", _l("Method"), "payments_method", clause=lambda value, c: (c.provider == value[0]) & (c.method == value[1]), order=30),
        Filter("provider", _l("Provider"), "payments_provider", order=35),
        Filter("simulated", _l("Sandbox"), "bool", order=38),
        Filter("amount", _l("Amount"), "money_range", order=40),
        Filter("customer_id", _l("Customer"), "lookup", to="customers.Customer", order=50),
        Filter("order_id", _l("Order"), "lookup", to="orders.Order", order=60),
    ),
    search=Search(prefix=("number", "provider_number", "order_number"), hint=_l("Number of the payment, of the provider or of the order")),
    default_sort=("-created_at", "-id"),
    measures=(
        Measure("payments", _l("Payments"), order=10),
        Measure("amount", _l("Amount"), "sum", "amount", "money", currency="currency", order=20),
        Measure("paid", _l("Of these paid"), "sum", "amount", "money", currency="currency", only={"state": "captured"}, order=30),
        Measure("refunded", _l("Given back"), "sum", "refunded", "money", currency="currency", order=40),
    ),
    group_by=(GroupBy("state", _l("By state")),),
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
    always=("currency", "code", "provider", "simulated"),
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
        Column("provider_name", _l("Provider"), value=lambda row: words.marked(words.provider_name(row.provider), row.simulated), order=58),
        Column("provider", _l("Code of the provider"), "code", wide=False, order=90),
        Column("succeeded_at", _l("Given back at"), "datetime", wide=False, order=100),
        Column("note", _l("Note"), "long_text", wide=False, order=110),
        Column("code", _l("What the provider gave as the reason"), "code", wide=False, order=115),
        Column("simulated", _l("Sandbox"), "bool", wide=False, order=120),
        Column("currency", _l("Currency"), "code", wide=False, order=130),
        Column("goods", _l("Goods in it"), "money", currency="currency", expr=queries.part_of_refund("goods"), wide=False, order=140),
        Column("freight", _l("Freight in it"), "money", currency="currency", expr=queries.part_of_refund("freight"), wide=False, order=150),
        Column("fees", _l("Fees in it"), "money", currency="currency", expr=queries.part_of_refund("fee"), wide=False, order=160),
    ),
    card=Card(title="reason", end="amount", badge="state", sub=("provider_name", "order_id", "requested_at")),
    filters=(
        Filter("state", _l("State"), choices=REFUND_CHOICES, tabs=True, counted=("requested", "abnormal"), order=10),
        Filter("requested_at", _l("Time"), "date_range", order=20),
        Filter("succeeded_at", _l("Given back at"), "date_range", order=25),
        Filter("reason", _l("Reason"), choices=REASONS, order=30),
        Filter("provider", _l("Provider"), "payments_provider", order=35),
        Filter("amount", _l("Amount"), "money_range", order=40),
        Filter("customer_id", _l("Customer"), "lookup", to="customers.Customer", order=50),
    ),
    search=Search(prefix=("number", "provider_number", "order_number"), hint=_l("Number of the refund, of the provider or of the order")),
    default_sort=("-requested_at", "-id"),
    measures=(
        Measure("refunds", _l("Refunds"), order=10),
        Measure("amount", _l("Amount"), "sum", "amount", "money", currency="currency", order=20),
        Measure("back", _l("Of these given back"), "sum", "amount", "money", currency="currency", only={"state": "succeeded"}, order=30),
        Measure("goods", _l("Goods in it"), "sum", "goods", "money", currency="currency", order=40),
        Measure("freight", _l("Freight in it"), "sum", "freight", "money", currency="currency", order=50),
        Measure("fees", _l("Fees in it"), "sum", "fees", "money", currency="currency", order=60),
    ),
    group_by=(GroupBy("state", _l("By state")), GroupBy("reason", _l("By reason"))),
    sections=(
        Section("lines", _l("What goes back"), template="payments/refund_lines.html", load=details.refund_lines, order=10),
        Section(
            "about", _l("About"), columns=("state", "reason", "order_id", "attempt_id", "requested_at", "succeeded_at", "provider_name", "number", "provider_number", "note"),
            aside=True, order=20,
        ),
    ),
    actions=(
        Action(
            "send", _l("Give back now"), SEND, icon="receipt-refund", tone="primary", needs=("state",), when=lambda row: row.state == "requested",
            confirm=lambda row: _l("Give %(amount)s back now?", amount=fmt.money(row.amount, row.currency)),
            follows=_l("The money goes the way it came and cannot be called back."), stays=_l("Do not give back yet"), done=_l("The money goes back."), bulk=True, order=10,
        ),
        Action(
            "withdraw", _l("Do not give back"), giving_back.withdraw, icon="x", tone="danger", needs=("state",), when=lambda row: row.state == "requested",
            fields=(Field("note", _l("How it was settled"), required=True, max_length=200),),
            confirm=lambda row: _l("Do not give %(amount)s back?", amount=fmt.money(row.amount, row.currency)),
            follows=_l("The shop keeps the money, and this refund is over."), stays=_l("Leave it open"), done=_l("It is settled."), order=20,
        ),
    ),
    empty=_l("No refunds. What is to be given back appears here."),
)  # fmt: skip
