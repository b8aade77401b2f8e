"""Ordering over HTTP: the server's price, the server's stock, once."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from shop import add_product, rows, stock_of

from zhanggui.api import Actor, Money, clock, reading, unit_of_work
from zhanggui_inventory import facade as inventory
from zhanggui_orders import facade as orders
from zhanggui_orders.models import Order, OrderLine
from zhanggui_products import facade as products
from zhanggui_products.services import editing, selling
from zhanggui_storefront.bodies import LARGEST

ADDRESS = {"name": "Wang Wei", "phone": "138 0013 8000", "region": ["浙江省", "杭州市", "西湖区"], "detail": "龙井路 1 号"}


def order_rows() -> int:
    with reading() as db:
        return rows(db, Order)


def reserved(variant: Any) -> int:
    with reading() as db:
        return stock_of(db, variant).reserved


def test_it_answers_the_order_with_what_it_costs(sign_in: Callable[..., Any], tea: Any) -> None:
    shopper = sign_in()
    address = shopper.post("/addresses", ADDRESS).get_json()
    response = shopper.order(tea, 2, address_id=address["id"], note="  ring twice ")
    order = response.get_json()
    assert response.status_code == 201
    assert (order["status"], order["payment_status"], order["fulfillment_status"]) == ("open", "unpaid", "unfulfilled")
    assert order["total"] == {"amount": 3980, "currency": "CNY"}
    assert order["lines"][0]["variant_id"] == tea.public_id
    assert order["address"] == {**ADDRESS, "phone": "13800138000"}
    assert order["note"] == "ring twice"
    assert shopper.get(f"/orders/{order['number']}") == order
    assert shopper.get("/orders") == {"items": [order], "next": None}
    assert reserved(tea) == 2


def test_a_variant_is_called_in_the_language_of_who_orders(sign_in: Callable[..., Any], owner: Actor) -> None:
    line = {"sku": "R-1", "option": "50g 袋装", "option_other": "50 g bag", "price": Money(2990, "CNY")}
    with unit_of_work() as db:
        made = editing.create_product(db, name={"zh_CN": "滇红", "en": "Black tea"}, variants=[line], actor=owner, now=clock.now())
        selling.put_on_sale(db, id=made, actor=owner, now=clock.now())
        number = products.variant_ids_by_sku(db, ["R-1"])["R-1"][0]
        inventory.ensure_levels(db, [number], now=clock.now())
        inventory.restock(db, variant_id=number, quantity=5, actor=owner, now=clock.now())
    shopper = sign_in()
    (shown,) = shopper.get("/products?q=tea")["items"]
    order = shopper.post("/orders", {"lines": [{"variant_id": shown["variants"][0]["id"], "quantity": 1}]}).get_json()
    assert shown["variants"][0]["option"] == order["lines"][0]["option"] == "50 g bag"
    with reading() as db:
        (kept,) = db.query(OrderLine).filter_by(sku="R-1")
        assert kept.texts["zh_CN"] == {"name": "滇红", "option": "50g 袋装"}  # what the staff reads
    with unit_of_work() as db:  # a form that says nothing of it leaves it
        editing.update_product(db, id=made, row_version=None, variants=[{key: line[key] for key in ("sku", "option", "price")}], actor=owner, now=clock.now())
    assert shopper.get("/products?q=tea")["items"][0]["variants"][0]["option"] == "50 g bag"


def test_a_quote_holds_nothing_and_agrees_with_the_order(sign_in: Callable[..., Any], tea: Any) -> None:
    shopper = sign_in()
    cart = {"lines": [{"variant_id": tea.public_id, "quantity": 3}]}
    quote = shopper.post("/quotes", cart).get_json()
    assert (quote["total"]["amount"], quote["lines"][0]["available"], reserved(tea), order_rows()) == (5970, 10, 0, 0)
    assert shopper.post("/orders", cart).get_json()["total"] == quote["total"]


FORGED: list[dict[str, Any]] = [
    {"price": 1}, {"total": 0}, {"total": {"amount": 1, "currency": "CNY"}}, {"discount": 99999}, {"currency": "JPY"}, {"freight": -100},
    {"customer_id": 1}, {"status": "paid"}, {"payment_status": "paid"}, {"paid_total": 3980}, {"number": "MINE"}, {"source": "admin"},
    {"coupon": "FREE"}, {"placed_at": "2001-01-01"}, {"price": -1990, "total": -1}, {"__proto__": {"total": 0}},
]  # fmt: skip


@pytest.mark.parametrize("extra", FORGED)
def test_it_does_not_look_at_what_a_body_says_of_prices(sign_in: Callable[..., Any], tea: Any, extra: dict[str, Any]) -> None:
    line = {"variant_id": tea.public_id, "quantity": 2, "unit_price": 1, "price": {"amount": 1, "currency": "CNY"}, **extra}
    order = sign_in().post("/orders", {"lines": [line], **extra}).get_json()
    assert order["total"] == {"amount": 3980, "currency": "CNY"}
    assert (order["status"], order["payment_status"]) == ("open", "unpaid")
    assert order["number"] != "MINE"


BAD = [
    "-1", "0", "0.5", "1.0", '"1"', "1e3", "1e309", "-1e309", "true", "false", "null", "[]", "{}", "[1]", '"１２"', '" 1"', '"1,000"', '"0x10"',
    '""', "2147483648", "9223372036854775808", "10000", "1" + "0" * 40, "9" * 5000, "-0.0", '"\\u0000"', '"NaN"',
]  # fmt: skip


@pytest.mark.parametrize("quantity", BAD, ids=[text[:20] for text in BAD])
def test_it_names_the_line_with_a_quantity_that_is_none(sign_in: Callable[..., Any], tea: Any, quantity: str) -> None:
    shopper = sign_in()
    good = f'{{"variant_id": "{tea.public_id}", "quantity": 1}}'
    body = f'{{"lines": [{good}, {{"variant_id": "{tea.public_id}", "quantity": {quantity}}}]}}'
    for path in ("/quotes", "/orders"):
        response = shopper.send("POST", path, data=body, content_type="application/json")
        problem = response.get_json()
        assert (response.status_code, problem["code"]) == (422, "invalid"), response.text
        assert list(problem["errors"]) == ["lines.1.quantity"]
    assert (order_rows(), reserved(tea)) == (0, 0)


NOT_JSON = [
    "", "{", "nonsense", "[1]", "null", "12", '"x"', '{"lines": NaN}', '{"lines": Infinity}', '{"lines": [], "lines": []}',
    "[" * 20000, '{"a":' * 3000, "\xff\xfe", '{"lines": [{"quantity": 1, "quantity": 2}]}',
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_JSON, ids=[repr(text[:16]) for text in NOT_JSON])
def test_it_refuses_what_is_no_json_object(sign_in: Callable[..., Any], tea: Any, text: str) -> None:
    response = sign_in().send("POST", "/orders", data=text.encode("latin-1"), content_type="application/json")
    assert response.status_code == (422 if text == "" else 400), response.text
    assert order_rows() == 0


LINES: list[tuple[Any, int, str]] = [
    ([], 422, "lines"), (None, 422, "lines"), ("x", 422, "lines"), ({}, 422, "lines"), ([1], 422, "lines.0"), ([None], 422, "lines.0"),
    ([{}], 422, "lines.0.variant_id"), ([{"variant_id": 5, "quantity": 1}], 422, "lines.0.variant_id"),
    ([{"variant_id": None, "quantity": 1}], 422, "lines.0.variant_id"), ([{"variant_id": "a\0b", "quantity": 1}], 422, "lines.0.variant_id"),
    ([{"variant_id": "\ud800", "quantity": 1}], 422, "lines.0.variant_id"), ([{"variant_id": "x" * 33, "quantity": 1}], 422, "lines.0.variant_id"),
    ([{"variant_id": "nothing", "quantity": 1}], 404, ""),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "status", "name"), LINES)
def test_it_names_the_line_that_makes_no_sense(sign_in: Callable[..., Any], lines: Any, status: int, name: str) -> None:
    response = sign_in().post("/orders", {"lines": lines})
    assert response.status_code == status, response.text
    assert not name or name in response.get_json()["errors"]


def test_it_takes_json_alone_and_not_too_much_of_it(sign_in: Callable[..., Any], tea: Any) -> None:
    shopper = sign_in()
    assert shopper.send("POST", "/orders", data={"lines": "x"}).status_code == 415
    assert shopper.send("POST", "/orders", data="{}", content_type="text/plain").status_code == 415
    assert shopper.post("/orders", {"note": "x" * LARGEST}).status_code == 413


def test_it_sells_the_last_one_once(sign_in: Callable[..., Any], owner: Actor) -> None:
    with unit_of_work() as db:
        last = add_product(db, owner, "LAST", stock=1)
    shoppers = [sign_in(f"customer {n}") for n in range(24)]
    answers = in_parallel([lambda s=s: s.order(last) for s in shoppers])
    assert Counter(a.status_code for a in answers) == {201: 1, 409: 23}
    assert {a.get_json()["code"] for a in answers if a.status_code == 409} == {"out_of_stock"}
    assert (order_rows(), reserved(last)) == (1, 1)


def test_one_key_in_parallel_makes_one_order(sign_in: Callable[..., Any], tea: Any) -> None:
    shopper = sign_in()
    answers = in_parallel([lambda: shopper.order(tea, headers={"Idempotency-Key": "cart-17"})] * 16)
    assert Counter(a.status_code for a in answers) == {201: 16}, {a.text for a in answers}
    assert len({a.get_data() for a in answers}) == 1
    assert (order_rows(), reserved(tea)) == (1, 1)


def in_parallel(sends: list[Callable[[], Any]]) -> list[Any]:
    start, answers = threading.Barrier(len(sends)), []

    def run(send: Callable[[], Any]) -> None:
        start.wait()
        answers.append(send())

    threads = [threading.Thread(target=run, args=[send]) for send in sends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(sends)
    return answers


def test_a_key_answers_the_same_bytes_again_and_refuses_another_body(sign_in: Callable[..., Any], tea: Any, owner: Actor) -> None:
    shopper, key = sign_in(), {"Idempotency-Key": "cart-17"}
    first = shopper.order(tea, headers=key)
    with unit_of_work() as db:
        selling.change_price(db, id=tea.product_id, prices=[{"id": tea.id, "price": 9900}], actor=owner, now=clock.now())
    again, other = shopper.order(tea, headers=key), shopper.order(tea, 2, headers=key)
    assert (again.status_code, again.get_data()) == (first.status_code, first.get_data())
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_mismatch")
    assert sign_in("bob").order(tea, headers=key).get_json()["number"] != first.get_json()["number"]
    assert order_rows() == 2


def test_a_refusal_does_not_use_up_the_key(sign_in: Callable[..., Any], tea: Any) -> None:
    shopper, key = sign_in(), {"Idempotency-Key": "cart-17"}
    assert shopper.order(tea, 11, headers=key).status_code == 409
    assert shopper.order(tea, 10, headers=key).status_code == 201
    for wrong in ("", "x" * 256):
        assert shopper.order(tea, headers={"Idempotency-Key": wrong}).status_code == 400


def test_somebody_elses_ids_answer_like_missing_ones(sign_in: Callable[..., Any], tea: Any) -> None:
    alice, bob = sign_in("alice"), sign_in("bob")
    address = alice.post("/addresses", ADDRESS).get_json()["id"]
    number = alice.order(tea, address_id=address).get_json()["number"]
    line = {"lines": [{"variant_id": tea.public_id, "quantity": 1}]}
    tries: list[tuple[str, str, Any]] = [
        ("GET", "/orders/{}", None), ("POST", "/orders/{}/cancel", {}), ("POST", "/orders/{}/receive", None), ("POST", "/orders/{}/pay", None),
    ]  # fmt: skip
    for method, path, body in tries:
        assert_alike(bob, method, path.format(number), path.format("260302ZZZZZZZZZZ"), body, body)
    assert_alike(bob, "PATCH", f"/addresses/{address}", "/addresses/none", {"name": "Bob"}, {"name": "Bob"})
    assert_alike(bob, "DELETE", f"/addresses/{address}", "/addresses/none", None, None)
    for path in ("/orders", "/quotes"):
        assert_alike(bob, "POST", path, path, {**line, "address_id": address}, {**line, "address_id": "none"})
    assert bob.get(f"/orders?q={number}") == {"items": [], "next": None}
    assert bob.get("/addresses")["items"] == []
    assert (alice.get(f"/orders/{number}")["status"], alice.get("/addresses")["items"][0]["name"], order_rows()) == ("open", "Wang Wei", 1)


def assert_alike(shopper: Any, method: str, foreign: str, missing: str, foreign_body: Any, missing_body: Any) -> None:
    answers = []
    for path, body in ((foreign, foreign_body), (missing, missing_body)):
        response = shopper.send(method, path, **({} if body is None else {"json": body}))
        problem = response.get_json()
        problem.pop("correlation")
        answers.append((response.status_code, problem))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def test_it_refuses_moves_that_come_too_late_or_too_early(sign_in: Callable[..., Any], tea: Any, owner: Actor) -> None:
    shopper = sign_in()
    number = shopper.order(tea).get_json()["number"]
    refused(shopper.post(f"/orders/{number}/receive"), "illegal_move")
    refused(shopper.post(f"/orders/{number}/pay"), "payment_unavailable")
    canceled = shopper.post(f"/orders/{number}/cancel", {"reason": "ordered twice"}).get_json()
    assert (canceled["status"], canceled["cancel_reason"], reserved(tea)) == ("canceled", "ordered twice", 0)
    refused(shopper.post(f"/orders/{number}/cancel"), "illegal_move")
    refused(shopper.post(f"/orders/{number}/pay"), "illegal_move")


def refused(response: Any, code: str) -> None:
    assert (response.status_code, response.mimetype, response.get_json()["code"]) == (409, "application/problem+json", code)


def test_it_is_received_once_it_was_shipped(sign_in: Callable[..., Any], tea: Any, owner: Actor) -> None:
    shopper = sign_in()
    number = shopper.order(tea).get_json()["number"]
    ship(number, owner)
    shown = shopper.get(f"/orders/{number}")
    assert (shown["stage"], shown["shipments"][0]["tracking_number"]) == ("shipped", "SF1234567890")
    refused(shopper.post(f"/orders/{number}/cancel"), "illegal_move")
    done = shopper.post(f"/orders/{number}/receive").get_json()
    assert (done["status"], done["fulfillment_status"], done["stage"]) == ("completed", "received", "done")


def ship(number: str, owner: Actor) -> None:
    """The staff has the money and sends the parcel."""
    now = clock.now()
    with unit_of_work() as db:
        order_id = db.query(Order.id).filter_by(number=number).scalar()
        orders.mark_paid_offline(db, order_id=order_id, method="cash", actor=owner, now=now)
        orders.ship_order(db, order_id=order_id, carrier="sf", tracking_number="SF1234567890", actor=owner, now=now)


def test_it_lists_orders_page_by_page_and_by_stage(sign_in: Callable[..., Any], tea: Any) -> None:
    shopper = sign_in()
    numbers = [shopper.order(tea).get_json()["number"] for _ in range(5)]
    shopper.post(f"/orders/{numbers[0]}/cancel")
    first = shopper.get("/orders?limit=3")
    second = shopper.get(f"/orders?limit=3&cursor={first['next']}")
    assert [o["number"] for o in first["items"] + second["items"]] == numbers[::-1]
    assert second["next"] is None
    assert [o["number"] for o in shopper.get("/orders?stage=canceled")["items"]] == [numbers[0]]
    assert [o["number"] for o in shopper.get(f"/orders?q={numbers[2]}")["items"]] == [numbers[2]]
    other = sign_in("bob")
    for query in (f"limit=3&cursor={first['next']}", "stage=paid", "sort=total"):
        assert other.send("GET", f"/orders?{query}").status_code == 400
    assert json.dumps(first).count('"id"') == 0
