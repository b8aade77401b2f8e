"""Who is told: endpoints made, changed, paused, and their secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from zhanggui.api import KEEP, Actor, Code, IllegalMove, Invalid, NotFound, ProviderError, StaleRow, _l, outside, public_id, record_audit

from .. import rules
from ..models import Delivery, Endpoint, Partner, Try
from ..states import ENDPOINT_MOVES, DeliveryState, EndpointState

WELL: Mapping[str, Any] = {"failures": 0, "probes": 0, "told": 0, "failing_since": None, "probe_at": None}  # of one that does not fail
MOST = 50  # endpoints of one shop
_KEPT = ("label", "url", "events", "headers", "rate_per_minute", "seconds", "ordered")
_OURS = {"content-type", "content-length", "host", "webhook-id", "webhook-timestamp", "webhook-signature", "user-agent", "connection", "transfer-encoding"}
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")


class TooManyEndpoints(IllegalMove):
    """Each one costs time at every event."""

    message = _l("There are %(most)s endpoints already.")


def endpoint_for_update(db: Session, endpoint_id: int) -> Endpoint:
    """:raises NotFound: when there is none of this id."""
    found = db.scalar(select(Endpoint).where(Endpoint.id == endpoint_id).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def address(url: str) -> str:
    """An address as it is kept.

    :raises Invalid: with the reason why it could never be called.
    """
    try:
        outside.check(url)
    except ProviderError as error:
        raise Invalid(errors={"url": str(error)}) from None
    return url


def head(text: str | None) -> dict[str, str]:
    """Headers as they are entered, ``Name: value`` a line.

    :raises Invalid: naming the line that is none.
    """
    found: dict[str, str] = {}
    for place, line in enumerate((text or "").splitlines(), 1):
        name, _colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not name or not value or set(name.lower()) - _TOKEN or not value.isascii() or not value.isprintable():
            raise Invalid(errors={"headers": _l("Line %(place)s must be like “Name: value”, in plain letters.", place=place)})
        if name.lower() in _OURS:
            raise Invalid(errors={"headers": _l("Line %(place)s: “%(name)s” is set by the shop itself.", place=place, name=name)})
        found[name] = value
    return found


def patterns(everything: bool, chosen: Sequence[str] | None) -> list[str]:
    """:raises Invalid: when nothing is wanted."""
    if everything:
        return [rules.ALL]
    if not chosen:
        raise Invalid(errors={"events": _l("Choose at least one event.")})
    return sorted(chosen)


def create_endpoint(
    db: Session, *, label: str, url: str, everything: bool = False, events: Sequence[str] | None = None, headers: str | None = None,
    rate_per_minute: int = 0, seconds: int = 10, ordered: bool = False, partner_id: int | None = None, actor: Actor, now: datetime,
) -> int:  # fmt: skip
    """Tell somebody from now on. Its secret can be seen once. What a partner's program adds is that partner's.

    :raises Invalid: for an address that may not be called.
    :raises TooManyEndpoints: when there are as many as there may be.
    """
    if (db.scalar(select(func.count()).select_from(Endpoint)) or 0) >= MOST:
        raise TooManyEndpoints(most=MOST)
    endpoint = Endpoint(
        public_id=public_id(), partner_id=_whose(db, partner_id, actor), label=label, url=address(url), host=urlsplit(url).hostname or "", events=patterns(everything, events), headers=head(headers),
        rate_per_minute=rate_per_minute or 0, seconds=seconds or 10, ordered=bool(ordered), state=EndpointState.ACTIVE, secret=rules.new_secret(), created_at=now,
    )  # fmt: skip
    db.add(endpoint)
    db.flush()
    record_audit(db, "webhooks.endpoint.created", target=endpoint, label=label, actor=actor, now=now, after=_shown(endpoint))
    return endpoint.id


def change_endpoint(
    db: Session, *, id: int, row_version: int | None, label: str = KEEP, url: str = KEEP, everything: bool = KEEP, events: Sequence[str] | None = KEEP,
    headers: str | None = KEEP, rate_per_minute: int | None = KEEP, seconds: int | None = KEEP, ordered: bool = KEEP, partner_id: int | None = KEEP,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Tell it something else, or elsewhere. What waits goes to the new address; what is not given stays.

    :raises StaleRow: when somebody else changed it meanwhile.
    """
    endpoint = endpoint_for_update(db, id)
    if row_version is not None and endpoint.row_version != row_version:
        raise StaleRow()
    before = _shown(endpoint)
    if label is not KEEP:
        endpoint.label = label
    if url is not KEEP:
        endpoint.url, endpoint.host = address(url), urlsplit(url).hostname or ""
    if everything is not KEEP or events is not KEEP:
        all_of_them = rules.ALL in endpoint.events if everything is KEEP else everything
        endpoint.events = patterns(all_of_them, [one for one in endpoint.events if one != rules.ALL] if events is KEEP else events)
    if headers is not KEEP:
        endpoint.headers = head(headers)
    if rate_per_minute is not KEEP:
        endpoint.rate_per_minute = rate_per_minute or 0
    if seconds is not KEEP:
        endpoint.seconds = seconds or 10
    if ordered is not KEEP:
        endpoint.ordered = bool(ordered)
    if partner_id is not KEEP:
        endpoint.partner_id = _whose(db, partner_id, actor)
    db.flush()
    record_audit(db, "webhooks.endpoint.changed", target=endpoint, label=endpoint.label, actor=actor, now=now, before=before, after=_shown(endpoint))


