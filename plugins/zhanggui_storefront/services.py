"""Signing customers in and out."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from zhanggui.api import DomainError, _l, count_one, get_setting, hooks, network
from zhanggui_customers import facade as customers

from .contracts import Identity
from .models import Token

NEWCOMERS = timedelta(hours=1)


class WrongCode(DomainError):
    """No provider knows the login code."""

    code = "bad_login_code"
    status = 401
    message = _l("This login code is not valid.")


class TooManyNewcomers(DomainError):
    """More new customers than the shop takes from one address within an hour; Retry-After says when it takes more."""

    code = "too_many_new_customers"
    status = 429
    message = _l("Too many new customers came from this address. Please try again in %(minutes)s minutes.")


class ProvidersAreBusy(DomainError):
    """Too many login codes are being asked about at this moment."""

    code = "busy"
    status = 503
    message = _l("Too many people are signing in at this moment. Please try again.")


_PATIENCE = 1.0  # seconds


@cache
def _lines() -> threading.BoundedSemaphore:
    # A provider may be slow, and wrong codes cost nothing to send: half of the threads are kept for everybody else.
    return threading.BoundedSemaphore(max(1, get_setting("web.threads") // 2))


class NoProvider(DomainError):
    """Nobody who could be asked knows the code, and somebody could not be asked."""

    code = "sign_in_unavailable"
    status = 503
    message = _l("Signing in does not work right now. Please try again in a moment.")


_FAILED = object()


def digest(token: str) -> str:
    """What is stored of a token: knowing the database lets nobody in. It is random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def identify(code: str) -> Identity:
    """Who a login code stands for, asked of every enabled provider.

    :raises WrongCode: when none of them knows.
    :raises NoProvider: when one that might know fails.
    :raises ProvidersAreBusy: when too many are being asked about already.
    """
    if not _lines().acquire(timeout=_PATIENCE):
        raise ProvidersAreBusy()
    try:
        return _identity_of(code)
    finally:
        _lines().release()


def _identity_of(code: str) -> Identity:
    failed = False
    for plugin, providers in hooks.call("storefront_identity_providers"):
        for identity_of in (providers or {}).values():
            identity = hooks.contained(plugin, "storefront_identity_providers", _checked, identity_of, code, default=_FAILED)
            if isinstance(identity, Identity):
                return identity
            failed = failed or identity is _FAILED
    raise NoProvider() if failed else WrongCode()


def _checked(identity_of: Callable[[str], Identity | None], code: str) -> Identity | None:
    identity = identity_of(code)
    if identity is not None and not isinstance(identity, Identity):
        raise TypeError(f"a provider answers with an Identity, not {type(identity).__name__}")
    return identity


def open_session(
    db: Session, *, identity: Identity, address: str | None = None, locale: str | None = None, now: datetime
) -> tuple[str, int]:
    """Sign somebody in; answers the token, which is never seen again, and its life in seconds.

    :param address: where he comes from.
    :param locale: the language that he reads in.
    :raises CustomerIsBlocked: when the shop does not sell to this customer.
    :raises TooManyNewcomers: for somebody new, when enough came from there of late.
    """
    customer = customers.find_or_create_by_identity(
        db, provider=identity.provider, subject=identity.subject, name=identity.name, now=now, phone=identity.phone,
        locale=locale, admit=lambda: _admit(db, address),
    )  # fmt: skip
    life = timedelta(days=get_setting("plugin.storefront.token_days"))
    token = secrets.token_urlsafe(32)
    db.add(Token(digest=digest(token), customer_id=customer.id, created_at=now, expires_at=now + life))
    db.flush()
    return token, int(life.total_seconds())


def _admit(db: Session, address: str | None) -> None:
    """Count a new customer of an address; in the same transaction, so that who is refused is not counted either."""
    most = int(get_setting("plugin.storefront.new_customers_per_hour"))
    if not most:
        return
    count, seconds = count_one(db, f"shop-newcomer:{network(address)}", window=NEWCOMERS)
    if count > most:
        refusal = TooManyNewcomers(minutes=-(-seconds // 60))
        refusal.retry_after = seconds
        raise refusal


def customer_of_token(db: Session, token: str, now: datetime) -> customers.CustomerView | None:
    """Whose token this is; None for one that is unknown, expired or revoked.

    :raises CustomerIsBlocked: when the shop does not sell to this customer.
    """
    valid = (Token.digest == digest(token)) & Token.revoked_at.is_(None) & (Token.expires_at > now)
    customer_id = db.scalar(select(Token.customer_id).where(valid))
    if customer_id is None:
        return None
    customer = customers.customer(db, customer_id)
    if customer.blocked:
        raise customers.CustomerIsBlocked()
    return customer


def end_session(db: Session, *, token: str, now: datetime) -> None:
    """Sign out on one device. A second time changes nothing."""
    db.execute(update(Token).where(Token.digest == digest(token), Token.revoked_at.is_(None)).values(revoked_at=now))


def end_sessions(db: Session, *, customer_id: int, now: datetime) -> None:
    """Sign a customer out on every device."""
    db.execute(update(Token).where(Token.customer_id == customer_id, Token.revoked_at.is_(None)).values(revoked_at=now))


def forget_ended(db: Session, *, now: datetime) -> int:
    """Delete tokens that let nobody in any more; answers how many."""
    ended = or_(Token.expires_at <= now, Token.revoked_at.is_not(None))
    return int(db.execute(delete(Token).where(ended)).rowcount)
