"""From an event to a delivery for each endpoint that asked for it, in the transaction of the job that heard of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from zhanggui.api import DomainError, one_at_a_time, public_events

from .. import rules
from ..models import Delivery, Endpoint
from ..states import DeliveryState, EndpointState

_DELIVERY: Any = Delivery.__table__
d, e = _DELIVERY.c, Endpoint.__table__.c


class TooLarge(DomainError):
    """Messages are small: who wants to know more asks."""

    retry = False


def fan_out(db: Session, event: Mapping[str, Any], payload: Mapping[str, Any], *, now: datetime) -> int:
    """Write what each endpoint that asked for it is told of an event; how many deliveries there are to be made.

    The same event again adds nothing. An endpoint that was switched off misses it, and can have it sent later.
    """
    public = public_events().get(event["name"])
    if public is None:
        return 0
    asked = [row for row in db.execute(select(e.id, e.state, e.events).order_by(e.id)) if rules.wants(row.events, public.event)]
    if not asked:
        return 0
    # A sequence is read and then written, and two jobs of one key can run at once where one was given up before.
    one_at_a_time(db, "webhooks.fan_out")
    told = set(db.scalars(select(d.endpoint_id).where(d.event_id == event["id"])))
    fresh = [row for row in asked if row.id not in told]
    data = public.render(db, payload) if fresh else None
    if data is None:
        return 0
    name, at, key = rules.new_event_id(), datetime.fromisoformat(event["at"]), f"{public.event.partition('@')[0].rpartition('.')[0]}:{event['key']}"[:180]
    newest = select(d.endpoint_id, func.max(d.sequence)).where(d.endpoint_id.in_([row.id for row in fresh]), d.key == key).group_by(d.endpoint_id)
    last = dict(db.execute(newest).tuples().all())
    rows = [
        _row(row.id, name, public.event, at, key, last.get(row.id, 0) + 1, data, event["id"], missed=row.state == EndpointState.DISABLED, now=now)
        for row in fresh
    ]  # fmt: skip
    db.execute(insert(_DELIVERY), rows)
    return sum(row["state"] == DeliveryState.PENDING for row in rows)


def _row(
    endpoint_id: int, name: str, type_: str, at: datetime, key: str, sequence: int, data: Mapping[str, Any], event_id: int | None, *, missed: bool,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    body = rules.body_of(name, type_, at, sequence, data)
    if len(body) > rules.LARGEST:
        raise TooLarge(f"{type_} would be {len(body)} bytes")
    return {
        "endpoint_id": endpoint_id, "event_id": event_id, "public_id": name, "type": type_, "key": key, "sequence": sequence, "body": body,
        "state": DeliveryState.DROPPED if missed else DeliveryState.PENDING, "tries": 0, "next_at": None if missed else now, "created_at": now,
        "done_at": now if missed else None,
    }  # fmt: skip


def add_alone(db: Session, endpoint_id: int, type_: str, data: Mapping[str, Any], *, now: datetime, state: DeliveryState = DeliveryState.PENDING) -> int:
    """A delivery that belongs to no event of the outbox: a test, or an old one sent as new. Its id."""
    name = rules.new_event_id()
    row = _row(endpoint_id, name, type_, now, f"alone:{name}", 1, data, None, missed=False, now=now)
    made: int = db.execute(insert(_DELIVERY).values(**{**row, "state": state}).returning(d.id)).scalar_one()
    return made
