"""A payment provider by public names alone; what payments do with it is tested beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from panda import SECRET, Panda, open_for_business, panda_shop
from shoppers import Shopper

from zhanggui.i18n import tool
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor


@pytest.fixture
def panda() -> Iterator[Panda]:
    with open_for_business() as there:
        yield there


@pytest.fixture
def instance(databases: Any, kind: str, panda: Panda) -> Iterator[Runtime]:
    with panda_shop(databases, kind, panda) as runtime:
        yield runtime


def test_a_customer_pays_and_staff_gives_it_back(sign_in: Callable[..., Shopper], goods: list[Any], panda: Panda, visit: Callable[..., Visitor]) -> None:
    from zhanggui_payments.services import asking

    alice = sign_in()
    number = alice.order(goods[0]).get_json()["number"]
    payment = alice.post(f"/orders/{number}/pay", {"method": "panda", "scene": "h5"}).get_json()
    panda.pay(payment["payment_id"])
    assert asking.ask_attempt(1) == "captured"
    owner = visit("owner")
    assert "Panda Pay" in owner.get("/orders/1").text
    form = {"what": "all", "reason": "customer"}
    assert [owner.post("/orders/1/payments__refund", form).status_code for _ in range(2)] == [303, 409]
    assert (panda.given_back(payment["payment_id"]), panda.asked.count("/refunds")) == (1990, 1)
    assert [(r["state"], r["amount"]["amount"]) for r in alice.get(f"/orders/{number}")["refunds"]] == [("succeeded", 1990)]


def test_the_secret_is_tried_as_typed_and_kept_from_eyes(instance: Runtime, visit: Callable[..., Visitor]) -> None:
    owner = visit("owner")
    owner.get("/system/settings/")
    key = "plugin.pandapay.secret"
    assert "Panda Pay knows this shop as Tea in the hills." in owner.post(f"/system/settings/test/{key}", {key: ""}).text
    wrong = owner.post(f"/system/settings/test/{key}", {key: "another secret"}).text
    assert "127.0.0.1 refused: status 401." in wrong
    assert SECRET not in owner.get("/system/settings/").text


def test_it_is_short_and_translated() -> None:
    folder = Path(__file__).parent / "zhanggui_pandapay"
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.rglob("*.py")) < 350
    assert [line for line in tool.problems([str(folder.parent)]) if line.startswith("pandapay")] == []
