"""The rows of sessions: begun, listed and ended."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .. import audit
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, NotFound
from ..runtime import current_runtime
from . import tokens
from .models import Profile, UserSession
from .principal import Principal
from .sessions import digest


class WrongCredentials(DomainError):
    """The name or the password is wrong, or the account is disabled: one answer for all."""

    code = "wrong_credentials"
    status = 401
    message = _l("The user name or the password is wrong.")


def start_session(
    db: Session, principal: Principal, *, ip: str | None, device: str, now: datetime, token: str | None = None, replaces: int | None = None,
    zone: str | None = None,
) -> tuple[int, str]:
    """A new session row; answers its number and the id that only the cookie knows.

    :param zone: of the device's clock, where its browser said it.
    :param token: what the device's own cookie says from now on.
    :param replaces: the session that was open in this browser until now: it ends here.
    :raises WrongCredentials: when the password was changed or the account disabled since the user was looked up.
    """
    # Whoever changes a password or disables an account holds this row: he ends this session, or it does not begin.
    held = db.execute(select(User.active).where(User.id == principal.id).with_for_update(read=True)).first()
    since = db.scalar(select(Profile.credentials_since).where(Profile.user_id == principal.id))
    if held is None or not held.active or (since is not None and since != principal.credentials_since):
        raise WrongCredentials()
    if replaces is not None:
        _replace(db, replaces, principal, ip, now)
    session_id = secrets.token_urlsafe(32)
    row = UserSession(
        digest=digest(session_id), user_id=principal.id, created_at=now, last_seen_at=now, ip=ip, device=device[:200], data={},
        expires_at=now + timedelta(days=current_runtime().config["auth.absolute_days"]), known_as=digest(token) if token else None, zone=zone,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row.id, session_id


def _replace(db: Session, row_id: int, principal: Principal, ip: str | None, now: datetime) -> None:
    ended = update(UserSession).where(UserSession.id == row_id, UserSession.revoked_at.is_(None)).values(revoked_at=now)
    if db.execute(ended).rowcount:
        audit.record(
            db, "core.session.replaced", target=("core.Session", row_id), label=principal.username, actor=principal.actor(ip), now=now
        )


def is_alive(db: Session, row_id: Any, user_id: int) -> bool:
    """Whether a session that a token belongs to is neither ended nor run out."""
    c = UserSession.__table__.c
    mine = (c.id == row_id) & (c.user_id == user_id) & c.revoked_at.is_(None) & (c.expires_at > clock.now())
    return type(row_id) is int and db.scalar(select(c.id).where(mine)) is not None


def log_out(db: Session, row_id: int, *, actor: Actor, now: datetime) -> None:
    """End one's own session."""
    ended = update(UserSession).where(UserSession.id == row_id, UserSession.revoked_at.is_(None)).values(revoked_at=now)
    if db.execute(ended).rowcount:
        audit.record(db, "core.session.ended", target=("core.Session", row_id), label=actor.name, actor=actor, now=now)


def sessions_of(db: Session, user_id: int) -> Sequence[Any]:
    """The devices that are signed in, the newest first."""
    now = clock.now()
    c = UserSession.__table__.c
    alive = select(*c).where(c.user_id == user_id, c.revoked_at.is_(None), c.expires_at > now)
    return db.execute(alive.order_by(c.last_seen_at.desc()).limit(50)).all()


def revoke_session(db: Session, row_id: int, *, user_id: int, actor: Actor, now: datetime) -> None:
    """Sign a device out from afar.

    :raises NotFound: when it is no session of this user.
    """
    gone = db.execute(
        update(UserSession)
        .where(UserSession.id == row_id, UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if gone.rowcount == 0:
        raise NotFound()
    audit.record(db, "core.session.revoked", target=("core.Session", row_id), label=actor.name, actor=actor, now=now)


def revoke_sessions(db: Session, user_id: int, *, now: datetime, but: int | None = None) -> int:
    """End all sessions of a user, but perhaps one, and all tokens; answers how many sessions."""
    tokens.revoke_all(db, ("core.User", user_id), now)
    statement = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(UserSession.id != but)
    return int(db.execute(statement.values(revoked_at=now)).rowcount)
