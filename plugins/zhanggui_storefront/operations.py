"""The storefront's own operations: HTTP in, one facade call, HTTP out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zhanggui.api import BadRequest, DomainError, Operation, _l, url_for_file
from zhanggui_customers import facade as customers
from zhanggui_customers.contracts import AddressView
from zhanggui_inventory import facade as inventory
from zhanggui_orders import facade as orders
from zhanggui_orders.contracts import OrderView, Quote
from zhanggui_products import facade as products
from zhanggui_products.contracts import ShelfProduct

from . import examples, schemas, services
from .request import ShopRequest

STAGES = ("to_pay", "to_ship", "shipped", "done", "canceled")


class PaymentUnavailable(DomainError):
    """No payment provider is enabled in this shop."""

    code = "payment_unavailable"
    message = _l("This shop takes no payment online yet; please pay as agreed with it.")


def _money(amount: int, currency: str) -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _picture(file_id: str | None, size: str = "thumb") -> str | None:
    return url_for_file(file_id, size) if file_id else None


def open_session(request: ShopRequest) -> dict[str, Any]:
    token, seconds = services.open_session(request.db, code=request.body["code"], now=request.now)
    return {"token": token, "expires_in": seconds}


def _product(product: ShelfProduct, stock: Any) -> dict[str, Any]:
    return {
        "id": product.public_id, "name": product.name, "description": product.description, "category_id": product.category_id,
        "pictures": [url_for_file(i, "full") for i in product.pictures],
        "thumbnail": _picture(product.pictures[0]) if product.pictures else None,
        "variants": [
            {"id": v.public_id, "sku": v.sku, "option": v.option, "price": _money(v.price, v.currency),
             "available": stock[v.id].available if v.id in stock else 0}
            for v in product.variants
        ],
    }  # fmt: skip


def list_products(request: ShopRequest) -> dict[str, Any]:
    category = request.argument("category", max_length=40) or None
    request.sort(("position",))
    found, following = products.shelf(
        request.db, locale=request.locale, limit=request.limit(), after=request.cursor(int, int), category=category,
        q=request.argument("q", max_length=100),
    )  # fmt: skip
    stock = inventory.stock_of(request.db, [v.id for p in found for v in p.variants])
    return {"items": [_product(p, stock) for p in found], "next": request.encode(following)}


def show_product(request: ShopRequest) -> dict[str, Any]:
    product = products.product_on_shelf(request.db, request.params["id"], locale=request.locale)
    return _product(product, inventory.stock_of(request.db, [v.id for v in product.variants]))


def list_categories(request: ShopRequest) -> dict[str, Any]:
    items = [
        {"id": s.public_id, "parent_id": s.parent_id, "name": s.name, "picture": _picture(s.picture)}
        for s in products.shelves(request.db, locale=request.locale)
    ]
    return {"items": items, "next": None}


def _cart(request: ShopRequest) -> list[orders.CartLine]:
    return [orders.CartLine(line["variant_id"], line["quantity"]) for line in request.body["lines"]]


def _quote(quote: Quote) -> dict[str, Any]:
    currency = quote.currency
    return {
        "lines": [
            {"variant_id": line.variant_public_id, "sku": line.sku, "name": line.name, "option": line.option,
             "picture": _picture(line.picture), "quantity": line.quantity, "unit_price": _money(line.unit_price, currency),
             "total": _money(line.total, currency)}
            for line in quote.lines
        ],
        "goods_total": _money(quote.goods_total, currency), "discount_total": _money(quote.discount_total, currency),
        "freight_total": _money(quote.freight_total, currency), "total": _money(quote.total, currency),
    }  # fmt: skip


def quote(request: ShopRequest) -> dict[str, Any]:
    region: list[str] = []
    if request.body["address_id"]:
        address = customers.address_of(request.db, customer_id=request.customer_id, address_id=request.body["address_id"])
        region = list(address.region)
    found = orders.quote_cart(
        request.db, lines=_cart(request), customer_id=request.customer_id, now=request.now, region=region, locale=request.locale
    )
    return _quote(found)


def _order(order: OrderView) -> dict[str, Any]:
    facts, currency = order.facts, order.facts.currency
    return {
        "number": facts.number, "status": facts.status, "payment_status": facts.payment_status,
        "fulfillment_status": facts.fulfillment_status, "stage": facts.stage,
        "lines": [
            {"variant_id": line.variant_id, "sku": line.sku, "name": line.name, "option": line.option, "picture": _picture(line.picture),
             "quantity": line.quantity, "unit_price": _money(line.unit_price, currency), "total": _money(line.total, currency)}
            for line in order.lines
        ],
        "goods_total": _money(order.goods_total, currency), "discount_total": _money(order.discount_total, currency),
        "freight_total": _money(order.freight_total, currency), "total": _money(facts.total, currency),
        "address": dict(order.address) if order.address else None, "note": order.note, "placed_at": _time(facts.placed_at),
        "paid_at": _time(order.paid_at), "shipped_at": _time(order.shipped_at), "completed_at": _time(order.completed_at),
        "canceled_at": _time(order.canceled_at),
        "shipments": [
            {"carrier": s.carrier, "tracking_number": s.tracking_number, "shipped_at": _time(s.shipped_at)} for s in order.shipments
        ],
    }  # fmt: skip


def place_order(request: ShopRequest) -> dict[str, Any]:
    order = orders.place_order(
        request.db, lines=_cart(request), customer_id=request.customer_id, address_id=request.body["address_id"],
        buyer_name=request.customer.name, note=request.body["note"], source="storefront", locale=request.locale,
        actor=request.actor, now=request.now,
    )  # fmt: skip
    return _order(order)


def list_orders(request: ShopRequest) -> dict[str, Any]:
    stage = request.argument("stage", max_length=20)
    if stage and stage not in STAGES:
        raise BadRequest(_l("%(value)s is not a choice of %(name)s."), value=stage, name="stage", field="stage")
    request.sort(("-placed_at",))
    found, following = orders.orders_of_customer(
        request.db, customer_id=request.customer_id, limit=request.limit(), after=request.cursor(datetime, int),
        stages=[stage] if stage else (),
    )  # fmt: skip
    return {"items": [_order(o) for o in found], "next": request.encode(following)}


def show_order(request: ShopRequest) -> dict[str, Any]:
    return _order(orders.order_of_customer(request.db, customer_id=request.customer_id, number=request.params["number"]))


def cancel_order(request: ShopRequest) -> dict[str, Any]:
    order = orders.cancel_by_customer(
        request.db, customer_id=request.customer_id, number=request.params["number"], actor=request.actor, now=request.now,
        reason=request.body["reason"],
    )  # fmt: skip
    return _order(order)


def receive_order(request: ShopRequest) -> dict[str, Any]:
    number = request.params["number"]
    return _order(
        orders.receive_by_customer(request.db, customer_id=request.customer_id, number=number, actor=request.actor, now=request.now)
    )


def pay_order(request: ShopRequest) -> dict[str, Any]:
    orders.order_of_customer(request.db, customer_id=request.customer_id, number=request.params["number"])
    raise PaymentUnavailable()


def _address(address: AddressView) -> dict[str, Any]:
    return {
        "id": address.public_id, "name": address.name, "phone": address.phone, "region": list(address.region),
        "detail": address.detail, "is_default": address.is_default,
    }  # fmt: skip


def list_addresses(request: ShopRequest) -> dict[str, Any]:
    return {"items": [_address(a) for a in customers.addresses_of(request.db, request.customer_id)], "next": None}


def add_address(request: ShopRequest) -> dict[str, Any]:
    return _address(
        customers.add_address(request.db, customer_id=request.customer_id, actor=request.actor, now=request.now, **request.body)
    )


def change_address(request: ShopRequest) -> dict[str, Any]:
    return _address(
        customers.update_address(
            request.db, customer_id=request.customer_id, address_id=request.params["id"], actor=request.actor, now=request.now,
            **request.body,
        )
    )  # fmt: skip


def remove_address(request: ShopRequest) -> None:
    customers.remove_address(
        request.db, customer_id=request.customer_id, address_id=request.params["id"], actor=request.actor, now=request.now
    )


OPERATIONS = (
    Operation("POST", "/session", open_session, "Exchange a login code for a token", "public", schemas.SessionBody,
              answer=schemas.SessionShape, example=examples.SESSION),
    Operation("GET", "/products", list_products, "Products on sale", "public", answer=schemas.ProductPage, example=examples.PRODUCTS),
    Operation("GET", "/products/{id}", show_product, "One product", "public", answer=schemas.ProductShape, example=examples.PRODUCT),
    Operation("GET", "/categories", list_categories, "The shelves of the shop", "public", answer=schemas.CategoryPage,
              example=examples.CATEGORIES),
    Operation("POST", "/quotes", quote, "What a cart costs", body=schemas.CartBody, answer=schemas.QuoteShape, example=examples.QUOTE),
    Operation("POST", "/orders", place_order, "Place an order", body=schemas.CartBody, answer=schemas.OrderShape, status=201,
              idempotent=True, example=examples.ORDER),
    Operation("GET", "/orders", list_orders, "My orders, newest first", answer=schemas.OrderPage, example=examples.ORDERS),
    Operation("GET", "/orders/{number}", show_order, "One of my orders", answer=schemas.OrderShape, example=examples.SHOWN),
    Operation("POST", "/orders/{number}/cancel", cancel_order, "Call an unpaid order off", body=schemas.Reason,
              answer=schemas.OrderShape, example=examples.CANCELED),
    Operation("POST", "/orders/{number}/pay", pay_order, "Begin a payment", body=schemas.Empty, answer=schemas.OrderShape,
              example=examples.UNPAYABLE),
    Operation("POST", "/orders/{number}/receive", receive_order, "Say that everything came", body=schemas.Empty,
              answer=schemas.OrderShape, example=examples.TOO_EARLY),
    Operation("GET", "/addresses", list_addresses, "My addresses", answer=schemas.AddressPage, example=examples.ADDRESSES),
    Operation("POST", "/addresses", add_address, "Add an address", body=schemas.AddressBody, answer=schemas.AddressShape, status=201,
              idempotent=True, example=examples.ADDRESS),
    Operation("PATCH", "/addresses/{id}", change_address, "Change an address", body=schemas.AddressBody, answer=schemas.AddressShape,
              example=examples.ADDRESS),
    Operation("DELETE", "/addresses/{id}", remove_address, "Remove an address", status=204, example={}),
)  # fmt: skip
