"""``python-alipay-sdk``, written by others, takes the sandbox for Alipay, with keys and with certificates."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from alipay import AliPay, AliPayException, AliPayValidationError

from zhanggui_sandbox import Sandbox
from zhanggui_sandbox.clock import BEIJING


def create(alipay: AliPay, number: str, total: str = "19.90") -> Any:
    content = {"out_trade_no": number, "total_amount": total, "subject": "明前龙井 “250 克”", "buyer_open_id": "0Bob", "product_code": "JSAPI_PAY", "op_app_id": "2"}
    return alipay.server_api("alipay.trade.create", content)


def test_an_order_is_made_paid_told_given_back_and_told(alipay: AliPay, sandbox: Sandbox, shop: Any):
    made = create(alipay, "A1")
    assert made["code"] == "10000"
    assert alipay.api_alipay_trade_query("A1")["trade_status"] == "WAIT_BUYER_PAY"
    sandbox.ask("POST", "/_sim/pay", {"out_trade_no": "A1", "result": "success"})
    found = alipay.api_alipay_trade_query(trade_no=made["trade_no"])
    assert (found["trade_status"], found["total_amount"]) == ("TRADE_SUCCESS", "19.90")

    sent = dict(parse_qsl(shop.wait()[0].body.decode()))
    assert (sent["trade_status"], sent["total_amount"], sent["out_trade_no"]) == ("TRADE_SUCCESS", "19.90", "A1")
    signature = sent.pop("sign")
    assert alipay.verify(dict(sent), signature)
    assert not alipay.verify({**sent, "total_amount": "0.01"}, signature)

    first = alipay.api_alipay_trade_refund("9.90", out_trade_no="A1", out_request_no="R1")
    assert (first["fund_change"], first["refund_fee"]) == ("Y", "9.90")
    again = alipay.api_alipay_trade_refund("9.90", out_trade_no="A1", out_request_no="R1")
    assert (again["fund_change"], again["refund_fee"]) == ("N", "9.90")
    assert alipay.api_alipay_trade_fastpay_refund_query("R1", out_trade_no="A1")["refund_status"] == "REFUND_SUCCESS"
    assert "refund_status" not in alipay.api_alipay_trade_fastpay_refund_query("R9", out_trade_no="A1")
    back = dict(parse_qsl(shop.wait(2)[1].body.decode()))
    assert (back["trade_status"], back["refund_fee"], back["out_biz_no"]) == ("TRADE_SUCCESS", "9.90", "R1")
    alipay.api_alipay_trade_refund("10.00", out_trade_no="A1", out_request_no="R2")
    assert alipay.api_alipay_trade_query("A1")["trade_status"] == "TRADE_CLOSED"


def test_a_scanned_code_brings_the_trade_into_being(alipay: AliPay, sandbox: Sandbox):
    code = alipay.api_alipay_trade_precreate("茶", "A2", "0.01")["qr_code"]
    assert alipay.api_alipay_trade_query("A2")["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    assert "0.01" in urllib.request.urlopen(code).read().decode()
    assert alipay.api_alipay_trade_query("A2")["trade_status"] == "WAIT_BUYER_PAY"
    assert alipay.api_alipay_trade_close("A2")["code"] == "10000"
    assert alipay.api_alipay_trade_query("A2")["trade_status"] == "TRADE_CLOSED"


def test_a_browser_is_taken_to_the_cashier_and_back(alipay: AliPay, sandbox: Sandbox):
    address = alipay.api_alipay_trade_wap_pay("茶", "A3", "19.90", return_url="http://shop.example/back?order=A3")
    with urllib.request.urlopen(f"{alipay._gateway}?{address}") as page:
        assert "/cashier/" in page.url
        assert "19.90" in page.read().decode()
    posted = urllib.request.urlopen(page.url, b"result=success").read().decode()
    back = posted.partition('class="button pay" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert back.startswith("http://shop.example/back?order=A3&")
    fields = dict(parse_qsl(back.partition("?")[2]))
    del fields["order"]
    signature = fields.pop("sign")
    assert alipay.verify(fields, signature)
    assert alipay.api_alipay_trade_query("A3")["trade_status"] == "TRADE_SUCCESS"


def test_the_bill_of_a_day_is_an_archive_in_gbk(alipay: AliPay, sandbox: Sandbox):
    create(alipay, "A4")
    sandbox.ask("POST", "/_sim/pay", {"out_trade_no": "A4"})
    today = str(datetime.now(BEIJING).date())
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 2 * 86400})
    found = alipay.server_api("alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": today})
    raw = urllib.request.urlopen(found["bill_download_url"]).read()
    with zipfile.ZipFile(io.BytesIO(raw), metadata_encoding="gbk") as archive:
        names = archive.namelist()
        assert [name.partition("_")[2].partition("_")[2] for name in names] == ["业务明细.csv", "业务明细(汇总).csv"]
        text = archive.read(names[0]).decode("gbk")
    assert [line.split(",")[1].strip() for line in text.splitlines() if not line.startswith("#")][1:] == ["A4"]
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 31})
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(found["bill_download_url"])


@pytest.mark.parametrize("flaw", ["sign_wrong", "sign_missing", "sign_probe"])
def test_an_answer_with_a_bad_signature_is_seen(alipay: AliPay, sandbox: Sandbox, flaw: str):
    sandbox.ask("POST", "/_sim/faults", {"kind": flaw})
    with pytest.raises((AliPayValidationError, AliPayException)):
        create(alipay, "A5")
    assert alipay.api_alipay_trade_query("A5")["trade_status"] == "WAIT_BUYER_PAY"


def test_slashes_are_escaped_in_the_text_that_is_signed(merchant: Any, sandbox: Sandbox):
    raw = merchant.gateway("alipay.trade.precreate", {"out_trade_no": "A6", "total_amount": "1.00", "subject": "茶"}).body.decode()
    assert "http:\\/\\/" in raw
    assert json.loads(raw)["alipay_trade_precreate_response"]["qr_code"].startswith("http://")
