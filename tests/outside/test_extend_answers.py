"""What other plugins add to the storefront: paths, and parts of its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from shoppers import Shopper
from sqlalchemy import select

from zhanggui.api import SYSTEM, clock, reading
from zhanggui.host.models import PluginFault
from zhanggui.host.service import disable_plugin
from zhanggui.runtime import Runtime


@pytest.fixture
def kind() -> str:
    """What is merged does not depend on the database."""
    return "sqlite"


@pytest.fixture
def outside() -> tuple[str, ...]:
    return ("stars",)


@pytest.fixture
def alice(sign_in: Callable[..., Shopper]) -> Shopper:
    return sign_in()


@pytest.fixture
def tea(goods: list[Any]) -> Any:
    return goods[0]


@pytest.fixture
def stars(instance: Runtime) -> Iterator[ModuleType]:
    """The plugin itself."""
    from zhanggui_stars import plugin

    plugin.loads.clear()
    yield plugin
    plugin.failing.clear()


def test_every_answer_has_what_plugins_say_of_it(alice: Shopper, tea: Any) -> None:
    said = {"stars": {"stars": 5}}
    lines = {"lines": [{"variant_id": tea.public_id, "quantity": 1}]}
    assert alice.get("/me")["extra"] == said
    assert alice.post("/quotes", lines).get_json()["extra"] == said
    placed = alice.post("/orders", lines).get_json()
    assert placed["extra"] == said
    assert alice.get("/orders")["items"][0]["extra"] == alice.get(f"/orders/{placed['number']}")["extra"] == said
    assert alice.get("/products")["items"][0]["extra"] == said
    schemas = alice.get("/openapi.json")["components"]["schemas"]
    assert schemas["Order"]["properties"]["extra"]["properties"] == {"stars": {"$ref": "#/components/schemas/Stars"}}


def test_a_page_is_loaded_at_once_and_one_that_fails_is_left_out(alice: Shopper, tea: Any, stars: ModuleType) -> None:
    for _ in range(3):
        alice.order(tea)
    stars.loads.clear()
    assert len(alice.get("/orders")["items"]) == 3
    assert stars.loads == [3]
    stars.failing.append("load")
    assert [order["extra"] for order in alice.get("/orders")["items"]] == [{}, {}, {}]


def test_a_path_that_gives_way_is_taken_and_any_other_one_stays(alice: Shopper, tea: Any) -> None:
    number = alice.order(tea).get_json()["number"]
    for name in ("alipay", "wechatpay", "payments"):  # who takes money for this shop has that path otherwise
        disable_plugin(name, actor=SYSTEM, now=clock.now())
    assert alice.post(f"/orders/{number}/pay").get_json() == {"stars": 5}
    assert "items" in alice.get("/products")
    with reading() as db:
        c = PluginFault.__table__.c
        plugin, name, sentence = db.execute(select(c.plugin, c.name, c.sentence).where(c.kind == "operation", c.name != "POST /orders/{id}/pay")).one()
    assert (plugin, name) == ("stars", "GET /products")
    assert "taken by storefront" in sentence


def test_a_price_that_changed_comes_with_the_new_quote(alice: Shopper, tea: Any) -> None:
    from zhanggui_orders.models import Order

    refused = alice.order(tea, 2, expected_total={"amount": 1, "currency": "CNY"})
    answer = refused.get_json()
    assert (refused.status_code, answer["code"]) == (409, "price_changed")
    assert (answer["quote"]["total"], answer["quote"]["lines"][0]["available"]) == ({"amount": 3980, "currency": "CNY"}, 10)
    for wrong in ({"amount": 19.9, "currency": "CNY"}, {"amount": 1}, 3980, {"amount": True, "currency": "CNY"}, {"amount": 3980, "currency": "000"}):
        assert alice.order(tea, 2, expected_total=wrong).status_code == 422
    with reading() as db:
        assert db.scalars(select(Order)).all() == []
