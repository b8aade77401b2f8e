"""Who works here: for whoever tells staff something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from .models import Profile
from .permissions import OWNER


@dataclass(frozen=True)
class StaffMember:
    """Somebody who works here. ``locale`` and ``zone`` are None for who left them as the shop has them."""

    id: int
    name: str
    email: str
    locale: str | None
    zone: str | None


def staff_with(db: Session, right: tuple[str, str] | None) -> list[int]:
    """Who holds a right, by a role of his own or of a group; everybody without one. Of those who may sign in."""
    active = select(User.id).where(User.active.is_(True)).order_by(User.id)
    if right is None:
        return list(db.scalars(active))
    held = (
        select(assoc_permissionview_role.c.role_id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(Permission.name == right[0], ViewMenu.name == right[1])
    )
    roles = select(Role.id).where(or_(Role.name == OWNER, Role.id.in_(held)))
    own = select(assoc_user_role.c.user_id).where(assoc_user_role.c.role_id.in_(roles))
    by_group = (
        select(assoc_user_group.c.user_id)
        .join(assoc_group_role, assoc_group_role.c.group_id == assoc_user_group.c.group_id)
        .where(assoc_group_role.c.role_id.in_(roles))
    )
    return list(db.scalars(active.where(User.id.in_(own.union(by_group)))))


def staff_member(db: Session, user_id: int) -> StaffMember | None:
    """A member of staff; None for nobody, and for one who may not sign in any more."""
    wanted = select(User.id, User.first_name, User.last_name, User.username, User.email, Profile.locale, Profile.time_zone)
    row: Any = db.execute(wanted.outerjoin(Profile, Profile.user_id == User.id).where(User.id == user_id, User.active.is_(True))).first()
    if row is None:
        return None
    return StaffMember(row.id, f"{row.first_name} {row.last_name}".strip() or row.username, row.email or "", row.locale, row.time_zone)
