"""``wechatpayv3``, written by others, takes the sandbox for WeChat Pay: it signs for it and verifies and decrypts all that it says."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from wechatpayv3 import WeChatPay, WeChatPayType

from zhanggui_sandbox import Sandbox
from zhanggui_sandbox.clock import BEIJING


@pytest.fixture(params=["public_key", "certificate", "both"])
def judge(request: pytest.FixtureRequest, judge: WeChatPay, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeChatPay:
    """In both modes, and with the public key while certificates go on signing notifications."""
    if request.param == "public_key":
        sandbox.ask("POST", "/_sim/keys", {"mode": "public_key"})
        return judge
    sandbox.ask("POST", "/_sim/keys", {"mode": request.param, "notify_with": "certificate"})
    given = sandbox.ask("GET", "/_sim/credentials")["wechatpay"]
    (tmp_path / "certificates").mkdir()
    if request.param == "both":
        (tmp_path / "certificates" / "one.pem").write_text(given["platform_certificates"][0]["certificate"])
        judge._core._cert_dir = f"{tmp_path}/certificates/"
        judge._core._init_certificates()
        return judge
    # It asks for certificates while it is made, before its address could be changed.
    from wechatpayv3.core import Core

    made: list[Any] = []
    monkeypatch.setattr(Core, "_init_certificates", lambda core: made.append(core))
    client = WeChatPay(
        wechatpay_type=WeChatPayType.MINIPROG, mchid=given["mchid"], private_key=given["merchant_private_key"], cert_serial_no=given["merchant_serial"],
        apiv3_key=given["api_v3_key"], appid=given["app_id"], notify_url=judge._notify_url, timeout=(2, 5),
    )  # fmt: skip
    client._core._gate_way = sandbox.url
    client._core._update_certificates()
    assert len(client._core._certificates) == 1
    return client


def order(judge: WeChatPay, number: str, kind: WeChatPayType = WeChatPayType.MINIPROG, **more: Any) -> Any:
    if kind == WeChatPayType.MINIPROG:
        more["payer"] = {"openid": "oAlice0123456789"}
    if kind == WeChatPayType.H5:
        more["scene_info"] = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
    status, text = judge.pay(description="明前龙井 “250 克”", out_trade_no=number, amount={"total": 1990, "currency": "CNY"}, pay_type=kind, **more)
    assert status == 200, text
    return json.loads(text)


def test_an_order_is_made_paid_told_given_back_and_told(judge: WeChatPay, sandbox: Sandbox, shop: Any):
    prepay_id = order(judge, "T000001")["prepay_id"]
    assert order(judge, "T000002", WeChatPayType.NATIVE)["code_url"].startswith(f"{sandbox.url}/qr/")
    assert "/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=" in order(judge, "T000003", WeChatPayType.H5)["h5_url"]
    status, text = judge.query(out_trade_no="T000001")
    assert (status, json.loads(text)["trade_state"]) == (200, "NOTPAY")

    signed = judge.sign([judge._appid, "1764158400", "nonce", f"prepay_id={prepay_id}"])
    parameters = {"timeStamp": "1764158400", "nonceStr": "nonce", "package": f"prepay_id={prepay_id}", "signType": "RSA", "paySign": signed}
    assert sandbox.ask("POST", "/_sim/request_payment", parameters)["errMsg"] == "requestPayment:ok"

    sandbox.ask("POST", "/_sim/pay", {"out_trade_no": "T000001", "result": "success"})
    told = shop.wait()[0]
    found = judge.callback(told.headers, told.body)
    assert found["event_type"] == "TRANSACTION.SUCCESS"
    paid = found["resource"]
    assert (paid["out_trade_no"], paid["trade_state"], paid["amount"]["total"]) == ("T000001", "SUCCESS", 1990)
    assert json.loads(judge.query(transaction_id=paid["transaction_id"])[1])["out_trade_no"] == "T000001"

    status, text = judge.refund(out_refund_no="R1", amount={"refund": 990, "total": 1990, "currency": "CNY"}, transaction_id=paid["transaction_id"])
    assert (status, json.loads(text)["status"]) == (200, "PROCESSING")
    sandbox.ask("POST", "/_sim/refund", {"out_refund_no": "R1", "result": "success"})
    back = judge.callback(shop.wait(2)[1].headers, shop.told[1].body)
    assert (back["event_type"], back["resource"]["refund_status"], back["resource"]["amount"]["refund"]) == ("REFUND.SUCCESS", "SUCCESS", 990)
    assert json.loads(judge.query_refund("R1")[1])["status"] == "SUCCESS"
    assert json.loads(judge.query(out_trade_no="T000001")[1])["trade_state"] == "REFUND"


def test_an_order_that_is_missing_or_closed_says_so(judge: WeChatPay):
    assert json.loads(judge.query(out_trade_no="nothere1")[1])["code"] == "ORDER_NOT_EXIST"
    order(judge, "T000004")
    assert judge.close("T000004")[0] == 204
    assert json.loads(judge.query(out_trade_no="T000004")[1])["trade_state"] == "CLOSED"
    status, text = judge.close("T000004")
    assert (status, json.loads(text)["code"]) == (400, "ORDER_CLOSED")


@pytest.mark.parametrize("flaw", ["sign_wrong", "sign_missing", "sign_probe", "sign_serial"])
def test_an_answer_with_a_bad_signature_is_seen(judge: WeChatPay, sandbox: Sandbox, flaw: str):
    sandbox.ask("POST", "/_sim/faults", {"kind": flaw, "operation": "prepay"})
    with pytest.raises(Exception, match=r"failed to verify|does not support"):
        order(judge, "T000005")
    assert json.loads(judge.query(out_trade_no="T000005")[1])["trade_state"] == "NOTPAY"  # it was done all the same


def test_the_bill_of_a_day_adds_up(judge: WeChatPay, sandbox: Sandbox):
    today = datetime.now(BEIJING).date()
    for number, result in (("T000006", "success"), ("T000007", "cancel"), ("T000008", "success")):
        order(judge, number)
        sandbox.ask("POST", "/_sim/pay", {"out_trade_no": number, "result": result})
    assert judge.refund(out_refund_no="R2", amount={"refund": 90, "total": 1990, "currency": "CNY"}, out_trade_no="T000006")[0] == 200
    assert json.loads(judge.trade_bill(str(today))[1])["code"] == "STATEMENT_CREATING"
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 2 * 86400})
    assert json.loads(judge.trade_bill(str(today - timedelta(days=9)))[1])["code"] == "NO_STATEMENT_EXIST"
    status, text = judge.trade_bill(str(today))
    assert status == 200, text
    status, content = judge.download_bill(json.loads(text)["download_url"])
    assert status == 200
    raw = gzip.decompress(content)
    assert hashlib.sha1(raw).hexdigest() == json.loads(text)["hash_value"]
    head, *lines = raw.decode().splitlines()
    assert head.startswith("交易时间,公众账号ID,商户号")
    assert [line.split(",")[6] for line in lines[:-2]] == ["`T000006", "`T000008", "`T000006"]
    assert lines[-1] == "`3,`39.80,`0.90,`0.00,`0.23000,`39.80,`0.90"
    assert judge.fundflow_bill(str(today))[0] == 200
