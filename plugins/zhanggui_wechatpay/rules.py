"""What WeChat Pay's answers and notifications mean here; needs no database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhanggui.api import Money
from zhanggui_payments.facade import RefundSnapshot, Snapshot

ATTEMPT = {
    "SUCCESS": "captured", "REFUND": "captured", "NOTPAY": "pending", "USERPAYING": "pending",
    "PAYERROR": "pending",  # one try failed; the order can still be paid until it is closed
    "CLOSED": "closed", "REVOKED": "closed",
}  # fmt: skip
REFUND = {"SUCCESS": "succeeded", "PROCESSING": "processing", "CLOSED": "failed", "ABNORMAL": "abnormal"}


def read_object(raw: bytes) -> dict[str, Any]:
    """A JSON object of which no name comes twice.

    :raises ValueError: when it is none.
    """

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) != len(found):
            raise ValueError("a name comes twice")
        return made

    try:
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def text_of(found: Mapping[str, Any], name: str) -> str:
    """:raises ValueError: when it is no text, or empty."""
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(name)
    return value


def attempt(found: Mapping[str, Any]) -> Snapshot:
    """An order of theirs.

    :raises ValueError: when something is not as it has to be.
    """
    state = ATTEMPT.get(text_of(found, "trade_state"))
    if state is None:
        raise ValueError("trade_state")
    paid = state == "captured"
    return Snapshot(
        text_of(found, "out_trade_no"), state, _amount(found, "total") if paid else None, text_of(found, "transaction_id") if paid else None,
        _moment(found), _payer(found), code="" if paid else str(found["trade_state"]),
    )  # fmt: skip


def refund(found: Mapping[str, Any], *, status: str = "status") -> RefundSnapshot:
    """A refund of theirs; a notification calls its state ``refund_status``.

    :raises ValueError: when something is not as it has to be.
    """
    state = REFUND.get(text_of(found, status))
    if state is None:
        raise ValueError(status)
    return RefundSnapshot(
        text_of(found, "out_refund_no"), state, _amount(found, "refund"), text_of(found, "refund_id"), _moment(found), text_of(found, "out_trade_no"),
        code="" if state == "succeeded" else str(found[status]),
    )  # fmt: skip


def _amount(found: Mapping[str, Any], name: str) -> Money:
    amount = found.get("amount")
    if not isinstance(amount, dict) or type(amount.get(name)) is not int or amount[name] < 0:
        raise ValueError("amount")
    # A notification of a refund names no currency: this interface knows one alone.
    currency = amount.get("currency", "CNY")
    if not isinstance(currency, str):
        raise ValueError("currency")
    return Money(amount[name], currency)


def _moment(found: Mapping[str, Any]) -> datetime | None:
    text = found.get("success_time")
    if text is None:
        return None
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError("success_time")
    return at


def _payer(found: Mapping[str, Any]) -> str | None:
    payer = found.get("payer")
    openid = payer.get("openid") if isinstance(payer, dict) else None
    return openid if isinstance(openid, str) else None
