"""Prepay, query and close."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import unquote, urlsplit

from .. import crypto, till
from ..clock import beijing, read_rfc3339, rfc3339
from ..deliveries import deliverable
from ..store import Row
from ..web import Call, Reply
from ..world import World
from .refusals import Body, Refused, wrong

OUT_TRADE_NO = r"[0-9A-Za-z_\-*|]{6,32}"
_DAYS = 7 * 86400
_PREPAY, _CODE, _H5 = 7200, 7200, 300  # seconds that each lives
_TYPES = {"jsapi": "JSAPI", "h5": "MWEB", "native": "NATIVE", "app": "APP"}
_WORDS = {"SUCCESS": "支付成功", "REFUND": "转入退款", "NOTPAY": "订单未支付", "CLOSED": "订单已关闭", "PAYERROR": "支付失败"}


def prepay(world: World, call: Call) -> Reply:
    """An order, and what the customer needs to pay it. The same again gives another way to pay the same order."""
    body, scene = Body(call), call.arguments["scene"]
    order = _read(world, body, scene)
    with world.store.transaction():
        row = till.find(world, "wechatpay", world.keys.mchid, order["out_trade_no"]) or till.open_trade(world, **order)
        _same(row, order)
        kind = {"native": "native", "h5": "h5"}.get(scene, "prepay")
        stamp = beijing(world.clock.now()).strftime("%d%H%M%S%f")[:12]
        prepay_id = till.ticket(world, row["id"], kind, _H5 if scene == "h5" else _PREPAY, f"wx{stamp}{secrets.token_hex(11)}")
    if world.faults.named("paid_before_answer", till.about(row, "prepay")):
        world.deliverer.tell(till.pay(world, row["id"]), at_once=True)
    if scene == "native":
        return Reply.json({"code_url": f"{_scanned(world, call)}/qr/{prepay_id}"})
    if scene == "h5":
        return Reply.json({"h5_url": f"{_browsed(call, body)}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={prepay_id}&package={crypto.random_digits(10)}"})
    return Reply.json({"prepay_id": prepay_id})


def _scanned(world: World, call: Call) -> str:
    """A camera is no browser: no host was asked for yet."""
    return f"http://{world.options.public_host}:{world.port}" if world.options.public_host else call.base


def _browsed(call: Call, body: Body) -> str:
    """The host under which the customer sees the shop; a phone reaches us there too."""
    shop = body.get("/scene_info/h5_info/app_url")
    host = urlsplit(shop).hostname if isinstance(shop, str) else None
    if not host:
        return call.base
    port = call.headers.get("Host", "").rpartition(":")[2]
    return f"http://{f'[{host}]' if ':' in host else host}" + (f":{port}" if port.isdigit() else "")


def _read(world: World, body: Body, scene: str) -> dict[str, Any]:
    now = world.clock.now()
    if body.text("/mchid", 32) != world.keys.mchid:
        raise Refused(400, "PARAM_ERROR", "请求中的mchid与Authorization中的商户号不一致", field="/mchid", location="body")
    if body.text("/appid", 32) != world.keys.app_id:
        raise Refused(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配，请检查appid和mchid的绑定关系")
    notify_url = body.text("/notify_url", 255)
    if not deliverable(notify_url):
        raise wrong("/notify_url", "必须为https地址，且不能携带参数（沙箱另许本机http地址）", notify_url)
    expires = now + _DAYS
    if limit := body.text("/time_expire", 64, needed=False):
        try:
            expires = read_rfc3339(limit)
        except ValueError:
            raise wrong("/time_expire", "应为rfc3339格式", limit) from None
        if expires <= now:
            raise wrong("/time_expire", "订单失效时间应晚于当前时间", limit)
    currency = body.text("/amount/currency", 16, needed=False) or "CNY"
    if currency != "CNY":
        raise wrong("/amount/currency", "境内商户号仅支持人民币CNY", currency)
    payer = body.text("/payer/openid", 128, pattern=r"o[0-9A-Za-z_-]{5,127}") if scene == "jsapi" else ""
    if scene == "h5":
        body.text("/scene_info/payer_client_ip", 45)
        body.text("/scene_info/h5_info/type", 32)
    return {
        "provider": "wechatpay", "account": world.keys.mchid, "app_id": world.keys.app_id, "scene": scene, "currency": currency, "payer": payer,
        "out_trade_no": body.text("/out_trade_no", 32, shortest=6, pattern=OUT_TRADE_NO), "amount": body.whole("/amount/total"),
        "subject": body.text("/description", 127), "attach": body.text("/attach", 128, needed=False), "notify_url": notify_url, "expires": expires,
    }  # fmt: skip


def _same(row: Row, order: dict[str, Any]) -> None:
    """:raises Refused: when this number means another order, or one that cannot be paid any more."""
    if row["state"] == till.PAID:
        raise Refused(400, "ORDERPAID", "该订单已支付")
    if row["state"] == till.CLOSED:
        raise Refused(400, "ORDER_CLOSED", "该订单已关闭，请重新下单")
    if row["scene"] != order["scene"]:
        raise Refused(403, "OUT_TRADE_NO_USED", "商户订单号重复")
    for name in ("amount", "currency", "subject", "attach", "notify_url", "payer", "app_id"):
        if row[name] != order[name]:
            raise Refused(400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致，请检查", field=name)


def by_number(world: World, call: Call) -> Reply:
    """The order as it stands."""
    return Reply.json(transaction(world, _found(world, call)))


def by_transaction(world: World, call: Call) -> Reply:
    """Paid orders alone have such a number."""
    _own(world, call.query.get("mchid", ""))
    row = world.store.one("SELECT * FROM trade WHERE trade_no = ? AND provider = 'wechatpay' AND paid IS NOT NULL", call.arguments["transaction_id"])
    if row is None:
        raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
    return Reply.json(transaction(world, row))


def close(world: World, call: Call) -> Reply:
    """An unpaid order is closed; the answer is empty."""
    body = Body(call)
    _own(world, body.text("/mchid", 32))
    with world.store.transaction():
        row = _look_up(world, call)
        if row["state"] == till.PAID:
            raise Refused(400, "ORDERPAID", "该订单已支付")
        if row["state"] == till.CLOSED:
            raise Refused(400, "ORDER_CLOSED", "订单已关闭")
        till.close(world, row)
    return Reply(204)


def _found(world: World, call: Call) -> Row:
    _own(world, call.query.get("mchid", ""))
    return _look_up(world, call)


def _look_up(world: World, call: Call) -> Row:
    row = till.find(world, "wechatpay", world.keys.mchid, unquote(call.arguments["out_trade_no"]))
    if row is None:
        raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
    return row


def _own(world: World, mchid: str) -> None:
    if mchid != world.keys.mchid:
        raise Refused(400, "PARAM_ERROR", "mchid为必填，且须与Authorization中的商户号一致", field="mchid", value=mchid)


def transaction(world: World, row: Row) -> dict[str, Any]:
    """An order as queries answer it and notifications tell it."""
    state = {till.PAID: "SUCCESS", till.CLOSED: "CLOSED", till.FAILED: "PAYERROR"}.get(row["state"], "NOTPAY")
    if state == "SUCCESS" and any(refund["state"] != till.REFUND_CLOSED for refund in till.refunds_of(world, row["id"])):
        state = "REFUND"
    found: dict[str, Any] = {
        "mchid": row["account"], "appid": row["app_id"], "out_trade_no": row["out_trade_no"], "trade_state": state,
        "trade_state_desc": _WORDS[state], "attach": row["attach"], "amount": {"total": row["amount"], "currency": row["currency"]},
    }  # fmt: skip
    if row["paid"] is None:
        return found | ({"payer": {"openid": row["payer"]}} if row["payer"] else {})
    found["amount"] = {
        "total": row["paid_amount"], "payer_total": row["paid_amount"], "currency": row["paid_currency"], "payer_currency": row["paid_currency"],
    }  # fmt: skip
    return found | {
        "transaction_id": row["trade_no"], "trade_type": _TYPES[row["scene"]], "bank_type": "OTHERS", "success_time": rfc3339(row["paid"]),
        "payer": {"openid": row["payer"]}, "promotion_detail": json.loads(row["extra"]).get("promotion_detail", []),
    }  # fmt: skip
