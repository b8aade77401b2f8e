"""Members of staff: their accounts, roles and passwords. Every change tells all processes at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from .. import audit
from ..db.locks import one_at_a_time
from ..db.upsert import insert_for, insert_or_skip
from ..host import generation
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, Forbidden, Invalid, NotFound
from . import names
from .devices import revoke_sessions
from .known import forget_devices
from .models import Profile
from .passwords import NOBODY, WrongPassword, hashed_password
from .permissions import OWNER
from .roles import grants_of, may_grant


class LastOwner(DomainError):
    """The shop would be left without anybody who may do everything."""

    code = "last_owner"
    message = _l("This is the last active owner.")


def _user(db: Session, user_id: int) -> Any:
    """The user, held until this transaction ends: whoever changes him else waits, and reads what was left."""
    user = db.execute(select(User.id, User.username).where(User.id == user_id).with_for_update()).first()
    if user is None:
        raise NotFound()
    return user


def _profile(db: Session, user_id: int, now: datetime) -> Profile:
    if db.get(Profile, user_id) is None:
        insert_or_skip(db, Profile, user_id=user_id, credentials_since=now)
    return db.get_one(Profile, user_id)


def create_user(
    db: Session, *, username: str, password: str, roles: Sequence[str] = (), display_name: str = "", actor: Actor, now: datetime
) -> int:
    """A new member of staff; answers the number of the user.

    :raises Invalid: when the name is taken, or looks like one that is, or the password is weak.
    :raises Forbidden: when the actor gives away rights that he lacks.
    """
    username = names.checked(names.USER, username, field="username")
    hashed = hashed_password(password, username, display_name)
    made = insert_for(db, User).values(
        username=username, first_name=display_name or username, last_name="", email=f"{username}@staff.invalid", active=True,
        password=hashed, created_on=now.replace(tzinfo=None), changed_on=now.replace(tzinfo=None),
    )  # fmt: skip
    user_id = db.scalar(made.on_conflict_do_nothing().returning(User.__table__.c.id))
    if user_id is None:
        raise Invalid(errors={"username": names.TAKEN})
    names.take(db, names.USER, username, user_id, field="username")
    _profile(db, user_id, now)
    _put_roles(db, user_id, roles, actor)
    generation.bump(db, "security")
    audit.record(
        db, "core.user.created", target=("core.User", user_id), label=username, actor=actor, now=now, after={"roles": sorted(roles)}
    )
    return int(user_id)


def set_roles(db: Session, *, id: int, roles: Sequence[str], actor: Actor, now: datetime) -> None:
    """Give a user exactly these roles."""
    user = _user(db, id)
    _may_touch(db, id, actor)
    before = _roles_of(db, id)
    if OWNER in before and OWNER not in roles:
        _keep_an_owner(db, id)
    db.execute(delete(assoc_user_role).where(assoc_user_role.c.user_id == id))
    _put_roles(db, id, roles, actor)
    generation.bump(db, "security")
    audit.record(
        db, "core.user.roles_changed", target=("core.User", id), label=user.username, actor=actor, now=now,
        before={"roles": sorted(before)}, after={"roles": sorted(roles)},
    )  # fmt: skip


def _put_roles(db: Session, user_id: int, roles: Sequence[str], actor: Actor) -> None:
    if not roles:
        return
    # Held, so that a role that is given is not deleted and does not grow meanwhile.
    found = select(Role.name, Role.id).where(Role.name.in_(roles)).order_by(Role.id).with_for_update(read=True)
    by_name = dict(db.execute(found).tuples().all())
    unknown = sorted(set(roles) - set(by_name))
    if unknown:
        raise Invalid(errors={"roles": _l("There is no role %(name)s.") % {"name": unknown[0]}})
    for name in by_name:
        may_grant(actor, name, grants_of(db, by_name[name]))
    db.execute(insert(assoc_user_role), [{"user_id": user_id, "role_id": i} for i in by_name.values()])


def _roles_of(db: Session, user_id: int) -> set[str]:
    joined = select(Role.name).join(assoc_user_role, assoc_user_role.c.role_id == Role.id)
    return set(db.scalars(joined.where(assoc_user_role.c.user_id == user_id)))


def _may_touch(db: Session, user_id: int, actor: Actor) -> None:
    """Whoever holds less than a user cannot take his account over."""
    for name in _roles_of(db, user_id):
        role_id = db.scalar(select(Role.id).where(Role.name == name))
        may_grant(actor, name, grants_of(db, role_id or 0))


def _keep_an_owner(db: Session, leaving: int) -> None:
    # Two owners who disable each other hold a row each; of this there is one.
    one_at_a_time(db, "core.owners")
    others = (
        select(User.id)
        .join(assoc_user_role, assoc_user_role.c.user_id == User.id)
        .join(Role, Role.id == assoc_user_role.c.role_id)
        .where(Role.name == OWNER, User.active.is_(True), User.id != leaving)
    )
    if db.scalar(others.limit(1)) is None:
        raise LastOwner()


def disable_user(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Lock an account: signed out everywhere at once."""
    user = _user(db, id)
    _may_touch(db, id, actor)
    if OWNER in _roles_of(db, id):
        _keep_an_owner(db, id)
    _set_active(db, user, False, actor, now)
    revoke_sessions(db, id, now=now)


