"""Reads of messages: the customer's list, the log with its tries, and figures of kinds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from zhanggui.api import Choice, Reader, _, _l, fmt, message_kinds, row_labels

from .models import Attempt, Message
from .rules import INBOX
from .states import ATTEMPT_CHOICES, NOT_REACHED, REASONS, MessageState
from .ways import IN_THE_SHOP, ways

MOST_UNREAD = 100
DAYS = 30
m, a = Message.__table__.c, Attempt.__table__.c


# -- the customer's list ---------------------------------------------------------------------------


def shown(db: Session, customer_id: int, limit: int, after: tuple[Any, ...] | None) -> list[Row[Any]]:
    """What stands in a customer's list, the newest first."""
    wanted = select(m.id, m.public_id, m.kind_id, m.subject, m.body, m.href, m.shown_at, m.read_at).where(*_mine(customer_id))
    if after is not None:
        wanted = wanted.where(tuple_(m.shown_at, m.id) < tuple_(*after))
    return list(db.execute(wanted.order_by(m.shown_at.desc(), m.id.desc()).limit(limit)))


def _mine(customer_id: int) -> tuple[Any, ...]:
    return m.recipient_kind == "customer", m.recipient_id == customer_id, m.shown_at.is_not(None)


def unread(db: Session, customer_id: int) -> int:
    """How many a customer has not read; at most ``MOST_UNREAD`` are counted."""
    some = select(m.id).where(*_mine(customer_id), m.read_at.is_(None)).limit(MOST_UNREAD).subquery()
    return db.scalar(select(func.count()).select_from(some)) or 0


def mark_read(db: Session, customer_id: int, public_ids: Collection[str], *, now: datetime) -> None:
    """These were read, or all without any."""
    read = update(Message).where(*_mine(customer_id), m.read_at.is_(None))
    if public_ids:
        read = read.where(m.public_id.in_(list(public_ids)))
    db.execute(read.values(read_at=now).execution_options(synchronize_session=False))


# -- the log ---------------------------------------------------------------------------------------


def kind_choices() -> list[Choice]:
    """Every kind that there is now."""
    return [Choice(id, kind.label) for id, kind in sorted(message_kinds().items(), key=lambda pair: str(pair[1].label))]


def kind_words(row: Any) -> str:
    """What a message is, in words."""
    kind = message_kinds().get(row.kind_id)
    return str(kind.label) if kind else str(_("A message of a plugin that is switched off"))


def channel_choices() -> list[Choice]:
    """Every channel that there is now."""
    return [Choice(name, way.channel.label) for name, way in ways().items()]


def channel_words(name: str | None) -> str:
    """What a channel is called."""
    if not name:
        return ""
    if name == INBOX:
        return str(IN_THE_SHOP.label)
    way = ways().get(name)
    return str(way.channel.label) if way else str(_("A channel that is switched off"))


LANGUAGES = {"zh_CN": _l("Chinese"), "en": _l("English")}


def language_words(row: Any) -> str:
    """In which language it was told."""
    return str(LANGUAGES.get(row.locale, row.locale or ""))


def reason_words(row: Any) -> str:
    """Why a message is where it is; with what it is about, where there is something."""
    if not row.reason:
        return ""
    words = str(REASONS.get(row.reason, row.reason))
    return f"{words} ({row.detail})" if row.detail else words


def recipients(db: Session, reader: Reader, ids: list[Any]) -> dict[Any, str]:
    """To whom messages went: names of customers for who may see them, in one query of each kind."""
    rows = db.execute(select(m.id, m.recipient_kind, m.recipient_id).where(m.id.in_(ids))).all()
    names = {
        kind: row_labels(db, reader, resource, sorted({row.recipient_id for row in rows if row.recipient_kind == kind}))
        for kind, resource in (("customer", "customers.Customer"), ("user", "core.User"))
    }
    said = {"group": _("Group of staff"), "plan": _("Not found out yet"), "customer": _("Customer"), "user": _("Staff")}
    return {row.id: str(names.get(row.recipient_kind, {}).get(row.recipient_id) or said[row.recipient_kind]) for row in rows}


def tries(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    """How each channel did with a message, the first one first; what was said stays sealed."""
    words = {choice.value: choice for choice in ATTEMPT_CHOICES}
    found = db.execute(
        select(a.channel, a.state, a.reason, a.code, a.cost, a.at, a.milliseconds).where(a.message_id == row.id).order_by(a.n)
    )  # fmt: skip
    waits = db.execute(select(m.not_before, m.state).where(m.id == row.id)).one()
    return {
        "id": row.id, "may_reveal": reader.may("can_reveal", "notifications.Message"),
        "next_at": fmt.datetime(waits.not_before) if waits.state in (MessageState.QUEUED, MessageState.HELD) and waits.not_before > reader.now else "",
        "tries": [
            {
                "channel": channel_words(one.channel), "state": str(words[one.state].label), "tone": words[one.state].tone,
                "reason": str(REASONS[one.reason]) if one.reason in REASONS else "", "code": one.code or "", "at": fmt.datetime(one.at),
                "milliseconds": one.milliseconds,
            }
            for one in found
        ],
    }  # fmt: skip


def of_fact(db: Session, fact: str, limit: int = 20) -> list[Row[Any]]:
    """What was told of one business fact and what is below it (``order:81`` and ``order:81:shipment:2``), the newest first."""
    about = or_(m.fact == fact, m.fact.like(f"{fact}:%"))
    wanted = select(m.id, m.kind_id, m.state, m.reason, m.detail, m.channel, m.created_at, m.recipient_kind).where(about)
    return list(db.execute(wanted.order_by(m.id.desc()).limit(limit)))


def figures(db: Session, now: datetime) -> Mapping[str, tuple[int, int]]:
    """Of each kind, in thirty days: how many messages, and how many of them reached nobody."""
    lost = func.coalesce(func.sum(case((m.state.in_(NOT_REACHED), 1), else_=0)), 0)
    counted = select(m.kind_id, func.count(), lost).where(m.created_at > now - timedelta(days=DAYS)).group_by(m.kind_id)
    return {kind: (count, int(missed)) for kind, count, missed in db.execute(counted)}
