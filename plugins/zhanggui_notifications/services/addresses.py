"""Addresses from which messages came back: the next message passes them over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Code, Recipient, blind_index, publish

from ..events import AddressBounced
from ..models import Address
from .limits import insert_on

ACTIVE, BOUNCED, EXPIRED = "active", "bounced", "expired"
_DEAD = (BOUNCED, EXPIRED)
d = Address.__table__.c


def _mine(channel: str, address: str) -> Any:
    return (d.channel == channel) & (d.index == blind_index(f"{channel}:{address.strip().lower()}"))


def is_dead(db: Session, channel: str, address: str) -> bool:
    """Whether a message to this address came back, and none arrived since."""
    return db.scalar(select(d.state).where(_mine(channel, address), d.state.in_(_DEAD))) is not None


def came_back(db: Session, *, channel: str, recipient: Recipient, address: str, code: str | None, now: datetime, state: str = BOUNCED) -> bool:
    """This address is none any more. Whether that is news."""
    if not address or recipient.id is None:
        return False
    if is_dead(db, channel, address):
        return False
    who = {"recipient_kind": recipient.kind, "recipient_id": recipient.id, "state": state, "code": (code or "")[:80] or None, "at": now}
    publish(db, AddressBounced(Code(recipient.kind), recipient.id, Code(channel)))
    made = insert_on(db, Address).values(channel=channel, index=blind_index(f"{channel}:{address.strip().lower()}"), **who)
    db.execute(made.on_conflict_do_update(index_elements=["channel", "index"], set_=who))
    return True


def arrived(db: Session, *, channel: str, address: str, now: datetime) -> None:
    """A message arrived there after all."""
    works = update(Address).where(_mine(channel, address), d.state.in_(_DEAD)).values(state=ACTIVE, at=now)
    db.execute(works.execution_options(synchronize_session=False))


def try_again(db: Session, recipient_kind: str, recipient_id: int) -> None:
    """Somebody sends by hand: he means the addresses too."""
    gone = delete(Address).where(d.recipient_kind == recipient_kind, d.recipient_id == recipient_id)
    db.execute(gone.execution_options(synchronize_session=False))
