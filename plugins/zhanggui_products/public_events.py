"""What programs outside are told of products: by their public ids and SKUs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import PublicEvent, _l

from .models import Product, Variant

_ID = {"type": "string"}
_VARIANTS = {"type": "array", "items": {"type": "object", "required": ["variant", "sku"], "additionalProperties": False, "properties": {"variant": _ID, "sku": _ID}}}
_EXAMPLE = [{"variant": "v8kq2mzt4h7n3x1c", "sku": "TEA-250"}]


def _variants(db: Session, ids: Sequence[int]) -> list[dict[str, str]]:
    found = db.execute(select(Variant.public_id, Variant.sku).where(Variant.id.in_(list(ids))).order_by(Variant.id))
    return [{"variant": row.public_id, "sku": row.sku} for row in found]


def _saved(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    product = db.scalar(select(Product.public_id).where(Product.id == payload["product_id"]))
    return None if product is None else {"product": product, "variants": _variants(db, payload["variant_ids"])}


def _imported(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"variants": _variants(db, payload["variant_ids"])}


def _price(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    product = db.scalar(select(Product.public_id).where(Product.id == payload["product_id"]))
    variants = _variants(db, [payload["variant_id"]])
    if product is None or not variants:
        return None
    return {"product": product, **variants[0], "price": {"amount": payload["price"], "currency": payload["currency"]}}


PUBLIC = (
    PublicEvent("products.product.saved@1", _l("A product is changed"), {"product": _ID, "variants": _VARIANTS}, {"product": "p3mz8kq2t4h7n1xc", "variants": _EXAMPLE}, _saved),
    PublicEvent("products.product.imported@1", _l("Products are imported"), {"variants": _VARIANTS}, {"variants": _EXAMPLE}, _imported),
    PublicEvent(
        "products.variant.price_changed@1", _l("A price is changed"),
        {
            "product": _ID, "variant": _ID, "sku": _ID,
            "price": {
                "type": "object", "required": ["amount", "currency"], "additionalProperties": False,
                "properties": {"amount": {"type": "integer", "description": "minor units"}, "currency": {"type": "string"}},
            },
        },
        {"product": "p3mz8kq2t4h7n1xc", **_EXAMPLE[0], "price": {"amount": 1990, "currency": "CNY"}}, _price,
    ),
)  # fmt: skip
