"""What people see of the catalogue."""

from __future__ import annotations

from zhanggui.api import Action, Card, Column, Field, Fieldset, Filter, MenuItem, Screen, Search, Section, _l

from . import queries, states
from .models import Category, Product
from .services import categories, editing, selling

# The service asks for SKU and price: the browser would ask for them in the blank last line too.
_VARIANT_FIELDS = (
    Field("id", _l("Id"), "hidden"),
    Field("sku", _l("SKU"), "code", max_length=64, scan=True),
    Field("option", _l("Option"), max_length=200, help=_l("Size, color or weight, such as 250 g")),
    Field("option_other", _l("Option in the other language"), max_length=200, help=_l("What customers read who chose the shop's other language")),
    Field("price", _l("Price"), "money", minimum=0),
    Field("cost", _l("Cost"), "money", minimum=0, permission="can_see_cost"),
    Field("barcode", _l("Barcode"), "code", max_length=64, scan=True),
    Field("weight_g", _l("Weight (g)"), "int", minimum=0, maximum=10_000_000),
    Field("retired", _l("No longer sold"), "bool"),
)

PRODUCTS = Screen(
    resource="products.Product",
    source=Product,
    route="/products",
    title=_l("Products"),
    singular=_l("Product"),
    icon="package",
    columns=(
        Column("picture", _l("Picture"), "image", order=10),
        Column("name", _l("Name"), sortable=True, order=20),
        Column("price", _l("Price"), load=queries.price_ranges, edit="change_price.prices.price", order=30),
        Column("status", _l("Status"), "status", choices=states.CHOICES, order=40),
        Column("category", _l("Category"), expr=queries.category_name, order=50),
        Column("description", _l("Description"), "long_text", wide=False, order=70),
        Column("position", _l("Place in the shop"), "int", sortable=True, wide=False, edit="position", order=80),
        Column("changed_at", _l("Changed"), "datetime", sortable=True, wide=False, order=90),
        Column("created_at", _l("Added"), "datetime", sortable=True, wide=False, order=95),
    ),
    card=Card(title="name", end="price", badge="status", sub=("category",), image="picture"),
    filters=(
        Filter("status", _l("Status"), choices=states.CHOICES, tabs=True),
        Filter("category_id", _l("Category"), "lookup", to="products.Category"),
    ),
    search=Search(words=("search_text",), hint=_l("Name, SKU or barcode")),
    fields=(
        Field(
            "name",
            _l("Name"),
            "translations",
            required=True,
            max_length=200,
            get=queries.product_texts("name"),
            fieldset="shown",
            order=10,
        ),
        Field("pictures", _l("Pictures"), "images", fieldset="shown", order=20),
        Field(
            "variants",
            _l("Variants"),
            "rows",
            required=True,
            rows=_VARIANT_FIELDS,
            get=queries.variant_lines,
            fieldset="sold",
            order=30,
        ),
        Field("category_id", _l("Category"), "lookup", to="products.Category", fieldset="placed", order=40),
        Field(
            "description",
            _l("Description"),
            "translations",
            get=queries.product_texts("description"),
            fieldset="shown",
            order=25,
        ),
        Field(
            "position",
            _l("Place in the shop"),
            "int",
            minimum=0,
            maximum=1_000_000,
            help=_l("Small numbers come first."),
            fieldset="placed",
            order=60,
        ),
    ),
    fieldsets=(
        Fieldset("shown", _l("What customers see"), order=10),
        Fieldset("sold", _l("What is sold"), order=20),
        Fieldset("placed", _l("Where it stands"), aside=True, order=30),
    ),
    sections=(
        Section("pictures", _l("Pictures"), template="products/pictures.html", load=queries.pictures_section, order=10),
        Section(
            "about",
            _l("About"),
            columns=("category", "description", "position", "created_at", "changed_at"),
            order=30,
        ),
        Section(
            "variants",
            _l("Variants"),
            template="products/variants.html",
            load=queries.sold_section,
            order=20,
        ),
    ),
    actions=(
        Action(
            "change_price",
            _l("Change price"),
            selling.change_price,
            icon="currency-yen",
            fields=(
                Field(
                    "prices",
                    _l("Prices"),
                    "rows",
                    required=True,
                    get=queries.price_lines,
                    grows=False,
                    rows=(
                        Field("id", _l("Id"), "hidden"),
                        Field("option", _l("Variant"), fixed=True),
                        Field("price", _l("Price"), "money", required=True, minimum=0),
                    ),
                ),
                Field("free", _l("A price of 0 is meant: it is given away"), "bool"),
            ),
            about=lambda row: row.name,
            done=_l("The price was changed."),
            order=10,
        ),
        Action(
            "put_on_sale",
            _l("Put on sale"),
            selling.put_on_sale,
            icon="eye",
            tone="primary",
            bulk=True,
            needs=("status",),
            when=lambda row: row.status in ("draft", "off_sale"),
            done=_l("It is on sale now."),
            order=20,
        ),
        Action(
            "take_off_sale",
            _l("Take off sale"),
            selling.take_off_sale,
            icon="eye-off",
            bulk=True,
            needs=("status",),
            when=lambda row: row.status == "on_sale",
            done=_l("Customers no longer see it."),
            order=30,
        ),
    ),
    create=editing.create_product,
    update=editing.update_product,
    empty=_l("No products yet. Add the first one."),
)

CATEGORIES = Screen(
    resource="products.Category",
    source=Category,
    route="/categories",
    title=_l("Categories"),
    singular=_l("Category"),
    icon="folders",
    columns=(
        Column("name", _l("Name"), order=10),
        Column("parent_id", _l("Parent category"), "lookup", to="products.Category", order=20),
        Column("products", _l("Products"), "int", load=queries.product_counts, order=30),
        Column("visible", _l("Visible"), "bool", order=40),
        Column("position", _l("Place"), "int", sortable=True, edit="position", order=50),
    ),
    card=Card(title="name", end="products", sub=("parent_id",)),
    search=Search(words=("search_text",), hint=_l("Name")),
    default_sort=("position", "id"),
    fields=(
        Field("name", _l("Name"), "translations", required=True, max_length=120, get=queries.category_texts, order=10),
        Field("parent_id", _l("Parent category"), "lookup", to="products.Category", order=20),
        Field(
            "position", _l("Place"), "int", minimum=0, maximum=1_000_000, help=_l("Small numbers come first."), order=30
        ),
        Field("visible", _l("Visible"), "bool", default=True, order=40),
        Field("picture", _l("Picture"), "image", order=50),
    ),
    create=categories.create_category,
    update=categories.update_category,
    delete=categories.delete_category,
    empty=_l("No categories yet."),
)

MENU = (
    MenuItem("products", _l("Products"), "package", screen="products.Product", tab=30, order=30),
    MenuItem("categories", _l("Categories"), "folders", screen="products.Category", order=40),
)
