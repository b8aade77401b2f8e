"""The robots of WeCom, DingTalk and Feishu. Each refuses with status 200 and a code in the body, as the real ones do."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from . import inbox
from .keys import Keyring
from .web import Call, Reply
from .world import World

WECOM, DINGTALK, FEISHU = "/cgi-bin/webhook/send", "/robot/send", "/open-apis/bot/v2/hook/"
_A_MINUTE = {"wecom": 20, "dingtalk": 20, "feishu": 100}
REFUSES = {"wecom": 93000, "dingtalk": 310000, "feishu": 19021}  # by default, when it is to refuse
BUSY = {"wecom": 45009, "dingtalk": 130101, "feishu": 11232}
_LONGEST = {"wecom": 2048, "dingtalk": 20000, "feishu": 20000}  # bytes
_HOUR = 3600  # seconds between a signature and its arrival
_WORDS = {
    45009: "api freq out of limit", 40058: "invalid Request Parameter", 93000: "invalid webhook url", 40008: "invalid message type",
    130101: "send too fast, exceed 20 times per minute", 300001: "token is not exist", 310000: "sign not match", 400105: "msgtype is null",
    11232: "frequency limited psm[lark.oapi.app_platform_runtime]", 19001: "param invalid: incoming webhook access token invalid",
    19021: "sign match fail or timestamp is not within one hour from current time", 9499: "Bad Request", 0: "ok",
}  # fmt: skip


def of(path: str) -> str:
    """Whose robot this address is; "" for none."""
    return "wecom" if path == WECOM else "dingtalk" if path == DINGTALK else "feishu" if path.startswith(FEISHU) else ""


def credentials(keys: Keyring) -> dict[str, Any]:
    """What somebody gets who adds the robots to a group; addresses are below that of the sandbox."""
    return {
        "wecom": {"address": f"{WECOM}?key={keys.derived('wecom')[:32]}"},
        "dingtalk": {"address": f"{DINGTALK}?access_token={keys.derived('dingtalk')}", "secret": f"SEC{keys.derived('dingtalk secret')}"},
        "feishu": {"address": f"{FEISHU}{keys.derived('feishu')[:32]}", "secret": keys.derived("feishu secret")[:22]},
    }


def refusal(name: str, code: int) -> Reply:
    """As each says no."""
    words = _WORDS.get(code, "error")
    return Reply.json({"code": code, "data": {}, "msg": words} if name == "feishu" else {"errcode": code, "errmsg": words})


def serve(world: World, call: Call) -> Reply:
    """Take a message into the group, or say why not."""
    name = call.operation
    code, text = {"wecom": _wecom, "dingtalk": _dingtalk, "feishu": _feishu}[name](world, call)
    if not code and len(text.encode()) > _LONGEST[name]:
        code = 40058 if name != "feishu" else 9499
    with world.store.transaction():
        if not code and inbox.recent(world, name) >= _A_MINUTE[name]:
            code = BUSY[name]
        if code:
            call.trouble = f"code {code}: {_WORDS.get(code, '')}"
            return refusal(name, code)
        inbox.arrive(world, name, name, "", text)
    return Reply.json({"code": 0, "msg": "success", "data": {}, "StatusCode": 0} if name == "feishu" else {"errcode": 0, "errmsg": "ok"})


def _body(call: Call) -> dict[str, Any]:
    try:
        found = call.json
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(body: dict[str, Any], *path: str) -> str:
    found: Any = body
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _wecom(world: World, call: Call) -> tuple[int, str]:
    if call.query.get("key") != world.keys.derived("wecom")[:32]:
        return 93000, ""
    body = _body(call)
    if body.get("msgtype") not in ("text", "markdown"):
        return 40008, ""
    text = _text(body, str(body["msgtype"]), "content")
    return (0, text) if text else (40058, "")


def _dingtalk(world: World, call: Call) -> tuple[int, str]:
    if call.query.get("access_token") != world.keys.derived("dingtalk"):
        return 300001, ""
    secret, at = f"SEC{world.keys.derived('dingtalk secret')}", call.query.get("timestamp", "")
    call.signed_text = f"{at}\n{secret}"
    wanted = base64.b64encode(hmac.new(secret.encode(), call.signed_text.encode(), hashlib.sha256).digest()).decode()
    if not at.isdigit() or abs(world.clock.wire() - int(at) / 1000) > _HOUR or not hmac.compare_digest(wanted, call.query.get("sign", "")):
        return 310000, ""
    body = _body(call)
    text = _text(body, "text", "content") if body.get("msgtype") == "text" else _text(body, "markdown", "text")
    return (0, text) if text else (400105, "")


def _feishu(world: World, call: Call) -> tuple[int, str]:
    if call.path.removeprefix(FEISHU) != world.keys.derived("feishu")[:32]:
        return 19001, ""
    body = _body(call)
    secret, at = world.keys.derived("feishu secret")[:22], str(body.get("timestamp", ""))
    call.signed_text = f"{at}\n{secret}"
    wanted = base64.b64encode(hmac.new(call.signed_text.encode(), b"", hashlib.sha256).digest()).decode()
    if not at.isdigit() or abs(world.clock.wire() - int(at)) > _HOUR or not hmac.compare_digest(wanted, str(body.get("sign", ""))):
        return 19021, ""
    text = _text(body, "content", "text") if body.get("msg_type") == "text" else ""
    return (0, text) if text else (9499, "")
