"""Money back: accepted first, ended later."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from .. import till
from ..clock import rfc3339
from ..deliveries import deliverable
from ..store import Row
from ..web import Call, Reply
from ..world import World
from .refusals import Body, Refused, wrong

_YEAR, _MINUTE, _MOST = 365 * 86400, 60, 50
_PATTERN = r"[0-9A-Za-z_\-|*@]{1,64}"


def create(world: World, call: Call) -> Reply:
    """Accept a refund. The same number with the same amounts is the same refund."""
    body = Body(call)
    number = body.text("/out_refund_no", 64, pattern=_PATTERN)
    amount, total = body.whole("/amount/refund"), body.whole("/amount/total")
    if body.text("/amount/currency", 16) != "CNY":
        raise wrong("/amount/currency", "境内商户号仅支持人民币CNY", body.get("/amount/currency"))
    reason = body.text("/reason", 80, needed=False)
    notify_url = body.text("/notify_url", 256, needed=False)
    if notify_url and not deliverable(notify_url):
        raise wrong("/notify_url", "必须为https地址，且不能携带参数（沙箱另许本机http地址）", notify_url)
    with world.store.transaction():
        row = _order(world, body)
        found = till.find_refund(world, "wechatpay", world.keys.mchid, number)
        if found is not None:
            if (found["trade_id"], found["amount"]) != (row["id"], amount) or total != row["amount"]:
                raise Refused(400, "INVALID_REQUEST", "退款单号已存在，但退款金额或原订单与首次请求不一致", field="out_refund_no")
            if found["state"] == till.REFUND_CLOSED:
                # A failed refund is tried again under its own number.
                again = world.clock.now() + world.options.settle_seconds
                world.store.run("UPDATE refund SET state = ?, settles = ?, becomes = ? WHERE id = ?", till.PROCESSING, again, till.SUCCESS, found["id"])
                found = till.refund(world, found["id"])
            return Reply.json(as_json(world, row, found))
        _allowed(world, row, amount, total, number)
        refund = till.open_refund(
            world, row, scope=world.keys.mchid, out_refund_no=number, amount=amount, reason=reason, notify_url=notify_url
        )
    if world.faults.named("refunded_before_answer", till.about(row, "refund", out_refund_no=number)):
        accepted = refund
        world.deliverer.settled(refund["id"], till.SUCCESS, at_once=True)
        return Reply.json(as_json(world, row, accepted))
    return Reply.json(as_json(world, row, refund))


def _order(world: World, body: Body) -> Row:
    by_number = body.text("/out_trade_no", 32, needed=False)
    by_transaction = body.text("/transaction_id", 32, needed=False)
    if not by_number and not by_transaction:
        raise wrong("/transaction_id", "transaction_id和out_trade_no二选一，不能都为空")
    row = (
        world.store.one("SELECT * FROM trade WHERE provider = 'wechatpay' AND trade_no = ? AND paid IS NOT NULL", by_transaction) if by_transaction
        else till.find(world, "wechatpay", world.keys.mchid, by_number)
    )  # fmt: skip
    if row is None:
        raise Refused(404, "RESOURCE_NOT_EXISTS", "订单不存在，请检查订单号是否正确")
    return row


def _allowed(world: World, row: Row, amount: int, total: int, number: str) -> None:
    now, earlier = world.clock.now(), till.refunds_of(world, row["id"])
    counted = [one for one in earlier if one["source"] == "api"]
    if row["state"] != till.PAID:
        raise Refused(400, "INVALID_REQUEST", "订单未支付或状态不允许退款")
    if now - row["paid"] > _YEAR:
        raise Refused(400, "INVALID_REQUEST", "订单已超过可退款期限")
    if total != row["amount"]:
        raise Refused(400, "INVALID_REQUEST", "订单金额与原订单不一致，请检查", field="/amount/total", value=total)
    if amount + till.taken_back(earlier) > total:
        raise Refused(400, "INVALID_REQUEST", "订单金额或退款金额不符，累计退款金额超过订单金额", field="/amount/refund", value=amount)
    if len(counted) >= _MOST:
        raise Refused(400, "INVALID_REQUEST", "同一笔订单部分退款次数超过50次")
    if counted and now - counted[-1]["created"] < _MINUTE:
        raise Refused(429, "FREQUENCY_LIMITED", "同一笔订单的多次退款请求，间隔须在1分钟以上")
    if world.faults.named("not_enough", till.about(row, "refund", out_refund_no=number)):
        raise Refused(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")


def query(world: World, call: Call) -> Reply:
    """A refund as it stands."""
    found = till.find_refund(world, "wechatpay", world.keys.mchid, unquote(call.arguments["out_refund_no"]))
    if found is None:
        raise Refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    return Reply.json(as_json(world, till.trade(world, found["trade_id"]), found))


def apply_abnormal(world: World, call: Call) -> Reply:
    """An abnormal refund is sent to another account of the customer, or to the merchant's own."""
    body = Body(call)
    if body.text("/type", 32) not in ("USER_BANK_CARD", "MERCHANT_BANK_CARD"):
        raise wrong("/type", "应为USER_BANK_CARD或MERCHANT_BANK_CARD", body.get("/type"))
    with world.store.transaction():
        found = world.store.one("SELECT * FROM refund WHERE provider = 'wechatpay' AND refund_no = ?", call.arguments["refund_id"])
        if found is None or found["out_refund_no"] != body.text("/out_refund_no", 64):
            raise Refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        if found["state"] != till.ABNORMAL:
            raise Refused(400, "INVALID_REQUEST", "退款单状态不是退款异常")
        again = world.clock.now() + world.options.settle_seconds
        world.store.run("UPDATE refund SET state = ?, settles = ?, becomes = ? WHERE id = ?", till.PROCESSING, again, till.SUCCESS, found["id"])
        return Reply.json(as_json(world, till.trade(world, found["trade_id"]), till.refund(world, found["id"])))


def as_json(world: World, row: Row, refund: Row) -> dict[str, Any]:
    """A refund as it is answered."""
    return {
        "refund_id": refund["refund_no"], "out_refund_no": refund["out_refund_no"], "transaction_id": row["trade_no"], "out_trade_no": row["out_trade_no"],
        "channel": "ORIGINAL", "user_received_account": "支付用户零钱", "create_time": rfc3339(refund["created"]), "status": refund["state"].upper(),
        "funds_account": "AVAILABLE", "promotion_detail": [],
        "amount": {
            "total": row["amount"], "refund": refund["amount"], "from": [], "payer_total": row["paid_amount"], "payer_refund": refund["amount"],
            "settlement_refund": refund["amount"], "settlement_total": row["amount"], "discount_refund": 0, "currency": row["paid_currency"],
        },
    } | ({"success_time": rfc3339(refund["finished"])} if refund["finished"] else {})  # fmt: skip
