"""Making and changing a product together with its variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from zhanggui.api import (
    KEEP,
    Actor,
    Invalid,
    NotFound,
    StaleRow,
    _l,
    one_at_a_time,
    public_id,
    publish,
    record_audit,
    translations,
)

from .. import queries
from ..events import ProductSaved
from ..models import Category, Product, Variant
from ..rules import minor_units, search_text, shop_currency
from ..states import ProductStatus

RESOURCE = "products.Product"
VARIANT = "products.Variant"
Texts = str | Mapping[str, str]
# Whoever adds, moves or removes shelves, products or SKUs waits for the one before: what these rules look
# at (is the SKU free, is the category empty, would it stand below itself) are rows of others.
CATALOGUE = "products.catalogue"
_WITH_VARIANTS = select(Product).where(Product.id == bindparam("id")).options(joinedload(Product.variants)).execution_options(populate_existing=True)


def product_for_update(db: Session, product_id: int) -> Product:
    """A product with its variants, which nobody else changes until this transaction ends.

    :raises NotFound: when there is none.
    """
    # Locked first and read then: rows that are joined to one that was waited for would be as they were before.
    db.execute(select(Product.id).where(Product.id == product_id).with_for_update(key_share=True))
    found = db.scalars(_WITH_VARIANTS, {"id": product_id}).unique().one_or_none()
    if found is None:
        raise NotFound(_l("There is no such product."))
    return found


def create_product(
    db: Session,
    *,
    actor: Actor,
    now: datetime,
    name: Texts,
    variants: Sequence[Mapping[str, Any]],
    description: Texts | None = None,
    category_id: int | None = None,
    pictures: Sequence[str] | None = None,
    position: int | None = None,
) -> int:
    """A new draft with its variants; answers its id.

    :raises Invalid: without a name or a variant, or when a SKU is taken.
    """
    given = {
        "name": name, "description": description, "category_id": category_id, "pictures": pictures, "position": position,
    }  # fmt: skip
    one_at_a_time(db, CATALOGUE)
    product = Product(created_at=now, public_id=public_id(), description="")
    _fill(db, product, given, now)
    _set_variants(db, product, variants)
    db.add(product)
    _finish(db, product, given)
    _name_variants(db, product, variants)
    record_audit(
        db, "products.product.created", target=product, label=product.name, actor=actor, now=now, after=_facts(product)
    )
    publish(db, ProductSaved(product_id=product.id, variant_ids=[v.id for v in product.variants]))
    return product.id


def update_product(
    db: Session,
    *,
    id: int,
    row_version: int | None,
    actor: Actor,
    now: datetime,
    name: Texts = KEEP,
    variants: Sequence[Mapping[str, Any]] = KEEP,
    description: Texts | None = KEEP,
    category_id: int | None = KEEP,
    pictures: Sequence[str] | None = KEEP,
    position: int | None = KEEP,
) -> None:
    """Save what is given of a product; the rest stays. A variant that is left out is no longer sold.

    :raises StaleRow: when somebody saved it since the form was opened.
    """
    one_at_a_time(db, CATALOGUE)
    product = product_for_update(db, id)
    if row_version is not None and product.row_version != row_version:
        raise StaleRow(changed=_facts(product))
    before = _facts(product)
    given = {
        "name": name, "description": description, "category_id": category_id, "pictures": pictures, "position": position,
    }  # fmt: skip
    given = {field: value for field, value in given.items() if value is not KEEP}
    _fill(db, product, given, now)
    if variants is not KEEP:
        _set_variants(db, product, variants)
    _finish(db, product, given)
    if variants is not KEEP:
        _name_variants(db, product, variants)
    after = _facts(product)
    changed = [key for key in after if before[key] != after[key]]
    record_audit(
        db, "products.product.changed", target=product, label=product.name, actor=actor, now=now,
        before={key: before[key] for key in changed}, after={key: after[key] for key in changed},
    )  # fmt: skip
    publish(db, ProductSaved(product_id=product.id, variant_ids=[v.id for v in product.variants]))


def _fill(db: Session, product: Product, given: Mapping[str, Any], now: datetime) -> None:
    if "name" in given:
        product.name = translations.split(given["name"] or "")[0].strip()
        if not product.name:
            raise Invalid(errors={"name": _l("A product needs a name.")})
    if "description" in given:
        product.description = translations.split(given["description"] or "")[0]
    if "category_id" in given:
        if given["category_id"] not in (None, product.category_id) and db.get(Category, given["category_id"]) is None:
            raise Invalid(errors={"category_id": _l("Choose from the list.")})
        product.category_id = given["category_id"]
    if "pictures" in given:
        product.pictures = list(given["pictures"] or ())
        product.picture = product.pictures[0] if product.pictures else None
    if "position" in given:
        product.position = given["position"] or 0
    product.changed_at = now


def _set_variants(db: Session, product: Product, lines: Sequence[Mapping[str, Any]] | None) -> None:
    if not lines:
        raise Invalid(errors={"variants": _l("A product needs at least one variant with a price.")})
    present = {variant.id: variant for variant in product.variants if variant.id is not None}
    by_sku = {variant.sku: variant for variant in product.variants}
    old_skus = {variant.id: variant.sku for variant in present.values()}
    claimed = {_id(line.get("id")) for line in lines} & set(present)  # a SKU that moved on does not bring its variant along
    currency = shop_currency()
    errors: dict[str, Any] = {}
    kept, seen = set(), set()
    for number, line in enumerate(lines):
        sku = str(line.get("sku") or "").strip()
        where = f"variants-{number}-"
        if not sku or len(sku) > 64:
            errors[where + "sku"] = _l("A SKU of at most 64 characters is needed.")
        elif sku in seen:
            errors[where + "sku"] = _l("This SKU stands here twice.")
        seen.add(sku)
        variant = present.get(_id(line.get("id")) or 0)
        if variant is None and sku in by_sku and by_sku[sku].id not in claimed:
            variant = by_sku[sku]
        if line.get("id") and _id(line["id"]) not in present:
            errors[where + "sku"] = _l("This variant belongs to another product.")
        if variant is None:
            variant = Variant(public_id=public_id(), currency=currency, attributes={})
            product.variants.append(variant)
        else:
            kept.add(variant.id)
        try:
            _fill_variant(variant, line, sku, number, currency)
        except ValueError:
            errors[where + "price"] = _l("An amount such as 19.90 is needed.")
            continue
        if variant.price == 0 and variant.active and not variant.free and product.status == ProductStatus.ON_SALE:
            errors[where + "price"] = _l("It is on sale and would cost nothing. If that is meant, say so under “Change price”.")
    skus = [str(line.get("sku") or "").strip() for line in lines]
    if not errors and not seen <= set(by_sku):
        errors = _taken_skus(db, product, skus)
    left_out = {sku for variant_id, sku in old_skus.items() if variant_id not in kept}
    errors |= {f"variants-{n}-sku": _l("This SKU is taken already.") for n, sku in enumerate(skus) if sku in left_out}
    if errors:
        if product.id is not None:
            db.expire(product)  # a caller that goes on after the refusal must not save half a form
        raise Invalid(errors=errors)
    for variant_id, variant in present.items():
        if variant_id not in kept:
            variant.active = False
    _exchange(db, [v for v in product.variants if v.sku != old_skus.get(v.id)], set(old_skus.values()))


def _exchange(db: Session, changed: Sequence[Variant], old_skus: set[str]) -> None:
    """Let variants of one product exchange their SKUs, which are unique at every moment."""
    wanted = [(variant, variant.sku) for variant in changed]
    if not any(sku in old_skus for _variant, sku in wanted):
        return
    for variant, _sku in wanted:
        variant.sku = f"~{variant.public_id}"
    db.flush()
    for variant, sku in wanted:
        variant.sku = sku


def _fill_variant(variant: Variant, line: Mapping[str, Any], sku: str, number: int, currency: str) -> None:
    price = line.get("price")
    if price is None:
        raise ValueError("a variant needs a price")
    variant.sku = sku
    variant.option = str(line.get("option") or "").strip()
    variant.price, variant.currency = minor_units(price, currency), currency
    if "cost" in line:  # who may not see it does not erase it
        variant.cost = None if line["cost"] is None else minor_units(line["cost"], currency)
    variant.barcode = str(line.get("barcode") or "").strip() or None
    variant.weight_g = line.get("weight_g")
    variant.attributes = dict(line.get("attributes") or variant.attributes or {})
    variant.position = number
    variant.active = not line.get("retired", False)


def _taken_skus(db: Session, product: Product, skus: Sequence[str]) -> dict[str, Any]:
    with db.no_autoflush:
        taken = select(Variant.sku).where(Variant.sku.in_(skus))
        if product.id is not None:
            taken = taken.where(Variant.product_id != product.id)
        found = set(db.scalars(taken))
    return {f"variants-{n}-sku": _l("This SKU is taken already.") for n, sku in enumerate(skus) if sku in found}


def _finish(db: Session, product: Product, given: Mapping[str, Any]) -> None:
    if product.id is None:
        db.flush()  # its texts need its id
    texts = {field: translations.split(given[field] or "")[1] for field in ("name", "description") if field in given}
    fields = {field: (texts.get(field), getattr(product, field)) for field in {"name", *texts}}
    with db.no_autoflush:  # one flush at the end is enough
        names = translations.set_texts(db, RESOURCE, product.id, fields)["name"]
    others = [text for text in names.values() if text != product.name]
    product.search_text = search_text(product.name, product.variants, others)
    db.flush()  # events and the audit name the ids of new variants


def _name_variants(db: Session, product: Product, lines: Sequence[Mapping[str, Any]]) -> None:
    """What variants are called in the shop's other language. A line that says nothing of it leaves it."""
    other, ids = queries.other_language(), {variant.sku: variant.id for variant in product.variants}
    rows = {
        ids[str(line["sku"]).strip()]: ({other: str(line["option_other"] or "").strip()}, str(line.get("option") or "").strip())
        for line in lines
        if other and "option_other" in line
    }
    if rows:
        translations.set_texts_of_rows(db, VARIANT, "option", rows)


def _id(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() else None


def _facts(product: Product) -> dict[str, Any]:
    """What the audit and a stale form compare."""
    return {
        "name": product.name,
        "description": product.description,
        "category_id": product.category_id,
        "pictures": list(product.pictures or ()),
        "position": product.position,
        "variants": [
            {"sku": v.sku, "option": v.option, "price": v.price, "active": v.active}
            for v in sorted(product.variants, key=lambda v: v.position)
        ],
    }
