"""The signed-in user as requests see him: read once per process and change of rights, not per request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import has_request_context, request
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_group_role,
    assoc_permissionview_role,
    assoc_user_group,
    assoc_user_role,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db.uow import reading
from ..host import generation
from ..kernel.actors import Actor
from ..runtime import current_runtime
from .models import Profile
from .permissions import OWNER

_MOST = 2000  # cached users per process


@dataclass(frozen=True)
class Principal:
    """A user with everything that a request asks of him. Speaks Flask-Login."""

    id: int
    username: str
    display_name: str
    active: bool
    roles: tuple[str, ...]
    permissions: frozenset[tuple[str, str]]
    everything: bool
    locale: str | None
    time_zone: str | None
    appearance: str | None
    credentials_since: datetime

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether the account is enabled."""
        return self.active

    def get_id(self) -> str:
        """For Flask-Login."""
        return str(self.id)

    def get_full_name(self) -> str:
        """For Flask-AppBuilder."""
        return self.display_name

    def actor(self, ip: str | None = None) -> Actor:
        """This user as the author of changes."""
        return Actor("user", self.id, self.username, self.permissions, self.everything, ip)


def find_principal(user_id: int) -> Principal | None:
    """The user with his rights as they are now; None when there is no such user or he is disabled."""
    runtime = current_runtime()
    stamp = request.environ.get("zhanggui.generations") if has_request_context() else None
    if stamp is None:
        with reading() as db:
            stamp = generation.read(db)
    cache: dict[int, tuple[int, Principal | None]] = runtime.shared.setdefault("principals", {})
    cached = cache.get(user_id)
    if cached is None or cached[0] != stamp.security:
        with reading() as db:
            found = _read(db, user_id)
        if len(cache) > _MOST:
            cache.clear()
        cached = cache[user_id] = (stamp.security, found)
    principal = cached[1]
    return principal if principal is not None and principal.active else None


def _read(db: Session, user_id: int) -> Principal | None:
    user: Any = db.execute(
        select(User.id, User.username, User.first_name, User.last_name, User.active).where(User.id == user_id)
    ).first()
    if user is None:
        return None
    own = select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == user_id)
    by_group = (
        select(assoc_group_role.c.role_id)
        .join(assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id)
        .where(assoc_user_group.c.user_id == user_id)
    )
    role_ids = own.union(by_group)
    roles = tuple(db.scalars(select(Role.name).where(Role.id.in_(role_ids)).order_by(Role.name)))
    held = (
        select(Permission.name, ViewMenu.name)
        .select_from(assoc_permissionview_role)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(assoc_permissionview_role.c.role_id.in_(role_ids))
    )
    profile = db.get(Profile, user_id)
    return Principal(
        id=user.id, username=user.username, display_name=f"{user.first_name} {user.last_name}".strip() or user.username,
        active=bool(user.active), roles=roles, permissions=frozenset(db.execute(held).tuples().all()), everything=OWNER in roles,
        locale=profile.locale if profile else None, time_zone=profile.time_zone if profile else None,
        appearance=profile.appearance if profile else None,
        credentials_since=profile.credentials_since if profile else datetime(1970, 1, 1, tzinfo=UTC),
    )  # fmt: skip
