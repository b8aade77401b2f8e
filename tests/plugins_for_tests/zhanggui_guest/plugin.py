"""Adds to the products screen without its templates: a column, a filter, an action, a section, a price step.

It also shows a screen over a bare Core table, which no mapped class stands for.
"""

from sqlalchemy import Boolean, Integer, MetaData, String, Table, literal
from sqlalchemy import Column as TableColumn

from zhanggui.api import (
    Action,
    Card,
    Column,
    Field,
    Filter,
    Screen,
    Search,
    Section,
    Slot,
    UTCDateTime,
    View,
    expose,
    has_access,
    hookimpl,
)
from zhanggui_orders.contracts import Adjustment, PriceStep

BLESSED = []
BOOK = Table(
    "guest__book", MetaData(),
    TableColumn("id", Integer, primary_key=True),
    TableColumn("name", String(60), nullable=False, unique=True),
    TableColumn("stars", Integer),
    TableColumn("public", Boolean, nullable=False, default=False),
    TableColumn("secret", String(60)),
    TableColumn("created_at", UTCDateTime, nullable=False),
    TableColumn("row_version", Integer, nullable=False, default=1),
)
ENTRIES = Screen(
    resource="guest.Entry", source=BOOK, route="/guest-book", title="Guest book", singular="Entry", default_sort=("-id",),
    columns=[
        Column("name", "Name", sortable=True), Column("stars", "Stars", "int", sortable=True), Column("public", "Public", "bool"),
        Column("created_at", "When", "datetime"),
    ],
    card=Card(title="name", end="stars"), search=Search(prefix=("name",)),
    filters=[Filter("public", "Public", "bool"), Filter("stars", "Stars", "int_range")],
    fields=[Field("name", "Name", required=True, max_length=60), Field("stars", "Stars", "int", minimum=0, maximum=5), Field("public", "Public", "bool")],
    create="generic", update="generic", delete="generic",
)


def bless(db, *, id, actor, now):
    BLESSED.append(id)


class GuestView(View):
    """A page of the guest."""

    route_base = "/guest"
    class_permission_name = "guest.Page"

    @expose("/")
    @has_access
    def index(self):
        return "guest page"


@hookimpl
def register_slots():
    screen = "products.Product"
    return [
        Slot(screen, Column("luck", "Luck", "int", load=lambda db, reader, ids: dict.fromkeys(ids, 88))),
        Slot(screen, Filter("lucky", "Lucky", "bool", clause=lambda value, c: literal(bool(value)))),
        Slot(screen, Action("bless", "Bless", bless, done="Blessed.")),
        Slot(screen, Section("fortune", "Fortune", template="guest/fortune.html", load=lambda db, reader, row: {"omen": "good"})),
    ]


@hookimpl
def register_screens():
    return [ENTRIES]


@hookimpl
def register_views():
    return [GuestView]


@hookimpl
def orders_price_steps():
    return [PriceStep("guest", lambda db, quote, now: [Adjustment("A guest's gift", -100)], order=400)]
