"""Who outside may ask and be told: partners, and the tokens that are theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import KEEP, Actor, IllegalMove, NotFound, StaleRow, _l, notify, programs, record_audit, shop_day

from ..models import Endpoint, Partner
from ..states import PARTNER_MOVES, EndpointState, PartnerState
from . import endpoints

OWNER = "webhooks.Partner"
RIGHT = ("can_list", OWNER)
WARNED = (3, 14)  # days before a token ends, the nearer first


def owner_of(partner_id: Any) -> tuple[str, Any]:
    """As tokens name their owner."""
    return OWNER, partner_id


def partner_for_update(db: Session, partner_id: int) -> Partner:
    """:raises NotFound: when there is none of this id."""
    found = db.scalar(select(Partner).where(Partner.id == partner_id).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def create_partner(db: Session, *, label: str, contact: str | None = None, actor: Actor, now: datetime) -> int:
    """Somebody whose programs may be given tokens."""
    partner = Partner(label=label, contact=contact, state=PartnerState.ACTIVE, created_at=now)
    db.add(partner)
    db.flush()
    record_audit(db, "webhooks.partner.created", target=partner, label=label, actor=actor, now=now)
    return partner.id


def change_partner(db: Session, *, id: int, row_version: int | None, label: str = KEEP, contact: str | None = KEEP, actor: Actor, now: datetime) -> None:
    """Another name, or somebody else to ask; what is not given stays.

    :raises StaleRow: when somebody else changed it meanwhile.
    """
    partner = partner_for_update(db, id)
    if row_version is not None and partner.row_version != row_version:
        raise StaleRow()
    if label is not KEEP:
        partner.label = label
    if contact is not KEEP:
        partner.contact = contact
    db.flush()
    record_audit(db, "webhooks.partner.changed", target=partner, label=partner.label, actor=actor, now=now)


def remove_partner(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Its tokens end with it.

    :raises IllegalMove: while it has webhooks: whoever removes those knows what is told to nobody any more.
    """
    partner = partner_for_update(db, id)
    if db.scalar(select(Endpoint.id).where(Endpoint.partner_id == id).limit(1)) is not None:
        raise IllegalMove(_l("“%(label)s” has webhooks. Remove them first.", label=partner.label))
    programs.revoke_every(db, owner=owner_of(id), actor=actor, now=now)
    record_audit(db, "webhooks.partner.removed", target=partner, label=partner.label, actor=actor, now=now)
    db.delete(partner)
    db.flush()


def stop(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Its programs are refused from the next request on, and told nothing: the tokens end, the endpoints pause."""
    partner = _moved(db, id, PartnerState.STOPPED)
    count = programs.revoke_every(db, owner=owner_of(id), actor=actor, now=now)
    told = Endpoint.state.in_((EndpointState.ACTIVE, EndpointState.RESTING))
    for endpoint_id in list(db.scalars(select(Endpoint.id).where(Endpoint.partner_id == id, told).order_by(Endpoint.id))):
        endpoints.pause(db, id=endpoint_id, actor=actor, now=now)
    record_audit(db, "webhooks.partner.stopped", target=partner, label=partner.label, actor=actor, now=now, after={"tokens": count})


def allow(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """It may be given tokens again; endpoints stay paused until somebody switches them on."""
    partner = _moved(db, id, PartnerState.ACTIVE)
    record_audit(db, "webhooks.partner.allowed", target=partner, label=partner.label, actor=actor, now=now)


def _moved(db: Session, id: int, to: PartnerState) -> Partner:
    partner = partner_for_update(db, id)
    if to not in PARTNER_MOVES[PartnerState(partner.state)]:
        raise IllegalMove(_l("“%(label)s” is in another state meanwhile.", label=partner.label))
    partner.state = to
    db.flush()
    return partner


# -- tokens ----------------------------------------------------------------------------------------


def give_token(
    db: Session, *, id: int, scopes: Sequence[tuple[str, str]], days: str, networks: str | None = None, rate_per_minute: int | None = None, actor: Actor,
    now: datetime,
) -> programs.Made:  # fmt: skip
    """A token of a partner, for operations that the actor may do himself. Its secret is seen once.

    :raises IllegalMove: when the partner is stopped, or has two tokens.
    """
    partner = _active(db, id)
    return programs.issue(
        db, owner=owner_of(id), label=partner.label, scopes=scopes, days=int(days), networks=networks or "", rate_per_minute=rate_per_minute or programs.RATE,
        actor=actor, now=now,
    )  # fmt: skip


def renew_token(db: Session, *, id: int, token_id: int, days: str, actor: Actor, now: datetime) -> programs.Made:
    """A second token for the same operations. Both are good until the old one is revoked or ends."""
    _active(db, id)
    return programs.renew(db, token_id=token_id, owner=owner_of(id), days=int(days), actor=actor, now=now)


def revoke_token(db: Session, *, id: int, token_id: int, actor: Actor, now: datetime) -> None:
    """Its next request is refused."""
    programs.revoke(db, token_id=token_id, owner=owner_of(id), actor=actor, now=now)


def _active(db: Session, id: int) -> Partner:
    partner = partner_for_update(db, id)
    if partner.state != PartnerState.ACTIVE:
        raise IllegalMove(_l("“%(label)s” is stopped. Let it in again first.", label=partner.label))
    return partner


def tell_of_ends(db: Session, now: datetime) -> int:
    """Tell staff of tokens that end within 14 days, and again within 3; how many are told of."""
    ends: Mapping[str, Any] = {key: found for key, found in programs.good_ones(db, None, now).items() if key.startswith(f"{OWNER}:")}
    count = 0
    for key, found in ends.items():
        for token in found:
            days = next((days for days in WARNED if token.expires_at - now <= timedelta(days=days)), None)
            if days is None:
                continue
            count += 1
            title = _l("The token %(token)s of “%(label)s” ends on %(day)s. Give the other program a new one before.", token=programs.PREFIX + token.prefix,
                       label=token.name, day=shop_day(token.expires_at).isoformat())  # fmt: skip
            href = f"/webhook-partners/{key.partition(':')[2]}"
            notify(db, kind="webhooks.token_ends", title=title, href=href, permission=RIGHT, now=now, key=f"webhooks:token:{token.id}:{days}")
    return count
