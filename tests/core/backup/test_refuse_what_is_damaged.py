"""A backup that was changed, cut, or made by somebody else is refused before anything is written with it."""

from __future__ import annotations

import io
import json
import random
import tarfile

import pyrage
import pytest
from kept_shop import sums

from zhanggui.backup import archive, restoring, sealing, verifying
from zhanggui.backup.sealing import BackupDamaged, BackupSealed
from zhanggui.db.key_check import WrongKey
from zhanggui.host.service import found_plugins
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.errors import DomainError


def restore(shop, path, keys, **more):
    return restoring.restore(shop, path, keys, found_plugins(shop).manifests, now=clock.now(), actor=SYSTEM, force=True, **more)


@pytest.mark.proof
def test_not_one_byte_may_be_another(shop, back_up, keys, size, keep_figures, kind):
    """Flips, cuts and swapped chunks at random places: all of them are found, and nothing of the shop changes."""
    path = back_up().path
    whole, rng, before = path.read_bytes(), random.Random(12), sums(shop)
    count = size(60, 1000)
    for turn in range(count):
        body = bytearray(whole)
        if turn % 3 == 0:
            body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
        elif turn % 3 == 1:
            del body[rng.randrange(len(body)) :]
        else:
            a, b = sorted(rng.sample(range(len(body) // 512), 2))
            body[a * 512 : a * 512 + 512], body[b * 512 : b * 512 + 512] = body[b * 512 : b * 512 + 512], body[a * 512 : a * 512 + 512]
        path.write_bytes(body)
        with pytest.raises((BackupDamaged, BackupSealed)):
            verifying.verify(path, keys)
    with pytest.raises((BackupDamaged, BackupSealed)):
        restore(shop, path, keys)
    assert sums(shop) == before
    path.write_bytes(whole + b"x")
    with pytest.raises(BackupDamaged):
        verifying.verify(path, keys)
    path.write_bytes(whole)
    assert verifying.verify(path, keys).rows
    keep_figures(f"backup_damage_{kind}", {"changes": count, "found": count, "bytes": len(whole)})


def test_another_key_opens_nothing(shop, back_up):
    path = back_up().path
    with pytest.raises(BackupSealed, match="sealed for other keys"):
        verifying.verify(path, [pyrage.x25519.Identity.generate()])


def members_of(path, keys):
    """The members of a backup in clear: ``[(name, bytes)]``."""
    return [(member.name, member.body.read()) for member in verifying.each(path, keys)]


def sealed_again(shop, path, members, change=lambda info: info):
    """A backup as somebody would make it who has the key and means no good."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as made:
        for name, body in members:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            made.addfile(change(info), io.BytesIO(body))
    with path.open("wb") as out:
        sealing.write_sealed([archive.zstd.compress(plain.getvalue())], out, sealing.recipients(shop.keyring, ()))


@pytest.mark.parametrize("name", [
    "files/../../evil", "/etc/passwd", "files/a/../b", "../head.json", "tables/../x/000000.jsonl", "files/.hidden", "files//x", "passwords.json", "files/a\\b", "tables/UPPER/000000.jsonl",
])  # fmt: skip
def test_a_name_that_leads_out_is_refused(shop, back_up, keys, name):
    path, before = back_up().path, sums(shop)
    sealed_again(shop, path, [*members_of(path, keys)[:1], (name, b"evil")])
    with pytest.raises(BackupDamaged, match="does not belong into a backup"):
        restore(shop, path, keys)
    assert sums(shop) == before


@pytest.mark.parametrize("kind_of", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(shop, back_up, keys, kind_of):
    def link(info):
        if info.name == "files/aa/x":
            info.type, info.linkname, info.size = kind_of, "/etc/passwd", 0
        return info

    path = back_up().path
    sealed_again(shop, path, [*members_of(path, keys)[:1], ("files/aa/x", b"")], link)
    with pytest.raises(BackupDamaged, match="does not belong into a backup"):
        verifying.verify(path, keys)


def test_one_name_twice_is_refused(shop, back_up, keys):
    path = back_up().path
    found = members_of(path, keys)
    sealed_again(shop, path, [*found[:3], found[2], *found[3:]])
    with pytest.raises(BackupDamaged, match="is in it twice"):
        verifying.verify(path, keys)


@pytest.mark.parametrize(("what", "told"), [
    ("a row less", "the rows of"), ("a row more", "the rows of"), ("another file", "the file"), ("no end", "its end is missing"), ("no head", "does not begin with its head"),
    ("a table of no layout", "the rows of"), ("more behind", "more behind its end"), ("a newer form", "newer release"),
])  # fmt: skip
def test_what_does_not_agree_with_itself_is_refused(shop, back_up, keys, what, told):
    path = back_up().path
    found = members_of(path, keys)
    rows = next(n for n, (name, _body) in enumerate(found) if name.startswith("tables/ab_user/"))
    file = next(n for n, (name, _body) in enumerate(found) if name.startswith("files/"))
    if what == "a row less":
        found[rows] = (found[rows][0], found[rows][1].split(b"\n", 1)[1])
    elif what == "a row more":
        found[rows] = (found[rows][0], found[rows][1] * 2)
    elif what == "another file":
        found[file] = (found[file][0], found[file][1] + b"!")
    elif what == "no end":
        found.pop()
    elif what == "no head":
        found = found[1:]
    elif what == "a table of no layout":
        found.insert(3, ("tables/x_evil/000000.jsonl", b"[1]\n"))
    elif what == "more behind":
        found.append(("tables/x_evil/000000.jsonl", b"[1]\n"))
    else:
        found[0] = ("head.json", json.dumps({**json.loads(found[0][1]), "format": 99}).encode())
    sealed_again(shop, path, found)
    with pytest.raises(DomainError, match=told):
        verifying.verify(path, keys)


def test_a_backup_of_a_shop_with_another_secret_key_is_refused(shop, back_up, keys, databases, kind):
    """Who holds a key that opens the file, but not the one that its texts were sealed with, is told before it is too late."""
    path = back_up().path
    other = databases.empty(kind, security__secret_key="o" * 40 + "therkey1234")
    with pytest.raises(WrongKey, match="not the one that this backup was made with"):
        restoring.restore(other, path, keys, found_plugins(shop).manifests, now=clock.now(), actor=SYSTEM)
    with other.engine.connect() as connection:
        from sqlalchemy import inspect

        assert inspect(connection).get_table_names() == []
    databases.drop(other)


def test_a_part_that_would_fill_the_memory_is_refused(shop, back_up, keys, monkeypatch):
    path = back_up().path
    monkeypatch.setattr(archive, "_LARGEST", 100)
    with pytest.raises(BackupDamaged, match="is too large"):
        verifying.verify(path, keys)


def test_a_disk_that_fails_is_no_damaged_backup(shop, keys, tmp_path):
    with pytest.raises(IsADirectoryError):
        verifying.verify(tmp_path, keys)


def test_a_file_that_is_none_is_told(shop, tmp_path, keys):
    file = tmp_path / "20260101T000000Z-manual.age"
    file.write_bytes(b"PK\x03\x04 no backup")
    with pytest.raises(BackupDamaged, match="is damaged or no backup"):
        verifying.verify(file, keys)
