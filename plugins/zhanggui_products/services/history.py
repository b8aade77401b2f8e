"""Products in bulk, as an import brings them: no form, few statements, one audit row a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, selectinload

from zhanggui.api import Actor, Code, Invalid, _l, one_at_a_time, publish, record_audit, translations, words, write_rows

from ..contracts import ProductRecord
from ..events import ProductsImported
from ..models import Category, Product, Variant
from ..rules import search_text
from .editing import CATALOGUE

_CHUNK = 500
_products, _variants = Product.__table__, Variant.__table__


def upsert_products(
    db: Session, records: Sequence[ProductRecord], *, batch_id: str, actor: Actor, now: datetime
) -> dict[str, int]:
    """Store products by their key: new ones are made, known ones brought up to date. ``{key: product id}``.

    :raises Invalid: when a SKU belongs to a product of another key.
    """
    one_at_a_time(db, CATALOGUE)
    by_key = {record.key: record for record in records}
    categories = _categories(db, {r.category for r in records if r.category})
    known = _known(db, list(by_key))
    new = [r for key, r in by_key.items() if key not in known]
    old = [r for key, r in by_key.items() if key in known]
    if new:
        rows = [
            {**_product_row(r, categories, now), "search_text": search_text(r.name, r.variants), "external_key": r.key, "status": r.status, "created_at": now}
            for r in new
        ]
        made = db.execute(insert(_products).returning(_products.c.id, _products.c.external_key), rows)
        known |= {row.external_key: row.id for row in made}
    write_rows(db, _products, [(known[r.key], _of_file(_product_row(r, categories, now), r.given, _PRODUCT_FIELDS)) for r in old])
    variant_ids = _upsert_variants(db, by_key.values(), known)
    _index(db, [known[r.key] for r in old])
    if records:
        record_audit(
            db, "products.product.imported", target=("products.Batch", batch_id), label=Code(batch_id), actor=actor, now=now,
            after={"new": len(new), "updated": len(old)},
        )  # fmt: skip
    for start in range(0, len(variant_ids), _CHUNK):
        publish(db, ProductsImported(variant_ids=variant_ids[start : start + _CHUNK]))
    db.expire_all()
    return known


# Columns of a table by the field of a file that fills them; the others are always written.
_PRODUCT_FIELDS = {"description": "description", "category_id": "category"}
_VARIANT_FIELDS = {name: name for name in ("option", "cost", "barcode", "weight_g", "attributes", "position")}


def _of_file(row: dict[str, Any], given: frozenset[str] | None, fields: Mapping[str, str]) -> dict[str, Any]:
    return row if given is None else {name: value for name, value in row.items() if fields.get(name, name) in given or name not in fields}


def _index(db: Session, product_ids: Sequence[int]) -> None:
    """Make the text by which products are found anew, from all that they have now."""
    for start in range(0, len(product_ids), _CHUNK):
        some = db.scalars(select(Product).where(Product.id.in_(product_ids[start : start + _CHUNK])).options(selectinload(Product.variants)))
        texts = [(p.id, {"search_text": search_text(p.name, p.variants, translations.texts_in_all(db, "products.Product", p.id, "name"))}) for p in some]
        write_rows(db, _products, texts)


def _product_row(record: ProductRecord, categories: dict[str, int], now: datetime) -> dict[str, Any]:
    return {
        "name": record.name[:200],
        "description": record.description,
        "category_id": categories.get(record.category or ""),
        "changed_at": now,
    }


def _known(db: Session, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        rows = db.execute(select(_products.c.external_key, _products.c.id).where(_products.c.external_key.in_(some)))
        found |= {row.external_key: row.id for row in rows}
        ours = {key.removeprefix("product:"): key for key in some if key.startswith("product:") and key not in found}
        rows = db.execute(select(_products.c.public_id, _products.c.id).where(_products.c.public_id.in_(list(ours))))
        found |= {ours[row.public_id]: row.id for row in rows}  # an export of this shop names its own products so
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


def _upsert_variants(db: Session, records: Iterable[ProductRecord], product_ids: dict[str, int]) -> list[int]:
    wanted, given = {}, {}
    for record in records:
        for place, variant in enumerate(record.variants):
            wanted[variant.sku] = {
                "product_id": product_ids[record.key], "sku": variant.sku, "option": variant.option,
                "attributes": dict(variant.attributes), "price": variant.price, "currency": variant.currency,
                "cost": variant.cost, "barcode": variant.barcode, "weight_g": variant.weight_g, "position": place,
            }  # fmt: skip
            given[variant.sku] = record.given
    there = variant_ids_by_sku(db, wanted)
    foreign = [sku for sku, (_id, product_id) in there.items() if product_id != wanted[sku]["product_id"]]
    if foreign:
        raise Invalid(_l("SKU %(sku)s belongs to another product."), sku=foreign[0])
    new = [row for sku, row in wanted.items() if sku not in there]
    if new:
        db.execute(insert(_variants), new)
    write_rows(db, _variants, [(variant_id, _of_file(wanted[sku], given[sku], _VARIANT_FIELDS)) for sku, (variant_id, _product) in there.items()])
    return sorted(variant_id for variant_id, _product in variant_ids_by_sku(db, wanted).values())


def _categories(db: Session, names: set[str]) -> dict[str, int]:
    if not names:
        return {}
    found = {row.name: row.id for row in db.execute(select(Category.name, Category.id))}
    for name in sorted(names - set(found)):
        category = Category(name=name, search_text=words.stored(name))
        db.add(category)
        db.flush()
        found[name] = category.id
    return found
