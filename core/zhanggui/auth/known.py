"""Devices and addresses from which a user has signed in before.

A device keeps a random cookie of its own, which outlives its sessions; a session remembers its
digest. So a device is known for as long as a session that began on it is kept, and a new password
makes the others unknown.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Request, Response, current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .models import UserSession
from .sessions import digest

COOKIE = "zg_device"
_PATH = "/login/"  # no other page needs it
_AGE = 180 * 86400
_c = UserSession.__table__.c


def cookie_of(request: Request) -> str:
    """The device's cookie; empty for a device that has none."""
    return request.cookies.get(COOKIE, "")[:100]


def keep_cookie(response: Response, token: str) -> None:
    """Leave the cookie with a device on which somebody signed in."""
    secure = bool(current_app.config["ZHANGGUI_HTTPS"])
    response.set_cookie(COOKIE, token, max_age=_AGE, httponly=True, samesite="Lax", secure=secure, path=_PATH)


def token_for(db: Session, presented: str) -> str:
    """The cookie that a device goes on with: its own if we gave it, for it may serve several users; else a new one."""
    ours = presented and db.scalar(select(_c.id).where(_c.known_as == digest(presented)).limit(1)) is not None
    return presented if ours else secrets.token_urlsafe(32)


def known_device(db: Session, user_id: int, presented: str) -> str | None:
    """The digest of a device on which this user has signed in; None for any other."""
    found = select(_c.known_as).where(_c.known_as == digest(presented), _c.user_id == user_id)
    return db.scalar(found.limit(1))


def known_place(db: Session, user_id: int, ip: str | None) -> bool:
    """Whether this user has signed in from this address."""
    return db.scalar(select(_c.id).where(_c.user_id == user_id, _c.ip == ip).limit(1)) is not None


def forget_devices(db: Session, user_id: int, *, but_of: int | None = None) -> None:
    """Know no device and no address of this user any more, but those of one session."""
    gone: Any = update(UserSession).where(_c.user_id == user_id)
    if but_of is not None:
        kept = select(_c.known_as).where(_c.id == but_of).scalar_subquery()
        gone = gone.where(_c.id != but_of, _c.known_as.is_distinct_from(kept))
    db.execute(gone.values(known_as=None, ip=None))
