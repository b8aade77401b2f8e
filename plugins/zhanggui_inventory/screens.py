"""What people see of the stock, and what it adds to the pages of products."""

from __future__ import annotations

from zhanggui.api import Action, Card, Column, Field, Filter, Measure, MenuItem, Question, Screen, Search, Section, Slot, Widget, _l

from . import queries
from .models import StockLevel, StockMovement
from .services import counting
from .states import ADJUST_REASONS, KIND_LABELS, MOVEMENT_CHOICES, reason_words

_MAX = 1_000_000_000

LEVELS = Screen(
    resource="inventory.StockLevel",
    source=StockLevel,
    route="/stock",
    title=_l("Stock"),
    singular=_l("Stock level"),
    icon="building-warehouse",
    label=lambda row: f"{row.title} · {row.sku}",
    columns=(
        Column("title", _l("Product"), order=10),
        Column("sku", _l("SKU"), "code", sortable=True, order=20),
        Column("available", _l("Available"), "int", expr=lambda c: c.on_hand - c.reserved, order=30),
        Column("on_hand", _l("On hand"), "int", edit="count.counted", order=40),
        Column("reserved", _l("Reserved"), "int", order=50),
        Column("warn_level", _l("Warn at"), "int", edit="warn.warn_level", order=60),
        Column("low", _l("Runs low"), "bool", order=70),
        Column("changed_at", _l("Changed"), "datetime", wide=False, order=80),
        Column("left", _l("Available"), value=queries.left_in_words, wide=False, order=90),
        Column("stands", _l("Stock"), value=queries.stands_in_words, wide=False, order=95),
    ),
    card=Card(title="title", end="left", sub=("sku", "stands")),
    always=("title", "on_hand", "reserved"),
    filters=(
        Filter("low", _l("Runs low"), "bool"),
        Filter("sold_out", _l("Sold out"), "bool", clause=lambda value, c: (c.sellable & (c.on_hand <= c.reserved)) if value else (~c.sellable | (c.on_hand > c.reserved))),
    ),
    search=Search(prefix=("sku",), words=("search_text",), hint=_l("Product or SKU")),
    default_sort=("sku", "id"),
    sections=(
        Section(
            "level",
            _l("Stock"),
            columns=("title", "sku", "available", "on_hand", "reserved", "warn_level", "changed_at"),
            order=10,
        ),
        Section(
            "movements", _l("Movements"), template="inventory/movements.html", load=queries.movements_of_level, order=20
        ),
    ),
    actions=(
        Action(
            "restock",
            _l("Restock"),
            counting.restock_level,
            icon="plus",
            tone="primary",
            about=queries.about_level,
            fields=(
                Field("quantity", _l("Pieces that came in"), "int", required=True, minimum=1, maximum=_MAX),
                Field("reason", _l("Note"), max_length=200),
            ),
            done=_l("The stock was updated."),
            order=10,
        ),
        Action(
            "count",
            _l("Count"),
            counting.count_stock,
            icon="clipboard-check",
            about=queries.about_level,
            fields=(
                Field("counted", _l("Counted quantity"), "int", required=True, minimum=0, maximum=_MAX),
                Field("note", _l("Note"), max_length=200),
            ),
            done=_l("The stock was updated."),
            order=20,
        ),
        Action(
            "adjust",
            _l("Adjust"),
            counting.adjust_stock,
            icon="adjustments",
            about=queries.about_level,
            fields=(
                Field(
                    "quantity",
                    _l("Pieces more or fewer"),
                    "int",
                    required=True,
                    minimum=-_MAX,
                    maximum=_MAX,
                    help=_l("Enter -2 to remove two."),
                ),
                Field("reason", _l("Reason"), "choice", required=True, choices=ADJUST_REASONS),
                Field("note", _l("Note"), max_length=150),
            ),
            done=_l("The stock was updated."),
            order=30,
        ),
        Action(
            "warn",
            _l("Set warning"),
            counting.set_warn_level,
            icon="bell",
            about=queries.about_level,
            fields=(
                Field(
                    "warn_level",
                    _l("Warn at"),
                    "int",
                    required=True,
                    minimum=0,
                    maximum=_MAX,
                    get=lambda db, row: row.warn_level,
                ),
            ),
            order=40,
        ),
    ),
    empty=_l("No stock yet. Every variant of a product gets a line here."),
)

MOVEMENTS = Screen(
    resource="inventory.StockMovement",
    source=StockMovement,
    route="/stock-movements",
    title=_l("Stock movements"),
    singular=_l("Stock movement"),
    icon="arrows-exchange",
    label=lambda row: str(KIND_LABELS.get(row.kind, row.kind)),
    columns=(
        Column("at", _l("When"), "datetime", order=10),
        Column("title", _l("Product"), load=queries.names_of_movements, order=20),
        Column("kind", _l("Kind"), "status", choices=MOVEMENT_CHOICES, order=30),
        Column("on_hand_change", _l("On hand change"), "int", wide=False, order=40),
        Column("reserved_change", _l("Reserved change"), "int", wide=False, order=50),
        Column("on_hand_after", _l("On hand afterwards"), "int", order=60),
        Column("change", _l("Change"), value=lambda row: f"{row.on_hand_change or row.reserved_change:+d}", order=35),
        Column("reason", _l("Note"), value=lambda row: reason_words(row.reason), order=70),
        Column("actor", _l("Who"), load=queries.authors, order=80),
        Column("reference", _l("Source reference"), "code", wide=False, order=90),
    ),
    always=("kind", "on_hand_change", "reserved_change"),
    card=Card(title="title", end="change", badge="kind", sub=("at", "reason")),
    filters=(
        Filter("kind", _l("Kind"), choices=MOVEMENT_CHOICES),
        Filter("at", _l("When"), "date_range"),
    ),
    measures=(Measure("pieces", _l("Pieces on hand, more or fewer"), "sum", "on_hand_change"),),
    search=Search(prefix=("reference",), hint=_l("Source reference")),
    empty=_l("Nothing has moved yet."),
)

MENU = (
    MenuItem("stock", _l("Stock"), "building-warehouse", screen="inventory.StockLevel", order=50),
    MenuItem("stock-movements", _l("Stock movements"), "arrows-exchange", screen="inventory.StockMovement", order=60),
)

SLOTS = (
    Slot(
        "products.Product",
        Field(
            "opening", _l("In stock now"), "int", minimum=0, maximum=_MAX, only_new=True, permission=("can_restock", "inventory.StockLevel"),
            help=_l("The pieces that lie on the shelf today."),
        ),
        within="variants",
        save=counting.enter_opening_stock,
    ),
    Slot("products.Product", Column("available", _l("Available"), "int", load=queries.available_by_product, order=35)),
    Slot("products.Product", Filter("low_stock", _l("Runs low"), "bool", clause=queries.runs_low)),
    Slot(
        "products.Product",
        Section(
            "stock", _l("Stock"), template="inventory/levels.html", load=queries.levels_of_product,
            permission=("can_list", "inventory.StockLevel"), order=25,
        ),
    ),
)  # fmt: skip

WIDGETS = (
    Widget(
        "low_stock", _l("Low stock"), "todo", Question("inventory.StockLevel", {"low": "1"}), ("can_list", "inventory.StockLevel"),
        icon="alert-triangle", order=30,
    ),
)
