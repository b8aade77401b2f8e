"""Tokens of programs and devices: one table for all kinds, each secret seen once, of which a digest alone is kept.

A kind says what a token opens, as in ``core.api`` or ``storefront.session``; whoever issues a kind alone finds it. The
owner is named as in the audit trail (``("customers.Customer", 7)``), so that the core knows tokens without knowing owners.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from ..db.people import Subject
from ..db.uow import recording
from ..db.write_queue import DatabaseBusy
from .models import Token

log = logging.getLogger(__name__)
USED_EVERY = timedelta(hours=1)
Scope = tuple[str, str]  # ("can_ship", "orders.Order")

_c = Token.__table__.c
_FIND = select(_c.id, _c.owner, _c.scopes, _c.last_used_at, _c.name, _c.prefix, _c.made_by, _c.ip_allow, _c.rate_per_minute, _c.last_ip).where(
    _c.digest == bindparam("digest"), _c.kind == bindparam("kind"), _c.revoked_at.is_(None),
    _c.expires_at > bindparam("now", type_=_c.expires_at.type),
)  # fmt: skip


@dataclass(frozen=True)
class FoundToken:
    """A token that is good. ``scopes`` is all that it may be used for; None where its kind knows no scopes."""

    id: int
    owner: tuple[str, str]
    scopes: frozenset[Scope] | None
    last_used_at: datetime | None
    name: str = ""
    prefix: str = ""
    made_by: int | None = None
    ip_allow: tuple[str, ...] = ()
    rate_per_minute: int | None = None
    last_ip: str | None = None


def digest(secret: str) -> str:
    """What is stored of a token: knowing the database lets nobody in. It is random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _plain(owner: Subject) -> str:
    return f"{owner[0]}:{owner[1]}"


def issue(
    db: Session, *, kind: str, owner: Subject, life: timedelta, now: datetime, scopes: Iterable[Scope] | None = None, name: str = "",
    prefix: str = "", more: Mapping[str, Any] | None = None,
) -> tuple[int, str]:  # fmt: skip
    """A new token: its number, and the secret that nobody sees again.

    :param name: what its owner calls it.
    :param prefix: what the secret starts with, for those who search files for lost secrets.
    :param more: further columns of the kind.
    """
    secret = prefix + secrets.token_urlsafe(32)
    values = {
        "kind": kind, "owner": _plain(owner), "name": name or None, "scopes": None if scopes is None else sorted(map(list, set(scopes))),
        "digest": digest(secret), "created_at": now, "expires_at": now + life, **(more or {}),
    }  # fmt: skip
    return int(db.scalars(insert(Token.__table__).returning(_c.id), [values]).one()), secret


def find(db: Session, kind: str, secret: str, now: datetime) -> FoundToken | None:
    """The token of this kind; None for one that is unknown, expired or revoked."""
    row = db.execute(_FIND, {"digest": digest(secret), "kind": kind, "now": now}).first()
    if row is None:
        return None
    name, _, number = row.owner.rpartition(":")
    scopes = None if row.scopes is None else frozenset((verb, resource) for verb, resource in row.scopes)
    return FoundToken(
        row.id, (name, number), scopes, row.last_used_at, row.name or "", row.prefix or "", row.made_by, tuple(row.ip_allow or ()), row.rate_per_minute, row.last_ip
    )


def note_use(token: FoundToken, now: datetime) -> None:
    """Write down that it was used: once an hour, outside of the work that it is used for."""
    if token.last_used_at is not None and now - token.last_used_at < USED_EVERY:
        return
    try:
        with recording() as db:
            db.execute(update(Token).where(Token.id == token.id).values(last_used_at=now))
    except DatabaseBusy:
        log.warning("the last use of a token could not be stored: others wrote for too long")


def revoke(db: Session, kind: str, secret: str, now: datetime) -> None:
    """End a token. A second time changes nothing."""
    db.execute(_ended(now).where(_c.digest == digest(secret), _c.kind == kind))


def revoke_one(db: Session, kind: str, token_id: int, owner: Subject, now: datetime) -> bool:
    """End a token by its number; False when this owner has none of that kind that is good."""
    mine = (_c.id == token_id) & (_c.kind == kind) & (_c.owner == _plain(owner)) & (_c.expires_at > now)
    return bool(db.execute(_ended(now).where(mine)).rowcount)


def revoke_all(db: Session, owner: Subject, now: datetime) -> int:
    """End every token of an owner; answers how many."""
    return int(db.execute(_ended(now).where(_c.owner == _plain(owner))).rowcount)


def _ended(now: datetime) -> Any:
    return update(Token.__table__).where(_c.revoked_at.is_(None)).values(revoked_at=now)


def tokens_of(db: Session, kind: str | None, owner: Subject, now: datetime) -> list[Token]:
    """The good tokens of an owner, of one kind or of all, the newest first."""
    mine = select(Token).where(Token.owner == _plain(owner), Token.revoked_at.is_(None), Token.expires_at > now)
    if kind is not None:
        mine = mine.where(Token.kind == kind)
    return list(db.scalars(mine.order_by(Token.id.desc())))


def forget_ended(db: Session, now: datetime) -> int:
    """Delete tokens that let nobody in any more; answers how many. What they did stands in the audit trail."""
    return int(db.execute(delete(Token).where(or_(Token.expires_at <= now, Token.revoked_at.is_not(None)))).rowcount)
