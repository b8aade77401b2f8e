"""Tokens of other people's programs: for chosen operations of the REST API, never for more than whoever made them may do now."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Request
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .. import audit
from ..db.locks import one_at_a_time
from ..db.people import Subject
from ..db.uow import reading, recording
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, Forbidden, IllegalMove, Invalid, NotFound
from ..kernel.ids import Code
from . import tokens
from .api_tokens import WrongToken
from .models import Token
from .principal import Principal, find_principal
from .quota import count_one
from .tokens import FoundToken, Scope

KIND, PREFIX = "core.program", "zgk_"
DAYS = (30, 90, 180, 365)
AT_ONCE = 2  # of one partner: while a program changes over, the old one is good beside the new one
RATE, MOST_RATE = 120, 6000  # requests a minute
MOST_NETWORKS = 20
MINUTE = timedelta(minutes=1)
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that is taken for another one


class TooOften(DomainError):
    """More requests in a minute than the token may send."""

    code = "too_many_requests"
    status = 429
    message = _l("This token may ask %(most)s times a minute. Please wait %(seconds)s seconds.")

    def __init__(self, most: int, seconds: int) -> None:
        super().__init__(most=most, seconds=seconds)
        self.retry_after = seconds


class WrongPlace(Forbidden):
    """The token is good, but not from this address."""

    code = "wrong_address"
    message = _l("This token may not be used from the address %(address)s.")


@dataclass(frozen=True)
class Made:
    """A token that was just made. Nobody sees its secret again."""

    id: int
    prefix: str
    secret: str


def issue(
    db: Session, *, owner: Subject, label: str, scopes: Iterable[Scope], days: int, networks: str = "", rate_per_minute: int = RATE, actor: Actor, now: datetime,
) -> Made:  # fmt: skip
    """A token for a program of somebody outside.

    :param owner: who uses it, such as ``("webhooks.Partner", 7)``.
    :param label: what the owner is called: the trail says it of what the token does.
    :param networks: from where alone it may be used, an address or a network a line; "": from anywhere.
    :raises Forbidden: when the actor is no user who signed in himself, or lacks one of the rights.
    :raises IllegalMove: when the owner has two already.
    :raises Invalid: without a scope, or for a life, a rate or a network that is none.
    """
    chosen = set(scopes)
    if actor.kind != "user" or actor.id is None:
        raise Forbidden()
    if not chosen:
        raise Invalid(_l("Choose at least one right."))
    if any(resource.startswith("core.") for _verb, resource in chosen):
        raise Forbidden(_l("Programs of others get no rights over staff and settings."))
    if days not in DAYS:
        raise Invalid(errors={"days": _l("Choose from the list.")})
    if not 1 <= rate_per_minute <= MOST_RATE:
        raise Invalid(errors={"rate_per_minute": _l("Choose from 1 to %(most)s.", most=MOST_RATE)})
    if any(not actor.may(*scope) for scope in chosen):
        raise Forbidden(_l("You cannot give away rights that you do not have."))
    one_at_a_time(db, f"{KIND}:{owner[0]}:{owner[1]}")  # two forms sent at once would both find room for one more
    if len(tokens.tokens_of(db, KIND, owner, now)) >= AT_ONCE:
        raise IllegalMove(_l("“%(label)s” has two tokens. Revoke the older one first.", label=label))
    prefix, life, allowed = "".join(secrets.choice(_LETTERS) for _ in range(8)), timedelta(days=days), read_networks(networks)
    number, secret = tokens.issue(
        db, kind=KIND, owner=owner, life=life, now=now, scopes=chosen, name=label, prefix=f"{PREFIX}{prefix}_",
        more={"prefix": prefix, "made_by": actor.id, "ip_allow": allowed or None, "rate_per_minute": rate_per_minute},
    )  # fmt: skip
    said = {
        "prefix": Code(PREFIX + prefix), "scopes": [Code(scope) for scope in names(chosen)], "expires_at": now + life, "networks": [Code(one) for one in allowed],
        "rate_per_minute": rate_per_minute,
    }  # fmt: skip
    audit.record(db, "core.program_token.created", target=("core.Token", number), label=label, actor=actor, now=now, after=said)
    return Made(number, prefix, secret)


def renew(db: Session, *, token_id: int, owner: Subject, days: int, actor: Actor, now: datetime) -> Made:
    """A second token for the same, of what the actor holds himself; the old one goes on until it is revoked or ends.

    :raises NotFound: when the owner has no such token that is good.
    """
    old = next((token for token in tokens.tokens_of(db, KIND, owner, now) if token.id == token_id), None)
    if old is None:
        raise NotFound()
    scopes = [(verb, resource) for verb, resource in old.scopes]  # type: ignore[union-attr]
    return issue(
        db, owner=owner, label=old.name or "", scopes=scopes, days=days, networks="\n".join(old.ip_allow or ()), rate_per_minute=old.rate_per_minute or RATE,
        actor=actor, now=now,
    )  # fmt: skip


def revoke(db: Session, *, token_id: int, owner: Subject, actor: Actor, now: datetime) -> None:
    """End one: its next request is refused.

    :raises NotFound: when the owner has no such token that is good.
    """
    label = db.scalar(select(Token.name).where(Token.id == token_id))
    if not tokens.revoke_one(db, KIND, token_id, owner, now):
        raise NotFound()
    audit.record(db, "core.program_token.revoked", target=("core.Token", token_id), label=label or "", actor=actor, now=now)


def revoke_every(db: Session, *, owner: Subject, actor: Actor, now: datetime) -> int:
    """End all of an owner; how many."""
    good = tokens.tokens_of(db, KIND, owner, now)
    for token in good:
        revoke(db, token_id=token.id, owner=owner, actor=actor, now=now)
    return len(good)


def good_ones(db: Session, owners: Sequence[Subject] | None, now: datetime) -> dict[str, list[Token]]:
    """The good tokens of these owners, or of all, by ``"webhooks.Partner:7"``, the newest first: one query."""
    wanted = select(Token).where(Token.kind == KIND, Token.revoked_at.is_(None), Token.expires_at > now)
    if owners is not None:
        wanted = wanted.where(Token.owner.in_([f"{kind}:{number}" for kind, number in owners]))
    found: dict[str, list[Token]] = {}
    for token in db.scalars(wanted.order_by(Token.id.desc())):
        found.setdefault(token.owner, []).append(token)
    return found


def names(scopes: Iterable[Scope]) -> list[str]:
    """Scopes as programs and documents name them: ``orders.Order:ship``."""
    return sorted(f"{resource}:{verb.removeprefix('can_')}" for verb, resource in scopes)


def read_networks(text: str) -> list[str]:
    """Addresses and networks as they are typed, one a line.

    :raises Invalid: naming the line that is none.
    """
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    if len(lines) > MOST_NETWORKS:
        raise Invalid(errors={"networks": _l("At most %(most)s lines.", most=MOST_NETWORKS)})
    try:
        return [str(ip_network(line, strict=False)) for line in lines]
    except ValueError:
        wrong = next(place for place, line in enumerate(lines, 1) if not _is_network(line))
        raise Invalid(errors={"networks": _l("Line %(place)s is no address and no network.", place=wrong)}) from None


def _is_network(line: str) -> bool:
    try:
        ip_network(line, strict=False)
    except ValueError:
        return False
    return True


# -- a request -------------------------------------------------------------------------------------


def secret_of(request: Request) -> str | None:
    """The secret that came with a request; None when it brought something else."""
    header = request.authorization
    secret = header.token if header is not None and header.type == "bearer" else None
    return secret if secret and secret.startswith(PREFIX) else None


def whose(secret: str, ip: str | None) -> tuple[Principal, Actor]:
    """Whoever shows this secret: the user who made it, and the actor with those of its scopes that he holds now.

    :raises WrongToken: when it lets nobody in.
    :raises WrongPlace: from an address that it was not made for.
    :raises TooOften: over its rate.
    """
    now = clock.now()
    with reading() as db:
        token = tokens.find(db, KIND, secret, now)
    maker = find_principal(token.made_by) if token is not None and token.made_by is not None else None
    if token is None or maker is None:
        raise WrongToken()
    if token.ip_allow and not _within(ip, token.ip_allow):
        raise WrongPlace(address=ip or "?")
    _count(token, ip, now)
    scopes = token.scopes or frozenset()
    held = scopes if maker.everything else scopes & maker.permissions
    name = f"{token.name[:100]} ({PREFIX}{token.prefix})"
    return maker, Actor("token", maker.id, name, held, False, ip, scoped=True, program=":".join(token.owner), token=token.id)


def _within(ip: str | None, networks: Sequence[str]) -> bool:
    try:
        address = ip_address(ip or "")
    except ValueError:
        return False
    address = (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
    return any(address in ip_network(one) for one in networks)


def _count(token: FoundToken, ip: str | None, now: datetime) -> None:
    """Count a request, and write down where it came from: once a minute, and whenever that changed."""
    most = token.rate_per_minute or RATE
    with recording() as db:
        count, seconds = count_one(db, f"program:{token.id}", window=MINUTE)
        if token.last_used_at is None or now - token.last_used_at >= MINUTE or token.last_ip != ip:
            db.execute(update(Token).where(Token.id == token.id).values(last_used_at=now, last_ip=ip))
    if count > most:
        raise TooOften(most, seconds)
