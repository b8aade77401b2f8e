"""Signing in and looking after users and roles. Every change tells all processes at once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_permissionview_role,
    assoc_user_role,
)
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from .. import audit
from ..db.uow import unit_of_work
from ..host import generation
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, Forbidden, Invalid, NotFound
from ..runtime import current_runtime
from . import throttle
from .models import Profile, UserSession
from .permissions import OWNER
from .principal import Principal, find_principal
from .sessions import digest

MIN_PASSWORD = 10
_COMMON = {"1234567890", "0123456789", "password12", "password123", "qwertyuiop", "administrator", "zhanggui123", "1q2w3e4r5t", "woaini1314"}
# What an unknown name is checked against, so that it takes as long as a known one.
_NOBODY = generate_password_hash(secrets.token_hex(16))


class WrongCredentials(DomainError):
    """The name or the password is wrong, or the account is disabled: one answer for all."""

    code = "wrong_credentials"
    status = 401
    message = _l("The user name or the password is wrong.")


class WrongPassword(Invalid):
    """The present password was not the right one."""


class LastOwner(DomainError):
    """The shop would be left without anybody who may do everything."""

    code = "last_owner"
    message = _l("This is the last active owner.")


# -- signing in ------------------------------------------------------------------------------------


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
    matches = check_password_hash(user.password if user and user.password else _NOBODY, password)
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


def start_session(db: Session, principal: Principal, *, ip: str | None, device: str, now: datetime) -> tuple[int, str]:
    """A new session row; answers its number and the id that only the cookie knows."""
    session_id = secrets.token_urlsafe(32)
    row = UserSession(
        digest=digest(session_id), user_id=principal.id, created_at=now, last_seen_at=now, ip=ip, device=device[:200], data={},
        expires_at=now + timedelta(days=current_runtime().config["auth.absolute_days"]),
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row.id, session_id


def is_alive(db: Session, row_id: Any, user_id: int) -> bool:
    """Whether a session that a token belongs to is neither ended nor run out."""
    c = UserSession.__table__.c
    mine = (c.id == row_id) & (c.user_id == user_id) & c.revoked_at.is_(None) & (c.expires_at > clock.now())
    return type(row_id) is int and db.scalar(select(c.id).where(mine)) is not None


def log_out(db: Session, row_id: int, *, actor: Actor, now: datetime) -> None:
    """End one's own session."""
    db.execute(update(UserSession).where(UserSession.id == row_id, UserSession.revoked_at.is_(None)).values(revoked_at=now))
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
    """End all sessions of a user, but perhaps one; answers how many."""
    statement = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(UserSession.id != but)
    return int(db.execute(statement.values(revoked_at=now)).rowcount)


# -- passwords -------------------------------------------------------------------------------------


def check_password(password: str, username: str) -> None:
    """:raises Invalid: when a password would be guessed."""
    if len(password) < MIN_PASSWORD:
        raise Invalid(errors={"password": _l("A password needs at least %(number)s characters.") % {"number": MIN_PASSWORD}})
    if len(password) > 200 or "\x00" in password:
        raise Invalid(errors={"password": _l("This password cannot be used.")})
    if password.lower() in _COMMON or password.lower() == username.lower() or len(set(password)) < 4:
        raise Invalid(errors={"password": _l("This password is too easy to guess.")})


def change_own_password(db: Session, *, old: str, new: str, session_row: int | None, actor: Actor, now: datetime) -> None:
    """Change one's own password; other devices are signed out.

    :raises WrongPassword: when the old one is wrong.
    :raises Invalid: when the new one is weak.
    """
    stored = db.scalar(select(User.password).where(User.id == actor.id))
    if not check_password_hash(stored or _NOBODY, old):
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


# -- users -----------------------------------------------------------------------------------------


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
        _may_grant(actor, name, _grants_of(db, found[name]))
    db.execute(insert(assoc_user_role), [{"user_id": user_id, "role_id": i} for i in found.values()])


def _roles_of(db: Session, user_id: int) -> set[str]:
    joined = select(Role.name).join(assoc_user_role, assoc_user_role.c.role_id == Role.id)
    return set(db.scalars(joined.where(assoc_user_role.c.user_id == user_id)))


