"""The ledger of what customers allowed: one accepted prompt is one message of that template, and a message takes it when it arrives.

The entries of a grant are written while its row is held, so a source that was booked is found before it is booked again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Code, Later, Refused, Sent, Unknown, publish

from .events import GrantChanged
from .models import Grant, GrantEntry, GrantHold

STATES = ("accept", "reject", "ban", "filter")
log = logging.getLogger(__name__)
MOST_AT_ONCE = 500
MOST = 100  # more than anybody will ever get, and a bound for who says it again and again
NO_GRANT_LEFT = "43101"
_holds = GrantHold.__table__


def add(db: Session, *, customer_id: int, template_id: str, state: str, source_key: str, now: datetime) -> None:
    """What a customer answered to a prompt, or WeChat told of it. The same source counts once.

    :param source_key: names the answer: of the prompt, or of WeChat's push.
    """
    grant = _held(db, customer_id, template_id, now)
    before = (grant.state, grant.balance)
    grant.state, grant.changed_at = state, now
    if state == "accept" and grant.balance < MOST:
        _book(db, grant, "reported", 1, source_key, now)
    if before != (grant.state, grant.balance):
        _tell(db, grant)


def reserve(db: Session, *, customer_id: int, template_id: str, message_id: str, now: datetime) -> bool:
    """Whether this message may be sent: one grant is kept for it until :func:`settle`. Asked again it is the same one."""
    if db.scalar(select(exists().where(_holds.c.message_id == message_id))):
        return True
    g = Grant.__table__.c
    free = (g.customer_id == customer_id, g.template_id == template_id, g.balance - g.reserved > 0)
    grant_id = db.scalar(update(Grant.__table__).where(*free).values(reserved=g.reserved + 1).returning(g.id))
    if grant_id is None:
        return False
    db.add(GrantHold(grant_id=grant_id, message_id=message_id, at=now))
    db.flush()
    return True


def settle(db: Session, *, message_id: str, outcome: Sent | Refused | Later | Unknown, now: datetime) -> None:
    """Book what became of a message: once, however often it is told.

    A message of which nobody knows counts as arrived: better one too few than one that WeChat refuses.
    """
    grant_id = db.scalar(delete(_holds).where(_holds.c.message_id == message_id).returning(_holds.c.grant_id))
    if grant_id is None:
        return
    grant = db.scalars(select(Grant).where(Grant.id == grant_id).with_for_update().execution_options(populate_existing=True)).one()
    grant.reserved -= 1
    if isinstance(outcome, Sent | Unknown):
        if grant.balance:  # another message found meanwhile that none is left
            _book(db, grant, "sent" if isinstance(outcome, Sent) else "unknown", -1, f"message:{message_id}", now)
    elif isinstance(outcome, Refused) and outcome.code == NO_GRANT_LEFT and grant.balance:
        _book(db, grant, "lost", -grant.balance, f"message:{message_id}", now)
        _tell(db, grant)
    db.flush()


def recount(db: Session, *, now: datetime) -> int:
    """Make each balance the sum of its entries, and what is on its way that of the messages that are; how many were not.

    The entries are the truth, and a balance is worked out from them at each step: this finds what a program or a hand did beside it.
    """
    booked = select(func.coalesce(func.sum(GrantEntry.delta), 0)).where(GrantEntry.grant_id == Grant.id).scalar_subquery()
    held = select(func.count()).select_from(_holds).where(_holds.c.grant_id == Grant.id).scalar_subquery()
    wrong = select(Grant).where((Grant.balance != booked) | (Grant.reserved != held)).order_by(Grant.id).limit(MOST_AT_ONCE)
    found = list(db.scalars(wrong.with_for_update().execution_options(populate_existing=True)))
    for grant in found:
        total, under_way = db.execute(select(booked, held).select_from(Grant).where(Grant.id == grant.id)).one()
        log.warning("grant %s stood at %s, %s on the way; its entries say %s, %s", grant.id, grant.balance, grant.reserved, total, under_way)
        grant.balance, grant.reserved, grant.changed_at = max(total, 0), under_way, now
    db.flush()
    return len(found)


def balances(db: Session, customer_id: int, template_ids: Sequence[str]) -> Mapping[str, tuple[int, str]]:
    """How many messages of each template a customer still gets, and what he answered last."""
    rows = db.execute(select(Grant.template_id, Grant.balance, Grant.state).where(Grant.customer_id == customer_id, Grant.template_id.in_(template_ids)))
    return {template_id: (balance, state) for template_id, balance, state in rows}


def holders(db: Session, customer_ids: Sequence[int], template_id: str) -> set[int]:
    """Of these customers, who still gets a message of this template."""
    left = (Grant.customer_id.in_(list(customer_ids)), Grant.template_id == template_id, Grant.balance - Grant.reserved > 0)
    return set(db.scalars(select(Grant.customer_id).where(*left)))


def _held(db: Session, customer_id: int, template_id: str, now: datetime) -> Grant:
    wanted = select(Grant).where(Grant.customer_id == customer_id, Grant.template_id == template_id).with_for_update()
    found = db.scalars(wanted.execution_options(populate_existing=True)).first()
    if found is not None:
        return found
    try:
        with db.begin_nested():
            db.add(Grant(customer_id=customer_id, template_id=template_id, balance=0, reserved=0, state="accept", changed_at=now))
    except IntegrityError:
        pass  # another answer of his came in this moment
    return db.scalars(wanted.execution_options(populate_existing=True)).one()


def _tell(db: Session, grant: Grant) -> None:
    publish(db, GrantChanged(grant.customer_id, Code(grant.template_id), Code(grant.state), grant.balance))


def _book(db: Session, grant: Grant, kind: str, delta: int, source_key: str, now: datetime) -> None:
    if db.scalar(select(exists().where(GrantEntry.source_key == source_key))):
        return
    db.add(GrantEntry(grant_id=grant.id, kind=kind, delta=delta, source_key=source_key, at=now))
    grant.balance += delta
    grant.changed_at = now
    db.flush()
