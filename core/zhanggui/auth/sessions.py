"""Sessions are rows: listed per user, ended at logout, password change and disabling.

Before anybody has signed in there is nothing worth a row: the little that is remembered (a CSRF
token, a language) travels in a signed cookie.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from sqlalchemy import bindparam, select, update
from werkzeug.datastructures import CallbackDict

from ..db.uow import reading, recording, unit_of_work
from ..db.write_queue import DatabaseBusy
from ..i18n.zones import canonical, places
from ..kernel import clock
from ..runtime import current_runtime
from .models import UserSession

log = logging.getLogger(__name__)
COOKIE = "zg_session"
ZONE_COOKIE = "zg_zone"  # written by the page's script: which zone the clock of the device is in
# Sentences for the next page travel in a signed cookie of their own: a row would cost each save a second commit.
FLASH_COOKIE, _FLASHES = "zg_flash", "_flashes"
# Who asks there is nobody of ours, whatever cookie comes along.
WITHOUT = ("/notify/",)
_SEEN_EVERY = timedelta(minutes=1)

_c = UserSession.__table__.c
_ALIVE = select(_c.id, _c.data, _c.last_seen_at).where(
    _c.digest == bindparam("digest"), _c.revoked_at.is_(None),
    _c.expires_at > bindparam("now", type_=_c.expires_at.type), _c.last_seen_at > bindparam("since", type_=_c.last_seen_at.type),
)  # fmt: skip


def digest(session_id: str) -> str:
    """What is stored of a cookie: knowing the database does not let anybody in."""
    return hashlib.sha256(session_id.encode()).hexdigest()


class ServerSession(CallbackDict, SessionMixin):  # type: ignore[type-arg]
    """The session of one request. ``row_id`` is set once somebody has signed in."""

    modified = False

    def __init__(self, data: dict[str, Any] | None = None, *, session_id: str = "", row_id: int | None = None, stale: bool = False) -> None:
        def changed(self: ServerSession) -> None:
            self.modified = True

        super().__init__(data or {}, changed)
        self.session_id, self.row_id, self.stale = session_id, row_id, stale
        self.ended = self.renewed = False
        self.stored: dict[str, Any] = {}
        self.carried: list[Any] = []

    def start(self, user_id: int, row_id: int, session_id: str) -> None:
        """A user signed in: a new id, and nothing of the stranger's session but his language."""
        locale = self.get("locale")
        self.clear()
        self.update(_user_id=str(user_id), _fresh=True, csrf_token=secrets.token_hex(20), signed_in_at=clock.now().isoformat())
        if locale:
            self["locale"] = locale
        self.row_id, self.session_id, self.renewed = row_id, session_id, True

    def end(self) -> None:
        """The user signed out: the cookie goes, the row is revoked by the service."""
        self.clear()
        self.ended, self.row_id, self.session_id = True, None, ""


def zone_of(asked: Request) -> str | None:
    """The zone of a device's clock, as its browser says; None where it says none that there is."""
    name = canonical(asked.cookies.get(ZONE_COOKIE, "")[:64])
    return name if name in places() else None


class DatabaseSessions(SessionInterface):
    """Opens and stores sessions."""

    def __init__(self) -> None:
        self._signed = SecureCookieSessionInterface()

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """The session of the cookie, or an empty one."""
        if request.path.startswith(WITHOUT):
            return ServerSession()
        cookie = request.cookies.get(COOKIE, "")
        kind, _, value = cookie.partition(".")
        if kind == "s" and value:
            return self._stored(app, request, value) or ServerSession(stale=True)
        if kind == "v" and value:
            return ServerSession(self._read_signed(app, value))
        return ServerSession()

    def _stored(self, app: Flask, request: Request, session_id: str) -> ServerSession | None:
        now = clock.now()
        idle = timedelta(hours=current_runtime().config["auth.idle_hours"])
        values = {"digest": digest(session_id), "now": now, "since": now - idle}
        with reading() as db:
            row = db.connection().execute(_ALIVE, values).first()
        if row is None:
            return None
        data = dict(row.data)
        if FLASH_COOKIE in request.cookies:
            carried = self._read_signed(app, request.cookies[FLASH_COOKIE])
            if carried.get("row") == row.id:
                data[_FLASHES] = [tuple(flash) for flash in carried["flashes"]]
        found = ServerSession(data, session_id=session_id, row_id=row.id)
        found.stored, found.carried = dict(row.data), data.get(_FLASHES, [])
        found.seen = row.last_seen_at  # type: ignore[attr-defined]
        return found

    def _read_signed(self, app: Flask, value: str) -> dict[str, Any]:
        signer = self._signed.get_signing_serializer(app)
        try:
            return dict(signer.loads(value, max_age=86400)) if signer else {}
        except Exception:  # itsdangerous has many ways to say that a cookie is not ours
            return {}

    def save_session(self, app: Flask, session: ServerSession, response: Response) -> None:  # type: ignore[override]
        """Write what changed; the cookie is sent only when it changed."""
        if session.row_id is not None:
            self._save_row(session)
            self._carry(app, session, response)
            if session.renewed:
                self._set(app, response, f"s.{session.session_id}", timedelta(days=current_runtime().config["auth.absolute_days"]))
        elif session.ended or (session.stale and not session):
            response.delete_cookie(COOKIE, path="/")
        elif session.modified:
            signer = self._signed.get_signing_serializer(app)
            assert signer is not None
            self._set(app, response, f"v.{signer.dumps(dict(session))}", None)

    def _save_row(self, session: ServerSession) -> None:
        now = clock.now()
        seen = getattr(session, "seen", now)
        values: dict[str, Any] = {}
        data = {name: value for name, value in session.items() if name != _FLASHES}
        if session.modified and data != session.stored:
            values["data"] = data
        if now - seen > _SEEN_EVERY:
            values["last_seen_at"] = now
            zone = zone_of(request)
            if zone:
                values["zone"] = zone
        if values:
            try:
                with recording() if set(values) <= {"last_seen_at", "zone"} else unit_of_work() as db:
                    db.execute(update(UserSession).where(UserSession.id == session.row_id).values(**values))
            except DatabaseBusy:
                # What was asked for is done and answered; "busy, nothing was saved" would not be true.
                log.warning("what a session remembers could not be stored: others wrote for too long")

    def _carry(self, app: Flask, session: ServerSession, response: Response) -> None:
        flashes = session.get(_FLASHES, [])
        if flashes:
            signer = self._signed.get_signing_serializer(app)
            assert signer is not None
            value = signer.dumps({"row": session.row_id, "flashes": [[str(part) for part in flash] for flash in flashes[-5:]]})
            response.set_cookie(FLASH_COOKIE, value, max_age=300, httponly=True, samesite="Lax", secure=bool(app.config["ZHANGGUI_HTTPS"]), path="/")
        elif session.carried:
            response.delete_cookie(FLASH_COOKIE, path="/")

    def _set(self, app: Flask, response: Response, value: str, age: timedelta | None) -> None:
        response.set_cookie(
            COOKIE, value, max_age=age, httponly=True, samesite="Lax", secure=bool(app.config["ZHANGGUI_HTTPS"]), path="/"
        )
        response.headers.add("Vary", "Cookie")
