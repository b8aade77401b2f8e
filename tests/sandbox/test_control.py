"""The control API does what its document says, for this machine alone; what is in the books outlives the process."""

from __future__ import annotations

import http.client
import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from zhanggui_sandbox import Keyring, Options, running
from zhanggui_sandbox.openapi import ENTRIES


def raw(sandbox: Any, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_every_operation_is_documented_with_an_example_that_is_understood(sandbox: Any, merchant: Any):
    paths = sandbox.ask("GET", "/_sim/openapi.json")["paths"]
    assert sorted((method.upper(), path) for path, found in paths.items() for method in found) == sorted((entry.method, entry.path) for entry in ENTRIES)
    merchant.order("T20261126001")
    for entry in ENTRIES:
        status, answer = raw(sandbox, entry.method, entry.path, json.dumps(entry.example or {}).encode(), Content_Type="application/json")
        assert status in (200, 400, 404, 409), (entry.path, answer)
        if status != 200:  # what it refuses is the state, not the form
            assert "is no field" not in json.loads(answer)["error"], entry.path
    status, answer = raw(sandbox, "POST", "/_sim/pay", b'{"number": 1}', Content_Type="application/json")
    assert (status, json.loads(answer)["error"].startswith("number is no field")) == (400, True)


def test_no_page_of_somebody_else_controls_it(sandbox: Any):
    assert raw(sandbox, "POST", "/_sim/reset", b"{}", Content_Type="text/plain")[0] == 415
    assert raw(sandbox, "GET", "/_sim/credentials", Host="rebound.example")[0] == 403


def test_what_was_ordered_and_paid_is_still_there_after_a_restart(tmp_path: Path, keys: Keyring, shop: Any):
    from sandbox.clients import Merchant

    shop.answer = lambda told: (500, b"")
    with running(tmp_path, keys=keys) as first:
        merchant = Merchant(first, shop.url)
        merchant.order("T000001")
        merchant.pay("T000001")
        merchant.fault("status", status=500, operation="close")
        first.ask("POST", "/_sim/clock", {"advance_seconds": 100})
        shop.wait(1)
        before, credentials = first.ask("GET", "/_sim/ledger"), first.ask("GET", "/_sim/credentials")
        merchant.close()
    shop.answer = lambda told: (200, b"")
    with running(tmp_path) as second:
        assert second.ask("GET", "/_sim/ledger") == before
        assert second.ask("GET", "/_sim/credentials") == credentials
        assert second.ask("GET", "/_sim/clock")["advanced_seconds"] == 100
        assert len(second.ask("GET", "/_sim/faults")["faults"]) == 1
        second.ask("POST", "/_sim/clock", {"advance_seconds": 86400})
        shop.wait(2)


def test_keys_and_books_are_for_their_owner_alone(tmp_path: Path):
    with running(tmp_path / "fresh"):
        folder = tmp_path / "fresh"
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert {stat.S_IMODE(os.stat(folder / name).st_mode) for name in ("keys.json", "credentials.json")} == {0o600}


def test_twenty_threads_take_one_refund(sandbox: Any, shop: Any):
    from sandbox.clients import Merchant

    one = Merchant(sandbox, shop.url)
    one.order("T000001")
    one.pay("T000001")
    codes: list[Any] = []

    def give_back(number: int) -> None:
        merchant = Merchant(sandbox, shop.url)
        codes.append(merchant.refund("T000001", f"R{number}", 1990).json.get("status"))
        merchant.close()

    threads = [threading.Thread(target=give_back, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one.close()
    assert codes.count("PROCESSING") == 1


@pytest.mark.parametrize("provider", ["wechatpay", "alipay"])
def test_the_totals_of_the_ledger_are_its_movements(merchant: Any, sandbox: Any, provider: str):
    if provider == "wechatpay":
        merchant.order("T000001")
        merchant.pay("T000001")
        merchant.refund("T000001", "R1", 990)
        sandbox.ask("POST", "/_sim/refund", {"out_refund_no": "R1"})
    else:
        merchant.ask_alipay("alipay.trade.create", {"out_trade_no": "A1", "total_amount": "19.90", "subject": "茶", "buyer_id": "2"})
        merchant.pay("A1")
        merchant.ask_alipay("alipay.trade.refund", {"out_trade_no": "A1", "refund_amount": "9.90", "out_request_no": "R1"})
    found = sandbox.ask("GET", f"/_sim/ledger?provider={provider}")
    total = found["totals"][0]
    assert [row["amount"] for row in found["movements"]] == [1990, -990]
    assert (total["paid"], total["refunded"], total["net"], total["payments"], total["refunds"]) == (1990, 990, 1000, 1, 1)


# --- WeChat's own interface


def login(sandbox: Any, merchant: Any, code: str, **change: str) -> Any:
    from urllib.parse import urlencode

    wechat = sandbox.ask("GET", "/_sim/credentials")["wechat"]
    given = {"appid": wechat["app_id"], "secret": wechat["app_secret"], "js_code": code, "grant_type": "authorization_code"} | change
    return merchant.send("GET", f"/sns/jscode2session?{urlencode(given)}").json


def token(sandbox: Any, merchant: Any, **change: Any) -> Any:
    wechat = sandbox.ask("GET", "/_sim/credentials")["wechat"]
    given = {"grant_type": "client_credential", "appid": wechat["app_id"], "secret": wechat["app_secret"]} | change
    return merchant.send("POST", "/cgi-bin/stable_token", json.dumps(given).encode(), Content_Type="application/json").json


def test_a_code_signs_in_once_within_five_minutes(sandbox: Any, merchant: Any):
    issued = sandbox.ask("POST", "/_sim/login", {"user": "alice"})
    session = login(sandbox, merchant, issued["code"])
    assert session["openid"] == issued["openid"]
    assert login(sandbox, merchant, issued["code"])["errcode"] == 40163
    assert login(sandbox, merchant, "made-up")["errcode"] == 40029
    assert login(sandbox, merchant, issued["code"], secret="0" * 32)["errcode"] == 40125
    late = sandbox.ask("POST", "/_sim/login", {"user": "alice"})["code"]
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 301})
    assert login(sandbox, merchant, late)["errcode"] == 40029


def test_the_stable_token_stays_overlaps_and_is_forced_rarely(sandbox: Any, merchant: Any):
    first = token(sandbox, merchant)
    assert token(sandbox, merchant)["access_token"] == first["access_token"]
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 7200 - 200})
    second = token(sandbox, merchant)
    assert second["access_token"] != first["access_token"]
    for held in (first, second):  # both are taken in the overlap
        code = sandbox.ask("POST", "/_sim/login", {"user": "bob", "kind": "phone"})["code"]
        answer = merchant.send("POST", f"/wxa/business/getuserphonenumber?access_token={held['access_token']}", json.dumps({"code": code}).encode()).json
        assert answer["errcode"] == 0
    forced = token(sandbox, merchant, force_refresh=True)
    assert forced["access_token"] != second["access_token"]
    assert token(sandbox, merchant, force_refresh=True)["access_token"] == forced["access_token"]
    answer = merchant.send("POST", f"/wxa/business/getuserphonenumber?access_token={second['access_token']}", b"{}").json
    assert answer["errcode"] == 42001
    sandbox.ask("POST", "/_sim/revoke_tokens", {})
    answer = merchant.send("POST", f"/wxa/business/getuserphonenumber?access_token={forced['access_token']}", b"{}").json
    assert answer["errcode"] == 40001


