"""Whoever does what cannot be undone says once more that it is he: a device that was left lying about is not enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import has_request_context, session
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from werkzeug.security import check_password_hash

from .. import audit
from ..db.uow import reading, unit_of_work
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import Forbidden, Invalid
from . import factors
from .passwords import NOBODY
from .throttle import throttled

FRESH = timedelta(minutes=10)
_KEY = "confirmed_at"
SIGNED_IN = "signed_in_at"


class NotFresh(Forbidden):
    """It was not said of late who sits there. A page asks for it and comes back; a program cannot say it."""

    code = "not_fresh"
    message = _l("Say once more that it is you, then do this again.")


class NotYou(Invalid):
    """The password, or the code, is not the one of who is signed in."""

    code = "not_you"


def require_fresh() -> None:
    """Let only somebody pass who has given his password (and his code) in the last ten minutes, in this browser, after he had signed in.

    :raises NotFresh: otherwise, and for whoever is no browser.
    """
    if not _since(_KEY):
        raise NotFresh()


def require_recent() -> None:
    """The same, of a browser, but having signed in counts as well; a program passes by what its token may.

    :raises NotFresh: otherwise.
    """
    if has_request_context() and getattr(session, "row_id", None) is not None and not (_since(_KEY) or _since(SIGNED_IN)):
        raise NotFresh()


def _since(key: str) -> bool:
    if not has_request_context() or getattr(session, "row_id", None) is None:
        return False
    said = session.get(key)
    return bool(said) and timedelta() <= clock.now() - datetime.fromisoformat(said) < FRESH


def confirm(password: str, code: str, *, actor: Actor) -> None:
    """Take the password of who is signed in once more, and a code where he has a second factor; what asks for it may be done for ten minutes.

    :raises NotYou: when the password is another one.
    :raises WrongCode: when the code is wrong, or was used.
    :raises TooManyTries: from the 11th wrong one in five minutes.
    """
    now = clock.now()
    with throttled(f"password:{actor.id}", counts=NotYou):
        with reading() as db:
            held = db.scalar(select(User.password).where(User.id == actor.id))
        if not check_password_hash(held or NOBODY, password.replace("\0", "")):
            raise NotYou(errors={"password": _l("This is not your present password.")})
        if factors.asked(actor.id or 0):
            factors.check(actor.id or 0, code, actor=actor, now=now)
        with unit_of_work() as db:
            audit.record(db, "core.login.confirmed", target=("core.User", actor.id), label=actor.name, actor=actor, now=now)
    session[_KEY] = now.isoformat()
