"""Messages end in the sandbox: strict about who sends and what, and shown on a phone to this machine alone."""

from __future__ import annotations

import http.client
import json
import smtplib
from typing import Any

import pytest
from browser import find
from playwright.sync_api import sync_playwright

from zhanggui_sandbox import Keyring, Options, running
from zhanggui_sandbox.subscribe import TEMPLATES

SHIPPED = "SBXshippedTemplate0000000000000000000000001"
DATA = {"character_string1": {"value": "26112785921383"}, "thing2": {"value": "明前龙井"}, "thing3": {"value": "顺丰"}}


def post(sandbox: Any, path: str, body: Any, **headers: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}})
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def get(sandbox: Any, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


@pytest.fixture
def send(sandbox: Any) -> Any:
    """``send(touser=...)``: a subscribe message with a token; answers its errcode and words."""
    given = sandbox.ask("GET", "/_sim/credentials")["wechat"]
    token = post(sandbox, "/cgi-bin/stable_token", {"grant_type": "client_credential", "appid": given["app_id"], "secret": given["app_secret"]})[1]["access_token"]
    openid = sandbox.ask("POST", "/_sim/login", {"user": "alice"})["openid"]

    def do(token: str = token, **more: Any) -> tuple[int, str]:
        status, said = post(sandbox, f"/cgi-bin/message/subscribe/send?access_token={token}", {"touser": openid, "template_id": SHIPPED, "data": DATA, **more})
        assert status == 200
        return said["errcode"], said["errmsg"]

    return do


def test_each_message_takes_one_that_was_allowed(sandbox: Any, send: Any):
    assert send()[0] == 43101
    assert sandbox.ask("POST", "/_sim/subscribe", {"user": "alice", "template_id": SHIPPED, "count": 2})["left"] == 2
    assert [send()[0] for _ in range(3)] == [0, 0, 43101]
    sandbox.ask("POST", "/_sim/subscribe", {"user": "alice", "template_id": SHIPPED})
    assert sandbox.ask("POST", "/_sim/subscribe", {"user": "alice", "template_id": SHIPPED, "answer": "ban"})["left"] == 0
    assert len(sandbox.ask("GET", "/_sim/messages?channel=wechat_subscribe&who=alice")["items"]) == 2


def test_what_is_wrong_with_a_message_is_said_first(sandbox: Any, send: Any):
    sandbox.ask("POST", "/_sim/subscribe", {"user": "alice", "template_id": SHIPPED})
    assert send(touser="oNobody")[0] == 40003
    assert send(template_id="other")[0] == 40037
    assert send(page="/pages/x")[0] == 41030
    assert send(token="SBX_other")[0] == 40001
    code, words = send(data={**DATA, "thing2": {"value": "字" * 21}})
    assert (code, "data.thing2.value invalid" in words) == (47003, True)
    for data in ({}, {**DATA, "character_string1": {"value": "号"}}, {**DATA, "thing3": "plain"}, {**DATA, "thing2": {"value": "two\nlines"}}):
        assert send(data=data)[0] == 47003
    assert send()[0] == 0  # none of these took the grant
    assert sandbox.ask("GET", "/_sim/requests?trouble=1")["items"]
    assert {one["template_id"] for one in sandbox.ask("GET", "/_sim/templates")["items"]} == set(TEMPLATES)


def test_robots_know_their_own_group(sandbox: Any):
    given = sandbox.ask("GET", "/_sim/credentials")["robots"]
    text = {"msgtype": "text", "text": {"content": "hi"}}
    assert post(sandbox, given["wecom"]["address"], text) == (200, {"errcode": 0, "errmsg": "ok"})
    assert post(sandbox, given["wecom"]["address"], text | {"msgtype": "voice"})[1]["errcode"] == 40008
    assert post(sandbox, given["wecom"]["address"], {"msgtype": "text", "text": {"content": "字" * 700}})[1]["errcode"] == 40058
    assert post(sandbox, "/cgi-bin/webhook/send?key=other", text)[1]["errcode"] == 93000
    assert post(sandbox, given["dingtalk"]["address"], text)[1]["errcode"] == 310000  # not signed
    assert post(sandbox, "/robot/send?access_token=other", text)[1]["errcode"] == 300001
    assert post(sandbox, given["feishu"]["address"], {"msg_type": "text", "content": {"text": "hi"}})[1]["code"] == 19021
    assert post(sandbox, "/open-apis/bot/v2/hook/other", {})[1]["code"] == 19001
    trouble = sandbox.ask("GET", "/_sim/requests?trouble=1")["items"]
    assert [one["operation"] for one in trouble if one["signed_text"]] == ["feishu", "dingtalk"]  # with the text that should have been signed


@pytest.mark.parametrize(("head", "operation"), [("X_TC_Action", "sms_tencent"), ("x_acs_action", "sms_aliyun")])
def test_text_messages_want_a_signature(sandbox: Any, head: str, operation: str):
    status, said = post(sandbox, "/", {}, **{head: "SendSms"})
    code = said["Response"]["Error"]["Code"] if operation == "sms_tencent" else said["Code"]
    assert (status, "Authorization" in code) == (200 if operation == "sms_tencent" else 400, True)
    assert sandbox.ask("GET", "/_sim/messages")["items"] == []


def test_the_phone_is_shown_to_this_machine_alone(sandbox: Any):
    assert get(sandbox, "/_sim/phone")[0] == 200
    assert get(sandbox, "/_sim/phone", Host="phone.example")[0] == 403


def test_an_open_sandbox_shows_it_to_others(tmp_path: Any, keys: Keyring):
    with running(tmp_path / "open", keys=keys, options=Options(open_control=True)) as sandbox:
        assert get(sandbox, "/_sim/phone", Host="phone.example")[0] == 200


def test_somebody_reads_it_on_a_phone(tmp_path: Any, keys: Keyring):
    with running(tmp_path / "phone", keys=keys, mail_port=0) as sandbox, sync_playwright() as driver:
        given = sandbox.ask("GET", "/_sim/credentials")
        post(sandbox, given["robots"]["wecom"]["address"], {"msgtype": "text", "text": {"content": "新订单 26112785921383，¥556.00\n明前龙井等 3 件\nhttp://127.0.0.1:8000/orders/9"}})
        with smtplib.SMTP("127.0.0.1", given["mail"]["port"], timeout=5) as line:
            line.sendmail("shop@sandbox.example", ["wang@customers.example"], b"Subject: <b>bold</b>\r\n\r\n<script>document.title='taken'</script>\r\n")
        chromium = driver.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        page = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
        page.goto(f"{sandbox.url}/_sim/phone")
        assert page.locator(".talks li").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert all(box["height"] >= 44 for box in (one.bounding_box() for one in page.locator(".talks a").all()) if box)
        page.click("text=wang@customers.example")
        assert ("<script>" in page.inner_text("article"), page.title().startswith("taken")) == (True, False)
        page.click("a.button")
        page.click("text=企业微信群")
        assert "¥556.00" in page.inner_text("article")
        page.click("footer a")
        assert page.inner_text("h1") == "WeCom group"
        chromium.close()
        sandbox.ask("POST", "/_sim/reset", {})
        assert sandbox.ask("GET", "/_sim/messages")["items"] == []
