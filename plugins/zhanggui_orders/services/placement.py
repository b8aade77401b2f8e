"""From a cart to an order: the server's prices, all of the stock or none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Choices, Code, DomainError, Money, NotFound, _l, hooks, publish, record_audit, regions, shop_day
from zhanggui_customers import facade as customers
from zhanggui_customers.contracts import AddressView
from zhanggui_inventory import facade as inventory
from zhanggui_products import facade as products

from .. import queries
from ..contracts import Adjustment, CartLine, Note, PriceStep, Quote, QuoteLine
from ..events import OrderPlaced
from ..models import LineAdjustment, Order, OrderLine, PriceAdjustment
from ..rules import adjusted, checked_lines, new_number, stage_of, summary
from ..states import FulfillmentStatus, OrderStatus, PaymentStatus
from . import days, limits
from .finding import write_terms
from .moves import person_of
from .payment import apply_money


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


class PriceChanged(DomainError):
    """An order does not cost what its buyer was shown; ``quote`` is what it costs now."""

    code = "price_changed"
    status = 409
    message = _l("The price has changed in the meantime. Please look at it once more.")

    def __init__(self, quote: Quote) -> None:
        super().__init__()
        self.quote = quote
        self.shown: dict[str, Any] = {}  # the quote as the API writes it

    def members(self) -> dict[str, Any]:
        return {"quote": self.shown} if self.shown else {}


def quote_cart(
    db: Session,
    *,
    lines: Sequence[CartLine],
    customer_id: int | None,
    now: datetime,
    address: AddressView | None = None,
    choices: Choices | None = None,
    locale: str | None = None,
    placing: bool = False,
) -> Quote:
    """What a cart costs. Prices come from the catalogue and from price steps, never from the caller.

    :param choices: what was chosen for the whole cart, as ``read_choices`` answers it.
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
                unit_cost=variant.cost, texts=variant.texts,
                choices=line.choices,
            )
        )  # fmt: skip
    currencies = {variant.currency for variant in found.values()}
    if len(currencies) > 1:
        raise MixedCurrencies()
    limits.check_quantities(priced)
    quote = Quote(currencies.pop(), tuple(priced), customer_id, address, choices or {}, placing)
    for plugin, step in price_steps():
        quote = hooks.contained(plugin, "orders_price_steps", _taken, step, f"{plugin}.{step.id}", db, quote, now)
    return quote


def _taken(step: PriceStep, name: str, db: Session, quote: Quote, now: datetime) -> Quote:
    for said in step.price(db, quote, now):
        if isinstance(said, Note):
            quote = replace(quote, notes=(*quote.notes, said))
        elif isinstance(said, Adjustment):
            quote = adjusted(quote, said, name)
        else:
            raise TypeError(f"a price step answers with Adjustment and Note, not {type(said).__name__}")
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
    choices: Choices | None = None,
    expected_total: Money | None = None,
    actor: Actor,
    now: datetime,
) -> Order:
    """Place an order and hold its stock. Nothing is written when anything is refused.

    :param expected_total: what the buyer was shown.
    :raises OutOfStock: naming the product of which there is not enough.
    :raises NotSellable: for a product that is not on sale.
    :raises NotFound: for a variant that is none, or an address that is not this customer's.
    :raises PriceChanged: with the new quote, when it does not cost what the buyer was shown.
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
    quote = quote_cart(
        db, lines=lines, customer_id=customer_id, now=now, address=address, choices=choices, locale=locale, placing=True
    )
    if expected_total is not None and expected_total != Money(quote.total, quote.currency):
        raise PriceChanged(quote)
    share = None if buyer is None else limits.share(db, buyer, {line.variant_id for line in quote.lines})
    order = _write(db, quote, buyer_name, note, source, now)
    facts = queries.facts(order)
    hooks.call("orders_move_guards", db=db, order=facts, verb="place", actor=actor)
    hooks.call("orders_placing", db=db, quote=quote, order=facts, actor=actor, now=now)
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
        nothing = Money(0, order.currency)
        apply_money(db, order_id=order.id, paid=nothing, refunded=nothing, actor=actor, now=now)
    return order


def _write(db: Session, quote: Quote, buyer_name: str, note: str, source: str, now: datetime) -> Order:
    address = quote.address
    first = (OrderStatus.OPEN, PaymentStatus.UNPAID, FulfillmentStatus.UNFULFILLED)
    order = Order(
        customer_id=quote.customer_id, status=first[0], payment_status=first[1],
        fulfillment_status=first[2], stage=stage_of(*first), source=source, currency=quote.currency,
        goods_total=quote.goods_total, discount_total=quote.discount_total, freight_total=quote.added("freight"),
        fee_total=quote.added("fee"), tax_total=quote.added("tax"), total=quote.total, summary=_summary(quote.lines), summaries=_summaries(quote.lines),
        buyer_name=buyer_name, name_index=customers.name_index(buyer_name) if buyer_name else None, note=note.strip()[:1000] or None, placed_at=now,
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
            "total": q.total, "unit_cost": q.unit_cost, "texts": {code: dict(text) for code, text in q.texts.items() if (text.get("name"), text.get("option")) != (q.name, q.option)} or None,
        }
        for place, q in enumerate(quote.lines)
    ]  # fmt: skip
    db.execute(insert(OrderLine.__table__), rows)
    _write_adjustments(db, order.id, quote)
    write_terms(db, [(order.id, now, order.number, [f"{q.name} {q.option} {q.sku}" for q in quote.lines])])
    return order


def _summary(lines: Sequence[QuoteLine], locale: str = "") -> str:
    """What is ordered, in the buyer's language or in another one."""
    named = []
    for q in lines:
        text = q.texts.get(locale, {})
        named.append((f"{text.get('name', q.name)} {text.get('option', q.option)}".strip(), q.quantity))
    return summary(named)


def _summaries(lines: Sequence[QuoteLine]) -> dict[str, str] | None:
    """The same in every language in which something of it has a name."""
    own = _summary(lines)
    others = {code: _summary(lines, code) for code in sorted({code for q in lines for code in q.texts})}
    return {code: text for code, text in others.items() if text != own} or None


def _write_adjustments(db: Session, order_id: int, quote: Quote) -> None:
    """Each change of the price, and its part of each line."""
    if not quote.adjustments:
        return
    made = [
        PriceAdjustment(order_id=order_id, step=a.step, kind=a.kind, label=str(a.label)[:200], source=a.source, amount=a.amount)
        for a in quote.adjustments
    ]
    db.add_all(made)
    db.flush()
    at = OrderLine.position
    lines: dict[int, int] = dict(db.execute(select(at, OrderLine.id).where(OrderLine.order_id == order_id)).tuples().all())
    parts = [
        {"adjustment_id": row.id, "order_line_id": lines[place], "amount": part}
        for row, a in zip(made, quote.adjustments, strict=True)
        for place, part in (a.parts or {}).items()
    ]
    db.execute(insert(LineAdjustment.__table__), parts)


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
