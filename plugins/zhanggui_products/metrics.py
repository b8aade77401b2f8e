"""Ways to take figures apart by what was sold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, String, cast, select
from sqlalchemy.orm import Session

from zhanggui.api import Dimension, Reader, _l, row_labels

from .models import Product

_product = Product.__table__.c


def _names(resource: str) -> Any:
    def words(db: Session, reader: Reader, values: Collection[str]) -> Mapping[str, str]:
        found = row_labels(db, reader, resource, [int(value) for value in values if value.isdecimal()])
        return {str(id): label for id, label in found.items()}

    return words


def _categories() -> Select[Any]:
    return select(cast(_product.id, String).label("key"), cast(_product.category_id, String).label("value"))


DIMENSIONS = (
    Dimension("product", _l("Product"), words=_names("products.Product"), none=_l("Not in the catalogue")),
    Dimension("category", _l("Category"), words=_names("products.Category"), through="product", pairs=_categories, none=_l("Without a category")),
)
