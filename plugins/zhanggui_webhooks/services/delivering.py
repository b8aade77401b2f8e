"""Sending what is due: several endpoints at once, no endpoint more than two at a time, and never inside a transaction.

A receiver that hangs takes one place, and none of its others: after a first failure an endpoint has one try at a time.
"""

from __future__ import annotations

import contextvars
import logging
import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from zhanggui.api import ProviderError, clock, outside, public_id, reading, unit_of_work

from .. import rules
from ..models import Delivery, Endpoint, Try
from ..states import DeliveryState, EndpointState
from . import endpoints, health

log = logging.getLogger(__name__)
SECONDS = 8.0  # after which nothing more is begun
AT_ONCE, AT_ONE = 16, 2  # requests in all, and at one endpoint
CONNECT, ANSWER = 3.0, 1000  # seconds; characters of an answer that are kept
LEASE = timedelta(minutes=2)
_TRY: Any = Try.__table__
d = Delivery.__table__.c


@dataclass(frozen=True)
class Sending:
    """One try, as it was claimed."""

    delivery_id: int
    endpoint_id: int
    lease: str
    url: str
    headers: dict[str, str]
    body: bytes
    seconds: float
    cause: str


@dataclass(frozen=True)
class Outcome:
    """How it went. ``trouble`` is a sentence where there was no answer."""

    status: int | None
    milliseconds: int
    answer: str = ""
    trouble: str = ""
    wish: timedelta | None = None


def run(seconds: float = SECONDS) -> int:
    """Send what is due, for a spell; how many tries were made."""
    end, busy, made = time.monotonic() + seconds, dict[int, int](), 0
    running: dict[Future[Outcome], Sending] = {}
    with ThreadPoolExecutor(AT_ONCE, "webhooks") as pool:
        while True:
            claimed = claim(AT_ONCE - len(running), busy) if time.monotonic() < end and len(running) < AT_ONCE else []
            for sending in claimed:
                busy[sending.endpoint_id] = busy.get(sending.endpoint_id, 0) + 1
                running[pool.submit(contextvars.copy_context().run, send, sending)] = sending
            if not running:
                return made
            finished, _others = wait(running, timeout=max(end - time.monotonic(), 0.05), return_when=FIRST_COMPLETED)
            for future in finished:
                sending = running.pop(future)
                busy[sending.endpoint_id] -= 1
                made += 1
                write_down(sending, future.result())


def anything_due() -> bool:
    """Whether there is more to send now."""
    with reading() as db:
        return bool(_with_work(db, clock.now(), 1, ()))


def _with_work(db: Session, now: datetime, limit: int, but: Any) -> list[Endpoint]:
    """Endpoints that have something due; one that rests or is switched off when its time to be tried has come."""
    waits = exists().where(d.endpoint_id == Endpoint.id, d.state == DeliveryState.PENDING, d.next_at <= now)
    waits_at_all = exists().where(d.endpoint_id == Endpoint.id, d.state == DeliveryState.PENDING)
    due = or_(
        and_(Endpoint.state == EndpointState.ACTIVE, waits),
        and_(Endpoint.state == EndpointState.RESTING, Endpoint.probe_at <= now, waits_at_all),
    )
    found = select(Endpoint).where(due, Endpoint.id.notin_(list(but))).order_by(Endpoint.failures, Endpoint.id).limit(limit)
    return list(db.scalars(found))


def claim(places: int, busy: dict[int, int]) -> list[Sending]:
    """Take so many tries that are due, with a lease: of two workers one has each."""
    now, claimed = clock.now(), list[Sending]()
    with reading() as db:  # the write lock is not taken for nothing
        lost = db.scalar(select(d.id).where(d.state == DeliveryState.SENDING, d.lease_until < now).limit(1))
        full = [endpoint_id for endpoint_id, count in busy.items() if count >= AT_ONE]
        if lost is None and not _with_work(db, now, 1, full):
            return []
    with unit_of_work() as db:
        # Whoever sent these is gone. They may have arrived; the receiver knows them by their id.
        stranded = update(Delivery).where(d.state == DeliveryState.SENDING, d.lease_until < now)
        db.execute(stranded.values(state=DeliveryState.PENDING, next_at=now, lease=None, lease_until=None).execution_options(synchronize_session=False))
        for endpoint in _with_work(db, now, places, full):
            room = min(AT_ONE if not endpoint.failures else 1, places - len(claimed)) - busy.get(endpoint.id, 0)
            if endpoint.state == EndpointState.RESTING:
                room = min(room, 1)
                endpoints.put(db, endpoint, probe_at=rules.next_probe(endpoint.probes + 1, now))
            if endpoint.rate_per_minute:
                room = min(room, endpoint.rate_per_minute - _made_lately(db, endpoint.id, now) - busy.get(endpoint.id, 0))
            if room > 0:
                claimed += _take(db, endpoint, room, now)
            if len(claimed) >= places:
                break
    return claimed


def _made_lately(db: Session, endpoint_id: int, now: datetime) -> int:
    return db.scalar(select(func.count()).select_from(Try).where(Try.endpoint_id == endpoint_id, Try.at > now - timedelta(minutes=1))) or 0


