"""A drill brings the newest backup back somewhere else and says what it found; one that is wrong makes it fail."""

from __future__ import annotations

import pytest
from kept_shop import sums

from zhanggui.backup import drill as drills
from zhanggui.backup import making, restoring
from zhanggui.db.uow import reading
from zhanggui.files import path_of
from zhanggui.files.models import StoredFile
from zhanggui.host.service import found_plugins


def rehearse(shop, backup):
    return drills.drill(shop, backup, found_plugins(shop).manifests)


def test_it_passes_and_says_what_came_back(shop, back_up):
    before = sums(shop)
    said = rehearse(shop, back_up())
    assert (said.passed, said.why) == (True, "")
    assert (said.tables, said.rows) == (len(before), sum(table["rows"] for table in before.values()))
    assert said.files > 2
    assert said.opened > 10
    assert {then == now for then, now in said.totals.values()} == {True}
    assert set(said.totals) == {"inventory.on_hand", "orders.kept", "payments.ledger"}
    assert sums(shop) == before


def test_a_damaged_file_makes_it_fail(shop, back_up):
    made = back_up()
    body = bytearray(made.path.read_bytes())
    body[len(body) // 2] ^= 1
    made.path.write_bytes(body)
    said = rehearse(shop, made)
    assert not said.passed
    assert "is damaged or no backup" in str(said.why)


def test_a_sum_that_does_not_come_out_makes_it_fail(shop, back_up, monkeypatch):
    made = back_up()
    real = making.sums
    monkeypatch.setattr(drills, "sums", lambda connection, totals: {**real(connection, totals), "inventory.on_hand": 1})
    said = rehearse(shop, made)
    assert not said.passed
    assert "inventory.on_hand was" in str(said.why)


def test_a_sum_that_its_plugin_could_not_give_is_compared_with_nothing(shop, back_up, monkeypatch):
    real = making.sums
    monkeypatch.setattr(making, "sums", lambda connection, totals: {**real(connection, totals), "inventory.on_hand": None})
    assert rehearse(shop, back_up()).passed


def test_a_picture_that_is_missing_makes_it_fail(shop, back_up):
    with reading() as db:
        path_of(db.query(StoredFile.id).first()[0], "full").unlink()
    said = rehearse(shop, back_up())
    assert not said.passed
    assert str(said.why) == "Files that rows name are missing: 1."


def test_a_shop_that_does_not_start_makes_it_fail(shop, back_up, monkeypatch):
    from zhanggui.web import health

    monkeypatch.setattr(health, "readiness", lambda: {"database": {"status": "down"}})
    said = rehearse(shop, back_up())
    assert not said.passed
    assert "does not start (503)" in str(said.why)


def test_text_that_cannot_be_read_makes_it_fail(shop, back_up, monkeypatch):
    made, real = back_up(), restoring.restore

    def spoil(there, *args, **kwargs):
        done = real(there, *args, **kwargs)
        with there.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE customers__customer SET name = x'01020304050607080910111213141516171819202122232425262728293031323334' WHERE name IS NOT NULL")
        return done

    monkeypatch.setattr(restoring, "restore", spoil)
    said = rehearse(shop, made)
    assert "customers__customer.name cannot be read" in str(said.why)


@pytest.fixture
def kind():
    """The place of a drill is the same whichever database the shop runs on: see the restores for both."""
    return "sqlite"
