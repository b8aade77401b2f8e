"""What payments add to the menu, to the home page and to the pages of orders and customers."""

from __future__ import annotations

from zhanggui.api import Action, Column, Filter, MenuItem, Section, Slot, ThreePhases, Widget, _l

from . import details, jobs, queries, sheet, widgets
from .services import giving_back, refunds
from .states import CASE_KINDS

MAY_LIST = ("can_list", "payments.Attempt")
_REFUNDABLE = ("paid", "overpaid", "partly_refunded", "partly_paid")
REFUND = ThreePhases(giving_back.claim_order_refund, refunds.send, refunds.write_down, jobs.ask_refunds)

MENU = (
    MenuItem("finance", _l("Finance"), "coins", href="/finance/", permission=("can_index", "payments.Finance"), group="money", order=10),
    MenuItem("ledger", _l("Transactions"), "list", screen="payments.Entry", group="money", order=15),
    MenuItem("payments", _l("Payments"), "wallet", screen="payments.Attempt", group="money", order=20),
    MenuItem("refunds", _l("Refunds"), "receipt-refund", screen="payments.Refund", group="money", order=30),
    MenuItem("cases", _l("Cases"), "flag", screen="payments.Case", group="money", badge=widgets.CASES, order=40),
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
            fields=sheet.FIELDS, preview=sheet.preview, confirm=sheet.question, follows=_l("The money goes the way it came and cannot be called back."),
            stays=_l("Do not refund"),
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
