"""What a change of tables would lose is refused in a sentence, and what was forgotten is noticed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import op

from zhanggui.migrations.autogenerate import differences
from zhanggui.migrations.changing import MigrationRefused
from zhanggui.migrations.statements import tokens

from .conftest import bring, changing, everything


def test_rows_that_would_point_nowhere_stop_the_commit_and_their_table_is_named(filled):
    before = everything(filled)
    with pytest.raises((MigrationRefused, sa.exc.IntegrityError)) as refused, changing(filled) as connection:
        connection.exec_driver_sql("DELETE FROM shapes__supplier WHERE id IN (1, 2, 3)")
    assert "shapes__entry" in str(refused.value)
    if filled.engine.dialect.name == "sqlite":
        assert str(refused.value) == "Rows of shapes__entry would point to rows of shapes__supplier that are not there (2)."
    assert everything(filled) == before  # and looks at foreign keys, which are on again


def test_a_foreign_key_to_what_is_no_key_is_refused(filled):
    before = everything(filled)
    with pytest.raises((MigrationRefused, sa.exc.ProgrammingError)) as refused, changing(filled):
        op.create_foreign_key("fk_shapes__offer_brand", "shapes__offer", "shapes__supplier", ["brand"], ["note"])
    assert "shapes__supplier" in str(refused.value)
    assert everything(filled) == before


def test_a_batch_is_its_operations_one_by_one(filled):
    with changing(filled) as connection:
        with op.batch_alter_table("shapes__entry") as batch:
            batch.alter_column("amount", existing_type=sa.BigInteger(), nullable=False, new_column_name="sum")
            batch.create_check_constraint("ck_shapes__entry_sum", "sum <> 0")
        assert [row[0] for row in connection.exec_driver_sql("SELECT sum FROM shapes__entry ORDER BY id")] == [10, 20]
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), filled.write_bind.begin() as connection:
        connection.exec_driver_sql("DELETE FROM shapes__entry")


def test_a_column_that_nothing_can_fill_comes_to_empty_tables_alone(filled):
    before = everything(filled)
    with pytest.raises(sa.exc.IntegrityError), changing(filled):
        op.add_column("shapes__offer", sa.Column("price", sa.BigInteger(), nullable=False))
    assert everything(filled) == before
    with changing(filled) as connection:
        connection.exec_driver_sql("DELETE FROM shapes__offer")
        op.add_column("shapes__offer", sa.Column("price", sa.BigInteger(), nullable=False))
        op.add_column("shapes__supplier", sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.current_timestamp(), nullable=False))
        assert connection.exec_driver_sql("SELECT count(*) FROM shapes__supplier WHERE at IS NOT NULL").scalar() == 3


def test_what_cannot_be_done_is_not_passed_over(filled):
    before = everything(filled)
    for change in (
        lambda: op.create_unique_constraint("uq_x", "shapes__offer", ["missing"]),
        lambda: op.drop_constraint("missing", "shapes__offer", type_="unique"),
        lambda: op.drop_column("shapes__offer", "missing"),
        lambda: op.alter_column("shapes__offer", "product", existing_type=sa.String(40), type_=sa.String(2)),
    ):
        with pytest.raises((MigrationRefused, ValueError, KeyError, sa.exc.DBAPIError)), changing(filled):
            change()
        assert everything(filled) == before


@pytest.mark.parametrize("kind", ["sqlite"])
def test_every_table_of_today_can_be_built_anew_and_comes_out_the_same(instance):
    def made(connection):
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        return {name: sorted(tokens(sql)) for name, sql in rows}

    with changing(instance) as connection:
        before = made(connection)
        found = sa.inspect(connection)
        for table in found.get_table_names():
            column = found.get_columns(table)[-1]
            op.alter_column(table, column["name"], nullable=column["nullable"])
        assert made(connection) == before


def _anew():
    with op.batch_alter_table("shapes__odd", recreate="always") as batch:
        batch.add_column(sa.Column("b", sa.Text()))


@pytest.mark.parametrize(("made", "change", "said"), [
    ("id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT", None, "“AUTOINCREMENT” would be lost"),
    ("id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE", None, "“COLLATE” would be lost"),
    ("id INTEGER PRIMARY KEY, a TEXT CHECK (a <> '')", None, "a check without a name would be lost"),
    ("id INTEGER PRIMARY KEY, a TEXT", _anew, "it has to say plainly what changes"),
    ("id INTEGER PRIMARY KEY, b TEXT, a TEXT UNIQUE", lambda: op.drop_column("shapes__odd", "a"), "while the trigger shapes__odd_watch needs it"),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_sqlite_could_not_keep_is_refused(filled, made, change, said):
    with filled.write_bind.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE shapes__odd ({made})")
        connection.exec_driver_sql("CREATE TRIGGER shapes__odd_watch AFTER UPDATE OF a ON shapes__odd BEGIN SELECT 1; END")
    before = everything(filled)
    with pytest.raises(MigrationRefused, match=said), changing(filled):
        if change is None:
            op.alter_column("shapes__odd", "a", existing_type=sa.Text(), nullable=False)
        else:
            change()
    assert everything(filled) == before


def _without(name, kind="check", table="shapes__supplier"):
    op.drop_constraint(name, table, type_=kind)


def _index_on_phone(**more):
    op.drop_index("ix_shapes__supplier_phone", "shapes__supplier")
    op.create_index("ix_shapes__supplier_phone", "shapes__supplier", ["phone"], unique=True, **more)


def _other_check():
    _without("ck_shapes__supplier_rating")
    op.create_check_constraint("ck_shapes__supplier_rating", "shapes__supplier", "rating >= 0 AND rating IN (0, 1, 2, 3, 4, 5, 6)")


FORGOTTEN = {
    "a check": lambda: _without("ck_shapes__supplier_rating"),
    "a check that went": lambda: op.create_check_constraint("ck_shapes__supplier_more", "shapes__supplier", "id > 0"),
    "other words of a check": _other_check,
    "a foreign key": lambda: _without("fk_shapes__offer_brand_id", "foreignkey", "shapes__offer"),
    "an index over an expression": lambda: op.drop_index("ix_shapes__supplier_lower", "shapes__supplier"),
    "the condition of an index": _index_on_phone,
    "other words of it": lambda: _index_on_phone(sqlite_where=sa.text("phone > ''"), postgresql_where=sa.text("phone > ''")),
}


class _Back(Exception):
    """Takes a change back."""


def test_a_check_or_an_index_that_differs_is_noticed(filled):
    bring(filled)
    import zhanggui_shapes.models

    assert zhanggui_shapes.models
    unnoticed = []
    for name, forget in FORGOTTEN.items():
        with pytest.raises(_Back), changing(filled) as connection:
            assert differences(connection, "shapes") == []
            forget()
            if differences(connection, "shapes") == []:
                unnoticed.append(name)
            raise _Back
    assert unnoticed == []
