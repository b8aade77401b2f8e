"""Products in bulk, as an import brings them: no form, few statements, one audit row a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Invalid, _l, record_audit

from ..contracts import ProductRecord
from ..models import Category, Product, Variant
from ..rules import search_text

_CHUNK = 500
_products, _variants = Product.__table__, Variant.__table__


def upsert_products(
    db: Session, records: Sequence[ProductRecord], *, batch_id: str, actor: Actor, now: datetime
) -> dict[str, int]:
    """Store products by their key: new ones are made, known ones brought up to date. ``{key: product id}``.

    :raises Invalid: when a SKU belongs to a product of another key.
    """
    by_key = {record.key: record for record in records}
    categories = _categories(db, {r.category for r in records if r.category})
    known = _known(db, list(by_key))
    new = [r for key, r in by_key.items() if key not in known]
    old = [r for key, r in by_key.items() if key in known]
    if new:
        rows = [
            {**_product_row(r, categories, now), "external_key": r.key, "status": r.status, "created_at": now}
            for r in new
        ]
        made = db.execute(insert(_products).returning(_products.c.id, _products.c.external_key), rows)
        known |= {row.external_key: row.id for row in made}
    if old:
        db.execute(
            update(_products).where(_products.c.id == bindparam("_id")),
            [{**_product_row(r, categories, now), "_id": known[r.key]} for r in old],
        )
    _upsert_variants(db, by_key.values(), known)
    if records:
        record_audit(
            db, "products.product.imported", target=("products.Batch", batch_id), label=batch_id, actor=actor, now=now,
            after={"new": len(new), "updated": len(old)},
        )  # fmt: skip
    db.expire_all()
    return known


def _product_row(record: ProductRecord, categories: dict[str, int], now: datetime) -> dict[str, Any]:
    return {
        "name": record.name[:200],
        "description": record.description,
        "category_id": categories.get(record.category or ""),
        "search_text": search_text(record.name, record.variants),
        "changed_at": now,
    }


def _known(db: Session, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        rows = db.execute(select(_products.c.external_key, _products.c.id).where(_products.c.external_key.in_(some)))
        found |= {row.external_key: row.id for row in rows}
    return found


def variant_ids_by_sku(db: Session, skus: Iterable[str]) -> dict[str, tuple[int, int]]:
    """``{sku: (variant id, product id)}`` of those that there are."""
    wanted = list(dict.fromkeys(skus))
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        rows = db.execute(
            select(_variants.c.sku, _variants.c.id, _variants.c.product_id).where(_variants.c.sku.in_(some))
        )
        found |= {row.sku: (row.id, row.product_id) for row in rows}
    return found


def _upsert_variants(db: Session, records: Iterable[ProductRecord], product_ids: dict[str, int]) -> None:
    wanted = {}
    for record in records:
        for place, variant in enumerate(record.variants):
            wanted[variant.sku] = {
                "product_id": product_ids[record.key], "sku": variant.sku, "option": variant.option,
                "attributes": dict(variant.attributes), "price": variant.price, "currency": variant.currency,
                "cost": variant.cost, "barcode": variant.barcode, "weight_g": variant.weight_g, "position": place,
            }  # fmt: skip
    there = variant_ids_by_sku(db, wanted)
    foreign = [sku for sku, (_id, product_id) in there.items() if product_id != wanted[sku]["product_id"]]
    if foreign:
        raise Invalid(_l("SKU %(sku)s belongs to another product."), sku=foreign[0])
    new = [row for sku, row in wanted.items() if sku not in there]
    if new:
        db.execute(insert(_variants), new)
    if there:
        db.execute(
            update(_variants).where(_variants.c.id == bindparam("_id")),
            [{**wanted[sku], "_id": variant_id} for sku, (variant_id, _product) in there.items()],
        )


def _categories(db: Session, names: set[str]) -> dict[str, int]:
    if not names:
        return {}
    found = {row.name: row.id for row in db.execute(select(Category.name, Category.id))}
    for name in sorted(names - set(found)):
        category = Category(name=name)
        db.add(category)
        db.flush()
        found[name] = category.id
    return found
