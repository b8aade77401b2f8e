"""Signing customers in and out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import DomainError, ProviderError, _l, count_one, get_setting, hooks, network, tokens
from zhanggui_customers import facade as customers

from .contracts import Identity

log = logging.getLogger(__name__)
NEWCOMERS = timedelta(hours=1)
KIND, OWNER = "storefront.session", "customers.Customer"


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
        for name, identity_of in (providers or {}).items():
            identity = hooks.contained(plugin, "storefront_identity_providers", _checked, identity_of, code, default=_FAILED)
            if isinstance(identity, Identity):
                return identity
            if isinstance(identity, ProviderError):
                log.warning("%s could not be asked who signs in: %s", name, identity)
                if not identity.retry:  # nobody comes in that way until a person has seen to it
                    hooks.tell(plugin, "sign-in", name, str(identity))
            failed = failed or identity is not None
    raise NoProvider() if failed else WrongCode()


def _checked(identity_of: Callable[[str], Identity | Mapping[str, Any] | None], code: str) -> Identity | ProviderError | None:
    try:
        identity = identity_of(code)
    except ProviderError as trouble:
        return trouble  # somebody far away is not there: no fault of the plugin, which is asked again next time
    if isinstance(identity, Mapping):
        return Identity(**identity)
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
        locale=locale, admit=lambda: _admit(db, address), also=identity.also,
    )  # fmt: skip
    life = timedelta(days=get_setting("plugin.storefront.token_days"))
    _number, token = tokens.issue(db, kind=KIND, owner=(OWNER, customer.id), life=life, now=now)
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
    found = tokens.find(db, KIND, token, now)
    if found is None:
        return None
    customer = customers.customer(db, int(found.owner[1]))
    if customer.blocked:
        raise customers.CustomerIsBlocked()
    return customer


def end_session(db: Session, *, token: str, now: datetime) -> None:
    """Sign out on one device. A second time changes nothing."""
    tokens.revoke(db, KIND, token, now)


def end_sessions(db: Session, *, customer_id: int, now: datetime) -> None:
    """Sign a customer out on every device."""
    tokens.revoke_all(db, (OWNER, customer_id), now)
