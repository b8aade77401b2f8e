"""Checks and predicates compared on PostgreSQL, which writes them in words of its own.

``price >= 0`` comes back as ``(price >= 0)``, ``a IN (1, 2)`` as ``= ANY (ARRAY[1, 2])``. So the database is asked
how it writes what the model says: on an empty copy of the table, which is gone again at once.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.ddl.impl import ComparisonResult
from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy.exc import DBAPIError

_PROBE = "zhanggui_probe"
_CHECK = sa.text("SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = :name AND conrelid = to_regclass(:table)")
_WHERE = sa.text(
    "SELECT pg_get_expr(indpred, indrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = :name AND indrelid = to_regclass(:table)"
)


class ComparingPostgreSQL(PostgresqlImpl):
    """What Alembic calls for PostgreSQL, in every migration of this process."""

    __dialect__ = "postgresql"

    def compare_check_constraint(self, metadata_constraint: Any, reflected_constraint: Any) -> ComparisonResult:
        probe = sa.Table(_PROBE, sa.MetaData())
        sa.CheckConstraint(self._words(metadata_constraint.sqltext), name=_PROBE, table=probe)
        (check,) = (c for c in probe.constraints if isinstance(c, sa.CheckConstraint))
        return self._compared(_CHECK, reflected_constraint.table.name, reflected_constraint.name, sa.schema.AddConstraint(check))

    def compare_indexes(self, metadata_index: sa.Index, reflected_index: sa.Index) -> ComparisonResult:
        plain = super().compare_indexes(metadata_index, reflected_index)
        wanted, found = (index.dialect_options["postgresql"]["where"] for index in (metadata_index, reflected_index))
        if not plain.is_equal or (wanted is None and found is None):
            return plain
        if wanted is None or found is None:
            return ComparisonResult.Different("with and without a condition")
        table = reflected_index.table
        assert table is not None
        key = next(iter([*reflected_index.columns, *table.primary_key]))
        probe = sa.Table(_PROBE, sa.MetaData(), sa.Column(key.name))
        index = sa.Index(f"{_PROBE}_ix", *probe.c, postgresql_where=sa.text(self._words(wanted)))
        return self._compared(_WHERE, table.name, str(reflected_index.name), sa.schema.CreateIndex(index), f"{_PROBE}_ix")

    def _words(self, expression: Any) -> str:
        element = sa.text(expression) if isinstance(expression, str) else expression
        return self.render_ddl_sql_expr(element).replace("%%", "%").replace(":", r"\:")

    def _compared(self, question: sa.TextClause, table: str, name: str, make: Any, made: str = _PROBE) -> ComparisonResult:
        connection = self.connection
        assert connection is not None
        found = connection.scalar(question, {"name": name, "table": f'"{table}"'})
        point = connection.begin_nested()
        try:
            connection.exec_driver_sql(f'CREATE TEMPORARY TABLE {_PROBE} (LIKE "{table}")')
            connection.execute(make)
            wanted = connection.scalar(question, {"name": made, "table": _PROBE})
        except DBAPIError as error:  # a column that is yet to come
            return ComparisonResult.Different(str(error.orig).splitlines()[0])
        finally:
            point.rollback()
        return ComparisonResult.Equal() if wanted == found else ComparisonResult.Different(f"{found} to {wanted}")
