"""A plugin whose tables change in every way, over tables that are full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from zhanggui.host.discovery import discover
from zhanggui.migrations import history
from zhanggui.migrations.changing import schema_change
from zhanggui.runtime import Runtime, activated

FOLDER = Path(__file__).parents[2] / "plugins_with_history"
HISTORY = FOLDER / "zhanggui_shapes" / "migrations"


def rows_of(connection):
    names = [name for name in sa.inspect(connection).get_table_names() if name.startswith("shapes__")]
    return {name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"'))) for name in names}


def everything(runtime):
    """Tables, columns, constraints, indexes, triggers as the database itself describes them, and every row."""
    with runtime.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            made = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").all()
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        else:
            made = [connection.exec_driver_sql(statement).all() for statement in (
                "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length FROM information_schema.columns"
                " WHERE table_schema = 'public' ORDER BY 1, 2",
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname LIKE '%%shapes__%%' ORDER BY 1",
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
                "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
            )]  # fmt: skip
        return made, rows_of(connection)


def fill(runtime):
    with runtime.write_bind.begin() as connection:
        for statement in (
            "INSERT INTO shapes__supplier (id, name, phone, rating, note, old_code, parent_id) VALUES"
            " (1, 'Green', '123', '5', 'best', 'A', NULL), (2, 'Black', NULL, '', NULL, 'B', 1), (3, 'White', '456', '4', 'late', 'C', 1)",
            "INSERT INTO shapes__offer (id, supplier_id, product, brand) VALUES (1, 1, 'tea', 'Leaf'), (2, 1, 'pot', 'Clay'), (3, 2, 'tea', 'Leaf')",
            "INSERT INTO shapes__entry (id, supplier_id, amount) VALUES (1, 1, 10), (2, 2, 20)",
            "INSERT INTO shapes__forgotten (id) VALUES (1)",
        ):
            connection.exec_driver_sql(statement)


def bring(runtime, to="head"):
    with schema_change(runtime.write_bind) as connection:
        history.run(connection, "shapes", HISTORY, to)


@pytest.fixture
def shapes():
    """The plugin's package; which shape fails is forgotten afterwards."""
    discover([FOLDER])
    from zhanggui_shapes import shapes

    yield shapes
    shapes.STOP = None


@pytest.fixture
def filled(databases, kind, shapes) -> Iterator[Runtime]:
    """The first release of the plugin, with rows in every table, and nothing else in the database."""
    runtime = databases.empty(kind)
    with activated(runtime):
        bring(runtime, "shapes_0001")
        fill(runtime)
        yield runtime
    databases.drop(runtime)


@contextmanager
def changing(runtime):
    """Plain operations by ``op``, as a migration has them."""
    with schema_change(runtime.write_bind) as connection, Operations.context(MigrationContext.configure(connection)):
        yield connection
