"""What people see of customers. Phones are masked for everybody who may not reveal them."""

from __future__ import annotations

from zhanggui.api import Action, Card, Column, Field, Filter, Measure, MenuItem, Screen, Search, Section, _l

from . import behaviour_pages, queries
from .models import Customer
from .rules import GENDERS, SOURCES, masked_phone
from .services import erasure, profile

REVEAL = "can_reveal"

CUSTOMERS = Screen(
    resource="customers.Customer",
    source=Customer,
    route="/customers",
    title=_l("Customers"),
    singular=_l("Customer"),
    icon="users",
    always=("phone",),
    columns=(
        Column("name", _l("Full name"), order=10),
        Column("phone_masked", _l("Phone"), value=lambda row: masked_phone(row.phone), order=20),
        Column("phone", _l("Full phone"), "phone", permission=REVEAL, wide=False, order=25),
        Column("email", _l("E-mail"), permission=REVEAL, wide=False, order=27),
        Column("region", _l("Region"), order=30),
        Column("order_count", _l("Order count"), "int", order=40),
        Column("spent", _l("Spent"), "money", sortable=True, order=50),
        Column("last_order_at", _l("Last order"), "datetime", order=60),
        Column("created_at", _l("Customer since"), "datetime", sortable=True, order=70),
        Column("blocked", _l("Blocked"), "bool", order=80),
        Column("tags", _l("Tags"), value=lambda row: ", ".join(row.tags or ()), order=90),
        Column("gender", _l("Gender"), "choice", choices=GENDERS, wide=False, order=100),
        Column("birthday", _l("Birthday"), "date", permission=REVEAL, wide=False, order=110),
        Column("note", _l("Note"), "long_text", permission=REVEAL, wide=False, order=120),
        Column("source", _l("Source"), "choice", choices=SOURCES, wide=False, order=130),
    ),
    card=Card(title="name", end="spent", sub=("phone_masked", "region")),
    filters=(
        Filter("blocked", _l("Blocked"), "bool"),
        Filter("spent", _l("Spent"), "money_range"),
        Filter("created_at", _l("Customer since"), "date_range"),
    ),
    measures=(Measure("customers", _l("Customers")),),
    search=Search(
        exact=queries.SEARCHED,
        hint=_l("Whole name, phone, or its last four digits"),
    ),
    default_sort=("-created_at", "-id"),
    fields=(
        Field("name", _l("Full name"), required=True, max_length=100, order=10),
        Field("phone", _l("Phone"), max_length=32, permission=REVEAL, order=20),
        Field("email", _l("E-mail"), max_length=254, permission=REVEAL, order=25),
        Field("gender", _l("Gender"), "choice", choices=GENDERS, order=30),
        Field("region", _l("Region"), max_length=120, order=40),
        Field("birthday", _l("Birthday"), "date", permission=REVEAL, order=50),
        Field(
            "tags", _l("Tags"), help=_l("Separated by commas"), get=lambda db, row: ", ".join(row.tags or ()), order=60
        ),
        Field("note", _l("Note"), "long_text", max_length=2000, permission=REVEAL, order=70),
    ),
    sections=(
        Section(
            "profile",
            _l("Profile"),
            columns=(
                "name",
                "phone_masked",
                "phone",
                "email",
                "region",
                "gender",
                "birthday",
                "tags",
                "note",
                "source",
                "created_at",
            ),
            order=10,
        ),
        Section(
            "figures",
            _l("Purchases"),
            columns=("order_count", "spent", "last_order_at", "blocked"),
            aside=True,
            order=20,
        ),
        Section(
            "addresses", _l("Addresses"), template="customers/addresses.html", load=queries.addresses_section, order=40
        ),
        Section(
            "footprints", _l("Footprints"), template="customers/footprints.html", load=behaviour_pages.section, permission=behaviour_pages.MAY_SEE, aside=True,
            order=50,
        ),
    ),
    actions=(
        Action(
            "block",
            _l("Block"),
            profile.block_customer,
            icon="ban",
            tone="danger",
            needs=("blocked",),
            when=lambda row: not row.blocked,
            fields=(Field("reason", _l("Reason"), max_length=200),),
            confirm=lambda row: _l("Block %(name)s?", name=row.name),
            follows=_l("The customer cannot place orders until unblocked; orders that are there go on."),
            stays=_l("Do not block"),
            done=_l("The customer can no longer order."),
            order=50,
        ),
        Action(
            "unblock",
            _l("Unblock"),
            profile.unblock_customer,
            icon="lock-open",
            needs=("blocked",),
            when=lambda row: row.blocked,
            done=_l("The customer can order again."),
            order=60,
        ),
        Action(
            "erase",
            _l("Erase"),
            erasure.erase_customer,
            icon="trash",
            tone="danger",
            needs=("erased_at",),
            when=lambda row: row.erased_at is None,
            confirm=lambda row: _l("Erase all that is known of %(name)s, for good?", name=row.name),
            follows=_l("Orders stay, without name and address. It cannot be brought back."),
            stays=_l("Do not erase"),
            done=_l("The customer was erased."),
            order=70,
        ),
    ),
    create=profile.create_customer,
    update=profile.update_customer,
    empty=_l("No customers yet. They appear with their first visit to the shop."),
)

MENU = (
    MenuItem("customers", _l("Customers"), "users", screen="customers.Customer", group="people", order=20),
    MenuItem("visits", _l("Visits"), "map-pin", screen="customers.Visit", group="people", order=40),
)
