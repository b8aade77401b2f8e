"""Where WeChat Pay can be used, and what is said where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from shoppers import Shopper
from sqlalchemy import select

from zhanggui.api import reading
from zhanggui_payments.models import Attempt
from zhanggui_payments.services import asking
from zhanggui_sandbox import Sandbox


@pytest.fixture
def kind() -> str:
    """What the database does of it is the same as in ``test_pay_by_wechat``."""
    return "sqlite"


def begin(shopper: Shopper, tea: Any, scene: str) -> tuple[str, dict[str, Any]]:
    number = shopper.order(tea).get_json()["number"]
    answer = shopper.post(f"/orders/{number}/pay", {"method": "wechatpay", "scene": scene})
    assert answer.status_code == 200, answer.text
    return number, answer.get_json()


def test_a_browser_and_a_camera_pay_without_being_known_by_wechat(sign_in: Callable[..., Shopper], tea: Any, sandbox: Sandbox) -> None:
    bob = sign_in("bob")
    _number, by_code = begin(bob, tea, "qr")
    assert by_code["action"]["type"] == "qr"
    assert by_code["action"]["text"].startswith("http")
    _number, by_browser = begin(bob, tea, "h5")
    where = urlsplit(by_browser["action"]["url"])  # the sandbox is reached as the shop is
    assert (where.port, where.path) == (urlsplit(sandbox.url).port, "/cgi-bin/mmpayweb-bin/checkmweb") and "prepay_id=" in where.query
    sandbox.ask("POST", "/_sim/pay", {"out_trade_no": by_browser["payment_id"]})
    with reading() as db:
        attempt_id = db.scalar(select(Attempt.id).where(Attempt.number == by_browser["payment_id"]))
    assert attempt_id is not None
    assert asking.ask_attempt(attempt_id) == "captured"


def test_the_mini_program_says_why_it_cannot_pay_for_who_came_another_way(sign_in: Callable[..., Shopper], tea: Any, sandbox: Sandbox) -> None:
    bob = sign_in("bob")
    number = bob.order(tea).get_json()["number"]
    refusal = bob.post(f"/orders/{number}/pay", {"method": "wechatpay", "scene": "mini_program"})
    assert (refusal.status_code, refusal.get_json()["code"]) == (409, "method_unavailable")
    assert "sign in through WeChat first" in refusal.get_json()["detail"]
    assert sandbox.ask("GET", "/_sim/requests")["items"] == []


def test_in_a_demo_everybody_pays_from_a_mini_program(sign_in: Callable[..., Shopper], tea: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhanggui_wechatpay.account.is_demo", lambda: True)
    _number, paying = begin(sign_in("bob"), tea, "mini_program")
    assert (paying["state"], paying["action"]["type"]) == ("pending", "mini_program")


@pytest.mark.parametrize("entered", [{"private_key": None}], ids=["no key"])
def test_what_is_not_set_up_is_not_offered(sign_in: Callable[..., Shopper], tea: Any) -> None:
    bob = sign_in("bob")
    (offer,) = [o for o in bob.get("/payment-methods")["items"] if o["method"] == "wechatpay"]
    assert not offer["available"]
    assert "private key of the merchant" in offer["why"]
    number = bob.order(tea).get_json()["number"]
    refusal = bob.post(f"/orders/{number}/pay", {"method": "wechatpay", "scene": "qr"})
    assert refusal.status_code == 409
    assert "private key of the merchant" in refusal.get_json()["detail"]
