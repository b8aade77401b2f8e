"""The OpenAPI document, and that every example in it is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import RAISE
from shop import NOON, add_product
from sqlalchemy import update

from zhanggui.api import Actor, Operation, clock, unit_of_work
from zhanggui.app import Site
from zhanggui.host import service
from zhanggui.runtime import Runtime
from zhanggui_customers.models import Address
from zhanggui_help import rest as explained
from zhanggui_notifications import rest as notifications
from zhanggui_orders import facade as orders
from zhanggui_orders.models import Order
from zhanggui_payments import rest as payments
from zhanggui_products.models import Category, Product, Variant
from zhanggui_products.services import categories, editing
from zhanggui_storefront import examples
from zhanggui_storefront.operations import OPERATIONS
from zhanggui_wechat import rest as wechat

LATER = ("after-sales", "feedback")
# Made anew for every answer; their form is checked by the schema.
FRESH = {"token", "correlation", "number", "id"}


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


@pytest.fixture
def shop(instance: Runtime, owner: Actor, sign_in: Callable[..., Any]) -> Any:
    """The shop that the examples were written for; answers its customer."""
    with clock.hold(NOON):
        shopper = sign_in("Wang Wei")
        with unit_of_work() as db:
            tea = add_product(db, owner, stock=10)
            category = categories.create_category(db, actor=owner, now=NOON, name="Tea")
            editing.update_product(
                db, id=tea.product_id, row_version=None, actor=owner, now=NOON, name="Longjing tea", category_id=category,
                description="Picked before the rains.", pictures=[examples.PICTURE_ID],
                variants=[{"id": tea.id, "sku": "TEA-250", "price": 1990, "option": "250 g"}],
            )  # fmt: skip
            for model, public_id in ((Product, examples.PRODUCT_ID), (Variant, examples.VARIANT_ID), (Category, examples.CATEGORY_ID)):
                db.execute(update(model).values(public_id=public_id))
        shopper.post("/addresses", examples.ADD_ADDRESS["request"]["body"])
        with unit_of_work() as db:
            db.execute(update(Address).values(public_id=examples.ADDRESS_ID))
        assert shopper.post("/orders", examples.PLACE["request"]["body"]).status_code == 201
        with unit_of_work() as db:
            db.execute(update(Order).values(number=examples.NUMBER))
    return shopper


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_the_example_is_what_the_shop_answers(shop: Any, owner: Actor, operation: Operation) -> None:
    example = operation.example
    assert example is not None
    asked = example["request"]
    with clock.hold(NOON):
        if operation.path.endswith("/receive"):
            with unit_of_work() as db:
                order_id = db.query(Order.id).scalar()
                orders.mark_paid_offline(db, order_id=order_id, method="cash", actor=owner, now=NOON)
                orders.ship_order(db, order_id=order_id, carrier="sf", tracking_number="SF1234567890", actor=owner, now=NOON)
        if (operation.method, operation.path) == ("GET", "/cart"):
            shop.send("PUT", "/cart", json=examples.KEEP_CART["request"]["body"])
        if (operation.method, operation.path) == ("GET", "/favourites"):
            shop.post("/favourites", examples.ADD_FAVOURITE["request"]["body"])
        path = operation.path.format(**asked.get("path", {}))
        sent = {"json": asked["body"]} if "body" in asked else {}
        response = shop.send(operation.method, path, query_string=asked.get("query"), headers=asked.get("headers"), **sent)
    assert response.status_code == example["status"], response.text
    if example["response"] is None:
        assert response.get_data() == b""
        return
    answer = response.get_json()
    assert faded(answer) == faded(example["response"])
    if example["status"] < 400:
        assert operation.answer is not None
        operation.answer(unknown=RAISE).load(answer)


def faded(value: Any) -> Any:
    """Without what is made anew for every answer."""
    if isinstance(value, dict):
        return {key: "…" if key in FRESH else faded(inner) for key, inner in value.items()}
    return [faded(inner) for inner in value] if isinstance(value, list) else value


def test_the_document_holds_every_operation_with_its_example(visitor: Any, instance: Runtime) -> None:
    document = visitor.get("/openapi.json")
    assert document["openapi"] == "3.1.0"
    found = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert found == {(operation.method, operation.path) for operation in [*OPERATIONS, *payments.OPERATIONS, *wechat.OPERATIONS, *notifications.OPERATIONS, *explained.OPERATIONS]}
    assert not [path for path in document["paths"] if path.endswith(LATER)]
    ids = [described["operationId"] for methods in document["paths"].values() for described in methods.values()]
    assert len(set(ids)) == len(ids)
    body = document["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]
    assert body["example"] == examples.PLACE["request"]["body"]
    assert any(p["name"] == "Idempotency-Key" for p in document["paths"]["/orders"]["post"]["parameters"])


def test_every_reference_in_the_document_leads_somewhere(visitor: Any, instance: Runtime) -> None:
    document = visitor.get("/openapi.json")

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [ref for inner in node.values() for ref in references(inner)]
        return [ref for inner in node for ref in references(inner)] if isinstance(node, list) else []

    for reference in set(references(document)):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_it_is_gone_with_its_plugin(site: Site, visitor: Any, owner: Actor) -> None:
    assert visitor.send("GET", "/products").status_code == 200
    for name in ("wechat", "storefront"):
        service.disable_plugin(name, actor=owner, now=clock.now())
    for path in ("/products", "/openapi.json"):
        assert visitor.send("GET", path).status_code == 404
    assert visitor.client.get("/shop/").status_code == 404
