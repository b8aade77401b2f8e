"""Reads for the pages of endpoints and deliveries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from zhanggui.api import Choice, Reader, _, fmt, public_events

from .models import Delivery, Endpoint, Try
from .rules import ALL
from .states import DELIVERY_CHOICES, EndpointState

SHOWN = 20  # tries of a delivery
WAITING, LOST = ("pending", "sending"), ("failed", "dropped")
d, t = Delivery.__table__.c, Try.__table__.c


def event_choices() -> list[Choice]:
    """Every event that programs outside may be told of, by its sentence."""
    return [Choice(name, public.label) for name, public in sorted(public_events().items())]


def event_words(patterns: list[str]) -> str:
    """What an endpoint is told, for a list."""
    if ALL in patterns:
        return str(_("Everything"))
    known = public_events()
    return ", ".join(str(known[one].label) if one in known else one for one in patterns)


def waiting(db: Session, reader: Reader, ids: list[Any]) -> dict[Any, int]:
    """How many deliveries wait for each endpoint."""
    return in_states(db, ids, WAITING)


def missed(db: Session, endpoint_id: int) -> int:
    """How many an endpoint did not get, of those that are kept."""
    return in_states(db, [endpoint_id], LOST)[endpoint_id]


def in_states(db: Session, ids: Sequence[Any], states: Sequence[str]) -> dict[Any, int]:
    """How many deliveries of each endpoint are in one of these states: one query."""
    counted = select(d.endpoint_id, func.count()).where(d.endpoint_id.in_(ids), d.state.in_(states)).group_by(d.endpoint_id)
    return {**dict.fromkeys(ids, 0), **dict(db.execute(counted).tuples().all())}


def doing(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    """How an endpoint does: last 24 hours, since when it fails, what it missed, and whether its secret was seen."""
    endpoint = db.get_one(Endpoint, row.id)
    since = reader.now - timedelta(hours=24)
    fine = case((t.status.between(200, 299), 1), else_=0)
    tries, good, slow = db.execute(
        select(func.count(), func.coalesce(func.sum(fine), 0), func.max(t.milliseconds)).where(t.endpoint_id == row.id, t.at > since)
    ).one()
    last = db.execute(select(Try).where(t.endpoint_id == row.id).order_by(t.at.desc(), t.id.desc()).limit(1)).scalar_one_or_none()
    return {
        "id": row.id, "state": endpoint.state, "tries": tries, "good": good, "slowest": slow, "missed": missed(db, row.id),
        "waiting": waiting(db, reader, [row.id])[row.id], "last": _try(last) if last else None,
        "ok_at": fmt.datetime(endpoint.last_ok_at) if endpoint.last_ok_at else "",
        "failing_since": fmt.datetime(endpoint.failing_since) if endpoint.failing_since else "",
        "probe_at": fmt.datetime(endpoint.probe_at) if endpoint.probe_at and endpoint.state in (EndpointState.RESTING, EndpointState.DISABLED) else "",
        "secret_seen": endpoint.secret_seen_at is not None,
        "old_until": fmt.datetime(endpoint.old_until) if endpoint.old_until and endpoint.old_until > reader.now else "",
    }  # fmt: skip


def sent(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    """A delivery as it is sent, and how each try went, the newest first."""
    delivery = db.get_one(Delivery, row.id)
    tries = db.scalars(select(Try).where(t.delivery_id == row.id).order_by(t.id.desc()).limit(SHOWN))
    body = json.dumps(json.loads(delivery.body), ensure_ascii=False, indent=2)
    return {
        "body": body, "name": delivery.public_id, "tries": [_try(one) for one in tries],
        "next_at": fmt.datetime(delivery.next_at) if delivery.next_at and delivery.state == "pending" else "",
    }  # fmt: skip


def _try(one: Try) -> dict[str, Any]:
    fine = one.status is not None and 200 <= one.status < 300
    return {
        "at": fmt.datetime(one.at), "fine": fine, "milliseconds": one.milliseconds, "answer": one.answer or "",
        "what": str(_("Answered %(status)s", status=one.status)) if one.status is not None else (one.trouble or str(_("No answer"))),
        "cause": {"probe": str(_("to see whether it is back")), "test": str(_("test"))}.get(one.cause, ""),
    }  # fmt: skip


def type_words(row: Any) -> str:
    """A delivery's event in words."""
    if row.type == "webhooks.test":
        return str(_("Test"))
    public = public_events().get(row.type)
    return str(public.label) if public else str(_("An event of a plugin that is switched off"))


def state_choice(state: str) -> Choice:
    """A delivery's state in words."""
    return next(choice for choice in DELIVERY_CHOICES if choice.value == state)
