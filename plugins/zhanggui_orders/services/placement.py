"""From a cart to an order: the server's prices, all of the stock or none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, DomainError, NotFound, _l, hooks, publish, record_audit, regions
from zhanggui_customers import facade as customers
from zhanggui_customers.contracts import AddressView
from zhanggui_inventory import facade as inventory
from zhanggui_products import facade as products

from .. import queries
from ..contracts import CartLine, PriceStep, Quote, QuoteLine
from ..events import OrderPlaced
from ..models import Order, OrderLine, PriceAdjustment
from ..rules import adjusted, checked_lines, new_number, shop_day, stage_of, summary
from ..states import FulfillmentStatus, OrderStatus, PaymentStatus
from . import days, limits
from .moves import person_of
from .payment import record_payment


class NotSellable(DomainError):
    """A cart holds something that is not on sale any more."""

    code = "not_sellable"
    status = 409
    message = _l("%(name)s is not on sale any more.")


class MixedCurrencies(DomainError):
    """One order has one currency."""

    code = "mixed_currencies"
    status = 409
    message = _l("These products are sold in different currencies and need separate orders.")


def quote_cart(
    db: Session,
    *,
    lines: Sequence[CartLine],
    customer_id: int | None,
    now: datetime,
    region: Sequence[str] = (),
    locale: str | None = None,
) -> Quote:
    """What a cart costs. Prices come from the catalogue and from price steps, never from the caller.

    :raises NotFound: for a variant that is none.
    :raises NotSellable: for one that is not on sale.
    :raises TooManyOfOne: for more of one variant than fits in one order.
    """
    wanted = checked_lines(lines)
    found = products.variants_for_order(db, {line.variant_id for line in wanted}, locale)
    priced = []
    for line in wanted:
        variant = found.get(line.variant_id)
        if variant is None:
            raise NotFound(_l("There is no such product."))
        if not variant.sellable:
            raise NotSellable(name=variant.name)
        priced.append(
            QuoteLine(
                variant_id=variant.id, variant_public_id=variant.public_id, product_id=variant.product_id,
                category_id=variant.category_id, sku=variant.sku, name=variant.name, option=variant.option,
                picture=variant.picture, weight_g=variant.weight_g, unit_price=variant.price, quantity=line.quantity,
                unit_cost=variant.cost,
            )
        )  # fmt: skip
    currencies = {variant.currency for variant in found.values()}
    if len(currencies) > 1:
        raise MixedCurrencies()
    limits.check_quantities(priced)
    quote = Quote(currencies.pop(), tuple(priced), customer_id, tuple(region))
    for plugin, step in price_steps():
        quote = hooks.contained(plugin, "orders_price_steps", _taken, step, db, quote, now)
    return quote


def _taken(step: PriceStep, db: Session, quote: Quote, now: datetime) -> Quote:
    for change in step.price(db, quote, now):
        quote = adjusted(quote, change)
    return quote


def price_steps() -> list[tuple[str, PriceStep]]:
    """The price steps of all enabled plugins, in their order, each with its plugin."""
    steps = [(plugin, step) for plugin, given in hooks.call("orders_price_steps") for step in given or ()]
    return sorted(steps, key=lambda pair: pair[1].order)


def place_order(
    db: Session,
    *,
    lines: Sequence[CartLine],
    customer_id: int | None,
    address_id: str | None = None,
    buyer_name: str = "",
    note: str = "",
    source: str = "storefront",
    locale: str | None = None,
    actor: Actor,
    now: datetime,
) -> Order:
    """Place an order and hold its stock. Nothing is written when anything is refused.

    :raises OutOfStock: naming the product of which there is not enough.
    :raises NotSellable: for a product that is not on sale.
    :raises NotFound: for a variant that is none, or an address that is not this customer's.
    :raises TooManyOfOne: for more of one variant than fits in one order.
    :raises TooManyUnpaid: when a customer who orders for himself has enough unpaid orders.
    :raises ShareUsedUp: when he would hold too much of a variant before he pays.
    """
    address = None
    if customer_id is not None:
        customer = customers.customer_for_update(db, customer_id)  # first of all locks, so that nobody waits in a circle
        if customer.blocked:
            raise customers.CustomerIsBlocked()
        if address_id is not None:
            address = customers.address_of(db, customer_id=customer_id, address_id=address_id)
        buyer_name = buyer_name or customer.name
    elif address_id is not None:
        raise NotFound(_l("There is no such address."))
    buyer = customer_id if actor.kind == "customer" else None
    if buyer is not None:
        limits.check_unpaid(db, buyer)
    region = address.region if address else ()
    quote = quote_cart(db, lines=lines, customer_id=customer_id, now=now, region=region, locale=locale)
    share = None if buyer is None else limits.share(db, buyer, {line.variant_id for line in quote.lines})
    order = _write(db, quote, address, buyer_name, note, source, now)
    hooks.call("orders_move_guards", db=db, order=queries.facts(order), verb="place", actor=actor)
    inventory.reserve_stock(
        db, order_id=order.id, wanted=[inventory.Wanted(line.variant_id, line.quantity) for line in quote.lines],
        share=share, actor=actor, now=now,
    )  # fmt: skip
    record_audit(
        db, "orders.order.placed", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        after={"total": order.total, "currency": Code(order.currency), "source": Code(source), "lines": len(quote.lines)},
    )  # fmt: skip
    publish(
        db,
        OrderPlaced(
            order_id=order.id,
            number=Code(order.number),
            customer_id=customer_id,
            amount=order.total,
            currency=Code(order.currency),
            at=now,
        ),
    )
    days.count(db, now, order.currency, placed_count=1, placed_amount=order.total)
    if order.total == 0:
        record_payment(db, order_id=order.id, provider="free", amount=0, currency=order.currency, actor=actor, now=now)
    return order


def _write(
    db: Session, quote: Quote, address: AddressView | None, buyer_name: str, note: str, source: str, now: datetime
) -> Order:
    first = (OrderStatus.OPEN, PaymentStatus.UNPAID, FulfillmentStatus.UNFULFILLED)
    order = Order(
        customer_id=quote.customer_id, status=first[0], payment_status=first[1],
        fulfillment_status=first[2], stage=stage_of(*first), source=source, currency=quote.currency,
        goods_total=quote.goods_total, discount_total=quote.discount_total, freight_total=quote.freight_total,
        total=quote.total, summary=summary([(f"{q.name} {q.option}".strip(), q.quantity) for q in quote.lines]),
        buyer_name=buyer_name, note=note.strip()[:1000] or None, placed_at=now,
    )  # fmt: skip
    if address is not None:
        order.phone_index, order.region = customers.phone_index(address.phone), regions.code_of(address.region)
        order.address = json.dumps(
            {"name": address.name, "phone": address.phone, "region": list(address.region), "detail": address.detail},
            ensure_ascii=False,
        )
    _store(db, order)
    rows = [
        {
            "order_id": order.id, "position": place, "variant_id": q.variant_id, "product_id": q.product_id,
            "variant_public_id": q.variant_public_id, "sku": q.sku, "name": q.name, "option": q.option,
            "picture": q.picture, "unit_price": q.unit_price, "quantity": q.quantity, "discount": q.discount,
            "total": q.total, "unit_cost": q.unit_cost,
        }
        for place, q in enumerate(quote.lines)
    ]  # fmt: skip
    db.execute(insert(OrderLine.__table__), rows)
    if quote.adjustments:
        db.execute(
            insert(PriceAdjustment.__table__),
            [
                {"order_id": order.id, "kind": a.kind, "label": str(a.label)[:200], "source": a.code, "amount": a.amount}
                for a in quote.adjustments
            ],
        )
    return order


def _store(db: Session, order: Order) -> None:
    """Insert the order under a number that is free. The constraint decides: who looks first may be overtaken."""
    while True:
        order.number = new_number(shop_day(order.placed_at))
        try:
            with db.begin_nested():
                db.add(order)
                db.flush()
            return
        except IntegrityError:
            if db.scalar(select(Order.id).where(Order.number == order.number)) is None:
                raise  # it was not the number
