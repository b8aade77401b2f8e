"""Messages from outside: kept once, with the job that handles them, and read by it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ..db.crypto import blind_index
from ..db.upsert import insert_for
from ..host.declare import Webhook, WebhookMessage
from ..jobs import enqueue
from ..kernel.errors import NotFound
from .models import ArrivedMessage

KEEP = timedelta(days=90)  # no provider repeats a message for longer than some days


@dataclass(frozen=True)
class KeptMessage:
    """A genuine message for its handler: what ``verify`` made of it, and the bytes it was sent as."""

    payload: Any
    body: bytes
    at: datetime


def keep(db: Session, webhook: Webhook, message: WebhookMessage, body: bytes, now: datetime) -> bool:
    """Store a message and its job in one transaction; False when it is here already, or is being stored by somebody else."""
    content = {"payload": message.payload, "body": base64.b64encode(body).decode()}
    values = {"webhook": webhook.id, "message": blind_index(f"webhook:{webhook.id}:{message.id}"), "content": content, "arrived_at": now}
    made = insert_for(db, ArrivedMessage).values(**values).on_conflict_do_nothing().returning(ArrivedMessage.__table__.c.id)
    new = db.scalar(made)
    if new is None:
        return False
    enqueue(db, webhook.handle, message_id=new)
    return True


def webhook_message(db: Session, message_id: int) -> KeptMessage:
    """What arrived at a webhook, for the job that handles it.

    :raises NotFound: after ``KEEP``, when it was forgotten.
    """
    row = db.get(ArrivedMessage, message_id)
    if row is None:
        raise NotFound()
    return KeptMessage(row.content["payload"], base64.b64decode(row.content["body"]), row.arrived_at)


def forget_old(db: Session, now: datetime) -> None:
    """Drop what arrived long ago."""
    db.execute(delete(ArrivedMessage).where(ArrivedMessage.arrived_at < now - KEEP))