def _may_grant(actor: Actor, role: str, grants: Iterable[tuple[str, str]]) -> None:
    """Nobody gives away what he lacks."""
    if actor.everything:
        return
    if role == OWNER or any(not actor.may(*pair) for pair in grants):
        raise Forbidden(_l("You cannot give away rights that you do not have."))


def _may_touch(db: Session, user_id: int, actor: Actor) -> None:
    """Whoever holds less than a user cannot take his account over."""
    for name in _roles_of(db, user_id):
        role_id = db.scalar(select(Role.id).where(Role.name == name))
        _may_grant(actor, name, _grants_of(db, role_id or 0))


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


# -- roles -----------------------------------------------------------------------------------------


def _grants_of(db: Session, role_id: int) -> set[tuple[str, str]]:
    joined = (
        select(Permission.name, ViewMenu.name)
        .select_from(assoc_permissionview_role)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(assoc_permissionview_role.c.role_id == role_id)
    )
    return set(db.execute(joined).tuples().all())


def grants_of(db: Session, role_id: int) -> set[tuple[str, str]]:
    """What a role may do, as pairs (``can_ship``, ``orders.Order``)."""
    return _grants_of(db, role_id)


def create_role(db: Session, *, name: str, grants: set[tuple[str, str]], actor: Actor, now: datetime) -> int:
    """A new role with these grants; answers its number."""
    name = name.strip()
    if db.scalar(select(Role.id).where(Role.name == name)) is not None:
        raise Invalid(errors={"name": _l("This name is taken already.")})
    role_id = int(db.execute(insert(Role.__table__).values(name=name)).inserted_primary_key[0])
    audit.record(db, "core.role.created", target=("core.Role", role_id), label=name, actor=actor, now=now)
    set_grants(db, role_id=role_id, grants=grants, scope=None, actor=actor, now=now)
    return role_id


def set_grants(
    db: Session, *, role_id: int, grants: set[tuple[str, str]], scope: set[str] | None, actor: Actor, now: datetime
) -> None:
    """Make a role hold exactly ``grants``, within the resources of ``scope`` (those of enabled plugins).

    :raises Forbidden: when the actor gives or takes what he does not hold himself.
    """
    role = db.get(Role, role_id)
    if role is None:
        raise NotFound()
    if role.name == OWNER:
        raise Forbidden(_l("The owner may do everything; that cannot be changed."))
    present = {pair for pair in _grants_of(db, role_id) if scope is None or pair[1] in scope}
    added, taken = grants - present, present - grants
    _may_grant(actor, role.name, added | taken)
    rows = db.execute(
        select(PermissionView.id, Permission.name, ViewMenu.name)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )
    numbers = {(name, resource): i for i, name, resource in rows}
    if taken:
        gone = [numbers[pair] for pair in taken]
        table = assoc_permissionview_role
        db.execute(delete(table).where(table.c.role_id == role_id, table.c.permission_view_id.in_(gone)))
    if added:
        db.execute(insert(assoc_permissionview_role), [{"role_id": role_id, "permission_view_id": numbers[p]} for p in sorted(added)])
    if added or taken:
        generation.bump(db, "security")
        audit.record(
            db, "core.role.grants_changed", target=("core.Role", role_id), label=role.name, actor=actor, now=now,
            before={"taken": sorted(" ".join(p) for p in taken)}, after={"given": sorted(" ".join(p) for p in added)},
        )  # fmt: skip


def delete_role(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Delete a role that nobody has."""
    role = db.get(Role, id)
    if role is None:
        raise NotFound()
    if role.name == OWNER:
        raise Forbidden()
    if db.scalar(select(assoc_user_role.c.id).where(assoc_user_role.c.role_id == id).limit(1)) is not None:
        raise DomainError(_l("Somebody still has this role."))
    name = role.name
    db.execute(delete(assoc_permissionview_role).where(assoc_permissionview_role.c.role_id == id))
    db.execute(delete(Role).where(Role.id == id))
    audit.record(db, "core.role.deleted", target=("core.Role", id), label=name, actor=actor, now=now)


