"""A cart follows its customer to another device, holds nothing back from others, and favourites are found again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, update

from zhanggui.api import Actor, clock, erase_person, export_person, reading, unit_of_work
from zhanggui_customers.models import Customer
from zhanggui_inventory import facade as inventory
from zhanggui_products.models import Product, Variant
from zhanggui_storefront import keeping
from zhanggui_storefront.models import CartLine, Favourite

SignIn = Callable[..., Any]


def kept(shopper: Any, *lines: tuple[str, int]) -> Any:
    return shopper.send("PUT", "/cart", json={"lines": [{"variant_id": variant, "quantity": quantity} for variant, quantity in lines]})


def test_it_follows_its_customer_and_is_as_it_was_sent_last(sign_in: SignIn, tea: Any):
    phone, tablet = sign_in("alice"), sign_in("alice")
    assert phone.get("/cart") == {"lines": [], "changed_at": None}
    first = kept(phone, (tea.public_id, 2), (tea.public_id, 1))
    assert first.status_code == 200
    [line] = tablet.get("/cart")["lines"]
    assert (line["variant_id"], line["quantity"], line["unit_price"], line["available"], line["sellable"]) == (tea.public_id, 3, {"amount": 1990, "currency": "CNY"}, 10, True)
    assert kept(tablet).get_json()["lines"] == []
    assert phone.get("/cart")["lines"] == []
    assert sign_in("bob").get("/cart")["lines"] == []


def test_it_holds_no_stock_and_no_price_and_says_what_cannot_be_bought(sign_in: SignIn, tea: Any):
    alice = sign_in("alice")
    kept(alice, (tea.public_id, 9000))
    with reading() as db:
        assert inventory.stock_of(db, [tea.id])[tea.id].available == 10
    with unit_of_work() as db:
        db.execute(update(Variant).where(Variant.id == tea.id).values(price=2490))
    assert alice.get("/cart")["lines"][0]["unit_price"]["amount"] == 2490
    with unit_of_work() as db:
        db.execute(update(Product).values(status="off_sale"))
    [line] = alice.get("/cart")["lines"]
    assert (line["sellable"], line["available"], line["quantity"]) == (False, 0, 9000)


@pytest.mark.parametrize(("body", "status"), [
    ({}, 422), ({"lines": "tea"}, 422), ({"lines": [{"variant_id": "x"}]}, 422), ({"lines": [{"variant_id": "none-such", "quantity": 1}]}, 404),
    ({"lines": [{"variant_id": "TEA", "quantity": 0}]}, 422), ({"lines": [{"variant_id": "TEA", "quantity": 1, "choices": {"nobody": {}}}]}, 400),
])  # fmt: skip
def test_what_cannot_be_kept_changes_nothing(sign_in: SignIn, tea: Any, body: Any, status: int):
    alice = sign_in("alice")
    kept(alice, (tea.public_id, 2))
    sent = {"lines": [{**line, "variant_id": tea.public_id if line.get("variant_id") == "TEA" else line.get("variant_id")} for line in body["lines"]]} if isinstance(body.get("lines"), list) else body
    assert alice.send("PUT", "/cart", json=sent).status_code in (status, 400)
    assert alice.get("/cart")["lines"][0]["quantity"] == 2


def test_a_cart_ends_at_a_hundred_articles(sign_in: SignIn, tea: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping, "MOST_LINES", 0)
    said = kept(sign_in("alice"), (tea.public_id, 1))
    assert (said.status_code, said.get_json()["code"]) == (409, "cart_too_long")


def test_of_two_devices_at_once_one_cart_is_left(sign_in: SignIn, tea: Any):
    phones = [sign_in("alice") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda n: kept(phones[n % 4], (tea.public_id, n + 1)).status_code, range(12)))
    assert set(said) == {200}
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(CartLine)) == 1


def test_favourites_are_found_again_the_newest_first_page_by_page(sign_in: SignIn, tea: Any, owner: Actor):
    from shop import add_product

    alice = sign_in("alice")
    with unit_of_work() as db:
        others = [add_product(db, owner, sku=f"CUP-{n}", name=f"Cup {n}") for n in range(3)]
    with reading() as db:
        ids = [db.scalar(select(Product.public_id).where(Product.id == one.product_id)) for one in (tea, *others)]
    assert [alice.post("/favourites", {"product_id": one}).status_code for one in (*ids, ids[0])] == [201, 201, 201, 201, 200]
    first = alice.get("/favourites?limit=3")
    second = alice.get(f"/favourites?limit=3&cursor={first['next']}")
    assert [one["product"]["id"] for one in (*first["items"], *second["items"])] == ids[::-1]
    assert second["next"] is None
    assert alice.send("DELETE", f"/favourites?product_id={ids[1]}").status_code == 204
    assert alice.send("DELETE", f"/favourites/{ids[2]}").status_code == 204
    assert alice.send("DELETE", "/favourites/none-such").status_code == 204
    assert [one["product"]["id"] for one in alice.get("/favourites")["items"]] == [ids[3], ids[0]]
    with unit_of_work() as db:
        db.execute(update(Product).where(Product.public_id == ids[3]).values(status="off_sale"))
    assert [one["product"]["id"] for one in alice.get("/favourites")["items"]] == [ids[0]]
    assert alice.post("/favourites", {"product_id": ids[3]}).status_code == 404
    assert sign_in("bob").get("/favourites")["items"] == []


def test_taps_at_once_make_one_favourite_and_a_thousand_are_enough(sign_in: SignIn, tea: Any, monkeypatch: pytest.MonkeyPatch):
    alices = [sign_in("alice") for _ in range(4)]
    with reading() as db:
        public = db.scalar(select(Product.public_id))
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda n: alices[n % 4].post("/favourites", {"product_id": public}).status_code, range(8)))
    assert sorted(set(said)) == [200, 201] and said.count(201) == 1
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Favourite)) == 1
    monkeypatch.setattr(keeping, "MOST_FAVOURITES", 0)
    said = sign_in("bob").post("/favourites", {"product_id": public})
    assert (said.status_code, said.get_json()["code"]) == (409, "too_many_favourites")


def test_both_are_told_to_their_customer_and_go_with_him(sign_in: SignIn, tea: Any, owner: Actor):
    alice = sign_in("alice")
    kept(alice, (tea.public_id, 2))
    with reading() as db:
        public = db.scalar(select(Product.public_id))
        who = ("customers.Customer", db.scalar(select(Customer.id)))
    alice.post("/favourites", {"product_id": public})
    with unit_of_work() as db:
        told = export_person(db, who, actor=owner, now=clock.now())["known"]
    assert [one["quantity"] for one in told["storefront"]["cart"]] == [2]
    assert len(told["storefront"]["favourites"]) == 1
    with unit_of_work() as db:
        erase_person(db, who, actor=owner, now=clock.now())
    with reading() as db:
        assert [db.scalar(select(func.count()).select_from(model)) for model in (CartLine, Favourite)] == [0, 0]
