"""A client written by others signs, seals and reads as ours does. Its base address is private: a release that renames it fails here."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from merchant import settings_of
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import aes_decrypt, load_public_key, rsa_sign, rsa_verify

from zhanggui.api import Money, clock
from zhanggui_payments.facade import AttemptView, RefundRequest
from zhanggui_sandbox import Sandbox
from zhanggui_wechatpay import signing
from zhanggui_wechatpay.provider import WECHATPAY


@pytest.fixture
def kind() -> str:
    """A provider knows no database."""
    return "sqlite"


@pytest.fixture
def judge(sandbox: Sandbox, door: Any) -> WeChatPay:
    given = settings_of(sandbox)
    client = WeChatPay(
        wechatpay_type=WeChatPayType.MINIPROG, mchid=given["mchid"], private_key=given["private_key"], cert_serial_no=given["serial"],
        apiv3_key=given["api_v3_key"], appid=given["app_id"], notify_url=f"http://127.0.0.1:{door.port}/notify", public_key=given["public_key"],
        public_key_id=given["public_key_id"], timeout=(2, 5),
    )  # fmt: skip
    assert client._core._gate_way.startswith("https://api.mch")
    client._core._gate_way = sandbox.url
    return client


def test_both_sign_and_open_the_same(instance: Any, judge: WeChatPay, sandbox: Sandbox, far_end: Any) -> None:
    given = settings_of(sandbox)
    key = signing.private_key(given["private_key"])
    lines = ("POST", "/v3/pay/transactions/native", "1790000000", "n" * 32, '{"description":"明前龙井"}')
    assert signing.sign(key, *lines) == rsa_sign(judge._core._private_key, "".join(f"{line}\n" for line in lines))
    now = clock.now()
    attempt = AttemptView("PJUDGED00000000000001", "wechatpay", "mini_program", Money(1990, "CNY"), "#1", now, now + timedelta(hours=2), payer="oAlice01234567")
    made = WECHATPAY.create(attempt).values  # type: ignore[union-attr] # a client's action
    assert made["paySign"] == judge.sign([given["app_id"], made["timeStamp"], made["nonceStr"], made["package"]])
    far_end.pay(attempt.number)
    public = load_public_key(given["public_key"])
    for name in (None, "tampered_body", "other_key", "probe", "no_signature_type"):
        arrival = far_end.notification(attempt.number, name)
        head = [arrival.headers[f"Wechatpay-{part}"] for part in ("Timestamp", "Nonce", "Signature")]
        theirs = rsa_verify(head[0], head[1], arrival.body.decode(), head[2], public)
        assert signing.is_signed(signing.public_key(given["public_key"]), head[2], head[0], head[1], arrival.body) == theirs == (name in (None, "no_signature_type"))
    sealed = json.loads(arrival.body)["resource"]
    opened = signing.opened(given["api_v3_key"], sealed["nonce"], sealed["associated_data"], sealed["ciphertext"])
    assert opened.decode() == aes_decrypt(sealed["nonce"], sealed["ciphertext"], sealed["associated_data"], given["api_v3_key"])


def test_both_see_the_same_payment_and_refund(instance: Any, judge: WeChatPay, far_end: Any) -> None:
    now = clock.now()
    attempt = AttemptView("PJUDGED00000000000002", "wechatpay", "qr", Money(1990, "CNY"), "#1", now, now + timedelta(hours=2))
    WECHATPAY.create(attempt)
    far_end.pay(attempt.number)
    status, answer = judge.query(out_trade_no=attempt.number)
    theirs, ours = json.loads(answer), WECHATPAY.query(attempt)
    assert (status, theirs["trade_state"], theirs["transaction_id"], theirs["amount"]["total"]) == (200, "SUCCESS", ours.provider_number, 1990)
    assert (ours.state, ours.amount) == ("captured", Money(1990, "CNY"))
    refund = RefundRequest("RJUDGED00000000000002", Money(500, "CNY"), attempt)
    WECHATPAY.refund(refund)
    status, answer = judge.query_refund(out_refund_no=refund.number)
    theirs, back = json.loads(answer), WECHATPAY.query_refund(refund)
    assert (status, theirs["status"], theirs["refund_id"], theirs["amount"]["refund"]) == (200, "PROCESSING", back.provider_number, 500)
    # Begun by the other one, asked about and closed by ours.
    status, _answer = judge.pay(description="x", out_trade_no="PJUDGED00000000000003", amount={"total": 1990, "currency": "CNY"}, payer={"openid": "oAlice01234567"})
    other = AttemptView("PJUDGED00000000000003", "wechatpay", "mini_program", Money(1990, "CNY"), "#1", now, now)
    assert (status, WECHATPAY.query(other).state, WECHATPAY.close(other).state, WECHATPAY.query(other).state) == (200, "pending", "closed", "closed")
