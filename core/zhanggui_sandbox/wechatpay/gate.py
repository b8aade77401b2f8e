"""The door: who asks, whether he signed exactly this, and the signature under each answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .. import crypto
from ..keys import Pair, new_key
from ..web import Call, Reply
from ..world import World
from . import bills, certificates, orders, refunds
from .refusals import Refused

SCHEME = "WECHATPAY2-SHA256-RSA2048"
_LIFE = 300  # seconds between a signature and its arrival
_ITEM = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*')
_ITEMS = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
Handler = Callable[[World, Call], Reply]
_NUMBER = r"(?P<out_trade_no>[^/]+)"
_ROUTES: list[tuple[str, str, str, Handler]] = [
    ("POST", r"/v3/pay/transactions/(?P<scene>jsapi|h5|native|app)", "prepay", orders.prepay),
    ("GET", rf"/v3/pay/transactions/out-trade-no/{_NUMBER}", "query", orders.by_number),
    ("GET", r"/v3/pay/transactions/id/(?P<transaction_id>[^/]+)", "query", orders.by_transaction),
    ("POST", rf"/v3/pay/transactions/out-trade-no/{_NUMBER}/close", "close", orders.close),
    ("POST", r"/v3/refund/domestic/refunds", "refund", refunds.create),
    ("GET", r"/v3/refund/domestic/refunds/(?P<out_refund_no>[^/]+)", "query_refund", refunds.query),
    ("POST", r"/v3/refund/domestic/refunds/(?P<refund_id>[^/]+)/apply-abnormal-refund", "abnormal_refund", refunds.apply_abnormal),
    ("GET", r"/v3/certificates", "certificates", certificates.show),
    ("GET", r"/v3/bill/tradebill", "bill", bills.trades),
    ("GET", r"/v3/bill/fundflowbill", "bill", bills.funds),
    ("GET", r"/v3/billdownload/file", "bill_file", bills.download),
]
_UNSIGNED = {"bill_file"}


def operation(call: Call) -> Handler | None:
    """Find out what is asked, and fill it in."""
    for method, pattern, name, handler in _ROUTES:
        found = re.fullmatch(pattern, call.path)
        if found and method == call.method:
            call.operation, call.arguments = name, found.groupdict()
            return handler
    return None


def serve(world: World, call: Call, handler: Handler | None, fault: Any = None) -> Reply:
    """Answer, and sign the answer."""
    key: Pair | None = None
    try:
        key = _signing_key(world, call)
        _admit(world, call)
        if handler is None:
            raise Refused(404, "RESOURCE_NOT_EXISTS", "请求的资源不存在")
        reply = handler(world, call)
    except Refused as refusal:
        call.trouble = call.trouble or f"{refusal.code}: {refusal.message}"
        reply = Reply.json(refusal.as_json(), refusal.status)
    if call.operation not in _UNSIGNED:
        reply.headers.update(signature(world, reply.body, key, fault.kind if fault else ""))
    reply.headers["Request-ID"] = f"SANDBOX{crypto.random_digits(24)}"
    return reply


def signature(world: World, body: bytes, pair: Pair | None, flaw: str = "") -> dict[str, str]:
    """The headers under an answer or a notification.

    :param pair: a platform certificate; None is the public-key mode.
    """
    if flaw == "sign_missing":
        return {}
    at = int(world.clock.wire()) - (600 if flaw == "sign_stale" else 0)
    nonce = crypto.random_text(32)
    key = new_key() if flaw == "sign_wrong" else pair.private if pair else world.keys.platform_key
    signed = crypto.sign(key, f"{at}\n{nonce}\n".encode() + body + b"\n")
    if flaw == "sign_probe":
        signed = "WECHATPAY/SIGNTEST/" + signed[19:]
    serial = pair.serial if pair else world.keys.public_key_id
    if flaw == "sign_serial":
        serial = "5F" * 20
    return {
        "Wechatpay-Timestamp": str(at), "Wechatpay-Nonce": nonce, "Wechatpay-Signature": signed, "Wechatpay-Serial": serial,
        "Wechatpay-Signature-Type": SCHEME,
    }  # fmt: skip


def _signing_key(world: World, call: Call) -> Pair | None:
    mode, asked = world.settings.mode, call.headers.get("Wechatpay-Serial", "")
    newest = world.keys.platform[-1]
    if not asked:
        return None if mode == "public_key" else newest
    if asked == world.keys.public_key_id and mode != "certificate":
        return None
    for pair in world.keys.platform:
        if mode != "public_key" and asked.upper().lstrip("0") == pair.serial.lstrip("0"):
            return pair
    raise Refused(400, "PARAM_ERROR", "Wechatpay-Serial不是可用的微信支付公钥ID或平台证书序列号", location="header", value=asked)


def _admit(world: World, call: Call) -> None:
    """:raises Refused: when the request was not signed by the merchant, just now, as it is."""
    for name in ("Accept", "User-Agent"):
        if not call.headers.get(name):
            raise Refused(400, "PARAM_ERROR", f"Http头缺少{name}", location="header")
    accepted = call.headers["Accept"]
    if call.operation != "bill_file" and "application/json" not in accepted and "*/*" not in accepted:
        raise Refused(406, "PARAM_ERROR", "Http头Accept须为application/json", location="header")
    scheme, _, rest = call.headers.get("Authorization", "").partition(" ")
    if scheme != SCHEME:
        raise Refused(401, "SIGN_ERROR", "Http头缺少Authorization，或认证类型不是WECHATPAY2-SHA256-RSA2048", location="authorization")
    parts = [_ITEM.fullmatch(part) for part in rest.split(",")]
    items = {part.group(1): part.group(2) for part in parts if part}
    if len(parts) != len(_ITEMS) or set(items) != _ITEMS or not all(parts):
        raise Refused(401, "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》", location="authorization")
    if items["mchid"] != world.keys.mchid:
        raise Refused(401, "SIGN_ERROR", "商户号不存在", field="mchid", location="authorization", value=items["mchid"])
    if items["serial_no"].upper() != world.keys.merchant.serial:
        raise Refused(401, "SIGN_ERROR", "商户证书序列号有误。请使用签名私钥匹配的证书序列号", field="serial_no", location="authorization")
    if not re.fullmatch(r"\d{10}", items["timestamp"]) or abs(world.clock.wire() - int(items["timestamp"])) > _LIFE:
        raise Refused(401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", field="timestamp", location="authorization")
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,32}", items["nonce_str"]):
        raise Refused(401, "SIGN_ERROR", "Http头Authorization中的nonce_str格式错误", field="nonce_str", location="authorization")
    text = f"{call.method}\n{call.target}\n{items['timestamp']}\n{items['nonce_str']}\n".encode() + call.body + b"\n"
    if not crypto.verifies(world.keys.merchant.x509.public_key(), text, items["signature"]):  # type: ignore[arg-type]
        call.signed_text = text.decode("utf-8", "replace")
        call.trouble = "SIGN_ERROR: the signature is none of this text; compare it with what was signed"
        raise Refused(
            401, "SIGN_ERROR", "错误的签名，导致验签失败", detail={"issue": "sign not match"}, field="signature", location="authorization",
            sign_information={"method": call.method, "url": call.target, "sign_message_length": len(text),
                              "truncated_sign_message": text.decode("utf-8", "replace")[:200]},
        )  # fmt: skip
    if world.seen_before(items["nonce_str"]):
        raise Refused(401, "SIGN_ERROR", "nonce_str重复", field="nonce_str", location="authorization", value=items["nonce_str"])
