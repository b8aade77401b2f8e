"""What the providers of short messages tell later: where a message was sent to, and whether it arrived there."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from . import deliveries
from .control import Wrong, _text, _whole
from .store import Row
from .web import Call
from .world import World

PROVIDERS = ("sms_tencent", "sms_aliyun")
_NOT_THERE = {"sms_tencent": "UNDELIV", "sms_aliyun": "MOBILE_NOT_ON_SERVICE"}


def set_address(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Where the shop wants to be told, as its merchant enters it in the console."""
    provider, url = _provider(asked), _text(asked, "url")
    if not deliveries.deliverable(url):
        raise Wrong("url must be an https address, or http on this machine, without a query")
    world.store.set_meta(f"reports:{provider}", url)
    return {"provider": provider, "url": url}


def report_again(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Tell of the newest messages, in one report; what the shop answered."""
    provider, count, copies = _provider(asked), _whole(asked, "count", 1, 1000), _whole(asked, "copies", 1, 64)
    url = world.store.meta(f"reports:{provider}")
    if not url:
        raise Wrong("the shop has named no address for reports yet: POST /_sim/report_address", 409)
    rows = world.store.all("SELECT * FROM message WHERE channel = ? ORDER BY id DESC LIMIT ?", provider, count)
    body = json.dumps([_line(provider, row, str(asked.get("code", ""))) for row in rows], ensure_ascii=False).encode()
    return {"answers": [deliveries.post(url, body, {"Content-Type": "application/json"}).as_json() for _one in range(copies)]}


def arrived(world: World, provider: str, number: int) -> None:
    """A message reached its phone, or a fault keeps it from it: the shop is told in a moment, where it wants to be."""
    url = world.store.meta(f"reports:{provider}")
    lost = world.faults.named("undelivered", {"provider": "sms", "operation": provider})
    if not url:
        return
    row = world.store.one("SELECT * FROM message WHERE id = ?", number)
    assert row is not None
    body = json.dumps([_line(provider, row, str(lost.get("code", _NOT_THERE[provider])) if lost else "")], ensure_ascii=False).encode()

    def tell() -> None:
        time.sleep(0.3)  # after the answer to the request that sent it
        deliveries.post(url, body, {"Content-Type": "application/json"})

    threading.Thread(target=tell, name="report", daemon=True).start()


def _line(provider: str, row: Row, code: str) -> dict[str, Any]:
    at, ref = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(row["at"] + 8 * 3600)), json.loads(row["more"]).get("ref", "")
    if provider == "sms_tencent":
        return {
            "user_receive_time": at, "nationcode": "86", "mobile": row["who"].removeprefix("+86"), "report_status": "FAIL" if code else "SUCCESS",
            "errmsg": code or "DELIVRD", "description": "短信发送失败" if code else "用户短信送达成功", "sid": ref,
        }  # fmt: skip
    return {
        "phone_number": row["who"].removeprefix("+86"), "send_time": at, "report_time": at, "success": not code, "err_code": code or "DELIVERED",
        "err_msg": "发送失败" if code else "用户接收成功", "sms_size": "1", "biz_id": ref, "out_id": "",
    }  # fmt: skip


def _provider(asked: dict[str, Any]) -> str:
    provider = _text(asked, "provider")
    if provider not in PROVIDERS:
        raise Wrong(f"provider must be one of {', '.join(PROVIDERS)}")
    return provider
