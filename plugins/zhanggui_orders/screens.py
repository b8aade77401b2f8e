"""What people see of orders, and what orders add to the pages of customers."""

from __future__ import annotations

from zhanggui.api import (
    Action,
    Card,
    Choice,
    Column,
    Field,
    Filter,
    GroupBy,
    Measure,
    MenuItem,
    Screen,
    Search,
    Section,
    Slot,
    When,
    Widget,
    _l,
    kept_text,
    regions,
)

from . import details, queries, rules, staff_order, widgets
from .models import Order
from .rules import CARRIERS, sold
from .services import cancellation, corrections, fulfillment, notes, payment
from .states import FULFILLMENT_CHOICES, PAYMENT_CHOICES, SOURCES, STAGES, VERBS

_STATUSES = ("status", "payment_status", "fulfillment_status")


def _when(verb: str):  # type: ignore[no-untyped-def]
    rule = VERBS[verb]
    return lambda row: rule.allows(row.status, row.payment_status, row.fulfillment_status)


ORDERS = Screen(
    resource="orders.Order",
    source=Order,
    route="/orders",
    title=_l("Orders"),
    singular=_l("Order"),
    icon="receipt",
    label="number",
    always=("currency", "region", "summary", "summaries", "cancel_reason"),
    columns=(
        Column("picture", _l("Picture"), "image", load=queries.first_pictures, order=5),
        Column("number", _l("Number"), "code", order=10),
        Column("buyer_name", _l("Buyer"), order=20),
        Column("stage", _l("Stage"), "status", choices=STAGES, order=30),
        Column("total", _l("Total"), "money", currency="currency", order=40),
        Column("summary", _l("Products"), value=lambda row: str(sold(row)), order=50),
        Column("placed_at", _l("Placed"), "datetime", sortable=True, order=60),
        Column("payment_status", _l("Payment"), "status", choices=PAYMENT_CHOICES, wide=False, order=70),
        Column("fulfillment_status", _l("Fulfillment"), "status", choices=FULFILLMENT_CHOICES, wide=False, order=80),
        Column("source", _l("Source"), "choice", choices=SOURCES, wide=False, order=90),
        Column("region_name", _l("Region"), value=lambda row: regions.name_of(row.region), wide=False, order=95),
        Column("region", _l("Code of the region"), "code", wide=False, order=96),
        Column("paid_at", _l("Paid at"), "datetime", wide=False, order=100),
        Column("shipped_at", _l("Shipped at"), "datetime", wide=False, order=110),
        Column("completed_at", _l("Received at"), "datetime", wide=False, order=120),
        Column("canceled_at", _l("Canceled at"), "datetime", wide=False, order=130),
        Column("cancel_reason", _l("Cancel reason"), value=lambda row: kept_text(row.cancel_reason), wide=False, order=140),
        Column("note", _l("Note of the buyer"), "long_text", wide=False, order=150),
        Column("staff_note", _l("Note of the staff"), "long_text", wide=False, order=160),
    ),
    card=Card(title="number", end="total", badge="stage", sub=("buyer_name", "summary", "placed_at"), image="picture", note="note"),
    filters=(
        Filter("stage", _l("Stage"), choices=STAGES, tabs=True, counted=("to_pay", "to_ship"), order=10),
        Filter("payment_status", _l("Payment"), choices=PAYMENT_CHOICES, order=20),
        Filter("source", _l("Source"), choices=SOURCES, order=30),
        Filter("province", _l("Province"), choices=queries.PROVINCES, clause=queries.in_provinces, order=35),
        Filter("placed_at", _l("Placed"), "date_range", order=40),
        Filter("paid_at", _l("Paid at"), "date_range", order=45),
        Filter("canceled_at", _l("Canceled at"), "date_range", order=47),
        Filter("goods", _l("With goods"), "bool", clause=queries.with_goods, order=65),
        Filter("total", _l("Total"), "money_range", order=50),
        Filter("customer_id", _l("Customer"), "lookup", to="customers.Customer", order=60),
    ),
    search=Search(
        prefix=("number",), exact=queries.SEARCHED, reveal=queries.REVEAL, index=queries.FOUND_BY,
        hint=_l("Number or four digits of it, product, phone or name"),
    ),
    default_sort=("-placed_at", "-id"),
    news=True,
    measures=(
        Measure("orders", _l("Orders"), order=10),
        Measure("total", _l("Total"), "sum", "total", "money", currency="currency", order=20),
        Measure("paid", _l("Paid"), "sum", "total", "money", currency="currency", only={"payment_status": "paid"}, order=30),
    ),
    group_by=(GroupBy("payment_status", _l("By payment"), order=10), GroupBy("source", _l("By source"), order=20)),
    sections=(
        Section("lines", _l("Products"), template="orders/lines.html", load=details.lines, order=10),
        Section("money", _l("Amounts"), template="orders/money.html", load=details.money, aside=True, order=20),
        Section("delivery", _l("Delivery"), template="orders/delivery.html", load=details.delivery, order=30),
        Section(
            "about",
            _l("About"),
            columns=(
                "buyer_name",
                "placed_at",
                "payment_status",
                "fulfillment_status",
                "source",
                "region_name",
                "staff_note",
                "cancel_reason",
            ),
            aside=True,
            order=40,
        ),
        Section("history", _l("History"), template="orders/history.html", load=details.history, order=90),
    ),
    actions=(
        Action(
            "ship",
            _l("Ship"),
            fulfillment.ship_order,
            icon="truck-delivery",
            tone="primary",
            bulk=True,
            needs=_STATUSES,
            when=_when("ship"),
            fields=(
                Field(
                    "carrier",
                    _l("Carrier"),
                    "choice",
                    required=True,
                    choices=CARRIERS,
                    get=queries.usual_carrier,
                    order=10,
                ),
                Field(
                    "tracking_number",
                    _l("Tracking number"),
                    "code",
                    required=True,
                    max_length=40,
                    scan=True,
                    clean=rules.tracking_form,
                    shown_when=When("carrier", rules.NUMBERED),
                    each=True,
                    order=20,
                ),
            ),
            done=_l("The order was shipped."),
            order=10,
        ),
        Action(
            "mark_paid",
            _l("Mark as paid"),
            payment.mark_paid_offline,
            icon="cash",
            tone="primary",
            needs=_STATUSES,
            when=_when("pay"),
            bulk=True,
            fields=(
                Field(
                    "method",
                    _l("How it was paid"),
                    "choice",
                    required=True,
                    choices=tuple(Choice(value, label) for value, label in details.METHODS.items()),
                    order=10,
                ),
                Field(
                    "reference",
                    _l("Reference"),
                    max_length=96,
                    help=_l("Number of the transfer, if there is one"),
                    shown_when=When("method", tuple(value for value in details.METHODS if value != "cash")),
                    order=20,
                ),
            ),
            done=_l("The order is paid."),
            order=20,
        ),
        Action(
            "receive",
            _l("Mark as received"),
            fulfillment.receive_order,
            icon="circle-check",
            needs=_STATUSES,
            when=_when("receive"),
            bulk=True,
            done=_l("The order is done."),
            order=30,
        ),
        Action(
            "change_address",
            _l("Change address"),
            corrections.change_address,
            icon="map-pin",
            needs=_STATUSES,
            when=_when("readdress"),
            fields=(
                Field("name", _l("Who receives it"), required=True, max_length=100, get=details.part_of_address("name"), order=10),
                Field("phone", _l("Phone"), required=True, max_length=32, get=details.part_of_address("phone"), order=20),
                Field("region", _l("Province, city, district"), required=True, max_length=120, get=details.part_of_address("region"), order=30),
                Field("detail", _l("Street and number"), required=True, max_length=200, get=details.part_of_address("detail"), order=40),
                Field("row_version", _l("Version"), "hidden", get=lambda db, row: row.row_version, order=90),
            ),
            done=_l("It goes to the new address."),
            order=44,
        ),
        Action(
            "change_price",
            _l("Change price"),
            corrections.change_price,
            icon="discount",
            needs=_STATUSES,
            when=_when("reprice"),
            fields=(
                Field("total", _l("New total"), "money", required=True, minimum=0, get=lambda db, row: row.total, order=10),
                Field("reason", _l("Reason"), required=True, max_length=200, help=_l("Only the shop reads it. The buyer sees the new total."), order=20),
                Field("row_version", _l("Version"), "hidden", get=lambda db, row: row.row_version, order=90),
            ),
            done=_l("The order has its new price."),
            order=46,
        ),
        Action(
            "write_note",
            _l("Write a note"),
            notes.write_note,
            icon="pencil",
            fields=(
                Field(
                    "staff_note",
                    _l("Note of the staff"),
                    "long_text",
                    max_length=500,
                    get=lambda db, row: row.staff_note or "",
                ),
            ),
            done=_l("The note was kept."),
            order=50,
        ),
        Action(
            "cancel",
            _l("Cancel order"),
            cancellation.cancel_order,
            icon="circle-x",
            tone="danger",
            needs=_STATUSES,
            when=_when("cancel"),
            confirm=details.cancel_question,
            follows=_l("Its stock is free again; what was paid is to be given back."),
            stays=_l("Do not cancel"),
            fields=(Field("reason", _l("Reason"), required=True, max_length=200),),
            done=_l("The order was canceled; its stock is free again."),
            order=90,
        ),
    ),
    create=staff_order.take_order,
    fields=staff_order.form_fields,
    fieldsets=staff_order.GROUPS,
    empty=_l("No orders yet. They appear here as soon as somebody buys."),
)

MENU = (
    MenuItem("orders", _l("Orders"), "receipt", screen="orders.Order", tab=20, badge=widgets.TO_SHIP, order=20),
)

SLOTS = (
    Slot(
        "customers.Customer",
        Section(
            "orders", _l("Orders"), template="orders/of_customer.html", load=queries.of_customer,
            permission=("can_list", "orders.Order"), order=30,
        ),
    ),
)  # fmt: skip

_MAY = ("can_list", "orders.Order")
WIDGETS = (
    Widget("money_today", _l("Money today"), "number", widgets.MONEY_TODAY, _MAY, since_yesterday=True, order=10),
    Widget("to_ship", _l("Orders to ship"), "todo", widgets.TO_SHIP, _MAY, icon="truck-delivery", order=20),
    Widget("orders_today", _l("Orders today"), "number", widgets.ORDERS_TODAY, _MAY, since_yesterday=True, order=15),
    Widget("revenue", _l("Last 30 days"), "chart", widgets.revenue, _MAY, order=60),
)
