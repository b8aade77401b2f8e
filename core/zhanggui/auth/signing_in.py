"""A name and a password become a user, or one answer for everything that is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from .. import audit
from ..db.uow import unit_of_work
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import DomainError
from . import throttle
from .passwords import NOBODY
from .principal import Principal, find_principal


class WrongCredentials(DomainError):
    """The name or the password is wrong, or the account is disabled: one answer for all."""

    code = "wrong_credentials"
    status = 401
    message = _l("The user name or the password is wrong.")


def authenticate(username: str, password: str, ip: str | None) -> Principal:
    """Check a name and a password, under the throttle, with an audit row for every try.

    :raises TooManyTries: from the 11th failure in five minutes, by name and by address.
    :raises WrongCredentials: otherwise.
    """
    now = clock.now()
    buckets = [throttle.bucket("user", username), throttle.bucket("ip", ip or "")]
    with unit_of_work() as db:
        # Counted before it is looked at: of many tries at once, only so many pass.
        full = throttle.count(db, buckets) > throttle.LIMIT
        user: Any = db.execute(select(User.id, User.password, User.active).where(User.username == username)).first()
        if full:
            _note(db, username if user else "", "throttled", ip, now)
    if full:
        raise throttle.TooManyTries()
    matches = check_password_hash(user.password if user and user.password else NOBODY, password)
    principal = find_principal(user.id) if user and matches and user.active else None
    with unit_of_work() as db:
        if principal is None:
            _note(db, username if user else "", "failed", ip, now)
        else:
            throttle.clear(db, buckets[:1])
            throttle.take_back(db, buckets[1:])
            db.execute(
                update(User).where(User.id == principal.id).values(last_login=now.replace(tzinfo=None), login_count=func.coalesce(User.login_count, 0) + 1)
            )
            audit.record(
                db, "core.login.succeeded", target=("core.User", principal.id), label=principal.username, actor=principal.actor(ip), now=now
            )
    if principal is None:
        raise WrongCredentials()
    return principal


def _note(db: Session, username: str, outcome: str, ip: str | None, now: datetime) -> None:
    """A try that led nowhere. A name that nobody has is left out: it is often a password in the wrong field."""
    actor = Actor("anonymous", name=username[:64], ip=ip)
    audit.record(db, f"core.login.{outcome}", target=("core.User", ""), label=username[:64], actor=actor, now=now)
