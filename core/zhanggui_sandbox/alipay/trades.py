"""Orders at Alipay: made for a mini-program, a QR code, a browser; asked about, closed, canceled."""

from __future__ import annotations

import re
from typing import Any

from .. import till
from ..clock import plain, read_plain
from ..deliveries import deliverable
from ..money import fen, yuan
from ..store import Row
from ..web import Call, Reply
from ..world import World
from .refusals import Refused, business, invalid

_DAYS, _QR, _PAGE = 15 * 86400, 7200, 900
_YEAR = 365 * 86400
# Alipay's own page says WAY where most clients send PAY; both are taken.
_PRODUCTS = {
    "alipay.trade.page.pay": ("page", ("FAST_INSTANT_TRADE_PAY",)), "alipay.trade.wap.pay": ("h5", ("QUICK_WAP_WAY", "QUICK_WAP_PAY")),
}  # fmt: skip
_TIMES = {"m": 60, "h": 3600, "d": 86400}


def create(world: World, call: Call, sent: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
    """For ``my.tradePay`` in a mini-program."""
    if not (asked.get("buyer_open_id") or asked.get("buyer_id")):
        raise invalid("buyer_open_id与buyer_id不能同时为空")
    if asked.get("product_code") == "JSAPI_PAY" and not asked.get("op_app_id"):
        raise invalid("product_code为JSAPI_PAY时op_app_id必填")
    row = _open(world, sent, asked, "mini_program", till.WAITING, payer=str(asked.get("buyer_open_id") or asked["buyer_id"]))
    _maybe_paid_already(world, row)
    return {"out_trade_no": row["out_trade_no"], "trade_no": row["trade_no"]}


def precreate(world: World, call: Call, sent: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
    """A code to scan. The trade comes into being when somebody scans it; until then it does not exist."""
    with world.store.transaction():
        row = _open(world, sent, asked, "qr", till.HIDDEN)
        token = till.ticket(world, row["id"], "qr", _QR)
    _maybe_paid_already(world, row)
    base = f"http://{world.options.public_host}:{world.port}" if world.options.public_host else call.base
    return {"out_trade_no": row["out_trade_no"], "qr_code": f"{base}/qr/{token}"}


def page(world: World, call: Call, sent: dict[str, str], asked: dict[str, Any]) -> Reply:
    """``page.pay`` and ``wap.pay``: the browser goes on to the cashier, under the host that it asked."""
    scene, products = _PRODUCTS[sent["method"]]
    if asked.get("product_code") not in products:
        raise invalid(f"product_code应为{products[0]}")
    with world.store.transaction():
        row = _open(world, sent, asked, scene, till.WAITING)
        token = till.ticket(world, row["id"], "alipay", _PAGE)
    _maybe_paid_already(world, row)
    return Reply(302, headers={"Location": f"/cashier/{token}"})


def _maybe_paid_already(world: World, row: Row) -> None:
    if world.faults.named("paid_before_answer", till.about(row, "prepay")):
        world.deliverer.tell(till.pay(world, row["id"], force=True), at_once=True)


def _open(world: World, sent: dict[str, str], asked: dict[str, Any], scene: str, state: str, *, payer: str = "") -> Row:
    """The order of this number; the same again is the same order."""
    number, subject, total = (asked.get(name) for name in ("out_trade_no", "subject", "total_amount"))
    if not isinstance(number, str) or not re.fullmatch(r"[0-9A-Za-z_]{1,64}", number):
        raise invalid("out_trade_no应为64位以内的字母、数字、下划线")
    if not isinstance(subject, str) or not subject or len(subject) > 256 or re.search(r"[/=&]", subject):
        raise invalid("subject必填，256字以内，且不能含/=&")
    try:
        # A number in JSON is taken as its digits; one with more than two places is none.
        amount = fen(total if isinstance(total, str) else str(total) if type(total) in (int, float) else "")
    except ValueError:
        raise invalid("total_amount应为0.01到100000000.00的两位小数") from None
    if amount < 1:
        raise invalid("total_amount应为0.01到100000000.00的两位小数")
    notify_url = sent.get("notify_url", "")
    if notify_url and not deliverable(notify_url):
        raise Refused("40002", "isv.invalid-notify-url", "notify_url无效")
    now = world.clock.now()
    with world.store.transaction():
        row = till.find(world, "alipay", world.keys.alipay_app_id, number)
        if row is None:
            return till.open_trade(
                world, provider="alipay", account=world.keys.alipay_app_id, app_id=world.keys.alipay_app_id, out_trade_no=number, scene=scene,
                amount=amount, currency="CNY", subject=subject, attach=str(asked.get("passback_params", "")), notify_url=notify_url,
                return_url=sent.get("return_url", ""), payer=payer, state=state, expires=_expiry(asked, now),
            )
        row = current(world, row)
        if row["state"] == till.PAID:
            raise business("TRADE_HAS_SUCCESS", "交易已被支付")
        if row["state"] == till.CLOSED:
            raise business("TRADE_HAS_CLOSE", "交易已经关闭")
        if (row["amount"], row["subject"], row["scene"]) != (amount, subject, scene):
            raise business("CONTEXT_INCONSISTENT", "交易信息被篡改")
        return row


def _expiry(asked: dict[str, Any], now: float) -> float:
    if limit := asked.get("time_expire"):
        try:
            at = read_plain(str(limit))
        except ValueError:
            raise invalid("time_expire格式应为yyyy-MM-dd HH:mm:ss") from None
        if at <= now:
            raise invalid("time_expire早于当前时间")
        return at
    if span := asked.get("timeout_express"):
        found = re.fullmatch(r"([1-9]\d{0,4})([mhd])", str(span))
        if not found:
            raise invalid("timeout_express格式错误")
        return now + int(found.group(1)) * _TIMES[found.group(2)]
    return now + _DAYS


def current(world: World, row: Row) -> Row:
    """An unpaid trade is closed by Alipay when its time is over."""
    if row["state"] in (till.WAITING, till.HIDDEN) and world.clock.now() > row["expires"]:
        till.close(world, row)
        return till.trade(world, row["id"])
    return row


def known(world: World, asked: dict[str, Any], *, hidden: bool = False) -> Row:
    """The trade of either number.

    :raises Refused: when there is none, or nobody has scanned it yet.
    """
    by_us, by_them = asked.get("trade_no"), asked.get("out_trade_no")
    if not by_us and not by_them:
        raise invalid("out_trade_no与trade_no不能同时为空")
    row = (
        world.store.one("SELECT * FROM trade WHERE provider = 'alipay' AND trade_no = ?", str(by_us)) if by_us
        else till.find(world, "alipay", world.keys.alipay_app_id, str(by_them))
    )  # fmt: skip
    if row is None or (row["state"] == till.HIDDEN and not hidden):
        raise business("TRADE_NOT_EXIST", "交易不存在")
    return current(world, row)


def status(world: World, row: Row) -> str:
    """The state as Alipay names it."""
    if row["state"] == till.PAID:
        if till.succeeded(till.refunds_of(world, row["id"])) >= row["paid_amount"]:
            return "TRADE_CLOSED"
        return "TRADE_FINISHED" if world.clock.now() - row["paid"] > _YEAR else "TRADE_SUCCESS"
    return "TRADE_CLOSED" if row["state"] == till.CLOSED else "WAIT_BUYER_PAY"


def query(world: World, call: Call, sent: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
    """The trade as it stands."""
    with world.store.transaction():
        row = known(world, asked)
        found: dict[str, Any] = {
            "out_trade_no": row["out_trade_no"], "trade_no": row["trade_no"], "trade_status": status(world, row), "total_amount": yuan(row["amount"]),
            "buyer_logon_id": "san***@sandbox.com", "buyer_open_id": row["payer"], "subject": row["subject"],
        }  # fmt: skip
    if row["paid"] is None:
        zero = dict.fromkeys(("receipt_amount", "invoice_amount", "buyer_pay_amount", "point_amount"), "0.00")
        return found | zero
    amount = yuan(row["paid_amount"])
    return found | {
        "total_amount": amount, "receipt_amount": amount, "invoice_amount": amount, "buyer_pay_amount": amount, "point_amount": "0.00",
        "send_pay_date": plain(row["paid"]), "fund_bill_list": [{"amount": amount, "fund_channel": "ALIPAYACCOUNT"}],
    } | ({"trans_currency": row["paid_currency"]} if row["paid_currency"] != "CNY" else {})  # fmt: skip


def close(world: World, call: Call, sent: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
    """An unpaid trade is closed."""
    with world.store.transaction():
        row = known(world, asked)
        if row["state"] not in (till.WAITING, till.FAILED):
            raise business("TRADE_STATUS_ERROR", "交易状态不合法")
        till.close(world, row)
    return {"out_trade_no": row["out_trade_no"], "trade_no": row["trade_no"]}


def cancel(world: World, call: Call, sent: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
    """Closed when unpaid, given back when paid; a trade that nobody knows is canceled as well."""
    refund = None
    with world.store.transaction():
        try:
            row = known(world, asked, hidden=True)
        except Refused as refusal:
            if refusal.sub_code != "ACQ.TRADE_NOT_EXIST":
                raise
            return {"out_trade_no": str(asked.get("out_trade_no", "")), "retry_flag": "N"}
        action = ""
        if row["state"] == till.PAID:
            left = row["paid_amount"] - till.taken_back(till.refunds_of(world, row["id"]))
            if left:
                refund = till.open_refund(
                    world, row, scope=row["trade_no"], out_refund_no=row["out_trade_no"], amount=left, reason="", notify_url=""
                )
                action = "refund"
        elif row["state"] != till.CLOSED:
            till.close(world, row)
            action = "close"
    if refund is not None:
        world.deliverer.settled(refund["id"], till.SUCCESS)
    return {"out_trade_no": row["out_trade_no"], "trade_no": row["trade_no"], "retry_flag": "N"} | ({"action": action} if action else {})
