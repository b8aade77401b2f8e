"""Roles and what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
    assoc_user_role,
)
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from .. import audit
from ..db.upsert import insert_for
from ..host import generation
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, Forbidden, Invalid, NotFound, StaleRow
from . import names
from .permissions import OWNER


def grants_of(db: Session, role_id: int) -> set[tuple[str, str]]:
    """What a role may do, as pairs (``can_ship``, ``orders.Order``)."""
    joined = (
        select(Permission.name, ViewMenu.name)
        .select_from(assoc_permissionview_role)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(assoc_permissionview_role.c.role_id == role_id)
    )
    return set(db.execute(joined).tuples().all())


def may_grant(actor: Actor, role: str, grants: Iterable[tuple[str, str]]) -> None:
    """Nobody gives away what he lacks."""
    if actor.everything:
        return
    if role == OWNER or any(not actor.may(*pair) for pair in grants):
        raise Forbidden(_l("You cannot give away rights that you do not have."))


def create_role(db: Session, *, name: str, grants: set[tuple[str, str]], actor: Actor, now: datetime) -> int:
    """A new role with these grants; answers its number.

    :raises Invalid: when the name is taken, or looks like one that is.
    """
    name = names.checked(names.ROLE, name, field="name")
    made = insert_for(db, Role).values(name=name).on_conflict_do_nothing()
    role_id = db.scalar(made.returning(Role.__table__.c.id))
    if role_id is None:
        raise Invalid(errors={"name": names.TAKEN})
    names.take(db, names.ROLE, name, role_id, field="name")
    audit.record(db, "core.role.created", target=("core.Role", role_id), label=name, actor=actor, now=now)
    set_grants(db, role_id=role_id, grants=grants, scope=None, actor=actor, now=now)
    return int(role_id)


def _role(db: Session, role_id: int) -> Any:
    """The role, held until this transaction ends."""
    t = Role.__table__
    role = db.execute(select(t.c.id, t.c.name, t.c.row_version).where(t.c.id == role_id).with_for_update()).first()
    if role is None:
        raise NotFound()
    return role


def set_grants(
    db: Session, *, role_id: int, grants: set[tuple[str, str]], scope: set[str] | None, actor: Actor, now: datetime,
    row_version: int | None = None,
) -> None:  # fmt: skip
    """Make a role hold exactly ``grants``, within the resources of ``scope`` (those of enabled plugins).

    :param row_version: what the form showed; None to change whatever is there.
    :raises Forbidden: when the actor gives or takes what he does not hold himself.
    :raises StaleRow: when somebody else changed the role since.
    """
    role = _role(db, role_id)
    if row_version is not None and row_version != role.row_version:
        raise StaleRow()
    if role.name == OWNER:
        raise Forbidden(_l("The owner may do everything; that cannot be changed."))
    present = {pair for pair in grants_of(db, role_id) if scope is None or pair[1] in scope}
    added, taken = grants - present, present - grants
    may_grant(actor, role.name, added | taken)
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
        db.execute(update(Role.__table__).where(Role.__table__.c.id == role_id).values(row_version=role.row_version + 1))
        generation.bump(db, "security")
        audit.record(
            db, "core.role.grants_changed", target=("core.Role", role_id), label=role.name, actor=actor, now=now,
            before={"taken": sorted(" ".join(p) for p in taken)}, after={"given": sorted(" ".join(p) for p in added)},
        )  # fmt: skip


def delete_role(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Delete a role that nobody has. Whoever gives it to somebody at this moment waits, and then finds it gone."""
    role = _role(db, id)
    if role.name == OWNER:
        raise Forbidden()
    if db.scalar(select(assoc_user_role.c.id).where(assoc_user_role.c.role_id == id).limit(1)) is not None:
        raise DomainError(_l("Somebody still has this role."))
    name = role.name
    db.execute(delete(assoc_permissionview_role).where(assoc_permissionview_role.c.role_id == id))
    db.execute(delete(Role).where(Role.id == id))
    names.give_back(db, names.ROLE, id)
    audit.record(db, "core.role.deleted", target=("core.Role", id), label=name, actor=actor, now=now)
