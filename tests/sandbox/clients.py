"""A merchant's client for the tests, written apart from the sandbox's own code: what it signs is signed by ``wechatpayv3``."""

from __future__ import annotations

import base64
import http.client
import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from wechatpayv3.utils import rsa_sign

from zhanggui_sandbox import Sandbox


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Merchant:
    def __init__(self, sandbox: Sandbox, notify_url: str) -> None:
        self.sandbox, self.notify_url = sandbox, notify_url
        given = sandbox.ask("GET", "/_sim/credentials")
        self.wechatpay, self.alipay = given["wechatpay"], given["alipay"]
        self.key = load_pem_private_key(self.wechatpay["merchant_private_key"].encode(), None)
        self.app_key = load_pem_private_key(self.alipay["app_private_key"].encode(), None)
        self.connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)

    def close(self) -> None:
        self.connection.close()

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        """As it is."""
        self.connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def call(self, method: str, target: str, body: Any = None, **change: Any) -> Answer:
        """A request to WeChat Pay; ``change`` spoils an item of its Authorization, or a head."""
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        items = {
            "mchid": self.wechatpay["mchid"], "nonce_str": uuid.uuid4().hex, "timestamp": str(int(time.time())), "serial_no": self.wechatpay["merchant_serial"],
        }  # fmt: skip
        items |= {name: value for name, value in change.items() if name in items}
        text = f"{method}\n{change.get('signed_target', target)}\n{items['timestamp']}\n{items['nonce_str']}\n{raw.decode('utf-8', 'replace')}\n"
        items["signature"] = change.get("signature", rsa_sign(change.get("key", self.key), text))
        authorization = "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in items.items())
        heads = {"Authorization": authorization, "Accept": "application/json", "User-Agent": "tests", "Content-Type": "application/json"}
        heads |= change.get("heads", {})
        return self.send(method, target, change.get("sent", raw), **{name: value for name, value in heads.items() if value is not None})

    def order(self, number: str, total: int = 1990, scene: str = "native", **more: Any) -> Answer:
        body = {
            "appid": self.wechatpay["app_id"], "mchid": self.wechatpay["mchid"], "description": "明前龙井 250 克", "out_trade_no": number,
            "notify_url": self.notify_url, "amount": {"total": total, "currency": "CNY"},
        }  # fmt: skip
        if scene == "jsapi":
            body["payer"] = {"openid": "oAlice0123456789"}
        if scene == "h5":
            body["scene_info"] = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
        return self.call("POST", f"/v3/pay/transactions/{scene}", body | more)

    def pay(self, number: str, result: str = "success", **more: Any) -> Any:
        return self.sandbox.ask("POST", "/_sim/pay", {"out_trade_no": number, "result": result, **more})

    def query(self, number: str) -> Answer:
        return self.call("GET", f"/v3/pay/transactions/out-trade-no/{number}?mchid={self.wechatpay['mchid']}")

    def refund(self, number: str, refund: str, amount: int, total: int = 1990, **more: Any) -> Answer:
        body = {"out_trade_no": number, "out_refund_no": refund, "amount": {"refund": amount, "total": total, "currency": "CNY"}, "notify_url": self.notify_url}
        return self.call("POST", "/v3/refund/domestic/refunds", body | more)

    def fault(self, kind: str, **more: Any) -> Any:
        return self.sandbox.ask("POST", "/_sim/faults", {"kind": kind, **more})

    def gateway(self, method: str, content: Any, *, page: bool = False, **change: str) -> Answer:
        """A request to Alipay, signed rightly over whatever is changed; ``sign`` itself can be changed too."""
        fields = self.signed_fields(method, content, **change)
        if page:
            return self.send("GET", f"/gateway.do?{urlencode(fields)}", Accept_Language="zh-CN")
        return self.send("POST", "/gateway.do", urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded")

    def signed_fields(self, method: str, content: Any, **change: str) -> dict[str, str]:
        now = datetime.now(UTC) + timedelta(hours=8)
        fields = {
            "app_id": self.alipay["app_id"], "method": method, "format": "JSON", "charset": "utf-8", "sign_type": "RSA2", "version": "1.0",
            "timestamp": now.strftime("%Y-%m-%d %H:%M:%S"), "notify_url": self.notify_url, "biz_content": json.dumps(content, ensure_ascii=False),
        } | change  # fmt: skip
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign" and fields[name])
        fields.setdefault("sign", base64.b64encode(self.app_key.sign(text.encode(), PKCS1v15(), SHA256())).decode())
        return fields

    def ask_alipay(self, method: str, content: Any, **change: str) -> dict[str, Any]:
        """The inner object of the answer."""
        answer = self.gateway(method, content, **change).json
        return next(value for name, value in answer.items() if name.endswith("_response"))
