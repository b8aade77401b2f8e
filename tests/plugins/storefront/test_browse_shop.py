"""Looking around: products and categories, page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from shop import add_product
from sqlalchemy import event, update

from zhanggui.api import Actor, clock, unit_of_work
from zhanggui.runtime import Runtime
from zhanggui_inventory import facade as inventory
from zhanggui_products.models import Product
from zhanggui_products.services import categories, editing, selling


@pytest.fixture
def shelf(instance: Runtime, owner: Actor) -> list[Any]:
    """Twenty-five products in a category, the last one sold out."""
    with unit_of_work() as db:
        category = categories.create_category(db, actor=owner, now=clock.now(), name="Tea")
        names = [(f"SKU-{n:02}", f"Tea number {n}", 0 if n == 24 else n + 1) for n in range(25)]
        shelf = [add_product(db, owner, sku, name=name, stock=stock, price=100 + n) for n, (sku, name, stock) in enumerate(names)]
        db.execute(update(Product).values(category_id=category))
        return shelf


def test_it_pages_through_everything_once(visitor: Any, shelf: list[Any]) -> None:
    seen, path = [], "/products?limit=7"
    while path:
        page = visitor.get(path)
        seen += [item["variants"][0]["sku"] for item in page["items"]]
        path = f"/products?limit=7&cursor={page['next']}" if page["next"] else ""
    assert seen == [f"SKU-{n:02}" for n in range(25)]


def test_it_shows_prices_stock_and_public_ids_alone(visitor: Any, shelf: list[Any]) -> None:
    item = visitor.get("/products?q=number 24")["items"][0]
    assert item["variants"] == [
        {"id": shelf[24].public_id, "sku": "SKU-24", "option": "250 g", "attributes": {}, "price": {"amount": 124, "currency": "CNY"},
         "available": 0}
    ]  # fmt: skip
    assert visitor.get(f"/products/{item['id']}") == item
    assert str(shelf[24].product_id) not in (item["id"], item["variants"][0]["id"])
    for number in (shelf[24].product_id, shelf[24].id):
        assert visitor.send("GET", f"/products/{number}").status_code == 404


def test_it_shows_nothing_that_is_not_on_sale(visitor: Any, tea: Any, owner: Actor) -> None:
    product_id = visitor.get("/products")["items"][0]["id"]
    with unit_of_work() as db:
        selling.take_off_sale(db, id=tea.product_id, actor=owner, now=clock.now())
    assert visitor.get("/products")["items"] == []
    assert visitor.send("GET", f"/products/{product_id}").status_code == 404


def test_it_looks_into_a_category_and_below_it(visitor: Any, tea: Any, owner: Actor) -> None:
    now = clock.now()
    with unit_of_work() as db:
        top = categories.create_category(db, actor=owner, now=now, name="Tea")
        green = categories.create_category(db, actor=owner, now=now, name="Green tea", parent_id=top)
        categories.create_category(db, actor=owner, now=now, name="Cups")
        editing.update_product(
            db, id=tea.product_id, row_version=None, actor=owner, now=now, name="Longjing tea", category_id=green,
            variants=[{"id": tea.id, "sku": "TEA-250", "price": 1990, "option": "250 g"}],
        )  # fmt: skip
    found = {c["name"]: c for c in visitor.get("/categories")["items"]}
    assert found["Green tea"]["parent_id"] == found["Tea"]["id"]
    names = {name: [p["name"] for p in visitor.get(f"/products?category={c['id']}")["items"]] for name, c in found.items()}
    assert names == {"Tea": ["Longjing tea"], "Green tea": ["Longjing tea"], "Cups": []}
    assert visitor.get("/products?category=nothing")["items"] == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_it_asks_the_database_seldom(visitor: Any, shelf: list[Any], instance: Runtime, language: str) -> None:
    visitor.get("/products")
    statements: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Every request of the site asks first which plugins are enabled; that is not the list's.
        if not statement.startswith("BEGIN") and "core__generation" not in statement:
            statements.append(statement)

    event.listen(instance.read_bind, "before_cursor_execute", count)
    page = visitor.get("/products?limit=20", headers={"Accept-Language": language})
    event.remove(instance.read_bind, "before_cursor_execute", count)
    assert len(page["items"]) == 20
    assert len(statements) <= 6, "\n".join(statements)


WRONG = [
    ("limit=0", "limit"), ("limit=101", "limit"), ("limit=-1", "limit"), ("limit=1e1", "limit"), ("limit=%EF%BC%91%EF%BC%92", "limit"),
    ("limit=", "limit"), ("limit=99999999999999999999", "limit"), ("limit=5&limit=6", "limit"), ("sort=price", "sort"), ("sort=", "sort"),
    ("cursor=abc", "cursor"), ("cursor=" + "A" * 80, "cursor"), ("cursor=%00", "cursor"), ("cursor=", "cursor"), ("q=" + "x" * 101, "q"),
    ("q=%00", "q"), ("catgeory=x", "catgeory"), ("category=%00", "category"), ("%00=1", "\0"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "name"), WRONG)
def test_it_names_an_argument_that_means_nothing(visitor: Any, shelf: list[Any], query: str, name: str) -> None:
    response = visitor.send("GET", f"/products?{query}")
    problem = response.get_json()
    assert (response.status_code, response.mimetype, problem["code"]) == (400, "application/problem+json", "bad_request")
    assert list(problem["errors"]) == [name]
    assert problem["detail"].startswith(name)


def test_it_takes_a_cursor_only_for_the_question_it_answered(visitor: Any, shelf: list[Any], sign_in: Callable[..., Any]) -> None:
    cursor = visitor.get("/products?limit=5")["next"]
    assert visitor.send("GET", f"/products?limit=5&q=tea&cursor={cursor}").status_code == 400
    assert visitor.send("GET", f"/categories?cursor={cursor}").status_code == 400
    assert len(visitor.get(f"/products?limit=9&cursor={cursor}")["items"]) == 9


@pytest.mark.parametrize("path", ["/products/%00", "/products/a%2Fb", "/products/" + "x" * 300, "/products/%ED%A0%80", "/nothing", "/products/1/2"])
def test_it_answers_a_path_that_is_none_with_404(visitor: Any, path: str) -> None:
    response = visitor.send("GET", path)
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert visitor.send("PUT", "/products").status_code == 405


def test_at_every_door_words_are_found_however_they_are_typed(visitor: Any, visit: Any, instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        sold = add_product(db, owner, "BERRY", name="Café: smoked berry, 正山红茶")
        shelf = categories.create_category(db, actor=owner, now=clock.now(), name={"en": "Café: smoked berries", "zh_CN": "正山红茶"})
        inventory.ensure_levels(db, [sold.id], now=clock.now())
    admin = visit("owner")
    for typed in ("BERRIES smoked", "ｂｅｒｒｙ", "红茶 正山", "cafe"):
        assert [item["id"] for item in visitor.get("/products", query_string={"q": typed})["items"]]
        assert not visitor.get("/products", query_string={"q": f"{typed} nothing"})["items"]
        for path, found in (
            ("/products/", f"/products/{sold.product_id}"), ("/stock/", "smoked berry"), ("/categories/", f"/categories/{shelf}"),
            ("/search", f"/products/{sold.product_id}"), ("/categories/lookup", f'"id":"{shelf}"'),
        ):  # fmt: skip
            assert found in admin.get(path, query_string={"q": typed}).text, path
            assert found not in admin.get(path, query_string={"q": f"{typed} nothing"}).text, path
