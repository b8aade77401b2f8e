"""The second factor: a code of an app that changes every half minute (TOTP), and recovery codes for a day on which the phone is lost."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import pyotp
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import CursorResult, delete, func, insert, select, update
from sqlalchemy.orm import Session

from .. import audit
from ..config import settings
from ..db.uow import reading, recording, unit_of_work
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import Forbidden, IllegalMove, Invalid
from . import throttle
from .devices import revoke_sessions
from .models import Factor, RecoveryCode

CODES = 10  # recovery codes
STEP = 30  # seconds of a code
# Wrong and right ones alike: a code has six digits.
LIMITS = (("factor5", timedelta(minutes=5), 5), ("factor60", timedelta(hours=1), 20), ("factor1d", timedelta(days=1), 50))
_f, _r = Factor.__table__.c, RecoveryCode.__table__.c
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongCode(Invalid):
    """The code is not the one of now, or was used before."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__(errors={"code": _l("This code is wrong, or was used before. Wait for the next one.")})


def has_factor(db: Session, user_id: int | None) -> bool:
    """Whether this user signs in with a second factor."""
    return db.scalar(select(_f.user_id).where(_f.user_id == user_id, _f.confirmed_at.is_not(None))) is not None


def is_required(roles: Any) -> bool:
    """Whether one of these roles may not work without."""
    return bool(set(roles) & set(settings.get("auth.factor_roles")))


def left(db: Session, user_id: int) -> int:
    """How many recovery codes were not used yet."""
    return db.scalar(select(func.count()).select_from(RecoveryCode).where(_r.user_id == user_id, _r.used_at.is_(None))) or 0


def begin(db: Session, *, actor: Actor, now: datetime) -> tuple[str, str]:
    """A new secret for an app: ``(secret, address of it as a QR code says)``. It counts from the first right code on.

    :raises IllegalMove: when one is used already.
    """
    held = db.execute(select(_f.confirmed_at).where(_f.user_id == actor.id).with_for_update()).first()
    if held is not None and held.confirmed_at is not None:
        raise IllegalMove(_l("You have a second factor already. Take it away first."))
    secret = pyotp.random_base32()
    db.execute(delete(Factor).where(_f.user_id == actor.id))
    db.add(Factor(user_id=actor.id or 0, secret={"totp": secret}, made_at=now, last_step=0))
    db.flush()
    return secret, address(db, secret, actor)


def pending(db: Session, *, actor: Actor) -> tuple[str, str] | None:
    """The secret that was begun and not confirmed yet."""
    held = db.scalar(select(_f.secret).where(_f.user_id == actor.id, _f.confirmed_at.is_(None)))
    return (held["totp"], address(db, held["totp"], actor)) if held else None


def address(db: Session, secret: str, actor: Actor) -> str:
    """What an app reads."""
    name = db.scalar(select(User.username).where(User.id == actor.id)) or actor.name
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=str(settings.get("instance.name")) or "Zhanggui")


def finish(*, code: str, actor: Actor, now: datetime) -> list[str]:
    """The first right code: from now on the factor is asked for. Answers the recovery codes, which are shown this once.

    :raises WrongCode: when it is not right.
    :raises TooManyTries: after too many.
    """
    _count(actor.id or 0)
    with unit_of_work() as db:
        held = db.execute(select(_f.secret, _f.confirmed_at).where(_f.user_id == actor.id).with_for_update()).first()
        if held is None or held.confirmed_at is not None:
            raise IllegalMove(_l("Begin anew: there is no secret that waits for its first code."))
        step = _step_of(held.secret["totp"], code, now)
        if step is not None:
            db.execute(update(Factor).where(_f.user_id == actor.id).values(confirmed_at=now, last_step=step))
            codes = _new_codes(db, actor.id or 0)
            audit.record(db, "core.factor.added", target=("core.User", actor.id), label=actor.name, actor=actor, now=now)
    if step is None:
        raise WrongCode()
    _forgive(actor.id or 0)
    return codes


def new_codes(db: Session, *, actor: Actor, now: datetime) -> list[str]:
    """New recovery codes; the old ones end."""
    if not has_factor(db, actor.id):
        raise IllegalMove(_l("There is no second factor."))
    codes = _new_codes(db, actor.id or 0)
    audit.record(db, "core.factor.codes_made", target=("core.User", actor.id), label=actor.name, actor=actor, now=now)
    return codes


