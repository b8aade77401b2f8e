"""A coupon from the cart to the order and back, by a plugin that uses public names alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from shoppers import Shopper
from sqlalchemy import select

from zhanggui.api import clock, reading, unit_of_work
from zhanggui.i18n import tool
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.racing import at_once


@pytest.fixture
def outside() -> tuple[str, ...]:
    return ("coupons",)


@pytest.fixture
def coupon(instance: Runtime) -> Callable[..., None]:
    """``coupon("SPRING", 500)``: a coupon as its form makes it."""
    from zhanggui_coupons.models import Coupon

    def make(code: str, amount: int, **more: Any) -> None:
        with unit_of_work() as db:
            db.add(Coupon(code=code, name=f"{code} sale", amount=amount, created_at=clock.now(), **more))

    return make


def cart(goods: list[Any], code: str, **more: Any) -> dict[str, Any]:
    lines = [{"variant_id": variant.public_id, "quantity": 1} for variant in goods]
    return {"lines": lines, "choices": {"coupons": {"code": code}}, **more}


def taken() -> int:
    from zhanggui_coupons.models import Coupon

    with reading() as db:
        return db.scalar(select(Coupon.taken)) or 0


def test_a_code_takes_its_amount_off_and_is_given_back(sign_in: Callable[..., Shopper], goods: list[Any], coupon: Callable[..., None]) -> None:
    coupon("SPRING", 500, most=1)
    alice, bob = sign_in("alice"), sign_in("bob")
    quoted = alice.post("/quotes", cart(goods, " ｓｐｒｉｎｇ")).get_json()
    assert (quoted["discount"]["amount"], quoted["total"]["amount"]) == (500, 2290)
    assert [(note["applied"], note["source"]) for note in quoted["notes"]] == [(True, "coupon:1")]
    order = alice.post("/orders", cart(goods, "spring", expected_total=quoted["total"])).get_json()
    assert order["total"]["amount"] == 2290
    assert taken() == 1
    assert bob.post("/quotes", cart(goods, "SPRING")).get_json()["notes"][0]["reason"] == "used_up"
    assert alice.post(f"/orders/{order['number']}/cancel", {}).status_code == 200
    assert taken() == 0
    assert bob.post("/quotes", cart(goods, "SPRING")).get_json()["discount"]["amount"] == 500


def test_why_a_coupon_does_not_apply_is_said(sign_in: Callable[..., Shopper], goods: list[Any], coupon: Callable[..., None]) -> None:
    coupon("BIG", 500, least=10_000)
    coupon("OLD", 500, last_day=(clock.now() - timedelta(days=3)).date())
    alice = sign_in()
    said = {code: alice.post("/quotes", cart(goods, code)).get_json()["notes"][0] for code in ("BIG", "OLD", "NONE")}
    assert {code: note["reason"] for code, note in said.items()} == {"BIG": "below_threshold", "OLD": "over", "NONE": "unknown"}
    assert said["BIG"]["missing"]["amount"] == 10_000 - 2790
    assert alice.post("/quotes", cart(goods, "OLD"), headers={"Accept-Language": "zh-CN"}).get_json()["notes"][0]["text"] == "优惠券 OLD 已过期。"


def test_of_many_at_once_one_takes_the_last(sign_in: Callable[..., Shopper], goods: list[Any], coupon: Callable[..., None]) -> None:
    coupon("LAST", 500, most=1)
    shoppers = [sign_in(f"s{n}") for n in range(6)]
    total = {"amount": 2290, "currency": "CNY"}
    answers = at_once(6, lambda n: shoppers[n].post("/orders", cart(goods, "LAST", expected_total=total)).status_code)
    assert sorted(answers) == [201, 409, 409, 409, 409, 409]
    assert taken() == 1


def test_it_stands_on_the_screens_of_others(
    visit: Callable[..., Visitor], sign_in: Callable[..., Shopper], goods: list[Any], coupon: Callable[..., None]
) -> None:
    coupon("SPRING", 500)
    order = sign_in().post("/orders", cart(goods, "SPRING")).get_json()
    owner = visit("owner")
    assert "SPRING" in owner.get("/orders/").text
    assert "SPRING sale" in owner.get("/customers/1").text
    assert order["number"] in owner.get("/customers/1").text
    assert "5.00" in owner.get("/").text
    assert sign_in("bob").get("/coupons")["items"][0]["code"] == "SPRING"
    autumn = {"code": "autumn 1", "name": "Autumn", "amount": "3.00", "least": "0", "most": "", "last_day": ""}
    made = owner.post("/coupons/add", autumn)
    assert made.status_code == 303, made.text
    assert sign_in("bob").get("/coupons")["items"][0]["code"] == "AUTUMN1"
    assert owner.post("/coupons/add", autumn | {"code": "AUTUMN1"}).status_code == 422


def test_plugins_of_other_folders_have_their_catalogs_checked(tmp_path: Path) -> None:
    here = Path(__file__).parent
    assert list(tool.problems([str(here)])) == []
    shutil.copytree(here / "zhanggui_coupons", tmp_path / "zhanggui_coupons", ignore=shutil.ignore_patterns("translations", "__pycache__"))
    assert "coupons: no zh_CN text for 'Coupons used'" in list(tool.problems([str(tmp_path)]))
    for command in ("extract", "compile"):
        assert tool.main(command, str(tmp_path)) == 0
    assert "coupons: no zh_CN text for 'Coupons used'" in list(tool.problems([str(tmp_path)]))


def test_it_is_short() -> None:
    folder = Path(__file__).parent / "zhanggui_coupons"
    files = [path for ending in ("*.py", "*.html") for path in folder.rglob(ending)]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) < 350
