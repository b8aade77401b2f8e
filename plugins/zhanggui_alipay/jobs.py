"""Entry points of the worker."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Money, _l, clock, enqueue, job, unit_of_work, webhook_message
from zhanggui_payments.facade import AttemptView, RefundRequest, apply_told, take_notification

from .amounts import CURRENCY
from .provider import ALIPAY


@job(_l("Take what Alipay told"), first=True)
def take_message(db: Session, *, message_id: int, **_from_newer_releases: object) -> None:
    """What Alipay told. Of a refund it says the sum of all, so the one that it is about is asked for by its number."""
    refunds = [said for said in webhook_message(db, message_id).payload if said["kind"] == "refund"]
    if not refunds:
        take_notification(db, ALIPAY, message_id)
    for said in refunds:
        enqueue(db, ask_refund, number=said["number"], attempt=said["attempt"], message_id=message_id)


@job(_l("Ask Alipay about a refund"), lane="io")
def ask_refund(*, number: str, attempt: str, message_id: int, **_from_newer_releases: object) -> None:
    """How much of a payment went back by this number, whoever sent it."""
    now = clock.now()
    unknown: Any = Money(0, CURRENCY)  # a question names no amount
    said = ALIPAY.query_refund(RefundRequest(number, unknown, AttemptView(attempt, "alipay", "", unknown, "", now, now)))
    if said.state == "succeeded":
        with unit_of_work() as db:
            apply_told(db, ALIPAY.id, said, key=f"{ALIPAY.id}:message:{message_id}:0", now=clock.now())
