"""What a client sends of amounts counts for nothing; what cannot be paid is refused with the reason in words, and nobody is asked."""

from __future__ import annotations

from typing import Any

import pytest
from bank import METHODS, OWNER, PRICE
from shoppers import signed_in
from sqlalchemy import select

from zhanggui.api import SYSTEM, clock, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.config import settings
from zhanggui.runtime import Runtime
from zhanggui_orders import facade as orders
from zhanggui_orders.models import Order
from zhanggui_payments.models import Attempt
from zhanggui_products.models import Variant
from zhanggui_sandbox import Sandbox


def asked(sandbox: Sandbox) -> int:
    return sum(1 for row in sandbox.world.store.all("SELECT operation FROM request") if row["operation"])


@pytest.fixture
def kind() -> str:
    """What is refused here is refused before a database matters."""
    return "sqlite"


def test_it_is_refused_in_words(instance: Runtime, site: Site, sandbox: Sandbox) -> None:
    with reading() as db:
        tea = db.execute(select(Variant.public_id)).one()
    alice, bob = signed_in(site, "alice"), signed_in(site, "bob")

    def ordered() -> tuple[str, int]:
        number = alice.order(tea).get_json()["number"]
        with reading() as db:
            return number, db.scalars(select(Order.id).where(Order.number == number)).one()

    def refusal(number: str, body: Any, who: Any = alice) -> tuple[int, str, str]:
        before = asked(sandbox)
        answer = who.post(f"/orders/{number}/pay", body)
        assert asked(sandbox) == before, "a refused payment asked the provider"
        return answer.status_code, answer.get_json()["code"], answer.get_json()["detail"]

    number, order_id = ordered()
    for method in METHODS:
        by = {"method": method, "scene": "qr"}
        assert refusal(number, by, bob)[0] == 404
        assert refusal("26030200000000", by)[0] == 404
        made = alice.post(f"/orders/{number}/pay", {**by, "amount": 1, "currency": "USD", "total": {"amount": 1, "currency": "CNY"}, "payment_id": "P1"}).get_json()
        assert made["amount"] == {"amount": PRICE, "currency": "CNY"}
        (there,) = sandbox.ask("GET", f"/_sim/orders?out_trade_no={made['payment_id']}")["items"]
        assert (there["amount"], there["currency"], there["provider"]) == (PRICE, "CNY", method)
    for odd in ("bitcoin", "offline", "cash", "pandapay"):
        assert refusal(number, {"method": odd, "scene": "qr"})[:2] == (409, "method_unavailable")
    assert refusal(number, {"method": "wechatpay", "scene": "page"})[:2] == (409, "method_unavailable")
    for body in ({"method": "WeChat"}, {"method": 1, "scene": "qr"}, {"method": "wechatpay", "scene": "moon"}, {"method": "wechatpay", "scene": "offline"}, {"method": ["alipay"]}, [], "x"):
        assert 400 <= refusal(number, body)[0] <= 422, body
    with unit_of_work() as db:
        orders.mark_paid_offline(db, order_id=order_id, method="cash", actor=OWNER, now=clock.now())
    status, code, words = refusal(number, by)
    assert (status, code) == (409, "illegal_move")
    assert "paid" in words.lower()
    number, _order_id = ordered()
    alice.post(f"/orders/{number}/cancel", {"reason": "no"})
    status, code, words = refusal(number, by)
    assert (status, code) == (409, "illegal_move")
    assert "cancel" in words.lower()
    with reading() as db:
        assert db.scalar(select(Attempt.id).where(Attempt.order_number == number)) is None


def test_a_provider_without_its_keys_is_not_offered(instance: Runtime, site: Site, sandbox: Sandbox) -> None:
    with reading() as db:
        tea = db.execute(select(Variant.public_id)).one()
    alice = signed_in(site, "alice")
    number = alice.order(tea).get_json()["number"]
    with unit_of_work() as db:
        for plugin in METHODS:
            settings.set(db, f"plugin.{plugin}.app_id", "", actor=SYSTEM, now=clock.now())
    offered = {item["method"]: item for item in alice.get("/payment-methods?scene=qr")["items"]}
    before = asked(sandbox)
    for method in METHODS:
        assert not offered[method]["available"]
        answer = alice.post(f"/orders/{number}/pay", {"method": method, "scene": "qr"})
        assert (answer.status_code, answer.get_json()["code"]) == (409, "method_unavailable")
        assert str(offered[method]["why"]).rstrip(".") in answer.get_json()["detail"]
    assert asked(sandbox) == before
