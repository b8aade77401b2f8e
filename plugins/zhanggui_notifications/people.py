"""What this plugin answers about a person: what he was told, and what he wanted to hear. How often and by which channel stays, without a word of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, PersonalData

from .models import Address, Attempt, Consent, Message, Preference
from .states import WAITING, MessageState

CUSTOMER = "customers.Customer"
d, m, a, p, c = Address.__table__.c, Message.__table__.c, Attempt.__table__.c, Preference.__table__.c, Consent.__table__.c


def find(db: Session, text: str, *, actor: Actor) -> list[tuple[str, Any]]:
    """Nobody is looked for by a message: customers answer for phones and names."""
    return []


def export(db: Session, person: tuple[str, Any]) -> dict[str, Any]:
    """What he was told, and what he said he wants."""
    if person[0] != CUSTOMER:
        return {}
    who = int(person[1])
    told = select(m.kind_id, m.subject, m.body, m.channel, m.state, m.created_at, m.done_at, m.read_at)
    said = select(c.category, c.channel, c.allowed, c.source, c.at)
    found = {
        "messages": [dict(r._mapping) for r in db.execute(told.where(m.recipient_kind == "customer", m.recipient_id == who).order_by(m.id))],
        "consents": [dict(r._mapping) for r in db.execute(said.where(c.recipient_kind == "customer", c.recipient_id == who).order_by(c.id))],
    }
    return {name: rows for name, rows in found.items() if rows}


def erase(db: Session, person: tuple[str, Any], *, actor: Actor, now: datetime) -> None:
    """Take the words out of what he was told, call off what waits, forget what he chose."""
    if person[0] != CUSTOMER:
        return
    mine = (m.recipient_kind == "customer") & (m.recipient_id == int(person[1]))
    quiet = {"synchronize_session": False}
    over = {"state": MessageState.CANCELED, "reason": "blocked", "done_at": now}
    db.execute(update(Message).where(mine, m.state.in_(WAITING)).values(over).execution_options(**quiet))
    gone = {"subject": None, "body": None, "href": None, "data": None, "shown_at": None}
    db.execute(update(Attempt).where(a.message_id.in_(select(m.id).where(mine))).values(rendered=None).execution_options(**quiet))
    db.execute(update(Message).where(mine).values(gone).execution_options(**quiet))
    db.execute(delete(Address).where(d.recipient_kind == "customer", d.recipient_id == int(person[1])).execution_options(**quiet))
    db.execute(delete(Preference).where(p.recipient_kind == "customer", p.recipient_id == int(person[1])).execution_options(**quiet))


ANSWER = PersonalData("messages", [Message, Attempt], find, export, erase)
