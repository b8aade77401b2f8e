"""The root of every mapped class, ours and Flask-AppBuilder's, in one metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flask_appbuilder.models.sqla import Model as FabModel
from sqlalchemy import Column, Integer, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = FabModel.metadata
# Set before Flask-AppBuilder's own tables are imported, so that theirs follow it too.
metadata.naming_convention = NAMING

import flask_appbuilder.security.sqla.models as _fab_models  # noqa: E402 - see the line above

# Of two people who save the rights of one role, the second is told.
_fab_models.Role.__table__.append_column(Column("row_version", Integer, nullable=False, server_default="1"))


class Model(DeclarativeBase):
    """Base of every table. The table name starts with the plugin's short name: ``orders__order``.

    A name that is taken already raises :class:`sqlalchemy.exc.InvalidRequestError` at import, which
    quarantines the plugin that came second.
    """

    __abstract__ = True
    if TYPE_CHECKING:
        __table__: ClassVar[Table]  # type: ignore[assignment]
    registry = FabModel.registry
    metadata = metadata


class Versioned:
    """Mixin for rows that people edit: a save based on an older ``row_version`` is refused."""

    @declared_attr
    def row_version(cls) -> Mapped[int]:
        return mapped_column(Integer, default=1, server_default="1", nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.row_version}
