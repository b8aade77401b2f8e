"""Putting on sale, taking off sale, and what a thing costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, DomainError, IllegalMove, Invalid, _l, publish, record_audit

from ..events import PriceChanged, ProductSaved
from ..models import Product, Variant
from ..rules import minor_units, shop_currency
from ..states import LABELS, ProductStatus, leading_to
from .editing import product_for_update


class NothingToSell(DomainError):
    """A product without a variant that can be bought does not go on sale."""

    code = "nothing_to_sell"
    message = _l("%(name)s has no variant that can be bought.")


def put_on_sale(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Show a product to customers.

    :raises IllegalMove: when it is on sale already.
    """
    product = product_for_update(db, id)
    sellable = exists().where(Variant.product_id == id, Variant.active.is_(True))
    if not db.scalar(select(sellable)):
        raise NothingToSell(name=product.name)
    _move(db, product, ProductStatus.ON_SALE, actor, now)


def take_off_sale(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Hide a product from customers; orders that were placed are not touched.

    :raises IllegalMove: when it is not on sale.
    """
    _move(db, product_for_update(db, id), ProductStatus.OFF_SALE, actor, now)


def _move(db: Session, product: Product, wanted: ProductStatus, actor: Actor, now: datetime) -> None:
    before = product.status
    done = db.scalar(
        update(Product)
        .where(Product.id == product.id, Product.status.in_(leading_to(wanted)))
        .values(status=wanted, changed_at=now, row_version=Product.row_version + 1)
        .returning(Product.id)
        .execution_options(synchronize_session=False)
    )
    db.refresh(product)
    if done is None:
        raise IllegalMove(thing=product.name, state=LABELS[product.status], wanted=LABELS[wanted])
    record_audit(
        db, f"products.product.{wanted}", target=product, label=product.name, actor=actor, now=now,
        before={"status": before}, after={"status": product.status},
    )  # fmt: skip
    # Whoever keeps something for each variant may have been switched off when this product was made.
    publish(db, ProductSaved(product_id=product.id, variant_ids=[variant.id for variant in product.variants]))


def change_price(db: Session, *, id: int, prices: Sequence[Mapping[str, Any]], actor: Actor, now: datetime) -> None:
    """Give variants of one product new prices: ``prices`` holds ``{"id": variant id, "price": Money}``.

    :raises Invalid: for a variant of another product, or an amount that is none.
    """
    product = product_for_update(db, id)
    variants = {str(variant.id): variant for variant in product.variants}
    currency = shop_currency()
    before, after = {}, {}
    for number, line in enumerate(prices or ()):
        variant = variants.get(str(line.get("id") or ""))
        if variant is None:
            raise Invalid(errors={f"prices-{number}-price": _l("Choose from the list.")})
        try:
            price = minor_units(line["price"], currency)
        except (ValueError, TypeError, KeyError):
            raise Invalid(errors={f"prices-{number}-price": _l("An amount such as 19.90 is needed.")}) from None
        if (price, currency) == (variant.price, variant.currency):
            continue
        before[variant.sku], after[variant.sku] = variant.price, price
        variant.price, variant.currency = price, currency
        publish(db, PriceChanged(variant_id=variant.id, product_id=id, price=price, currency=Code(currency)))
    if not after:
        return
    product.changed_at = now
    db.flush()
    record_audit(
        db, "products.product.price_changed", target=product, label=product.name, actor=actor, now=now,
        before=before, after=after,
    )  # fmt: skip
