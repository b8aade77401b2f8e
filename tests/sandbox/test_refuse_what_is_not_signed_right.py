"""Both gates take what the merchant signed, just now, as it is; everything else is refused in the provider's own words."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

ORDER = "/v3/pay/transactions/out-trade-no/T000001"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"heads": {"Authorization": None}}, "Authorization"),
        ({"heads": {"Authorization": "WECHATPAY2-SHA256-RSA2048 mchid=1"}}, "格式错误"),
        ({"mchid": "1900009999"}, "商户号"),
        ({"serial_no": "5F" * 20}, "证书序列号"),
        ({"timestamp": -301}, "5分钟"),
        ({"timestamp": 360}, "5分钟"),
        ({"timestamp": "yesterday"}, "5分钟"),
        ({"nonce_str": "茶".encode().decode("latin-1")}, "nonce_str"),
        ({"signature": "c2lnbg=="}, "验签失败"),
        ({"signature": "no base64"}, "验签失败"),
        ({"key": rsa.generate_private_key(65537, 2048)}, "验签失败"),
        ({"signed_target": ORDER}, "验签失败"),
    ],
)
def test_wechat_pay_refuses_a_request_that_is_not_signed_right(merchant: Any, change: dict[str, Any], words: str):
    if isinstance(seconds := change.get("timestamp"), int):  # from now, not from when the tests were collected
        change = {"timestamp": str(int(time.time()) + seconds)}
    answer = merchant.call("GET", f"{ORDER}?mchid={merchant.wechatpay['mchid']}", **change)
    assert (answer.status, answer.json["code"]) == (401, "SIGN_ERROR")
    assert words in answer.json["message"]


def test_wechat_pay_wants_the_body_as_it_was_signed(merchant: Any):
    signed = b'{"mchid":"1900008888"}'
    assert merchant.call("POST", f"{ORDER}/close", signed, sent=b'{"mchid": "1900008888"}').json["code"] == "SIGN_ERROR"
    assert merchant.call("POST", f"{ORDER}/close", signed).json["code"] == "ORDER_NOT_EXIST"


def test_a_nonce_counts_once(merchant: Any):
    target = f"{ORDER}?mchid={merchant.wechatpay['mchid']}"
    assert merchant.call("GET", target, nonce_str="once").status == 404
    assert merchant.call("GET", target, nonce_str="once").status == 401


def test_the_log_shows_the_text_that_a_refused_signature_should_have_covered(merchant: Any, sandbox: Any):
    merchant.call("GET", f"{ORDER}?mchid=1", timestamp="1111111111", nonce_str="a")
    merchant.call("GET", f"{ORDER}?mchid=1", nonce_str="b", signature="c2lnbg==")
    entry = sandbox.ask("GET", "/_sim/requests?trouble=1&limit=1")["items"][0]
    stamp = entry["signed_text"].split("\n")[2]
    assert entry["signed_text"] == f"GET\n{ORDER}?mchid=1\n{stamp}\nb\n\n"
    merchant.gateway("alipay.trade.query", {"out_trade_no": "A1"}, sign="c2lnbg==")
    entry = sandbox.ask("GET", "/_sim/requests?trouble=1&limit=1")["items"][0]
    assert entry["signed_text"].startswith("app_id=9021000100008888&biz_content={")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": {"total": "1990"}}, "/amount/total"), ({"amount": {"total": 19.9}}, "/amount/total"), ({"amount": {"total": True}}, "/amount/total"),
        ({"amount": {"total": 0}}, "/amount/total"), ({"amount": {"total": -1}}, "/amount/total"), ({"amount": {"total": 10**12}}, "/amount/total"),
        ({"amount": {"total": 1, "currency": "USD"}}, "/amount/currency"), ({"amount": 1990}, "/amount/currency"), ({"description": "茶" * 128}, "/description"),
        ({"description": ""}, "/description"), ({"out_trade_no": "short"}, "/out_trade_no"), ({"out_trade_no": "T" * 33}, "/out_trade_no"),
        ({"out_trade_no": "with space"}, "/out_trade_no"), ({"attach": "x" * 129}, "/attach"), ({"notify_url": "http://shop.example/n"}, "/notify_url"),
        ({"notify_url": "https://shop.example/n?a=1"}, "/notify_url"), ({"notify_url": "https://" + "x" * 255}, "/notify_url"),
        ({"time_expire": "2026-01-01 10:00:00"}, "/time_expire"), ({"time_expire": "2020-01-01T10:00:00+08:00"}, "/time_expire"), ({"mchid": "1"}, "/mchid"),
    ],
)  # fmt: skip
def test_wechat_pay_names_the_field_that_is_wrong(merchant: Any, change: dict[str, Any], field: str):
    answer = merchant.order("T000001", **change)
    assert (answer.status, answer.json["code"], answer.json["detail"]["field"]) == (400, "PARAM_ERROR", field)


def test_a_mini_program_order_needs_the_payer_and_a_phone_page_its_address(merchant: Any):
    assert merchant.order("T000001", scene="jsapi", payer={}).json["detail"]["field"] == "/payer/openid"
    assert merchant.order("T000001", scene="h5", scene_info={}).json["detail"]["field"] == "/scene_info/payer_client_ip"
    assert merchant.order("T000001", appid="wx0").json["code"] == "APPID_MCHID_NOT_MATCH"


def test_a_number_means_one_order(merchant: Any):
    assert merchant.order("T000001").status == 200
    assert merchant.order("T000001").status == 200
    assert merchant.order("T000001", total=1991).json["code"] == "INVALID_REQUEST"
    assert merchant.order("T000001", scene="h5").json["code"] == "OUT_TRADE_NO_USED"
    merchant.pay("T000001")
    assert merchant.order("T000001").json["code"] == "ORDERPAID"
    assert merchant.call("POST", f"{ORDER}/close", {"mchid": merchant.wechatpay["mchid"]}).json["code"] == "ORDERPAID"
    assert merchant.query("T000001").json["transaction_id"].isdigit()


def test_refunds_keep_to_sum_minute_number_and_fifty(merchant: Any, sandbox: Any):
    merchant.order("T000001")
    assert merchant.refund("T000001", "R0", 1).json["message"] == "订单未支付或状态不允许退款"
    merchant.pay("T000001")
    assert merchant.refund("nothere", "R0", 1).status == 404
    assert merchant.refund("T000001", "R0", 1, total=1991).json["code"] == "INVALID_REQUEST"
    assert merchant.refund("T000001", "R0", 1991).json["code"] == "INVALID_REQUEST"
    assert merchant.refund("T000001", "R1", 1000).json["status"] == "PROCESSING"
    assert merchant.refund("T000001", "R1", 1000).status == 200
    assert merchant.refund("T000001", "R1", 999).json["code"] == "INVALID_REQUEST"
    assert merchant.refund("T000001", "R2", 10).json["code"] == "FREQUENCY_LIMITED"
    for number in range(2, 51):
        sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 61})
        assert merchant.refund("T000001", f"R{number}", 1).status == 200
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 61})
    assert "50次" in merchant.refund("T000001", "R51", 1).json["message"]
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 366 * 86400})
    assert "期限" in merchant.refund("T000001", "R51", 1).json["message"]


def test_an_order_that_has_expired_is_not_closed_and_not_paid(merchant: Any, sandbox: Any):
    merchant.order("T000001")
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 8 * 86400})
    with pytest.raises(ValueError, match="expired"):
        merchant.pay("T000001")
    assert merchant.query("T000001").json["trade_state"] == "NOTPAY"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sign": ""}, "isv.missing-signature"), ({"sign": "c2lnbg=="}, "isv.invalid-signature"), ({"app_id": "1"}, "isv.invalid-app-id"),
        ({"sign_type": "RSA"}, "isv.invalid-signature-type"), ({"timestamp": "2026-11-26T10:00:00"}, "isv.invalid-timestamp"),
        ({"timestamp": "2020-01-01 00:00:00"}, "isv.invalid-timestamp"), ({"biz_content": "no json"}, "isv.invalid-biz-content"),
        ({"app_cert_sn": "0" * 32, "alipay_root_cert_sn": "0" * 32}, "isv.invalid-app-cert-sn"), ({"version": "2.0"}, "isv.invalid-version"),
    ],
)  # fmt: skip
def test_alipay_refuses_a_request_that_is_not_right(merchant: Any, change: dict[str, str], code: str):
    found = merchant.ask_alipay("alipay.trade.query", {"out_trade_no": "A1"}, **change)
    assert found["sub_code"] == code


@pytest.mark.parametrize(
    "change",
    [{"total_amount": "19.901"}, {"total_amount": "0"}, {"total_amount": "-1"}, {"total_amount": "1e3"}, {"total_amount": "１"}, {"total_amount": None},
     {"out_trade_no": "with-dash"}, {"out_trade_no": "x" * 65}, {"subject": "a=b"}, {"subject": ""}, {"buyer_open_id": ""}, {"time_expire": "soon"}],
)  # fmt: skip
def test_alipay_refuses_an_order_that_is_none(merchant: Any, change: dict[str, Any]):
    content = {"out_trade_no": "A1", "total_amount": "19.90", "subject": "茶", "buyer_open_id": "0Bob"} | change
    assert merchant.ask_alipay("alipay.trade.create", content)["sub_code"] == "ACQ.INVALID_PARAMETER"


def test_alipay_gives_back_once_and_never_too_much(merchant: Any):
    create = {"out_trade_no": "A1", "total_amount": "19.90", "subject": "茶", "buyer_open_id": "0Bob"}
    merchant.ask_alipay("alipay.trade.create", create)
    refund = {"out_trade_no": "A1", "refund_amount": "10.00", "out_request_no": "R1"}
    assert merchant.ask_alipay("alipay.trade.refund", refund)["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
    merchant.pay("A1")
    assert merchant.ask_alipay("alipay.trade.create", create)["sub_code"] == "ACQ.TRADE_HAS_SUCCESS"
    assert merchant.ask_alipay("alipay.trade.close", {"out_trade_no": "A1"})["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
    assert merchant.ask_alipay("alipay.trade.refund", {**refund, "out_request_no": ""})["sub_code"] == "ACQ.INVALID_PARAMETER"
    assert merchant.ask_alipay("alipay.trade.refund", refund)["fund_change"] == "Y"
    assert merchant.ask_alipay("alipay.trade.refund", refund)["fund_change"] == "N"
    assert merchant.ask_alipay("alipay.trade.refund", {**refund, "refund_amount": "1.00"})["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"
    assert merchant.ask_alipay("alipay.trade.refund", {**refund, "out_request_no": "R2"})["sub_code"] == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"


def test_alipay_closes_an_order_when_its_time_is_over(merchant: Any, sandbox: Any):
    merchant.ask_alipay("alipay.trade.create", {"out_trade_no": "A1", "total_amount": "1", "subject": "茶", "buyer_id": "2", "timeout_express": "90m"})
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 5401})
    assert merchant.ask_alipay("alipay.trade.query", {"out_trade_no": "A1"})["trade_status"] == "TRADE_CLOSED"
