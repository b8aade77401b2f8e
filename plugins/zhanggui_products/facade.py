"""What other plugins may ask of the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Subquery
from sqlalchemy.orm import Session

from zhanggui.api import Actor, NotFound, _l, clock, current_actor

from . import queries
from .contracts import ProductRecord, Shelf, ShelfProduct, ShelfVariant, SoldVariant, VariantRecord
from .services import history

__all__ = [
    "ProductRecord", "Shelf", "ShelfProduct", "ShelfVariant", "SoldVariant", "VariantRecord", "product_ids", "product_on_shelf", "products_on_shelf", "public_ids", "rows_of_costs",
    "shelf", "shelves", "upsert_products", "variant_ids_by_code", "variant_ids_by_sku", "variants_by_id", "variants_for_order",
    "variants_of_product",
]  # fmt: skip


def variants_for_order(
    db: Session, variant_public_ids: Collection[str], locale: str | None = None
) -> dict[str, SoldVariant]:
    """What order lines freeze, by public id. Unknown ids are left out; look at ``sellable`` before selling."""
    return {v.public_id: v for v in queries.sold_variants(db, public_ids=variant_public_ids, locale=locale)}


def variants_by_id(db: Session, variant_ids: Collection[int], locale: str | None = None) -> dict[int, SoldVariant]:
    """The same by internal id, for plugins that keep one."""
    return {v.id: v for v in queries.sold_variants(db, ids=variant_ids, locale=locale)}


def variants_of_product(db: Session, product_ids: Collection[int]) -> dict[int, list[int]]:
    """Internal ids of every variant of some products, sold or not."""
    return queries.variants_of(db, product_ids)


def shelf(
    db: Session,
    *,
    locale: str,
    limit: int = 20,
    after: tuple[int, int] | None = None,
    category: str | None = None,
    q: str = "",
) -> tuple[list[ShelfProduct], tuple[int, int] | None]:
    """One page of what is on sale, and where the next begins (to be given as ``after``).

    ``category`` is a public id and includes what lies below it; ``q`` searches names and codes.
    """
    return queries.shelf_page(db, locale=locale, limit=limit, after=after, category=category, q=q)


def product_on_shelf(db: Session, public_id: str, *, locale: str) -> ShelfProduct:
    """A product on sale.

    :raises NotFound: when there is none, or it is not on sale.
    """
    product = queries.product_on_shelf(db, public_id)
    if product is None:
        raise NotFound(_l("There is no such product."))
    return queries.shelf_products(db, [product], locale)[0]


def products_on_shelf(db: Session, product_ids: Collection[int], *, locale: str) -> list[ShelfProduct]:
    """Those of some products that are on sale, by internal id."""
    return queries.shelf_products(db, queries.on_sale(db, product_ids), locale)


def public_ids(db: Session, product_ids: Collection[int]) -> dict[int, str]:
    """``{product id: public id}``."""
    return queries.public_ids(db, product_ids)


def shelves(db: Session, *, locale: str) -> list[Shelf]:
    """Every visible category."""
    return queries.shelves(db, locale)


def upsert_products(
    db: Session,
    records: Sequence[ProductRecord],
    *,
    batch_id: str = "",
    actor: Actor | None = None,
    now: datetime | None = None,
) -> dict[str, int]:
    """Store products of an import by their key, in few statements. ``{key: product id}``."""
    return history.upsert_products(
        db, records, batch_id=batch_id, actor=actor or current_actor(), now=now or clock.now()
    )


def variant_ids_by_sku(db: Session, skus: Iterable[str]) -> dict[str, tuple[int, int]]:
    """``{sku: (variant id, product id)}`` of those that there are."""
    return history.variant_ids_by_sku(db, skus)


def rows_of_costs() -> Subquery:
    """What variants cost the shop, as a part of a statement of another plugin that adds something up: ``id``, ``cost``, ``currency``."""
    return queries.rows_of_costs()


def product_ids(db: Session, public_ids: Collection[str]) -> dict[str, int]:
    """``{public id: product id}`` of those that there are, on sale or not."""
    return queries.product_ids(db, public_ids)


def variant_ids_by_code(db: Session, codes: Collection[str]) -> dict[str, int]:
    """``{code: variant id}`` of what was typed or scanned: a SKU, else a barcode that one variant alone has."""
    return queries.variant_ids_by_code(db, codes)
