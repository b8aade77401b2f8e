"""A cart's choices reach the price, by a plugin of sixty lines that uses public names alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shoppers import Shopper
from sqlalchemy import select

from zhanggui.api import Actor, clock, reading
from zhanggui.host.service import disable_plugin

Cart = dict[str, Any]


def cart(goods: list[Any], *wrapped: bool, **more: Any) -> Cart:
    lines = [
        {"variant_id": v.public_id, "quantity": 2, "choices": {"giftwrap": {"wrap": wrap}}} for v, wrap in zip(goods, wrapped, strict=True)
    ]
    return {"lines": lines, **more}


def test_what_is_chosen_costs_and_each_line_keeps_its_part(sign_in: Callable[..., Shopper], goods: list[Any]) -> None:
    from zhanggui_orders.models import LineAdjustment, OrderLine, PriceAdjustment

    alice = sign_in()
    quoted = alice.post("/quotes", cart(goods, False, True)).get_json()
    assert (quoted["fee"]["amount"], quoted["total"]["amount"]) == (500, 2 * 1990 + 2 * 800 + 500)
    assert [[part["amount"]["amount"] for part in line["parts"]] for line in quoted["lines"]] == [[], [500]]
    assert quoted["adjustments"][0] | {"amount": 0} == {
        "label": "Gift wrapping", "kind": "fee", "step": "giftwrap.wrap", "source": "wrap", "amount": 0,
    }  # fmt: skip
    placed = alice.post("/orders", cart(goods, True, True, expected_total={"amount": 6580, "currency": "CNY"}))
    assert placed.status_code == 201, placed.text
    assert placed.get_json()["fee"]["amount"] == 1000
    with reading() as db:
        parts = db.execute(
            select(OrderLine.sku, PriceAdjustment.kind, LineAdjustment.amount)
            .join(LineAdjustment, LineAdjustment.order_line_id == OrderLine.id)
            .join(PriceAdjustment, PriceAdjustment.id == LineAdjustment.adjustment_id)
            .order_by(OrderLine.position)
        ).all()
    assert [tuple(part) for part in parts] == [("TEA-250", "fee", 500), ("CUP", "fee", 500)]


def test_a_step_may_say_why_nothing_applies(sign_in: Callable[..., Shopper], goods: list[Any]) -> None:
    (note,) = sign_in().post("/quotes", cart(goods, False, False)).get_json()["notes"]
    assert (note["applied"], note["reason"], note["text"]) == (False, "not_asked", "Every line can be wrapped as a gift.")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("choices", "per", "status", "where"),
    [
        ({"coupons": {"code": "X"}}, "order", 400, "choices.coupons"),
        ({"giftwrap": {"wrap": True}}, "order", 400, "choices.giftwrap"),
        ({"giftwrap": {"warp": True}}, "line", 400, "lines.0.choices.giftwrap.warp"),
        ({"giftwrap": {"wrap": "perhaps"}}, "line", 422, "lines.0.choices.giftwrap.wrap"),
        ({"giftwrap": True}, "line", 422, "lines.0.choices.giftwrap"),
        ("wrapped", "order", 422, "choices"),
    ],
)
def test_a_choice_that_cannot_be_made_is_named(
    sign_in: Callable[..., Shopper], goods: list[Any], choices: Any, per: str, status: int, where: str
) -> None:
    body = cart(goods, False, False)
    (body if per == "order" else body["lines"][0])["choices"] = choices
    for path in ("/quotes", "/orders"):
        refused = sign_in().post(path, body)
        assert (refused.status_code, list(refused.get_json()["errors"])) == (status, [where])


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_without_the_plugin_its_choice_is_unknown(sign_in: Callable[..., Shopper], goods: list[Any], owner: Actor) -> None:
    alice = sign_in()
    described = alice.get("/openapi.json")["components"]["schemas"]
    assert described["CartLineBody"]["properties"]["choices"]["properties"] == {"giftwrap": {"$ref": "#/components/schemas/GiftwrapLineChoices"}}
    disable_plugin("giftwrap", actor=owner, now=clock.now())
    assert alice.post("/quotes", cart(goods, True, True)).get_json()["code"] == "unknown_choice"
    assert alice.get("/openapi.json")["components"]["schemas"]["CartLineBody"]["properties"]["choices"]["properties"] == {}


def test_it_is_short() -> None:
    text = (Path(__file__).parent / "zhanggui_giftwrap" / "plugin.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