def remove_endpoint(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Tell it nothing more, and forget what it was told."""
    endpoint = endpoint_for_update(db, id)
    record_audit(db, "webhooks.endpoint.removed", target=endpoint, label=endpoint.label, actor=actor, now=now, before=_shown(endpoint))
    db.execute(delete(Try).where(Try.endpoint_id == id))
    db.execute(delete(Delivery).where(Delivery.endpoint_id == id))
    db.delete(endpoint)
    db.flush()


def _shown(endpoint: Endpoint) -> Mapping[str, Any]:
    """What the trail keeps: no address, no header, no secret."""
    return {
        "host": Code(endpoint.host), "events": [Code(pattern) for pattern in endpoint.events], "rate_per_minute": endpoint.rate_per_minute,
        "seconds": endpoint.seconds, "ordered": endpoint.ordered,
    }  # fmt: skip


def partner_of(actor: Actor) -> int | None:
    """Whose program asks; None for staff and for the shop itself."""
    kind, _colon, number = actor.program.partition(":")
    return int(number) if kind == "webhooks.Partner" else None


def _whose(db: Session, partner_id: int | None, actor: Actor) -> int | None:
    """A program's are its partner's, whatever it says; staff chooses. The partner cannot be removed meanwhile."""
    found = partner_of(actor) if actor.program else partner_id
    if found is not None and db.scalar(select(Partner.id).where(Partner.id == found).with_for_update()) is None:
        raise Invalid(errors={"partner_id": _l("There is no such entry.")})
    return found


# -- states ----------------------------------------------------------------------------------------


def put(db: Session, endpoint: Endpoint, **values: Any) -> None:
    """Change how an endpoint does. Its version stays: whoever edits it meanwhile edits something else."""
    db.execute(update(Endpoint.__table__).where(Endpoint.__table__.c.id == endpoint.id).values(**values))  # type: ignore[arg-type]
    for name, value in values.items():
        set_committed_value(endpoint, name, value)


def move(db: Session, endpoint: Endpoint, to: EndpointState, **more: Any) -> None:
    """:raises IllegalMove: when the table of moves has no such one."""
    if to not in ENDPOINT_MOVES[EndpointState(endpoint.state)]:
        raise IllegalMove(_l("“%(label)s” is in another state meanwhile.", label=endpoint.label))
    well = {} if to not in (EndpointState.ACTIVE, EndpointState.PAUSED) else WELL
    put(db, endpoint, state=to, **{**well, **more})


def pause(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Tell it nothing for a while; what happens waits."""
    endpoint = endpoint_for_update(db, id)
    move(db, endpoint, EndpointState.PAUSED)
    record_audit(db, "webhooks.endpoint.paused", target=endpoint, label=endpoint.label, actor=actor, now=now)


def resume(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Go on at once with what waits; what was missed while it was switched off stays missed until it is asked for."""
    endpoint = endpoint_for_update(db, id)
    move(db, endpoint, EndpointState.ACTIVE)
    release(db, id, now)
    record_audit(db, "webhooks.endpoint.resumed", target=endpoint, label=endpoint.label, actor=actor, now=now)


def release(db: Session, endpoint_id: int, now: datetime) -> None:
    """What waits is due now."""
    waits = update(Delivery).where(Delivery.endpoint_id == endpoint_id, Delivery.state == DeliveryState.PENDING, Delivery.next_at > now)
    db.execute(waits.values(next_at=now).execution_options(synchronize_session=False))


# -- secrets ---------------------------------------------------------------------------------------


def rotate(db: Session, *, id: int, hours: int = 24, actor: Actor, now: datetime) -> None:
    """A new secret, which can be seen once. For ``hours`` messages are signed with both."""
    endpoint = endpoint_for_update(db, id)
    endpoint.old_secret, endpoint.old_until = endpoint.secret, now + timedelta(hours=hours)
    endpoint.secret, endpoint.secret_seen_at = rules.new_secret(), None
    db.flush()
    record_audit(db, "webhooks.endpoint.secret_changed", target=endpoint, label=endpoint.label, actor=actor, now=now, after={"both_for_hours": hours})


def end_old_secret(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Sign with the new one alone from now on."""
    endpoint = endpoint_for_update(db, id)
    endpoint.old_secret = endpoint.old_until = None
    db.flush()
    record_audit(db, "webhooks.endpoint.old_secret_ended", target=endpoint, label=endpoint.label, actor=actor, now=now)


def show_secret(db: Session, *, id: int, actor: Actor, now: datetime) -> tuple[str, str]:
    """Label and secret, this once.

    :raises IllegalMove: when it was seen before.
    """
    c = Endpoint.__table__.c
    first = update(Endpoint).where(c.id == id, c.secret_seen_at.is_(None)).values(secret_seen_at=now, row_version=c.row_version + 1)
    found = db.execute(first.returning(c.label, c.secret).execution_options(synchronize_session=False)).first()
    if found is None:
        endpoint_for_update(db, id)
        raise IllegalMove(_l("This secret was shown before, and is shown once. Exchange it for a new one."))
    record_audit(db, "webhooks.endpoint.secret_shown", target=("webhooks.Endpoint", id), label=found.label, actor=actor, now=now)
    return found.label, found.secret


def secrets_of(endpoint: Endpoint, now: datetime) -> list[str]:
    """With which messages are signed now."""
    old = [endpoint.old_secret] if endpoint.old_secret and endpoint.old_until and endpoint.old_until > now else []
    return [endpoint.secret, *old]
