"""The gateway: common parameters, the signature over them, and answers whose exact text is signed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .. import crypto
from ..clock import read_plain
from ..keys import new_key
from ..web import Call, Reply
from ..world import World
from . import bills, refunds, trades
from .refusals import MESSAGES, Refused

_DRIFT = 900  # seconds that a request's timestamp may be off
Handler = Callable[[World, Call, dict[str, str], dict[str, Any]], dict[str, Any]]
METHODS: dict[str, tuple[str, Handler]] = {
    "alipay.trade.create": ("prepay", trades.create),
    "alipay.trade.precreate": ("prepay", trades.precreate),
    "alipay.trade.query": ("query", trades.query),
    "alipay.trade.close": ("close", trades.close),
    "alipay.trade.cancel": ("cancel", trades.cancel),
    "alipay.trade.refund": ("refund", refunds.create),
    "alipay.trade.fastpay.refund.query": ("query_refund", refunds.query),
    "alipay.data.dataservice.bill.downloadurl.query": ("bill", bills.address),
}
# Opened by a browser: the answer is a page.
PAGES = ("alipay.trade.page.pay", "alipay.trade.wap.pay")


def parameters(call: Call) -> dict[str, str]:
    """What was sent, in the address or as a form: both are read, as the gateway does."""
    form = call.form if "form-urlencoded" in call.headers.get("Content-Type", "") else {}
    return call.query | form


def content(sent: Mapping[str, str]) -> dict[str, Any]:
    """What ``biz_content`` holds; nothing when it cannot be read."""
    try:
        found = json.loads(sent.get("biz_content", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def signed_text(sent: Mapping[str, str]) -> str:
    """What a request's signature covers."""
    return "&".join(f"{name}={value}" for name, value in sorted(sent.items()) if name != "sign" and value != "")


def operation(call: Call) -> None:
    """Find out what is asked, and fill it in."""
    method = parameters(call).get("method", "")
    call.operation = "prepay" if method in PAGES else METHODS[method][0] if method in METHODS else ""


def serve(world: World, call: Call, fault: Any = None) -> Reply:
    """Answer, and sign the answer."""
    sent = parameters(call)
    method = sent.get("method", "")
    name = f"{method.replace('.', '_')}_response" if method in METHODS or method in PAGES else "error_response"
    signed = True
    try:
        _admit(world, call, sent)
        business = content(sent)
        if method in PAGES:
            return trades.page(world, call, sent, business)
        if method not in METHODS:
            raise Refused("40002", "isv.invalid-method", "不存在的方法名")
        inner = {"code": "10000", "msg": "Success", **METHODS[method][1](world, call, sent, business)}
    except Refused as refusal:
        call.trouble = call.trouble or f"{refusal.sub_code}: {refusal.sub_msg}"
        inner, signed = refusal.as_json(), refusal.signed
        if method in PAGES:
            from ..cashier import refusal_page

            return refusal_page(call, refusal.sub_code, refusal.sub_msg)
    return answer(world, name, inner, sent, fault.kind if fault else "", signed=signed)


def answer(world: World, name: str, inner: Mapping[str, Any], sent: Mapping[str, str], flaw: str = "", *, signed: bool = True) -> Reply:
    """The outer object; the signature stands over the inner one's exact text, slashes escaped as Alipay has them."""
    text = crypto.compact(inner).replace("/", "\\/")
    outer = [f'"{name}":{text}']
    if signed and flaw != "sign_missing":
        key = new_key() if flaw == "sign_wrong" else world.keys.alipay.private
        signature = crypto.sign(key, text.encode())
        if flaw == "sign_probe":
            signature = "WECHATPAY/SIGNTEST/" + signature[19:]
        if sent.get("app_cert_sn"):
            outer.append(f'"alipay_cert_sn":"{world.keys.alipay.sn if flaw != "sign_serial" else "5f" * 16}"')
        outer.append(f'"sign":"{signature}"')
    return Reply(200, ("{" + ",".join(outer) + "}").encode(), "text/html;charset=utf-8")


def code(world: World, call: Call, number: str, sub_code: str) -> Reply:
    """An answer that a fault asks for."""
    sent = parameters(call)
    method = sent.get("method", "")
    inner = {"code": number, "msg": MESSAGES.get(number, "Business Failed"), "sub_code": sub_code, "sub_msg": "系统繁忙"}
    return answer(world, f"{method.replace('.', '_')}_response", inner, sent)


def _admit(world: World, call: Call, sent: Mapping[str, str]) -> None:
    """:raises Refused: when the request was not signed by the app as it is."""
    for name in ("app_id", "method", "sign", "sign_type", "timestamp", "version", "charset"):
        if not sent.get(name):
            raise Refused("40001", f"isv.missing-{'signature' if name == 'sign' else name.replace('_', '-')}", f"缺少{name}参数", signed=False)
    if sent["app_id"] != world.keys.alipay_app_id:
        raise Refused("40002", "isv.invalid-app-id", "无效的AppID参数", signed=False)
    if sent["sign_type"] != "RSA2":
        raise Refused("40002", "isv.invalid-signature-type", "无效的签名类型，须为RSA2", signed=False)
    if sent["charset"].lower() != "utf-8":
        raise Refused("40002", "isv.invalid-charset", "沙箱只支持utf-8")
    if sent["version"] != "1.0":
        raise Refused("40002", "isv.invalid-version", "无效的version参数")
    if sent.get("format", "JSON").upper() != "JSON":
        raise Refused("40002", "isv.invalid-format", "无效的数据格式")
    _certificates(world, sent)
    text = signed_text(sent)
    if not crypto.verifies(world.keys.alipay_app.x509.public_key(), text.encode(), sent["sign"]):  # type: ignore[arg-type] # our keys are RSA
        call.signed_text = text
        call.trouble = "isv.invalid-signature: the signature is none of this text; compare it with what was signed"
        raise Refused("40002", "isv.invalid-signature", f"验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为：{text}", signed=False)
    try:
        at = read_plain(sent["timestamp"])
    except ValueError:
        raise Refused("40002", "isv.invalid-timestamp", "非法的时间戳参数，格式应为yyyy-MM-dd HH:mm:ss") from None
    if abs(world.clock.wire() - at) > _DRIFT:
        raise Refused("40002", "isv.invalid-timestamp", "非法的时间戳参数，应为北京时间且与当前时间相近")
    if sent.get("biz_content") and not content(sent):
        raise Refused("40002", "isv.invalid-biz-content", "biz_content不是JSON对象")


def _certificates(world: World, sent: Mapping[str, str]) -> None:
    """Certificate mode needs both numbers, and the right ones."""
    app, root = sent.get("app_cert_sn", ""), sent.get("alipay_root_cert_sn", "")
    if not app and not root:
        return
    if app != world.keys.alipay_app.sn:
        raise Refused("40002", "isv.invalid-app-cert-sn", "应用公钥证书SN不存在或不匹配", signed=False)
    if root != world.keys.authority.sn:
        raise Refused("40002", "isv.invalid-root-cert-sn", "支付宝根证书SN不存在或不匹配", signed=False)
