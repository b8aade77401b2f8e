"""Tokens with which a user's programs use the admin REST API: for chosen rights, and never for more than his own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import Request
from sqlalchemy.orm import Session

from .. import audit
from ..db.locks import one_at_a_time
from ..db.uow import reading
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, Forbidden, Invalid, NotFound
from ..kernel.ids import Code
from . import tokens
from .principal import Principal, find_principal
from .tokens import Scope

KIND, OWNER, PREFIX = "core.api", "core.User", "zgt_"
DAYS = (7, 30, 90, 365)
_MOST = 50  # of one user


class WrongToken(DomainError):
    """Unknown, expired, revoked, or of somebody who may not sign in: one answer for all."""

    code = "invalid_token"
    status = 401
    message = _l("This token is not valid. Please sign in again.")


def create(db: Session, *, name: str, scopes: Iterable[Scope], days: int, actor: Actor, now: datetime) -> str:
    """A token for the programs of whoever asks; answers the secret, which nobody sees again.

    :raises Forbidden: when the actor is no user who signed in himself, or lacks one of the rights.
    :raises Invalid: without a right or a life that can be chosen, or when he has too many.
    """
    chosen = set(scopes)
    if actor.kind != "user" or actor.id is None:
        raise Forbidden()
    if not chosen:
        raise Invalid(_l("Choose at least one right."))
    if days not in DAYS:
        raise Invalid(errors={"days": _l("Choose from the list.")})
    if any(not actor.may(*scope) for scope in chosen):
        raise Forbidden(_l("You cannot give away rights that you do not have."))
    one_at_a_time(db, f"{KIND}:{actor.id}")  # two forms sent at once would both find room for one more
    if len(tokens.tokens_of(db, KIND, (OWNER, actor.id), now)) >= _MOST:
        raise Invalid(_l("You have %(most)s tokens. Revoke one that is not used first."), most=_MOST)
    life = timedelta(days=days)
    number, secret = tokens.issue(db, kind=KIND, owner=(OWNER, actor.id), life=life, now=now, scopes=chosen, name=name, prefix=PREFIX)
    said = {"scopes": [Code(f"{verb} {resource}") for verb, resource in sorted(chosen)], "expires_at": now + life}
    audit.record(db, "core.token.created", target=("core.Token", number), label=name, actor=actor, now=now, after=said)
    return secret


def revoke(db: Session, *, token_id: int, actor: Actor, now: datetime) -> None:
    """End one of one's own.

    :raises NotFound: when it is none of his, or ended already.
    """
    if not tokens.revoke_one(db, KIND, token_id, (OWNER, actor.id), now):
        raise NotFound()
    audit.record(db, "core.token.revoked", target=("core.Token", token_id), actor=actor, now=now)


def secret_of(request: Request) -> str | None:
    """The secret that came with a request; None when it brought something else."""
    header = request.authorization
    secret = header.token if header is not None and header.type == "bearer" else None
    return secret if secret and secret.startswith(PREFIX) else None


def whose(secret: str, ip: str | None) -> tuple[Principal, Actor]:
    """Whoever shows this secret: its user, and the actor with those rights of his that the token was made for.

    :raises WrongToken: when it lets nobody in.
    """
    now = clock.now()
    with reading() as db:
        token = tokens.find(db, KIND, secret, now)
    principal = find_principal(int(token.owner[1])) if token is not None and token.owner[0] == OWNER else None
    if token is None or principal is None:
        raise WrongToken()
    tokens.note_use(token, now)
    return principal, _scoped(principal, token.scopes or frozenset(), ip)


def _scoped(principal: Principal, scopes: frozenset[Scope], ip: str | None) -> Actor:
    # What he holds now, not what he held when it was made.
    held = scopes if principal.everything else scopes & principal.permissions
    return Actor("token", principal.id, principal.username, held, False, ip, scoped=True)
