"""Plain operations change tables that are full, on both databases, all of them or none."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from zhanggui.migrations.autogenerate import differences
from zhanggui.migrations.history import MigrationFailed

from .conftest import bring, everything, rows_of

NAMES = ["rename", "nullability", "type_", "check", "unique", "drop", "foreign_key", "data_move", "closed_table"]


def test_every_shape_keeps_the_rows_and_makes_what_the_models_say(filled, shapes):
    assert list(shapes.SHAPES) == NAMES
    filled_before = everything(filled)[1]
    bring(filled)
    with filled.engine.connect() as connection:
        from zhanggui_shapes import models

        assert models
        assert differences(connection, "shapes") == []
        read = {name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT {what} FROM {name} ORDER BY 1")] for name, what in (
            ("shapes__supplier", "id, name, phone, rating, remark, parent_id"), ("shapes__offer", "id, supplier_id, product, brand_id"),
            ("shapes__brand", "id, name"),
        )}  # fmt: skip
        assert read == {
            "shapes__supplier": [(1, "Green", "123", 5, "BEST", None), (2, "Black", "", 0, None, 1), (3, "White", "456", 4, "LATE", 1)],
            "shapes__offer": [(1, 1, "tea", 2), (2, 1, "pot", 1), (3, 2, "tea", 2)],
            "shapes__brand": [(1, "Clay"), (2, "Leaf")],
        }
        assert rows_of(connection)["shapes__entry"] == filled_before["shapes__entry"]


def test_what_was_forbidden_stays_so_and_more_is(filled):
    bring(filled)
    for statement in (
        "INSERT INTO shapes__supplier (id, name, rating) VALUES (9, 'Red', 9)",
        "INSERT INTO shapes__supplier (id, name, rating) VALUES (9, '', 1)",
        "INSERT INTO shapes__supplier (id, name, phone) VALUES (9, 'Red', NULL)",
        "INSERT INTO shapes__supplier (id, name, phone) VALUES (9, 'Red', '123')",
        "INSERT INTO shapes__offer (id, supplier_id, product) VALUES (9, 1, 'tea')",
        "INSERT INTO shapes__offer (id, supplier_id, product, brand_id) VALUES (9, 1, 'cup', 99)",
        "INSERT INTO shapes__supplier (id, name, parent_id) VALUES (9, 'Red', 99)",
        "INSERT INTO shapes__entry (id, supplier_id, amount) VALUES (9, 1, NULL)",
        "UPDATE shapes__entry SET amount = 0",
        "DELETE FROM shapes__supplier WHERE id = 1",
    ):
        with pytest.raises(sa.exc.DBAPIError), filled.write_bind.begin() as connection:
            connection.exec_driver_sql(statement)
    with filled.write_bind.begin() as connection:
        connection.exec_driver_sql("INSERT INTO shapes__supplier (id, name, rating, remark) VALUES (9, 'Red', 5, 'x')")


def test_one_that_fails_half_way_leaves_everything_as_it_was(filled, shapes):
    before = everything(filled)
    for name in NAMES:
        shapes.STOP = name
        with pytest.raises(MigrationFailed, match=r"shapes_0002 does not work \(RuntimeError\)"):
            bring(filled)
        assert everything(filled) == before, name


@pytest.mark.parametrize("spoilt", [
    "UPDATE shapes__supplier SET phone = NULL WHERE id = 1",
    "UPDATE shapes__supplier SET rating = 'good' WHERE id = 3",
    "UPDATE shapes__supplier SET rating = '7' WHERE id = 3",
    "UPDATE shapes__offer SET product = 'tea', supplier_id = 1",
    "INSERT INTO shapes__entry (id, supplier_id) VALUES (3, 1)",
])  # fmt: skip
def test_rows_that_do_not_fit_stop_it_and_nothing_is_lost(filled, spoilt):
    with filled.write_bind.begin() as connection:
        connection.exec_driver_sql(spoilt)
    before = everything(filled)
    with pytest.raises(MigrationFailed):
        bring(filled)
    assert everything(filled) == before