def check(user_id: int, code: str, *, actor: Actor, now: datetime) -> None:
    """Take a code, of the app or a recovery code: each is good once. Counted before it is looked at.

    :raises WrongCode: when it is wrong, or was used.
    :raises TooManyTries: from the sixth in five minutes, the 21st in an hour, the 51st in a day.
    """
    _count(user_id)
    typed = "".join(code.split()).replace("-", "").lower()
    with unit_of_work() as db:
        good = _take_step(db, user_id, typed, now) if typed.isdigit() else _take_recovery(db, user_id, typed, actor, now)
        if not good:
            audit.record(db, "core.factor.refused", target=("core.User", user_id), label=actor.name, actor=actor, now=now)
    if not good:
        raise WrongCode()
    _forgive(user_id)


def _take_step(db: Session, user_id: int, typed: str, now: datetime) -> bool:
    held = db.scalar(select(_f.secret).where(_f.user_id == user_id, _f.confirmed_at.is_not(None)))
    step = _step_of(held["totp"], typed, now) if held else None
    # Only forward: of two who show the same code at one moment one passes.
    return step is not None and _changed(db, update(Factor).where(_f.user_id == user_id, _f.last_step < step).values(last_step=step))


def _take_recovery(db: Session, user_id: int, typed: str, actor: Actor, now: datetime) -> bool:
    used = update(RecoveryCode).where(_r.user_id == user_id, _r.digest == _digest(typed), _r.used_at.is_(None)).values(used_at=now)
    if not has_factor(db, user_id) or not _changed(db, used):
        return False
    audit.record(db, "core.factor.code_used", target=("core.User", user_id), label=actor.name, actor=actor, now=now, after={"left": left(db, user_id)})
    return True


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Which half minute a code is of: this one, the one before or after; None for another."""
    present, typed = int(now.timestamp()) // STEP, "".join(code.split())
    return next((step for step in (present, present - 1, present + 1) if secrets.compare_digest(pyotp.HOTP(secret).at(step).encode(), typed.encode())), None)


def remove(db: Session, *, actor: Actor, now: datetime) -> None:
    """Take one's own away.

    :raises Forbidden: when one's role may not work without.
    """
    from .users import _roles_of

    if is_required(_roles_of(db, actor.id or 0)):
        raise Forbidden(_l("Your role may not work without a second factor."))
    _drop(db, actor.id or 0)
    audit.record(db, "core.factor.removed", target=("core.User", actor.id), label=actor.name, actor=actor, now=now)


def reset(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """For somebody who lost phone and codes: his factor is taken away and he is signed out. The trail says who did it.

    :raises Forbidden: for oneself, and for who holds more rights.
    """
    from .users import _may_touch, is_oneself

    if is_oneself(actor, id):
        raise Forbidden(_l("Take your own second factor away under Me: it asks for a code."))
    _may_touch(db, id, actor)
    username = db.scalar(select(User.username).where(User.id == id)) or ""
    if not _drop(db, id):
        raise IllegalMove(_l("There is no second factor."))
    revoke_sessions(db, id, now=now)
    audit.record(db, "core.factor.reset", target=("core.User", id), label=username, actor=actor, now=now)


def _drop(db: Session, user_id: int) -> bool:
    db.execute(delete(RecoveryCode).where(_r.user_id == user_id))
    return _changed(db, delete(Factor).where(_f.user_id == user_id))


def _new_codes(db: Session, user_id: int) -> list[str]:
    codes = ["-".join("".join(secrets.choice(_SIGNS) for _ in range(5)) for _ in range(2)) for _ in range(CODES)]
    db.execute(delete(RecoveryCode).where(_r.user_id == user_id))
    db.execute(insert(RecoveryCode), [{"user_id": user_id, "digest": _digest(code.replace("-", ""))} for code in codes])
    return codes


def _digest(code: str) -> str:
    """Fifty bits of chance need no slow hash."""
    return hashlib.sha256(code.encode()).hexdigest()


def _changed(db: Session, statement: Any) -> bool:
    done: CursorResult[Any] = db.execute(statement)  # type: ignore[assignment] # an update answers a cursor
    return bool(done.rowcount)


def _count(user_id: int) -> None:
    full = False
    for kind, window, limit in LIMITS:
        name = throttle.bucket(kind, str(user_id))
        with recording() as db:
            full = throttle.count(db, [name], window)[name] > limit or full
    if full:
        raise throttle.TooManyTries()


def _forgive(user_id: int) -> None:
    for kind, _window, _limit in LIMITS:
        with recording() as db:
            throttle.take_back(db, throttle.bucket(kind, str(user_id)))


def asked(user_id: int) -> bool:
    """Whether a code is asked of this user."""
    with reading() as db:
        return has_factor(db, user_id)
