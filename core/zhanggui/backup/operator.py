"""Whoever restores over a shop that runs stays who he is: his account, and the secrets of this machine, are not those of the backup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from sqlalchemy import Table, delete, func, insert, inspect, or_, select, update
from sqlalchemy.engine import Connection

from ..auth.models import Factor, RecoveryCode
from ..config.models import StoredSetting
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import NotFound
from ..runtime import Runtime

_user: Table = User.__table__
_role: Table = Role.__table__
_setting = StoredSetting.__table__
_FACTOR: tuple[Table, ...] = (Factor.__table__, RecoveryCode.__table__)  # type: ignore[assignment] # tables of mapped classes
_ACCOUNT = ("username", "password", "active", "first_name", "last_name")


@dataclass(frozen=True)
class Kept:
    """What stays: an account with the names of its roles, and stored secrets."""

    account: Mapping[str, Any] | None
    roles: Sequence[str]
    secrets: Sequence[Mapping[str, Any]]
    factor: Mapping[Table, Sequence[Mapping[str, Any]]] = field(default_factory=dict)  # rows of the account's second factor


@dataclass(frozen=True)
class Operator:
    """Whose account stays, if anybody's, and whether the stored secrets of this shop do."""

    username: str | None = None
    secrets: bool = True

    def read(self, runtime: Runtime) -> Kept:
        """As it is before the restore.

        :raises NotFound: when nobody of this name is here.
        """
        account, roles, secrets = None, [], []
        factor: dict[Table, list[dict[str, Any]]] = {}
        with runtime.engine.connect() as connection:
            if inspect(connection).has_table(_setting.name) and self.secrets:
                names = [key for key, setting in runtime.config.settings.items() if setting.secret]
                secrets = [dict(row) for row in connection.execute(select(_setting).where(_setting.c.key.in_(names))).mappings()]
            if self.username is not None:
                row = None
                if inspect(connection).has_table(_user.name):
                    row = connection.execute(select(_user.c.id, _user.c.email, *(_user.c[n] for n in _ACCOUNT)).where(_user.c.username == self.username)).mappings().first()
                if row is None:
                    raise NotFound(_l("There is no user %(name)s here."), name=self.username)
                account = dict(row)
                for table in _FACTOR:
                    if inspect(connection).has_table(table.name):
                        factor[table] = [dict(r) for r in connection.execute(select(table).where(table.c.user_id == row["id"])).mappings()]
                held = select(_role.c.name).join(assoc_user_role, assoc_user_role.c.role_id == _role.c.id).where(assoc_user_role.c.user_id == account.pop("id"))
                roles = list(connection.scalars(held))
        return Kept(account, roles, secrets, factor)

    def put_back(self, connection: Connection, kept: Kept) -> None:
        """Into the rows that were restored."""
        if self.secrets and inspect(connection).has_table(_setting.name):
            connection.execute(delete(_setting).where(_setting.c.key.in_([row["key"] for row in kept.secrets])))
            if kept.secrets:
                connection.execute(insert(_setting), [dict(row) for row in kept.secrets])
        if kept.account is None:
            return
        same = connection.scalar(select(_user.c.id).where(or_(_user.c.username == kept.account["username"], _user.c.email == kept.account["email"])))
        if same is None:
            same = (connection.scalar(select(func.max(_user.c.id))) or 0) + 1
            connection.execute(insert(_user).values(id=same, **kept.account))
        else:
            connection.execute(update(_user).where(_user.c.id == same).values({name: kept.account[name] for name in _ACCOUNT}))
        held = select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == same)
        missing = connection.scalars(select(_role.c.id).where(_role.c.name.in_(kept.roles), _role.c.id.not_in(held))).all()
        first = (connection.scalar(select(func.max(assoc_user_role.c.id))) or 0) + 1
        for number, role_id in enumerate(missing, first):
            connection.execute(insert(assoc_user_role).values(id=number, user_id=same, role_id=role_id))
        for table, rows in kept.factor.items():
            if inspect(connection).has_table(table.name):
                connection.execute(delete(table).where(table.c.user_id == same))
                if rows:
                    connection.execute(insert(table), [{**row, "user_id": same} for row in rows])
