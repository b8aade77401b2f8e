"""What the catalogue adds."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from zhanggui.api import (
    AuditWords,
    DemoData,
    Dimension,
    Exporter,
    FirstStep,
    Importer,
    MenuItem,
    Permission,
    PublicEvent,
    RolePreset,
    Screen,
    SearchProvider,
    _l,
    hookimpl,
)

from . import audit_words, demo, events, exporting, hookspecs, importing, metrics, models, public_events, queries, screens


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Category, models.Product, models.Variant]


@hookimpl
def register_hookspecs() -> Sequence[ModuleType]:
    return [hookspecs]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [Permission("can_import", "products.Product", _l("Import products from a file"))]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.PRODUCTS, screens.CATEGORIES]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return screens.MENU


@hookimpl
def register_events() -> Sequence[type[Any]]:
    return [events.ProductSaved, events.ProductsImported, events.PriceChanged]


@hookimpl
def register_public_events() -> Sequence[PublicEvent]:
    return public_events.PUBLIC


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    return [SearchProvider("products", _l("Products"), ("can_list", "products.Product"), queries.search, order=30)]


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    reading = ("list", "show")
    return [
        RolePreset(
            "clerk",
            _l("Clerk"),
            {
                "products.Product": (*reading, "add", "edit", "change_price", "put_on_sale", "take_off_sale"),
                "products.Category": (*reading, "add", "edit"),
            },
        ),
        RolePreset("warehouse", _l("Warehouse"), {"products.Product": reading, "products.Category": reading}),
        RolePreset("viewer", _l("Viewer"), {"products.Product": reading, "products.Category": reading}),
    ]


@hookimpl
def register_importers() -> Sequence[Importer]:
    return [importing.PRODUCTS]


@hookimpl
def register_exporters() -> Sequence[Exporter]:
    return [exporting.PRODUCTS]


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]


@hookimpl
def register_first_steps() -> Sequence[FirstStep]:
    return [
        FirstStep(
            "first_product", _l("Add the first product"), _l("Without a product there is nothing to sell."), queries.has_products,
            ("can_add", "products.Product"), href="/products/add", order=20,
        ),
    ]  # fmt: skip


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS


@hookimpl
def register_dimensions() -> Sequence[Dimension]:
    return metrics.DIMENSIONS