# --- the cashier


def test_the_cashier_takes_one_decision_and_its_links_keep_the_host_that_was_asked(sandbox: Any, merchant: Any):
    shop = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap", "app_url": "http://192.0.2.7:8000"}}
    address = merchant.order("T000001", scene="h5", scene_info=shop).json["h5_url"]
    assert address.startswith(f"http://192.0.2.7:{sandbox.port}/")
    target = address.partition(str(sandbox.port))[2]
    page = merchant.send("GET", target, Accept_Language="zh-CN")
    text = page.body.decode()
    assert ("沙箱" in text, "19.90" in text, "http://" in text) == (True, True, False)
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert "Sandbox" in merchant.send("GET", f"{target}&lang=en").body.decode()
    action = text.partition('action="')[2].partition('"')[0].replace("&amp;", "&")
    assert merchant.send("POST", action, b"result=success", Origin="http://evil.example").status == 403
    assert merchant.send("POST", action, b"result=cancel").status == 303
    assert merchant.query("T000001").json["trade_state"] == "NOTPAY"
    location = merchant.send("POST", action, b"result=success").headers["Location"]
    assert "支付成功" in merchant.send("GET", location).body.decode()
    assert merchant.query("T000001").json["trade_state"] == "SUCCESS"
    assert merchant.send("GET", "/cashier/unknown").status == 404


def test_the_address_for_the_customer_back_is_one_of_the_web(merchant: Any):
    target = merchant.order("T000001", scene="h5").json["h5_url"].partition(str(merchant.sandbox.port))[2]
    merchant.pay("T000001")
    assert "javascript:" not in merchant.send("GET", f"{target}&redirect_url=javascript:alert(1)").body.decode()
    assert "https://shop.example/back" in merchant.send("GET", f"{target}&redirect_url=https%3A%2F%2Fshop.example%2Fback").body.decode()


def test_a_code_for_a_camera_names_the_host_that_phones_use(tmp_path: Path, keys: Keyring, shop: Any):
    from sandbox.clients import Merchant

    with running(tmp_path, keys=keys, options=Options(public_host="192.0.2.7")) as sandbox:
        merchant = Merchant(sandbox, shop.url)
        assert merchant.order("T000001").json["code_url"].startswith(f"http://192.0.2.7:{sandbox.port}/qr/")
        merchant.close()
