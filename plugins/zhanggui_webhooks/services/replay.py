"""Sending again what was sent or missed, a test, and forgetting what is old."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, IllegalMove, NotFound, _l, get_setting, notify, public_id, record_audit

from .. import queries, rules
from ..models import Delivery, Endpoint, Try
from ..states import AGAIN, UNDELIVERED, DeliveryState, EndpointState
from . import delivering, endpoints, health
from .fan_out import add_alone

TEST = "webhooks.test"
BATCH = 2000
d = Delivery.__table__.c
_ANEW = {"state": DeliveryState.PENDING, "tries": 0, "done_at": None}


def send_again(db: Session, *, id: int, arrived: bool = False, actor: Actor, now: datetime) -> None:
    """The same message under the same id: who took it before knows it again.

    :param arrived: also when it was taken already.
    :raises IllegalMove: while it is on its way, its endpoint is switched off, or it was taken and nobody said that it may come twice.
    """
    delivery = db.get(Delivery, id)
    if delivery is None:
        raise NotFound()
    if delivery.state == DeliveryState.DONE and not arrived:
        raise IllegalMove(_l("This one arrived already. Say that it may come twice to send it all the same."))
    _needs_endpoint(db, delivery.endpoint_id)
    taken = update(Delivery).where(d.id == id, d.state.in_(AGAIN if arrived else UNDELIVERED)).values(**_ANEW, next_at=now)
    if db.scalar(taken.returning(d.id).execution_options(synchronize_session=False)) is None:
        raise IllegalMove(_l("This one is on its way already."))
    record_audit(db, "webhooks.delivery.sent_again", target=delivery, label=Code(delivery.public_id), actor=actor, now=now)


def send_as_new(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """The same data as a message of its own, which the receiver takes for something that happened again."""
    delivery = db.get(Delivery, id)
    if delivery is None:
        raise NotFound()
    _needs_endpoint(db, delivery.endpoint_id)
    add_alone(db, delivery.endpoint_id, delivery.type, json.loads(delivery.body)["data"], now=now)
    record_audit(db, "webhooks.delivery.sent_as_new", target=delivery, label=Code(delivery.public_id), actor=actor, now=now)


def _needs_endpoint(db: Session, endpoint_id: int) -> Endpoint:
    endpoint = endpoints.endpoint_for_update(db, endpoint_id)
    if endpoint.state == EndpointState.DISABLED:
        raise IllegalMove(_l("“%(label)s” is switched off: switch it on first.", label=endpoint.label))
    return endpoint


def send_missed(db: Session, *, id: int, actor: Actor, now: datetime) -> int:
    """All that it did not get, the oldest first, at its own rate; how many."""
    endpoint = _needs_endpoint(db, id)
    lost = update(Delivery).where(d.endpoint_id == id, d.state.in_((DeliveryState.FAILED, DeliveryState.DROPPED)))
    count = queries.missed(db, id)
    if not count:
        raise IllegalMove(_l("“%(label)s” has missed nothing.", label=endpoint.label))
    db.execute(lost.values(**_ANEW, next_at=now).execution_options(synchronize_session=False))
    record_audit(db, "webhooks.endpoint.missed_sent", target=endpoint, label=endpoint.label, actor=actor, now=now, after={"count": count})
    return count


# -- a test, in three phases -----------------------------------------------------------------------


def claim_test(db: Session, *, id: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """A message of its own, whatever state the endpoint is in."""
    endpoint = endpoints.endpoint_for_update(db, id)
    delivery_id = add_alone(db, id, TEST, {"text": "Hello"}, now=now, state=DeliveryState.SENDING)
    lease = public_id()
    db.execute(update(Delivery).where(d.id == delivery_id).values(lease=lease, lease_until=now + delivering.LEASE).execution_options(synchronize_session=False))
    record_audit(db, "webhooks.endpoint.tested", target=endpoint, label=endpoint.label, actor=actor, now=now)
    return {"delivery_id": delivery_id, "lease": lease}


def do_test(*, delivery_id: int, lease: str) -> tuple[delivering.Sending, delivering.Outcome]:
    """Send it now."""
    sending = delivering.as_claimed(delivery_id, lease, "test")
    return sending, delivering.send(sending)


def end_test(db: Session, result: tuple[delivering.Sending, delivering.Outcome], *, actor: Actor, now: datetime, delivery_id: int, lease: str) -> None:
    """What came of it; a test that failed is not tried again."""
    sending, outcome = result
    fine = rules.succeeded(outcome.status)
    values = {
        "state": DeliveryState.DONE if fine else DeliveryState.FAILED, "tries": 1, "next_at": None, "lease": None, "lease_until": None,
        "last_status": outcome.status, "done_at": now,
    }  # fmt: skip
    db.execute(update(Delivery).where(d.id == delivery_id, d.lease == lease).values(values).execution_options(synchronize_session=False))
    delivering.keep(db, sending, outcome, now)
    endpoint = endpoints.endpoint_for_update(db, sending.endpoint_id)
    if fine:
        health.answered(db, endpoint, now)


# -- old ones --------------------------------------------------------------------------------------


def give_up_waiting(db: Session, now: datetime) -> Mapping[str, int]:
    """Drop what waited too long, or is too much; ``{label: count}``."""
    found: dict[str, int] = {}
    longest = now - timedelta(days=int(get_setting("plugin.webhooks.waiting_days")))
    for endpoint in db.scalars(select(Endpoint).order_by(Endpoint.id)):
        mine = (d.endpoint_id == endpoint.id) & (d.state == DeliveryState.PENDING)
        newest = select(d.id).where(mine).order_by(d.id.desc()).offset(rules.MOST_WAITING).limit(1).scalar_subquery()
        old = update(Delivery).where(mine, (d.created_at < longest) | (d.id <= newest))
        values = {"state": DeliveryState.DROPPED, "next_at": None, "done_at": now}
        dropped = len(db.execute(old.values(values).returning(d.id).execution_options(synchronize_session=False)).all())
        if dropped:
            found[endpoint.label] = dropped
            title = _l("%(count)s events for “%(label)s” waited too long and were dropped; they can be sent later.", count=dropped, label=endpoint.label)
            notify(db, kind="webhooks.dropped", title=title, href=f"/webhooks/{endpoint.id}", permission=health.RIGHT, now=now)
    return found


def forget_old(db: Session, now: datetime) -> int:
    """Forget some of the deliveries that ended long ago, with their tries; how many."""
    last = now - timedelta(days=int(get_setting("plugin.webhooks.keep_days")))
    old = list(db.scalars(select(d.id).where(d.state.in_(AGAIN), d.created_at < last).order_by(d.created_at).limit(BATCH)))
    if old:
        db.execute(delete(Try).where(Try.delivery_id.in_(old)))
        db.execute(delete(Delivery).where(d.id.in_(old)))
    return len(old)