def enable_user(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Unlock an account."""
    user = _user(db, id)
    _may_touch(db, id, actor)
    _set_active(db, user, True, actor, now)


def _set_active(db: Session, user: Any, active: bool, actor: Actor, now: datetime) -> None:
    db.execute(update(User).where(User.id == user.id).values(active=active))
    _profile(db, user.id, now).credentials_since = now
    generation.bump(db, "security")
    verb = "enabled" if active else "disabled"
    audit.record(db, f"core.user.{verb}", target=("core.User", user.id), label=user.username, actor=actor, now=now)


def set_preferences(db: Session, *, actor: Actor, now: datetime, **values: str | None) -> None:
    """Language, time zone and appearance of the user himself."""
    profile = _profile(db, actor.id or 0, now)
    before = {name: getattr(profile, name) for name in values}
    for name, value in values.items():
        setattr(profile, name, value)
    generation.bump(db, "security")
    audit.record(
        db, "core.user.preferences_changed", target=("core.User", actor.id), label=actor.name, actor=actor, now=now, before=before, after=values
    )


def change_own_password(db: Session, *, old: str, new: str, session_row: int | None, actor: Actor, now: datetime) -> None:
    """Change one's own password; other devices are signed out.

    :raises WrongPassword: when the old one is wrong.
    :raises Invalid: when the new one is weak.
    """
    hashed = hashed_password(new, actor.name)
    _user(db, actor.id or 0)
    stored = db.scalar(select(User.password).where(User.id == actor.id))
    if not check_password_hash(stored or NOBODY, old):
        raise WrongPassword(errors={"old": _l("This is not your present password.")})
    _set_password(db, actor.id or 0, actor.name, hashed, actor, now, but=session_row)


def set_password(db: Session, *, id: int, password: str, actor: Actor, now: datetime) -> None:
    """Give a user a new password; he is signed out everywhere.

    :raises Forbidden: for one's own: that is changed by whoever knows the present one.
    """
    if is_oneself(actor, id):
        raise Forbidden(_l("Change your own password under Me: it asks for the present one."))
    username = db.scalar(select(User.username).where(User.id == id)) or ""
    hashed = hashed_password(password, username)
    user = _user(db, id)
    _may_touch(db, user.id, actor)
    _set_password(db, user.id, user.username, hashed, actor, now)


def is_oneself(actor: Actor, user_id: int) -> bool:
    """Whether a user, in a browser or with a token, acts on his own account."""
    return actor.kind in ("user", "token") and actor.id == user_id


def _set_password(db: Session, user_id: int, username: str, hashed: str, actor: Actor, now: datetime, but: int | None = None) -> None:
    db.execute(update(User).where(User.id == user_id).values(password=hashed))
    profile = _profile(db, user_id, now)
    profile.credentials_since = now
    revoke_sessions(db, user_id, now=now, but=but)
    forget_devices(db, user_id, but_of=but)
    generation.bump(db, "security")
    audit.record(db, "core.user.password_changed", target=("core.User", user_id), label=username, actor=actor, now=now)
