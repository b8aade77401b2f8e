"""From the cart to the parcel. Prices and stock are decided by orders, never by what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields
from sqlalchemy.orm import Session

from zhanggui.api import DomainError, IllegalMove, NotFound, Operation, _l
from zhanggui_customers import facade as customers
from zhanggui_inventory import facade as inventory
from zhanggui_orders import facade as orders

from .. import examples, schemas, shapes
from ..contracts import ShopRequest
from ..paging import page, place_of

STAGES = ("to_pay", "to_ship", "shipped", "done", "canceled")
OrderList = schemas.list_query("OrderList", ["-placed_at"], stage=fields.String(validate=schemas.one_of(STAGES)))


class PaymentUnavailable(DomainError):
    """No way to pay is switched on."""

    code = "payment_unavailable"
    message = _l("This shop takes no payment here. Please pay as agreed with the shop.")


def _cart(request: ShopRequest) -> list[orders.CartLine]:
    return [orders.CartLine(line["variant_id"], line["quantity"]) for line in request.body["lines"]]


def quote_cart(request: ShopRequest) -> dict[str, Any]:
    """What a cart costs, and how many of each there are."""
    db, customer_id, address_id = request.db, request.customer.id, request.body["address_id"]
    region = customers.address_of(db, customer_id=customer_id, address_id=address_id).region if address_id else ()
    quote = orders.quote_cart(
        db, lines=_cart(request), customer_id=customer_id, now=request.now, region=region, locale=request.locale
    )
    return shapes.quote(quote, inventory.stock_of(db, [line.variant_id for line in quote.lines]))


def place_order(request: ShopRequest) -> tuple[dict[str, Any], int]:
    """Place an order and hold its stock: all of it or nothing."""
    placed = orders.place_order(
        request.db, lines=_cart(request), customer_id=request.customer.id, address_id=request.body["address_id"] or None,
        note=request.body["note"] or "", locale=request.locale, actor=request.actor, now=request.now,
    )  # fmt: skip
    return shapes.order(placed), 201


def list_orders(request: ShopRequest) -> dict[str, Any]:
    """The customer's own orders, newest first; ``q`` is a whole number."""
    db, query = request.db, request.query
    stages = [query["stage"]] if "stage" in query else []
    if query["q"]:
        found = _by_number(db, request.customer.id, query["q"])
        return page("orders", request, [shapes.order(o) for o in found if not stages or o.facts.stage in stages], None)
    place = place_of("orders", request)
    after = (datetime.fromisoformat(place[0]), place[1]) if place else None
    rows, following = orders.orders_of_customer(
        db, customer_id=request.customer.id, limit=query["limit"], after=after, stages=stages
    )
    next_place = (following[0].isoformat(), following[1]) if following else None
    return page("orders", request, [shapes.order(o) for o in rows], next_place)


def _by_number(db: Session, customer_id: int, number: str) -> list[orders.OrderView]:
    try:
        return [orders.order_of_customer(db, customer_id=customer_id, number=number)]
    except NotFound:
        return []


def _mine(request: ShopRequest) -> dict[str, Any]:
    return {"customer_id": request.customer.id, "number": request.path["number"]}


def show_order(request: ShopRequest) -> dict[str, Any]:
    """One of the customer's own orders."""
    return shapes.order(orders.order_of_customer(request.db, **_mine(request)))


def cancel_order(request: ShopRequest) -> dict[str, Any]:
    """Call off an order that is not paid."""
    return shapes.order(
        orders.cancel_by_customer(
            request.db, **_mine(request), reason=request.body["reason"] or "", actor=request.actor, now=request.now
        )
    )


def receive_order(request: ShopRequest) -> dict[str, Any]:
    """Say that everything came."""
    return shapes.order(orders.receive_by_customer(request.db, **_mine(request), actor=request.actor, now=request.now))


def pay_order(request: ShopRequest) -> dict[str, Any]:
    """Refuse, until a plugin that takes money offers this path in our place.

    :raises IllegalMove: when the order is not waiting for a payment.
    :raises PaymentUnavailable: always otherwise.
    """
    facts = orders.order_of_customer(request.db, **_mine(request)).facts
    if facts.stage != "to_pay":
        raise IllegalMove(_l("Order %(number)s is not waiting for a payment."), number=facts.number)
    raise PaymentUnavailable()


_CART = (orders.NotSellable, orders.MixedCurrencies, orders.TooManyOfOne)
OPERATIONS = [
    Operation(
        "POST", "/quotes", quote_cart, "What a cart costs", body=schemas.CartBody, answer=schemas.Quote,
        refuses=_CART, example=examples.QUOTE,
    ),
    Operation(
        "POST", "/orders", place_order, "Place an order", body=schemas.CartBody, answer=schemas.Order, status=201,
        idempotent=True, refuses=(*_CART, inventory.OutOfStock, orders.TooManyUnpaid, inventory.ShareUsedUp),
        example=examples.PLACE,
    ),
    Operation(
        "GET", "/orders", list_orders, "My orders", query=OrderList, answer=schemas.ORDERS, example=examples.LIST_ORDERS
    ),
    Operation("GET", "/orders/{number}", show_order, "One order", answer=schemas.Order, example=examples.SHOW_ORDER),
    Operation(
        "POST", "/orders/{number}/cancel", cancel_order, "Call off an order that is not paid", body=schemas.CancelBody,
        answer=schemas.Order, example=examples.CANCEL,
    ),
    Operation(
        "POST", "/orders/{number}/pay", pay_order, "Ask to pay; 409 while no payment method is enabled",
        answer=schemas.Order, example=examples.PAY,
    ),
    Operation(
        "POST", "/orders/{number}/receive", receive_order, "Say that everything came", answer=schemas.Order,
        example=examples.RECEIVE,
    ),
]  # fmt: skip
