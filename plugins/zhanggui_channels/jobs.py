"""Entry points of the worker."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Code, MessageReported, _l, job, publish, webhook_message


@job(_l("Take delivery reports of text messages"))
def take_reports(db: Session, *, message_id: int, **_from_newer_releases: Any) -> None:
    """Whoever carries messages here is told of each."""
    for said in webhook_message(db, message_id).payload:
        publish(db, MessageReported(Code("sms"), Code(said["ref"]), Code(said["state"]), Code(said["code"])))
