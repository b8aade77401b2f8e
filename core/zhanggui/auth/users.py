"""Members of staff: their accounts, roles and passwords. Every change tells all processes at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from .. import audit
from ..host import generation
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, Invalid, NotFound
from .devices import revoke_sessions
from .models import Profile
from .passwords import NOBODY, WrongPassword, check_password
from .permissions import OWNER
from .roles import grants_of, may_grant


class LastOwner(DomainError):
    """The shop would be left without anybody who may do everything."""

    code = "last_owner"
    message = _l("This is the last active owner.")


def _user(db: Session, user_id: int) -> Any:
    user = db.get(User, user_id)
    if user is None:
        raise NotFound()
    return user


def _profile(db: Session, user_id: int, now: datetime) -> Profile:
    profile = db.get(Profile, user_id)
    if profile is None:
        profile = Profile(user_id=user_id, credentials_since=now)
        db.add(profile)
    return profile


def create_user(
    db: Session, *, username: str, password: str, roles: Sequence[str] = (), display_name: str = "", actor: Actor, now: datetime
) -> int:
    """A new member of staff; answers the number of the user.

    :raises Invalid: when the name is taken or the password weak.
    :raises Forbidden: when the actor gives away rights that he lacks.
    """
    username = username.strip()
    if not username or len(username) > 64 or not all(ch.isalnum() or ch in "._-@" for ch in username):
        raise Invalid(errors={"username": _l("A user name has letters, digits, dots, dashes or underscores.")})
    if db.scalar(select(User.id).where(User.username == username)) is not None:
        raise Invalid(errors={"username": _l("This name is taken already.")})
    check_password(password, username)
    user_id = db.execute(
        insert(User.__table__).values(
            username=username, first_name=display_name or username, last_name="", email=f"{username}@staff.invalid", active=True,
            password=generate_password_hash(password), created_on=now.replace(tzinfo=None), changed_on=now.replace(tzinfo=None),
        )
    ).inserted_primary_key[0]  # fmt: skip
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
    found = dict(db.execute(select(Role.name, Role.id).where(Role.name.in_(roles))).tuples().all())
    unknown = sorted(set(roles) - set(found))
    if unknown:
        raise Invalid(errors={"roles": _l("There is no role %(name)s.") % {"name": unknown[0]}})
    for name in found:
        may_grant(actor, name, grants_of(db, found[name]))
    db.execute(insert(assoc_user_role), [{"user_id": user_id, "role_id": i} for i in found.values()])


def _roles_of(db: Session, user_id: int) -> set[str]:
    joined = select(Role.name).join(assoc_user_role, assoc_user_role.c.role_id == Role.id)
    return set(db.scalars(joined.where(assoc_user_role.c.user_id == user_id)))


def _may_touch(db: Session, user_id: int, actor: Actor) -> None:
    """Whoever holds less than a user cannot take his account over."""
    for name in _roles_of(db, user_id):
        role_id = db.scalar(select(Role.id).where(Role.name == name))
        may_grant(actor, name, grants_of(db, role_id or 0))


def _keep_an_owner(db: Session, leaving: int) -> None:
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
    stored = db.scalar(select(User.password).where(User.id == actor.id))
    if not check_password_hash(stored or NOBODY, old):
        raise WrongPassword(errors={"old": _l("This is not your present password.")})
    _set_password(db, actor.id or 0, actor.name, new, actor, now, but=session_row)


def set_password(db: Session, *, id: int, password: str, actor: Actor, now: datetime) -> None:
    """Give a user a new password; he is signed out everywhere."""
    user = _user(db, id)
    _may_touch(db, user.id, actor)
    _set_password(db, user.id, user.username, password, actor, now)


def _set_password(db: Session, user_id: int, username: str, password: str, actor: Actor, now: datetime, but: int | None = None) -> None:
    check_password(password, username)
    db.execute(update(User).where(User.id == user_id).values(password=generate_password_hash(password)))
    profile = _profile(db, user_id, now)
    profile.credentials_since = now
    revoke_sessions(db, user_id, now=now, but=but)
    generation.bump(db, "security")
    audit.record(db, "core.user.password_changed", target=("core.User", user_id), label=username, actor=actor, now=now)
