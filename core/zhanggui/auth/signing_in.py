"""A name and a password become a user, or one answer for everything that is wrong."""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from .. import audit
from ..db.uow import unit_of_work
from ..kernel import clock
from ..kernel.actors import Actor
from . import known, throttle
from .devices import WrongCredentials
from .names import user_named
from .passwords import NOBODY
from .principal import Principal, find_principal


def authenticate(username: str, password: str, ip: str | None, device: str = "") -> Principal:
    """Check a name and a password, under the throttle, with an audit row for every try.

    :param device: the cookie of the device, if it has one: see ``known``.
    :raises TooManyTries: from the 11th failure in five minutes: see ``throttle``.
    :raises WrongCredentials: otherwise.
    """
    now = clock.now()
    username, password = _storable(username)[:200], _storable(password)
    with unit_of_work() as db:
        user = user_named(db, username)
        name, user_id = (user.username, user.id) if user else (username, 0)
        # Counted before it is looked at: of many tries at once, only so many pass.
        tried = throttle.sign_in_tried(
            db, name, ip, device=known.known_device(db, user_id, device), known_place=known.known_place(db, user_id, ip)
        )
        if tried.full:
            _note(db, name if user else "", "throttled", ip, now)
    if tried.full:
        raise throttle.TooManyTries()
    matches = check_password_hash(user.password if user and user.password else NOBODY, password)
    principal = find_principal(user.id) if user and matches and user.active else None
    if principal and user.credentials_since and principal.credentials_since != user.credentials_since:
        principal = None  # the password was changed while it was compared
    with unit_of_work() as db:
        if principal is None:
            _note(db, name if user else "", "failed", ip, now)
        else:
            throttle.sign_in_succeeded(db, tried)
            db.execute(
                update(User).where(User.id == principal.id).values(last_login=now.replace(tzinfo=None), login_count=func.coalesce(User.login_count, 0) + 1)
            )
            audit.record(
                db, "core.login.succeeded", target=("core.User", principal.id), label=principal.username, actor=principal.actor(ip), now=now
            )
    if principal is None:
        raise WrongCredentials()
    return principal


def _storable(text: str) -> str:
    """Without what no database and no hash takes: halves of characters, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _note(db: Session, username: str, outcome: str, ip: str | None, now: datetime) -> None:
    """A try that led nowhere. A name that nobody has is left out: it is often a password in the wrong field."""
    actor = Actor("anonymous", name=username[:64], ip=ip)
    audit.record(db, f"core.login.{outcome}", target=("core.User", ""), label=username[:64], actor=actor, now=now)
