"""What customers and staff can be told of money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import MessageKind, MessageVariable, Money, Recipient, _l, notice_kind


def _buyer(db: Session, event: Mapping[str, Any]) -> list[Recipient]:
    return [] if event["customer_id"] is None else [Recipient("customer", event["customer_id"])]


def _facts(db: Session, event: Mapping[str, Any], locale: str) -> dict[str, Any]:
    return {"number": event["order_number"], "amount": Money(**event["amount"])}


KINDS = (
    MessageKind(
        "payments.refunded", _l("Money back"), "payments.refund.succeeded@1", _buyer, _facts, lambda event: f"order:{event['order_id']}:refund:{event['refund_id']}",
        (MessageVariable("number", _l("Order number"), "26112785921383"), MessageVariable("amount", _l("Amount"), Money(3980, "CNY"), "money")),
        _l("{amount} came back to you"), _l("Order {number}: we gave {amount} back the way you paid. Your bank may take some days to show it."),
        href="/shop/#/o/{number}", channels=("wechat_subscribe", "sms", "inbox"),
    ),
    notice_kind("payments.case", _l("Money needs a decision"), help=_l("Paid twice, paid too much, a refund that failed: a person has to look.")),
)  # fmt: skip
