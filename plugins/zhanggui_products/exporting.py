"""``zhanggui export products``: one row a SKU, as the importer reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from zhanggui.api import Exporter, Money, _l

from .models import Category, Product, Variant

COLUMNS = ("sku", "name", "price", "product", "option", "description", "category", "cost", "barcode", "weight_g")
_PLACE = (Variant.product_id, Variant.id)


LABELS = {
    "sku": _l("SKU"), "name": _l("Name"), "price": _l("Price"), "product": _l("Product"), "option": _l("Option"), "description": _l("Description"),
    "category": _l("Category"), "cost": _l("Cost"), "barcode": _l("Barcode"), "weight_g": _l("Weight (g)"),
}  # fmt: skip
RIGHTS = {"cost": ("can_see_cost", "products.Product")}


def batch(db: Session, last: Any, limit: int) -> tuple[Sequence[Sequence[Any]], Any]:
    """Variants that are sold, product by product; ``last`` is the place of the row before."""
    after = [tuple_(*_PLACE) > last] if last else []
    found = db.execute(selected().where(*after).order_by(*_PLACE).limit(limit)).all()
    return [row_of(r) for r in found], (found[-1].product_id, found[-1].id) if found else last


def of(db: Session, ids: Sequence[int]) -> Sequence[Sequence[Any]]:
    """The variants that are sold of some products, in the order of these."""
    found: dict[int, list[Sequence[Any]]] = {product_id: [] for product_id in ids}
    for r in db.execute(selected().where(Variant.product_id.in_(ids)).order_by(Variant.product_id, Variant.position, Variant.id)):
        found[r.product_id].append(row_of(r))
    return [row for rows in found.values() for row in rows]


def selected() -> Any:
    """Variants that are sold, with what their products say."""
    return (
        select(*Variant.__table__.c, Product.name, Product.description, Product.external_key, Product.public_id.label("key"), Product.status,
               Product.position.label("shelf_place"), Product.pictures, Category.name.label("category"))
        .join(Product, Variant.product_id == Product.id)
        .outerjoin(Category, Product.category_id == Category.id)
        .where(Variant.active)
    )  # fmt: skip


def row_of(r: Any) -> tuple[Any, ...]:
    """A variant as one row of a file."""
    return (r.sku, r.name, Money(r.price, r.currency).decimal, _product(r), r.option, r.description, r.category,
            None if r.cost is None else Money(r.cost, r.currency).decimal, r.barcode, r.weight_g)  # fmt: skip


def _product(row: Any) -> str:
    """What keeps the variants of one product together; nothing for one that was known by its SKU alone."""
    key = (row.external_key or row.key).removeprefix("product:")
    return "" if key == f"sku:{row.sku}" else row.key if key.startswith("sku:") else key


PRODUCTS = Exporter("products", _l("Products"), COLUMNS, batch, screen="products.Product", of=of, labels=LABELS, rights=RIGHTS)
