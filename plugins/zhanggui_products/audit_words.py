"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhanggui.api import AuditWords, Column, _, _l, fmt

from .rules import shop_currency


def _variant(of: Mapping[str, Any]) -> str:
    named = " ".join(part for part in (of["sku"], of.get("option") or "", fmt.money(of["price"], shop_currency())) if part)
    return named if of.get("active", True) else _("%(variant)s (not sold)", variant=named)


def _variants(row: Any) -> str:
    return _("; ").join(_variant(one) for one in row.variants or ())


def _pictures(row: Any) -> int:
    return len(row.pictures or ())


_FACTS = (
    Column("variants", _l("Variants"), value=_variants), Column("pictures", _l("Number of pictures"), "int", value=_pictures),
    Column("category_id", _l("Category"), "lookup", to="products.Category"), Column("name", _l("Name")), Column("description", _l("Description")),
    Column("position", _l("Place in the shop"), "int"),
)  # fmt: skip

WORDS = [
    AuditWords("products.category.created", _l("Category created")),
    AuditWords("products.category.changed", _l("Category changed")),
    AuditWords("products.category.deleted", _l("Category deleted")),
    AuditWords("products.product.created", _l("Product created"), _FACTS),
    AuditWords("products.product.removed", _l("Product removed with its import")),
    AuditWords("products.product.changed", _l("Product changed"), _FACTS),
    AuditWords("products.product.imported", _l("Products imported")),
    AuditWords("products.product.on_sale", _l("Put on sale")),
    AuditWords("products.product.off_sale", _l("Taken off sale")),
    AuditWords("products.product.price_changed", _l("Price changed"), [Column("*", _l("Price of %(name)s"), "money")]),
]
