"""What Alipay tells by itself: a form whose signature covers exactly the parameters that came."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import parse_qsl

from zhanggui.api import Money, NotGenuine
from zhanggui_payments.facade import Notification, RefundSnapshot, Snapshot

from .amounts import CURRENCY, money, read_plain
from .keys import Account

CAP = 64 * 1024
_FIELDS = 100
_ID = re.compile(r"[0-9A-Za-z_-]{8,128}")
_STATES = {"WAIT_BUYER_PAY": "pending", "TRADE_SUCCESS": "captured", "TRADE_FINISHED": "captured", "TRADE_CLOSED": "closed"}


def read(there: Account, body: bytes) -> Notification:
    """Check and read a message. Whether its order and its amount are ours is seen by payments.

    It bears no time that a signature would make worth anything: a repeated one is known by its id, and an old one says what is known already.

    :raises NotGenuine: when Alipay did not sign it, or it is about another app or another seller.
    """
    fields = _fields(body)
    signature = fields.pop("sign", "")
    if fields.pop("sign_type", "") != "RSA2" or fields.get("charset", "utf-8").lower() != "utf-8":
        raise NotGenuine()
    if not there.is_signed("&".join(f"{name}={value}" for name, value in sorted(fields.items())), signature):
        raise NotGenuine()
    if fields.get("app_id") != there.app_id or fields.get("seller_id") != there.seller_id or not _ID.fullmatch(fields.get("notify_id", "")):
        raise NotGenuine()
    if fields.get("notify_type") != "trade_status_sync":
        return Notification(fields["notify_id"])  # genuine, and nothing that this shop asked for
    return Notification(fields["notify_id"], [_told(fields)])


def _fields(body: bytes) -> dict[str, str]:
    """:raises NotGenuine: for what is no form in UTF-8, or says something twice."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_FIELDS)
    except ValueError:
        raise NotGenuine() from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotGenuine()
    return found


def _told(fields: dict[str, str]) -> Snapshot | RefundSnapshot:
    number, state = fields.get("out_trade_no", ""), _STATES.get(fields.get("trade_status", ""))
    if not number or len(number) > 64 or state is None:
        raise NotGenuine()
    amount = _amount(fields, "total_amount")
    if fields.get("out_biz_no") and fields.get("refund_fee"):
        # The sum of all that went back of this trade stands there, not of this refund: how much it was is asked.
        if _amount(fields, "refund_fee") > amount:
            raise NotGenuine()
        return RefundSnapshot(fields["out_biz_no"], "succeeded", None, at=_at(fields, "gmt_refund"), attempt=number)
    if state == "closed" and fields.get("gmt_payment"):
        state = "captured"  # paid, and given back since
    if state != "captured":
        return Snapshot(number, state, amount)
    return Snapshot(number, state, amount, fields.get("trade_no") or None, _at(fields, "gmt_payment"), fields.get("buyer_open_id") or fields.get("buyer_id") or None)


def _amount(fields: dict[str, str], name: str) -> Money:
    try:
        return money(fields.get(name, ""), fields.get("trans_currency") or CURRENCY)
    except ValueError:
        raise NotGenuine() from None


def _at(fields: dict[str, str], name: str) -> datetime | None:
    return read_plain(fields.get(name, ""))
