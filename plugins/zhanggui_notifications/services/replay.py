"""Sending again what did not leave, once more what did, calling off what waits, and forgetting what is old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, IllegalMove, NotFound, _l, get_setting, public_id, record_audit

from ..models import Attempt, Message, Rate
from ..states import AGAIN, ARRIVED, WAITING, AttemptState, MessageState
from . import addresses, kinds

BATCH = 1000
KEPT_TEXTS = timedelta(days=90)  # what was handed over, and to which address
_MESSAGE: Any = Message.__table__
m, a, r = _MESSAGE.c, Attempt.__table__.c, Rate.__table__.c


def message(db: Session, id: int) -> Message:
    """:raises NotFound: when there is none."""
    found = db.get(Message, id)
    if found is None:
        raise NotFound()
    return found


def send_again(db: Session, *, id: int, late: bool = False, actor: Actor, now: datetime) -> None:
    """Try once more what did not leave: everything is asked anew, and it is still the same message.

    :param late: also when its time is over.
    :raises IllegalMove: for one that left, that is on its way, or whose time is over and nobody said that it may be late.
    """
    found = message(db, id)
    values = _anew(db, found, late, now)
    addresses.try_again(db, found.recipient_kind, found.recipient_id)
    moved = update(Message).where(m.id == id, m.state.in_(AGAIN)).values(state=MessageState.QUEUED, **values).returning(m.id)
    if db.scalar(moved.execution_options(synchronize_session=False)) is None:
        raise IllegalMove(_l("This one left already, or is on its way."))
    record_audit(db, "notifications.message.sent_again", target=found, label=Code(found.public_id), subject=_person(found), actor=actor, now=now)


def send_twice(db: Session, *, id: int, late: bool = False, actor: Actor, now: datetime) -> int:
    """Once more what left already: a message of its own, so that it shows what was sent twice. Its id.

    :raises IllegalMove: for one that did not leave.
    """
    found = message(db, id)
    if found.state not in ARRIVED:
        raise IllegalMove(_l("This one did not leave yet."))
    addresses.try_again(db, found.recipient_kind, found.recipient_id)
    values = _anew(db, found, late, now)
    first = found.dedupe_key.partition("#")[0]
    same = (m.dedupe_key == first) | m.dedupe_key.startswith(f"{first}#", autoescape=True)
    number = (db.scalar(select(func.count()).select_from(Message).where(same)) or 1) + 1
    kept = ("kind_id", "category", "recipient_kind", "recipient_id", "fact", "event_id", "data", "pinned")
    row = {name: getattr(found, name) for name in kept}
    new = {"public_id": public_id(), "dedupe_key": f"{first}#{number}", "state": MessageState.QUEUED, "created_at": now, "expires_at": found.expires_at}
    made: int = db.execute(insert(_MESSAGE).values(**row | new | values).returning(m.id)).scalar_one()
    record_audit(db, "notifications.message.sent_twice", target=found, label=Code(found.public_id), subject=_person(found), actor=actor, now=now)
    return made


def _anew(db: Session, found: Message, late: bool, now: datetime) -> Mapping[str, Any]:
    if found.data is None:
        raise IllegalMove(_l("The recipient was erased: nothing is left of this message."))
    values = {"passed": [], "tries": 0, "reason": None, "detail": None, "not_before": now, "done_at": None, "counted": None}
    if found.expires_at > now:
        return values
    if not late:
        raise IllegalMove(_l("The time of this message is over. Say that it may be late to send it all the same."))
    chosen = kinds.chosen(db, [found.kind_id]).get(found.kind_id)
    return {**values, "expires_at": now + (chosen.ttl if chosen else timedelta(days=1))}


def cancel(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Call off what waits.

    :raises IllegalMove: for what is on its way, or ended.
    """
    found = message(db, id)
    over = {"state": MessageState.CANCELED, "reason": "by_hand", "done_at": now}
    moved = update(Message).where(m.id == id, m.state.in_(WAITING)).values(over).returning(m.id)
    if db.scalar(moved.execution_options(synchronize_session=False)) is None:
        raise IllegalMove(_l("Only what waits can be called off."))
    record_audit(db, "notifications.message.canceled", target=found, label=Code(found.public_id), subject=_person(found), actor=actor, now=now)


def reveal(db: Session, *, id: int, actor: Actor, now: datetime) -> Message:
    """Read what a message said: it is kept that somebody did."""
    found = message(db, id)
    record_audit(db, "notifications.message.revealed", target=found, label=Code(found.public_id), subject=_person(found), actor=actor, now=now)
    return found


def _person(found: Message) -> tuple[str, int] | None:
    return ("customers.Customer", found.recipient_id) if found.recipient_kind == "customer" else None


def forget_old(db: Session, now: datetime) -> int:
    """Drop some messages that are older than the shop keeps them; how many."""
    before = now - timedelta(days=int(get_setting("plugin.notifications.keep_days")))
    sealed = update(Attempt).where(a.at < now - KEPT_TEXTS, a.rendered.is_not(None), a.state != AttemptState.SENDING).values(rendered=None)
    db.execute(sealed.execution_options(synchronize_session=False))
    ended = m.state.notin_((*WAITING, MessageState.SENDING))
    old = list(db.scalars(select(m.id).where(m.created_at < before, ended).order_by(m.created_at, m.id).limit(BATCH)))
    if old:
        db.execute(delete(Attempt).where(a.message_id.in_(old)).execution_options(synchronize_session=False))
        db.execute(delete(Message).where(m.id.in_(old)).execution_options(synchronize_session=False))
    db.execute(delete(Rate).where(r.window_start < now - timedelta(days=30)).execution_options(synchronize_session=False))
    return len(old)
