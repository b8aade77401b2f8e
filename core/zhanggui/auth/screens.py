"""Staff and roles as screens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User, assoc_permissionview_role, assoc_user_role
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor, current_actor
from ..kernel.reader import Reader
from ..web.describe import Action, Card, Choice, Column, Field, Filter, Screen, Search, Section
from . import factors, service
from .rights import resource_names, rights

_ACTIVE = [Choice(True, _l("active"), "good"), Choice(False, _l("disabled"), "neutral")]


def role_label(name: str) -> Any:
    """What a role is called: presets have a name in every language, others the one that they were given."""
    from ..host import current_host

    presets = {preset.name: preset.label for preset in current_host().every("role_presets")}
    return {service.OWNER: _l("Owner"), **presets}.get(name, name)


def _role_choices() -> list[Choice]:
    from ..db.uow import reading

    with reading() as db:
        return [Choice(name, role_label(name)) for name in db.scalars(select(Role.name).order_by(Role.name))]


def _role_names(db: Session, ids: list[int]) -> dict[int, list[str]]:
    joined = select(assoc_user_role.c.user_id, Role.name).join(Role, Role.id == assoc_user_role.c.role_id)
    found: dict[int, list[str]] = {}
    for user_id, name in db.execute(joined.where(assoc_user_role.c.user_id.in_(ids)).order_by(Role.name)):
        found.setdefault(user_id, []).append(name)
    return found


def _roles_by_user(db: Session, _reader: Reader, ids: list[int]) -> dict[int, str]:
    return {user_id: ", ".join(str(role_label(name)) for name in names) for user_id, names in _role_names(db, ids).items()}


def _roles_list(db: Session, row: Any) -> list[str]:
    return _role_names(db, [row.id]).get(row.id, [])


def _last_login(row: Any) -> datetime | None:
    return row.last_login.replace(tzinfo=UTC) if row.last_login else None


def create_user(db: Session, *, actor: Actor, now: datetime, **values: Any) -> int:
    """From the form: a new member of staff."""
    return service.create_user(
        db, username=values["username"], password=values["password"], roles=values["roles"] or (),
        display_name=values["display_name"] or "", actor=actor, now=now,
    )  # fmt: skip


def set_roles(db: Session, *, id: int, roles: Sequence[str], actor: Actor, now: datetime) -> None:
    """From the form: exactly these roles."""
    service.set_roles(db, id=id, roles=roles, actor=actor, now=now)


_USER_PASSWORD = Field("password", _l("New password"), "password", required=True, autocomplete="new-password",
                       help=_l("At least 10 characters."))  # fmt: skip

USERS = Screen(
    resource="core.User", source=User, route="/people/users", title=_l("Staff"), singular=_l("Member of staff"), icon="users",
    label="username", default_sort=("username",),
    columns=[
        Column("username", _l("User name"), sortable=True),
        Column("first_name", _l("Full name")),
        Column("active", _l("State"), "status", choices=_ACTIVE),
        Column("roles", _l("Roles"), load=_roles_by_user),
        Column("last_login", _l("Last signed in"), "datetime", value=_last_login),
    ],
    card=Card(title="first_name", badge="active", sub=("username", "roles")),
    search=Search(prefix=("username", "first_name"), hint=_l("Name")),
    filters=[Filter("active", _l("State"), choices=_ACTIVE)],
    fields=[
        Field("username", _l("User name"), "code", required=True, max_length=64),
        Field("display_name", _l("Full name"), max_length=60),
        _USER_PASSWORD,
        Field("roles", _l("Roles"), "choices", choices=_role_choices),
    ],
    sections=[Section("account", _l("Account"), columns=("username", "first_name", "active", "roles", "last_login"))],
    actions=[
        Action("set_roles", _l("Change roles"), set_roles, "shield", "primary",
               fields=[Field("roles", _l("Roles"), "choices", choices=_role_choices, get=_roles_list)], fresh=True),
        Action("set_password", _l("Set a new password"), service.set_password, "lock", fields=[_USER_PASSWORD],
               when=lambda row: not service.is_oneself(current_actor(), row.id),  # one's own asks for the present one
               done=_l("The password was changed; all devices were signed out.")),
        Action("reset_factor", _l("Reset the second factor"), factors.reset, "fingerprint", "danger", fresh=True,
               when=lambda row: not service.is_oneself(current_actor(), row.id),
               confirm=lambda row: _l("Reset the second factor of %(name)s?", name=row.username),
               follows=_l("His password alone lets him in until he sets up a new one; his devices are signed out."), stays=_l("Leave it"),
               done=_l("The second factor was reset.")),
        Action("disable", _l("Disable"), service.disable_user, "lock", "danger", when=lambda row: bool(row.active), needs=("active",),
               confirm=lambda row: _l("Disable the account %(name)s?", name=row.username), follows=_l("Its devices are signed out; it can be enabled again."),
               stays=_l("Leave it enabled"), done=_l("The account was disabled.")),
        Action("enable", _l("Enable"), service.enable_user, "check", when=lambda row: not row.active, needs=("active",),
               done=_l("The account was enabled.")),
    ],
    create=create_user, always=("last_login",), api=False, fresh=True,
)  # fmt: skip


# -- roles ----------------------------------------------------------------------------------------


def role_fields() -> list[Field]:
    """The name, then one line of rights per kind of row."""
    named = resource_names()
    fields = [Field("name", _l("Name"), required=True, max_length=60)]
    for resource, verbs in rights().items():
        title = named.get(resource) or _l("Other rights")
        fields.append(
            Field(
                resource.replace(".", "__"), title, "choices", choices=[Choice(name, word) for name, word in verbs],
                get=lambda db, row, resource=resource: _held(db, row, resource),
            )
        )  # fmt: skip
    return fields


def _held(db: Session, row: Any, resource: str) -> list[str]:
    key = f"grants-{row.id}"
    cache = db.info.setdefault("role_grants", {})
    if key not in cache:
        cache[key] = service.grants_of(db, row.id)
    return [name for name, where in cache[key] if where == resource]


def _grants(values: dict[str, Any]) -> set[tuple[str, str]]:
    return {(name, field.replace("__", ".")) for field, names in values.items() for name in names or ()}


def create_role(db: Session, *, name: str, actor: Actor, now: datetime, **rights: Any) -> int:
    """From the form: a role with its rights."""
    return service.create_role(db, name=name, grants=_grants(rights), actor=actor, now=now)


def update_role(db: Session, *, id: int, row_version: int | None, name: str, actor: Actor, now: datetime, **rights: Any) -> None:
    """From the form: exactly these rights, within what is enabled. The name stays: presets know it."""
    scope = {field.replace("__", ".") for field in rights}
    service.set_grants(db, role_id=id, grants=_grants(rights), scope=scope, actor=actor, now=now, row_version=row_version)


def _counts(db: Session, ids: list[int], column: Any, counted: Any) -> dict[int, int]:
    return dict(db.execute(select(column, func.count(counted)).where(column.in_(ids)).group_by(column)).tuples().all())


ROLES = Screen(
    resource="core.Role", source=Role, route="/people/roles", title=_l("Roles"), singular=_l("Role"), icon="shield",
    default_sort=("name",),
    columns=[
        Column("name", _l("Role"), sortable=True, value=lambda row: str(role_label(row.name))),
        Column("users", _l("Members"), "int", load=lambda db, _reader, ids: _counts(db, ids, assoc_user_role.c.role_id, assoc_user_role.c.user_id)),
        Column("rights", _l("Rights"), "int",
               load=lambda db, _reader, ids: _counts(db, ids, assoc_permissionview_role.c.role_id, assoc_permissionview_role.c.id)),
    ],
    card=Card(title="name", end="users", sub=("rights",)),
    fields=role_fields, create=create_role, update=update_role, delete=service.delete_role, api=False, fresh=True,
)  # fmt: skip

SCREENS = [USERS, ROLES]
