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


class CostsNothing(DomainError):
    """A price of 0 may be a slip: nothing is sold for it before somebody says that it is meant."""

    code = "costs_nothing"
    message = _l("%(name)s has the price 0 (%(variant)s). Change the price, or say there that it is given away.")


def put_on_sale(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Show a product to customers.

    :raises IllegalMove: when it is on sale already.
    :raises CostsNothing: when a price is 0 and nobody said that it is meant.
    """
    product = product_for_update(db, id)
    sellable = exists().where(Variant.product_id == id, Variant.active.is_(True))
    if not db.scalar(select(sellable)):
        raise NothingToSell(name=product.name)
    unsaid = next((v for v in product.variants if v.active and v.price == 0 and not v.free), None)
    if unsaid is not None:
        raise CostsNothing(name=product.name, variant=unsaid.option or unsaid.sku)
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


def change_price(db: Session, *, id: int, prices: Sequence[Mapping[str, Any]], actor: Actor, now: datetime, free: bool = False) -> None:
    """Give variants of one product new prices: ``prices`` holds ``{"id": variant id, "price": Money}``.

    :param free: a price of 0 is meant; without it none is taken for a product that is on sale.
    :raises Invalid: for a variant of another product, an amount that is none, or a price of 0 that nobody confirmed.
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
        if price == 0 and not (free or variant.free) and product.status == ProductStatus.ON_SALE:
            raise Invalid(errors={f"prices-{number}-price": _l("It is on sale and would cost nothing. If that is meant, say so below.")})
        variant.free = price == 0 and (free or variant.free)
        if (price, currency) == (variant.price, variant.currency):
            continue
        before[variant.sku], after[variant.sku] = variant.price, price
        variant.price, variant.currency = price, currency
        publish(db, PriceChanged(variant_id=variant.id, product_id=id, price=price, currency=Code(currency)))
    if not after:
        db.flush()
        return
    product.changed_at = now
    db.flush()
    record_audit(
        db, "products.product.price_changed", target=product, label=product.name, actor=actor, now=now,
        before=before, after=after,
    )  # fmt: skip
