"""The access token: however many processes want one, one of them asks for it, and everybody reads the row."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import ProviderError, _, clock, reading, unit_of_work

from . import wire
from .contracts import TOKEN, WechatRefused
from .models import Token

EARLY = timedelta(minutes=5)  # before its end WeChat gives out the next one, and takes both
SOONEST = timedelta(seconds=30)
CLAIM = timedelta(seconds=15)  # longer than a call may take: after it the process that claimed is believed dead
PATIENCE, STEP = 20.0, 0.05  # seconds
_token = Token.__table__


@dataclass(frozen=True)
class Current:
    """A token that works, and its number."""

    text: str = field(repr=False)
    number: int


def current_token(app: wire.App) -> Current:
    """The token of this mini-program; asks WeChat for it when its time comes, once for all processes.

    :raises ProviderError: when it cannot be had.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        now = clock.now()
        row = _look(app.app_id)
        if row is None:
            _begin(app.app_id)
            continue
        if row.token and row.refresh_at and row.refresh_at > now:
            return Current(row.token, row.number)
        if _claim(app.app_id, row.number, now):
            return _fetch(app, row.number)
        if row.token and row.expires_at and row.expires_at > now:
            return Current(row.token, row.number)  # somebody is asking, and the old one is good for as long as that takes
        if time.monotonic() > deadline:
            raise ProviderError(_("WeChat is busy. Please try again in a moment."), retry=True)
        time.sleep(STEP)


def _look(app_id: str) -> Any:
    with reading() as db:
        return db.execute(select(_token).where(_token.c.app_id == app_id)).first()


def _begin(app_id: str) -> None:
    with unit_of_work() as db:
        try:
            with db.begin_nested():
                db.add(Token(app_id=app_id, number=0))
        except IntegrityError:
            return  # another process began in this moment


def _claim(app_id: str, number: int, now: datetime) -> bool:
    """Whether it is on this process to ask: nobody else does, and nobody has since this one looked."""
    free = or_(_token.c.claimed_until.is_(None), _token.c.claimed_until < now)
    with unit_of_work() as db:
        taken = update(_token).where(_token.c.app_id == app_id, _token.c.number == number, free).values(claimed_until=now + CLAIM)
        return db.scalar(taken.returning(_token.c.id)) is not None


def _fetch(app: wire.App, number: int) -> Current:
    try:
        said = ask_for_token(app)
    except BaseException:
        with unit_of_work() as db:
            _store(db, app.app_id, number, claimed_until=None)
        raise
    now = clock.now()
    life = timedelta(seconds=max(int(said["expires_in"]), 0))
    with unit_of_work() as db:
        _store(
            db, app.app_id, number, token=said["access_token"], number=number + 1, claimed_until=None, expires_at=now + life,
            refresh_at=now + max(life - EARLY, SOONEST),
        )  # fmt: skip
    return Current(said["access_token"], number + 1)


def _store(db: Session, app_id: str, seen: int, /, **values: Any) -> None:
    """Change the row, unless somebody who came after us has: then his word counts."""
    db.execute(update(_token).where(_token.c.app_id == app_id, _token.c.number == seen).values(**values))


def ask_for_token(app: wire.App) -> Mapping[str, Any]:
    """The stable token, as WeChat answers it: asked for twice it is the same one.

    :raises ProviderError: when it cannot be had.
    """
    body = {"grant_type": "client_credential", "appid": app.app_id, "secret": app.secret, "force_refresh": False}
    said = wire.call("POST", "/cgi-bin/stable_token", body=body)
    if not isinstance(said.get("access_token"), str) or type(said.get("expires_in")) is not int:
        raise ProviderError(_("WeChat gave an answer that cannot be read."), retry=True, sent=True)
    return said


def call_with_token(app: wire.App, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Call what needs the token. One that they do not take any more is replaced once, and the call is made once more.

    :raises ProviderError: see ``wire.call``. Trouble with the token is none that anybody may have acted on: ``sent`` is false then.
    """
    token = _token_for(app)
    try:
        return wire.call(method, path, {**(query or {}), "access_token": token.text}, body)
    except WechatRefused as refused:
        if refused.code not in TOKEN:
            raise
    with unit_of_work() as db:
        _store(db, app.app_id, token.number, token=None, refresh_at=None, expires_at=None)
    return wire.call(method, path, {**(query or {}), "access_token": _token_for(app).text}, body)


def _token_for(app: wire.App) -> Current:
    try:
        return current_token(app)
    except ProviderError as trouble:
        trouble.sent = False
        raise
