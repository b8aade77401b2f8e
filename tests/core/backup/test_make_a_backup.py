"""A backup holds everything as it stood at one moment, and nothing of it can be read without a key."""

from __future__ import annotations

import io
import threading

import pyrage
import pytest
from kept_shop import PHONE, sums

from zhanggui.backup import making, places, sealing, verifying
from zhanggui.db.uow import unit_of_work
from zhanggui.files.models import StoredFile
from zhanggui.kernel import clock
from zhanggui.kernel.errors import DomainError


def test_every_row_of_every_table_is_in_it(shop, back_up, keys):
    contents = verifying.verify(back_up().path, keys)
    assert contents.tables == sums(shop)
    assert contents.rows > 300
    assert {table["rows"] > 0 for name, table in contents.tables.items() if name in ("orders__order", "inventory__stock_level", "ab_user", "core__audit")} == {True}


def test_files_and_sums_and_settings_are_in_it(shop, back_up, keys):
    contents = verifying.verify(back_up().path, keys)
    assert len(contents.files) == sum(path.is_file() for path in (shop.data / "files").rglob("*")) >= 3
    assert contents.totals["inventory.on_hand"] > 0
    assert contents.totals["orders.kept"]["currency"] == "CNY"
    assert "security.secret_key" not in contents.settings
    assert contents.settings["instance.data"]["layer"] == "environment"


def test_nobody_reads_a_word_of_it(shop, back_up):
    made = back_up()
    body = made.path.read_bytes() + places.description_of(made.path).read_bytes()
    for word in (PHONE.encode(), b"paper", "陈小满".encode(), b"orders__order", shop.config["security.secret_key"].encode()):
        assert word not in body
    assert made.path.stat().st_mode & 0o077 == 0


def test_it_stands_at_one_moment_while_others_write(shop, keys, monkeypatch):
    """Rows that come while it is written are not in it: not even those of tables that it had not come to yet."""
    before, wrote = sums(shop), threading.Event()

    def meddle(_what, done, _of):
        if done == 1 and not wrote.is_set():
            wrote.set()
            with unit_of_work() as db:
                db.add(StoredFile(id="zzzzzzzzzzzzzzzz", name="late", media_type="image/webp", digest="0" * 64, size=1, width=1, height=1, created_at=clock.now()))

    made = making.create_backup(shop, kind="manual", now=clock.now(), report=meddle)
    assert wrote.is_set()
    assert verifying.verify(made.path, keys).tables == before
    assert sums(shop)["core__file"]["rows"] == before["core__file"]["rows"] + 1


@pytest.mark.parametrize("what", ["rows", "disk"])
def test_what_went_wrong_is_told_as_it_was(shop, what, monkeypatch):
    class Full(io.RawIOBase):
        def write(self, _block):
            raise OSError(28, "No space left on device")

    def blocks():
        yield b"x"
        raise ValueError("a column of a kind that is not known")

    target, told = (io.BytesIO(), "a column of a kind") if what == "rows" else (Full(), "No space left")
    with pytest.raises((ValueError, OSError), match=told):
        sealing.write_sealed(blocks() if what == "rows" else iter([b"x" * 1_000_000]), target, sealing.recipients(shop.keyring, ()))


def test_two_at_once_are_one(shop):
    folder = places.folder_of(shop)
    folder.mkdir(parents=True, exist_ok=True)
    with places.alone(folder), pytest.raises(places.BackupBusy):
        making.create_backup(shop, kind="manual", now=clock.now())


def test_one_that_stops_half_way_leaves_nothing(shop):
    def break_off(_what, done, _of):
        if done == 5:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        making.create_backup(shop, kind="manual", now=clock.now(), report=break_off)
    assert [path.name for path in places.folder_of(shop).iterdir() if path.name != ".lock"] == []


def test_what_a_killed_one_left_goes_with_the_next(shop, back_up):
    left = places.folder_of(shop) / "20260101T000000Z-manual.part"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    back_up()
    assert not left.exists()


def test_two_of_one_second_have_names_of_their_own(shop, keys):
    now = clock.now()
    made = [making.create_backup(shop, kind="manual", now=now) for _ in range(2)]
    assert len({one.name for one in made}) == 2
    assert [one.name for one in places.backups(places.folder_of(shop))] == sorted((one.name for one in made), reverse=True)


def test_who_looks_after_the_shop_opens_it_with_a_key_of_his_own(shop, monkeypatch, tmp_path):
    his = pyrage.x25519.Identity.generate()
    monkeypatch.setitem(shop.config.settled, "backup.recipients", [str(his.to_public())])
    made = making.create_backup(shop, kind="manual", now=clock.now())
    file = tmp_path / "key.txt"
    file.write_text(f"# his key\n{his}\n")
    assert verifying.verify(made.path, sealing.identities(shop.keyring, file)).rows
    file.write_text("no key")
    with pytest.raises(DomainError, match="holds no key"):
        sealing.identities(shop.keyring, file)
    monkeypatch.setitem(shop.config.settled, "backup.recipients", ["age1nonsense"])
    with pytest.raises(DomainError, match="no public key"):
        making.create_backup(shop, kind="manual", now=clock.now())


def test_the_key_that_is_printed_opens_it(shop, back_up, tmp_path):
    made = back_up()
    file = tmp_path / "shop.key"
    file.write_text(sealing.instance_key(shop.keyring))
    assert verifying.verify(made.path, sealing.identities(shop.keyring, file)).rows