def _take(db: Session, endpoint: Endpoint, room: int, now: datetime) -> list[Sending]:
    resting = endpoint.state == EndpointState.RESTING
    due = select(d.id).where(d.endpoint_id == endpoint.id, d.state == DeliveryState.PENDING)
    # Of one that rests the oldest tries for the others, whenever its own time would be.
    due = due.order_by(d.id) if resting else due.where(d.next_at <= now).order_by(d.next_at, d.id)
    if endpoint.ordered:
        earlier = aliased(Delivery.__table__)
        before = exists().where(
            earlier.c.endpoint_id == endpoint.id, earlier.c.key == d.key, earlier.c.sequence < d.sequence,
            earlier.c.state.in_((DeliveryState.PENDING, DeliveryState.SENDING)),
        )  # fmt: skip
        due = due.where(~before)
    lease, taken = public_id(), update(Delivery).where(d.id.in_(due.limit(room)), d.state == DeliveryState.PENDING)
    values = {"state": DeliveryState.SENDING, "lease": lease, "lease_until": now + LEASE}
    rows = db.execute(taken.values(values).returning(d.id, d.public_id, d.body).execution_options(synchronize_session=False)).all()
    return [_sending(endpoint, row.id, row.public_id, row.body, lease, "probe" if resting else "schedule", now) for row in rows]


def as_claimed(delivery_id: int, lease: str, cause: str) -> Sending:
    """A delivery that somebody else took under this lease, as it is sent."""
    now = clock.now()
    with reading() as db:
        row = db.execute(select(d.endpoint_id, d.public_id, d.body).where(d.id == delivery_id)).one()
        endpoint = db.get_one(Endpoint, row.endpoint_id)
        return _sending(endpoint, delivery_id, row.public_id, row.body, lease, cause, now)


def _sending(endpoint: Endpoint, delivery_id: int, name: str, body: bytes, lease: str, cause: str, now: datetime) -> Sending:
    headers = rules.headers(endpoints.secrets_of(endpoint, now), name, now, body, endpoint.headers or {})
    return Sending(delivery_id, endpoint.id, lease, endpoint.url, headers, body, float(endpoint.seconds), cause)


def send(sending: Sending) -> Outcome:
    """One try. What goes wrong is an outcome, not an error."""
    began = time.monotonic()

    def took() -> int:
        return round((time.monotonic() - began) * 1000)

    try:
        answer = outside.post(
            sending.url, body=sending.body, headers=sending.headers, seconds=sending.seconds, connect_seconds=min(CONNECT, sending.seconds), at_most=64 * 1024
        )
    except (ProviderError, ValueError) as error:  # ValueError: a header that cannot be sent
        return Outcome(None, took(), trouble=str(error))
    wish = rules.wish_of(answer.headers.get("Retry-After", ""), clock.now())
    return Outcome(answer.status, took(), answer=answer.body.decode("utf-8", "replace")[:ANSWER], wish=wish)


def write_down(sending: Sending, outcome: Outcome) -> None:
    """Keep how a try went, and what follows for the delivery and its endpoint."""
    now = clock.now()
    with unit_of_work() as db:
        # The endpoint first, as everywhere: two tries of one endpoint that end at once wait for each other here.
        endpoint = db.scalar(select(Endpoint).where(Endpoint.id == sending.endpoint_id).with_for_update())
        if endpoint is None:  # removed meanwhile, with all that it was told
            return
        mine = select(d.tries).where(d.id == sending.delivery_id, d.lease == sending.lease, d.state == DeliveryState.SENDING)
        before = db.scalar(mine)
        if before is None:
            return
        fine, tries = rules.succeeded(outcome.status), before + (sending.cause != "probe")
        following = None if fine else rules.next_try(tries, outcome.status, outcome.wish, now, random.random())
        if not fine and sending.cause == "probe":
            following = now  # a probe uses up no try; when it comes again says its endpoint
        state = DeliveryState.DONE if fine else DeliveryState.PENDING if following else DeliveryState.FAILED
        values = {
            "state": state, "tries": tries, "next_at": following, "lease": None, "lease_until": None, "last_status": outcome.status,
            "done_at": now if following is None else None,
        }  # fmt: skip
        db.execute(update(Delivery).where(d.id == sending.delivery_id).values(values).execution_options(synchronize_session=False))
        keep(db, sending, outcome, now)
        if fine:
            health.answered(db, endpoint, now)
        else:
            health.failed(db, endpoint, first=before == 0, gone=outcome.status == rules.GONE, now=now)


def keep(db: Session, sending: Sending, outcome: Outcome, now: datetime) -> None:
    """Write down how a try went."""
    values = {
        "delivery_id": sending.delivery_id, "endpoint_id": sending.endpoint_id, "at": now, "status": outcome.status, "milliseconds": outcome.milliseconds,
        "trouble": outcome.trouble or None, "answer": outcome.answer or None, "cause": sending.cause,
    }  # fmt: skip
    db.execute(insert(_TRY).values(**values))
