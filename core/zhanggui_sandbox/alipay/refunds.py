"""Money back at Alipay: it moves in the call, and the number of the request makes it happen once."""

from __future__ import annotations

from typing import Any

from .. import till
from ..clock import plain
from ..money import fen, yuan
from ..store import Row
from ..web import Call
from ..world import World
from . import trades
from .refusals import business, invalid

_YEAR = 365 * 86400


def create(world: World, call: Call, sent: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
    """Give back; ``fund_change`` says whether money moved in this very call."""
    try:
        amount = fen(str(asked.get("refund_amount", "")))
    except ValueError:
        raise invalid("refund_amount应为大于0的两位小数") from None
    if amount < 1:
        raise invalid("refund_amount应为大于0的两位小数")
    with world.store.transaction():
        row = trades.known(world, asked)
        number = asked.get("out_request_no") or ""
        if not isinstance(number, str) or len(number) > 64:
            raise invalid("out_request_no应为64位以内的字符串")
        if not number and amount != row["paid_amount"]:
            raise invalid("部分退款时out_request_no必填")
        number = number or row["out_trade_no"]
        found = till.find_refund(world, "alipay", row["trade_no"], number)
        if found is not None and found["amount"] != amount:
            raise business("DISCORDANT_REPEAT_REQUEST", "请求信息不一致")
        fresh = found is None
        if found is None:
            _allowed(world, row, amount, number)
            found = till.open_refund(
                world, row, scope=row["trade_no"], out_refund_no=number, amount=amount, reason=str(asked.get("refund_reason", "")), notify_url=""
            )
    early = world.faults.named("refunded_before_answer", till.about(row, "refund", out_refund_no=number))
    if fresh and found["becomes"] == till.SUCCESS:
        world.deliverer.settled(found["id"], till.SUCCESS, at_once=early is not None)
    after = till.refund(world, found["id"])
    moved = fresh and after["state"] == till.SUCCESS
    return {
        "out_trade_no": row["out_trade_no"], "trade_no": row["trade_no"], "buyer_logon_id": "san***@sandbox.com", "buyer_open_id": row["payer"],
        # The sum of all refunds of this trade, not of this one.
        "refund_fee": yuan(till.succeeded(till.refunds_of(world, row["id"]))), "fund_change": "Y" if moved else "N",
    } | ({"gmt_refund_pay": plain(after["finished"]), "send_back_fee": yuan(after["amount"])} if after["finished"] else {})  # fmt: skip


def _allowed(world: World, row: Row, amount: int, number: str) -> None:
    if row["state"] != till.PAID:
        raise business("TRADE_STATUS_ERROR", "交易状态不合法")
    if world.clock.now() - row["paid"] > _YEAR:
        raise business("TRADE_HAS_FINISHED", "交易已完结")
    if amount + till.taken_back(till.refunds_of(world, row["id"])) > row["paid_amount"]:
        raise business("REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
    if world.faults.named("not_enough", till.about(row, "refund", out_refund_no=number)):
        raise business("SELLER_BALANCE_NOT_ENOUGH", "商户的支付宝账户中无足够的资金进行撤销")


def query(world: World, call: Call, sent: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
    """A refund that succeeded says so; one that is not there, or not yet, answers success with nothing in it."""
    with world.store.transaction():
        row = trades.known(world, asked)
        number = asked.get("out_request_no")
        if not number:
            raise invalid("out_request_no必填")
        found = till.find_refund(world, "alipay", row["trade_no"], str(number))
    if found is None:
        return {}
    answer = {"out_trade_no": row["out_trade_no"], "trade_no": row["trade_no"], "out_request_no": found["out_refund_no"]}
    if found["state"] != till.SUCCESS:
        return answer
    return answer | {
        "refund_status": "REFUND_SUCCESS", "refund_amount": yuan(found["amount"]), "total_amount": yuan(row["paid_amount"]),
        "refund_reason": found["reason"], "gmt_refund_pay": plain(found["finished"]), "send_back_fee": yuan(found["amount"]),
    }  # fmt: skip
