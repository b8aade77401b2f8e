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


def batch(db: Session, last: Any, limit: int) -> tuple[Sequence[Sequence[Any]], Any]:
    """Variants that are sold, product by product; ``last`` is the place of the row before."""
    statement = (
        select(*Variant.__table__.c, Product.name, Product.description, Product.external_key, Product.public_id.label("key"),
               Category.name.label("category"))
        .join(Product, Variant.product_id == Product.id)
        .outerjoin(Category, Product.category_id == Category.id)
        .where(Variant.active, *([tuple_(*_PLACE) > last] if last else []))
        .order_by(*_PLACE)
        .limit(limit)
    )  # fmt: skip
    found = db.execute(statement).all()
    rows = [
        (r.sku, r.name, Money(r.price, r.currency).decimal, _product(r), r.option, r.description, r.category,
         None if r.cost is None else Money(r.cost, r.currency).decimal, r.barcode, r.weight_g)
        for r in found
    ]  # fmt: skip
    return rows, (found[-1].product_id, found[-1].id) if found else last


def _product(row: Any) -> str:
    """What keeps the variants of one product together; nothing for one that was known by its SKU alone."""
    key = (row.external_key or row.key).removeprefix("product:")
    return "" if key == f"sku:{row.sku}" else row.key if key.startswith("sku:") else key


PRODUCTS = Exporter("products", _l("Products"), COLUMNS, batch)
