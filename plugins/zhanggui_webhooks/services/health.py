"""How an endpoint does: it rests after failures in a row, is switched off after days of them, and staff is told in time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, ProviderError, _l, notify, outside, record_audit, shop_day, unit_of_work

from .. import rules
from ..models import Delivery, Endpoint
from ..states import DeliveryState, EndpointState
from . import endpoints

RIGHT = ("can_list", "webhooks.Endpoint")
d = Delivery.__table__.c


def answered(db: Session, endpoint: Endpoint, now: datetime) -> None:
    """It works. What waited for that is due now."""
    if endpoint.state == EndpointState.RESTING:
        endpoints.move(db, endpoint, EndpointState.ACTIVE)
        endpoints.release(db, endpoint.id, now)
    endpoints.put(db, endpoint, last_ok_at=now, **endpoints.WELL)


def failed(db: Session, endpoint: Endpoint, *, first: bool, gone: bool, now: datetime) -> None:
    """It did not take one. ``first``: that one's first try."""
    since = endpoint.failing_since or now
    endpoints.put(db, endpoint, failures=endpoint.failures + first, failing_since=since)
    if endpoint.state in (EndpointState.ACTIVE, EndpointState.RESTING):
        if gone or rules.is_over(since, now):
            _switch_off(db, endpoint, gone=gone, now=now)
        elif endpoint.state == EndpointState.RESTING:
            endpoints.put(db, endpoint, probes=endpoint.probes + 1, probe_at=rules.next_probe(endpoint.probes + 1, now))
        elif endpoint.failures >= rules.REST_AFTER:
            endpoints.move(db, endpoint, EndpointState.RESTING, probes=0, probe_at=rules.next_probe(0, now))
    due = rules.stages_told(since, now)
    if due > endpoint.told and endpoint.state != EndpointState.DISABLED:
        endpoints.put(db, endpoint, told=due)
        day = shop_day(since).isoformat()
        title = _l("“%(label)s” has not taken an event since %(since)s. What happens waits for it.", label=endpoint.label, since=day)
        notify(db, kind="webhooks.failing", title=title, href=f"/webhooks/{endpoint.id}", permission=RIGHT, now=now, key=f"webhooks:{endpoint.id}:{day}:{due}")


def _switch_off(db: Session, endpoint: Endpoint, *, gone: bool, now: datetime) -> None:
    endpoints.move(db, endpoint, EndpointState.DISABLED, probes=0, probe_at=None if gone else now + rules.PROBE_DISABLED)
    waits = update(Delivery).where(d.endpoint_id == endpoint.id, d.state == DeliveryState.PENDING)
    db.execute(waits.values(state=DeliveryState.DROPPED, next_at=None, done_at=now).execution_options(synchronize_session=False))
    title = (
        _l("“%(label)s” says that it is gone, and was switched off.", label=endpoint.label)
        if gone
        else _l("“%(label)s” did not answer for 5 days and was switched off. What it misses can be sent later.", label=endpoint.label)
    )
    notify(db, kind="webhooks.switched_off", title=title, href=f"/webhooks/{endpoint.id}", permission=RIGHT, now=now)
    record_audit(db, "webhooks.endpoint.switched_off", target=endpoint, label=endpoint.label, actor=SYSTEM, now=now)


def probe_disabled(now: datetime) -> int:
    """Ask the endpoints that were switched off, once a day, whether they are back; how many are. Calls others: never in a transaction."""
    with unit_of_work() as db:
        due = list(db.scalars(select(Endpoint).where(Endpoint.state == EndpointState.DISABLED, Endpoint.probe_at <= now).with_for_update()))
        for endpoint in due:
            endpoints.put(db, endpoint, probe_at=now + rules.PROBE_DISABLED)
        asked = [(one.id, one.url, endpoints.secrets_of(one, now), dict(one.headers or {})) for one in due]
    back = 0
    for endpoint_id, url, secrets, own in asked:
        name = rules.new_event_id()
        body = rules.body_of(name, "webhooks.ping", now, 1, {})
        try:
            answer = outside.post(url, body=body, headers=rules.headers(secrets, name, now, body, own), seconds=10, connect_seconds=3, at_most=64 * 1024)
        except (ProviderError, ValueError):
            continue
        if rules.succeeded(answer.status):
            back += 1
            _tell_back(endpoint_id, now)
    return back


def _tell_back(endpoint_id: int, now: datetime) -> None:
    with unit_of_work() as db:
        label = db.scalar(select(Endpoint.label).where(Endpoint.id == endpoint_id))
        if label is None:  # removed meanwhile
            return
        title = _l("“%(label)s” answers again. Switch it on, and send what it missed.", label=label)
        notify(db, kind="webhooks.back", title=title, href=f"/webhooks/{endpoint_id}", permission=RIGHT, now=now, key=f"webhooks:{endpoint_id}:back:{now.date()}")
