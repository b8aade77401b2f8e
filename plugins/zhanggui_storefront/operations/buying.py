"""From the cart to the parcel. Prices and stock are decided by orders, never by what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import fields
from sqlalchemy.orm import Session

from zhanggui.api import Choices, IllegalMove, Money, NotFound, Operation, UnknownChoice, _l, read_choices
from zhanggui_customers import facade as customers
from zhanggui_inventory import facade as inventory
from zhanggui_orders import facade as orders

from .. import examples, schemas, shapes
from ..contracts import ShopRequest
from ..extensions import extended
from ..paging import page, place_of

STAGES = ("to_pay", "to_ship", "shipped", "done", "canceled")
OrderList = schemas.list_query("OrderList", ["-placed_at"], stage=fields.String(validate=schemas.one_of(STAGES)))


def _cart(request: ShopRequest) -> list[orders.CartLine]:
    return [
        orders.CartLine(line["variant_id"], line["quantity"], read_choices("line", line["choices"], f"lines.{n}.choices"))
        for n, line in enumerate(request.body["lines"])
    ]


def _choices(request: ShopRequest) -> Choices:
    return read_choices("order", request.body["choices"])


def _quoted(request: ShopRequest, quote: orders.Quote) -> dict[str, Any]:
    stock = inventory.stock_of(request.db, [line.variant_id for line in quote.lines])
    return extended("quote", request, [quote], [0], [shapes.quote(quote, stock)])[0]


def _ordered(request: ShopRequest, found: Sequence[orders.OrderView]) -> list[dict[str, Any]]:
    return extended("order", request, found, [one.facts.id for one in found], [shapes.order(one) for one in found])


def quote_cart(request: ShopRequest) -> dict[str, Any]:
    """What a cart costs, and how many of each there are."""
    db, customer_id, address_id = request.db, request.customer.id, request.body["address_id"]
    address = customers.address_of(db, customer_id=customer_id, address_id=address_id) if address_id else None
    quote = orders.quote_cart(
        db, lines=_cart(request), customer_id=customer_id, now=request.now, address=address, choices=_choices(request), locale=request.locale
    )
    return _quoted(request, quote)


def place_order(request: ShopRequest) -> tuple[dict[str, Any], int]:
    """Place an order and hold its stock: all of it or nothing. What it must cost can be said beside it."""
    shown = request.body["expected_total"]
    try:
        placed = orders.place_order(
            request.db, lines=_cart(request), customer_id=request.customer.id, address_id=request.body["address_id"] or None,
            note=request.body["note"] or "", locale=request.locale, choices=_choices(request),
            expected_total=Money(shown["amount"], shown["currency"]) if shown else None, actor=request.actor, now=request.now,
        )  # fmt: skip
    except orders.PriceChanged as refusal:
        refusal.shown = _quoted(request, refusal.quote)
        raise
    return _ordered(request, [placed])[0], 201


def list_orders(request: ShopRequest) -> dict[str, Any]:
    """The customer's own orders, newest first; ``q`` is a whole number."""
    db, query = request.db, request.query
    stages = [query["stage"]] if "stage" in query else []
    if query["q"]:
        found = _by_number(db, request.customer.id, query["q"])
        return page("orders", request, _ordered(request, [o for o in found if not stages or o.facts.stage in stages]), None)
    place = place_of("orders", request)
    after = (place[0], place[1]) if place else None
    rows, following = orders.orders_of_customer(
        db, customer_id=request.customer.id, limit=query["limit"], after=after, stages=stages
    )
    return page("orders", request, _ordered(request, rows), following)


def _by_number(db: Session, customer_id: int, number: str) -> list[orders.OrderView]:
    try:
        return [orders.order_of_customer(db, customer_id=customer_id, number=number)]
    except NotFound:
        return []


def _mine(request: ShopRequest) -> dict[str, Any]:
    return {"customer_id": request.customer.id, "number": request.path["number"]}


def show_order(request: ShopRequest) -> dict[str, Any]:
    """One of the customer's own orders."""
    return _ordered(request, [orders.order_of_customer(request.db, **_mine(request))])[0]


def cancel_order(request: ShopRequest) -> dict[str, Any]:
    """Call off an order that is not paid."""
    canceled = orders.cancel_by_customer(
        request.db, **_mine(request), reason=request.body["reason"] or "", actor=request.actor, now=request.now
    )
    return _ordered(request, [canceled])[0]


def receive_order(request: ShopRequest) -> dict[str, Any]:
    """Say that everything came."""
    received = orders.receive_by_customer(request.db, **_mine(request), actor=request.actor, now=request.now)
    return _ordered(request, [received])[0]


def pay_order(request: ShopRequest) -> dict[str, Any]:
    """Refuse, until a plugin that takes money offers this path in our place.

    :raises IllegalMove: when the order is not waiting for a payment.
    :raises NoWayToPay: always otherwise.
    """
    facts = orders.order_of_customer(request.db, **_mine(request)).facts
    if facts.stage != "to_pay":
        raise IllegalMove(_l("Order %(number)s is not waiting for a payment."), number=facts.number)
    raise orders.NoWayToPay()


_CART = (UnknownChoice, orders.NotSellable, orders.MixedCurrencies, orders.TooManyOfOne)
OPERATIONS = [
    Operation(
        "POST", "/quotes", quote_cart, "What a cart costs", body=schemas.CartBody, answer=schemas.Quote,
        refuses=_CART, example=examples.QUOTE,
    ),
    Operation(
        "POST", "/orders", place_order, "Place an order", body=schemas.OrderBody, answer=schemas.Order, status=201,
        idempotent=True, refuses=(*_CART, orders.PriceChanged, inventory.OutOfStock, orders.TooManyUnpaid, inventory.ShareUsedUp),
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
        answer=schemas.Order, example=examples.PAY, fallback=True,
    ),
    Operation(
        "POST", "/orders/{number}/receive", receive_order, "Say that everything came", answer=schemas.Order,
        example=examples.RECEIVE,
    ),
]  # fmt: skip
