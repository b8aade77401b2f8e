"""Plain operations (``op.alter_column``, ``op.create_check_constraint``, ...) on SQLite, over tables that are full.

SQLite can rename and add by itself. For everything else Alembic builds another table, copies the rows and puts
it in the place of the old one. What it would lose on the way (triggers, partial indexes, orders within an index) is
kept here word by word; what nobody could keep is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from alembic.ddl.impl import ComparisonResult
from alembic.ddl.sqlite import SQLiteImpl
from alembic.migration import MigrationContext
from alembic.operations import BatchOperations, Operations
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.elements import conv

from ..i18n.texts import lazy_gettext as _l
from .changing import MigrationRefused
from .statements import condition, mentions, tokens

# Words of a CREATE TABLE that do not come back from reading its description.
_LOST = {"autoincrement", "collate", "strict", "without", "generated", "conflict"}


class RebuildingSQLite(SQLiteImpl):
    """What Alembic calls for SQLite, in every migration of this process."""

    __dialect__ = "sqlite"
    rebuilding = False

    def requires_recreate_in_batch(self, batch_op: Any) -> bool:
        """Never: the operations of a batch do by themselves what they need."""
        return False

    def prep_table_for_batch(self, batch_impl: Any, table: sa.Table) -> None:
        if not self.rebuilding:
            raise MigrationRefused(
                _l("The migration asks for %(table)s to be built anew, which would lose its triggers: it has to say plainly what changes."),
                table=table.name,
            )

    def cast_for_batch_migrate(self, existing: Any, existing_transfer: Any, new_type: Any) -> None:
        """The column's own affinity turns "12" into 12 and leaves "twelve", which is then refused; a CAST would make it 0."""
        if isinstance(new_type, sa.LargeBinary) or isinstance(existing.type, sa.LargeBinary):
            super().cast_for_batch_migrate(existing, existing_transfer, new_type)

    def _guess_if_default_is_unparenthesized_sql_expr(self, expr: str | None) -> bool:
        return expr != "''" and super()._guess_if_default_is_unparenthesized_sql_expr(expr)  # an empty text is no expression

    def alter_column(self, table_name: str, column_name: str, *, name: str | None = None, **change: Any) -> None:  # type: ignore[override] # what it says is handed on as it came
        new_type = change.get("type_")
        if change.get("nullable") is not None or change.get("server_default", False) is not False or new_type is not None:
            change.pop("schema", None)
            change.pop("comment", None)
            self._rebuild(table_name, lambda batch: batch.impl.alter_column(table_name, column_name, **change), changed=[column_name])
            if new_type is not None:
                self._check_values(table_name, column_name, sa.types.to_instance(new_type))
        if name is not None and name != column_name:
            super().alter_column(table_name, column_name, name=name)

    def add_column(self, table_name: str, column: sa.Column[Any], **kw: Any) -> None:
        try:
            super().add_column(table_name, column, **kw)
        except OperationalError as error:
            if not str(error.orig).startswith("Cannot add"):
                raise
            self._rebuild(table_name, lambda batch: batch.impl.add_column(table_name, column), changed=[column.name])

    def drop_column(self, table_name: str, column: sa.Column[Any], **kw: Any) -> None:  # type: ignore[override] # as above
        try:
            return super().drop_column(table_name, column, **kw)
        except OperationalError as error:
            if str(error.orig).startswith("no such"):
                raise
        checks = sa.inspect(self._open).get_check_constraints(table_name)

        def change(batch: BatchOperations) -> None:
            for check in checks:
                if check["name"] and mentions(check["sqltext"], column.name):
                    batch.impl.drop_constraint(sa.CheckConstraint("", name=conv(check["name"])))
            batch.impl.drop_column(table_name, column)

        self._rebuild(table_name, change, changed=[column.name], dropped=column.name)

    def add_constraint(self, const: Any, **kw: Any) -> None:
        table = const.table.name
        if const._create_rule is not None:
            raise MigrationRefused(_l("A type brings a check to %(table)s: it has to be a check of its own, with a name."), table=table)
        self._rebuild(table, lambda batch: batch.impl.add_constraint(const))
        if const.name is not None and str(const.name).lower() not in tokens(self._created(table)):
            raise MigrationRefused(_l("%(name)s cannot be added to %(table)s: it names a column that is not there."), name=const.name, table=table)

    def drop_constraint(self, const: Any, **kw: Any) -> None:
        self._rebuild(const.table.name, lambda batch: batch.impl.drop_constraint(const))

    @property
    def _open(self) -> sa.Connection:
        assert self.connection is not None
        return self.connection

    def _created(self, table: str) -> str:
        statement = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?"
        return self._open.exec_driver_sql(statement, (table,)).scalar_one()

    def _columns(self, table: str, but: Collection[str]) -> list[Any]:
        rows = self._open.exec_driver_sql("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?)", (table,))
        return [tuple(row) for row in rows if row[0] not in but]

    def _rebuild(
        self, table: str, change: Callable[[BatchOperations], Any], *, changed: Collection[str] = (), dropped: str | None = None
    ) -> None:
        """Put another table in the place of one, with its rows, triggers and indexes.

        :param changed: columns that may look otherwise afterwards.
        :param dropped: a column that goes, with the indexes that mention it, as on PostgreSQL.
        """
        connection = self._open
        if connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
            raise RuntimeError("a table cannot be built anew while foreign keys are on: see changing.schema_change")
        self._refuse_losses(table)
        statement = "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
        kept = connection.exec_driver_sql(statement, (table,)).all()
        if dropped:
            self._refuse_needed(table, dropped)
        for kind, name, _sql in kept:
            connection.exec_driver_sql(f'DROP {kind} "{name}"')
        before = self._columns(table, changed)
        context = MigrationContext.configure(connection)
        context.impl.rebuilding = True  # type: ignore[attr-defined] # of our subclass, on SQLite alone
        # Triggers and views elsewhere that name this table shall not be looked at while it is away.
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        try:
            with Operations(context).batch_alter_table(table, recreate="always", reflect_kwargs={"resolve_fks": False}) as batch:
                change(batch)
        finally:
            connection.exec_driver_sql("PRAGMA legacy_alter_table=OFF")
        if self._columns(table, changed) != before:
            raise MigrationRefused(_l("%(table)s cannot be built anew without changing other columns."), table=table)
        for kind, _name, sql in kept:
            if not (kind == "index" and dropped and mentions(sql[sql.index("(") :], dropped)):
                connection.exec_driver_sql(sql)

    def _refuse_needed(self, table: str, column: str) -> None:
        """A trigger is not looked at when it is made: one that names a column that is gone would fail with the next order."""
        statement = "SELECT name, sql FROM sqlite_schema WHERE type IN ('trigger', 'view')"
        for name, sql in self._open.exec_driver_sql(statement).tuples():
            if mentions(sql, table) and mentions(sql, column):
                raise MigrationRefused(
                    _l("%(column)s of %(table)s cannot be dropped while the trigger %(trigger)s needs it."), column=column, table=table, trigger=name
                )

    def _refuse_losses(self, table: str) -> None:
        words = tokens(self._created(table))
        checks = sa.inspect(self._open).get_check_constraints(table)
        lost = sorted(_LOST & set(words))
        if lost:
            raise MigrationRefused(_l("%(table)s cannot be built anew: “%(word)s” would be lost."), table=table, word=lost[0].upper())
        written = list(pairwise(words)).count(("check", "("))
        if written != len(checks) or not all(check["name"] for check in checks):
            raise MigrationRefused(_l("%(table)s cannot be built anew: a check without a name would be lost."), table=table)

    def _check_values(self, table: str, column: str, new_type: Any) -> None:
        """SQLite keeps what does not fit into a column; PostgreSQL would have stopped."""
        found: sa.ColumnClause[Any] = sa.column(column)
        if isinstance(new_type, sa.Integer | sa.Boolean):
            wrong: Any = sa.func.typeof(found) != "integer"
        elif isinstance(new_type, sa.Numeric):
            wrong = sa.func.typeof(found).not_in(["integer", "real"])
        elif isinstance(new_type, sa.String) and new_type.length:
            wrong = sa.func.length(found) > new_type.length
        else:
            return
        rows = self._open.scalar(sa.select(sa.func.count()).select_from(sa.table(table)).where(found.is_not(None), wrong))
        if rows:
            raise MigrationRefused(_l("Rows of %(table)s do not fit the new type of %(column)s (%(rows)s)."), rows=rows, table=table, column=column)

    def compare_check_constraint(self, metadata_constraint: Any, reflected_constraint: Any) -> ComparisonResult:
        wanted = self.render_ddl_sql_expr(metadata_constraint.sqltext)
        return _compared(condition(wanted), condition(str(reflected_constraint.sqltext)))

    def compare_indexes(self, metadata_index: sa.Index, reflected_index: sa.Index) -> ComparisonResult:
        plain = super().compare_indexes(metadata_index, reflected_index)
        if not plain.is_equal:
            return plain
        return _compared(*(self._predicate(index) for index in (metadata_index, reflected_index)))

    def _predicate(self, index: sa.Index) -> list[str]:
        where = index.dialect_options["sqlite"]["where"]
        return [] if where is None else condition(self.render_ddl_sql_expr(sa.text(where) if isinstance(where, str) else where))

    def correct_for_autogen_constraints(self, conn_uniques: Any, conn_indexes: Any, metadata_uniques: Any, metadata_indexes: Any) -> None:  # type: ignore[override] # its sets are of private classes
        """Indexes over expressions cannot be read back: those are compared by how they were made."""
        for index in [i for i in metadata_indexes if any(not isinstance(e, sa.Column) for e in i.expressions)]:
            made = self._open.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?", (index.name,)).scalar()
            wanted = str(sa.schema.CreateIndex(index).compile(dialect=self.dialect))
            if made is not None and tokens(made) == tokens(wanted):
                metadata_indexes.discard(index)


def _compared(wanted: list[str], found: list[str]) -> ComparisonResult:
    return ComparisonResult.Equal() if wanted == found else ComparisonResult.Different(f"{' '.join(found)} to {' '.join(wanted)}")
