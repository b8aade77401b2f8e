"""Copies are sent to a folder and to a real store that speaks S3."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import obstore
import pytest
from sqlalchemy import select

from zhanggui.api import ProviderError, backups, clock, reading, unit_of_work
from zhanggui.notices.models import Notice
from zhanggui.runtime import Runtime
from zhanggui_backup import targets
from zhanggui_backup.models import Run
from zhanggui_backup.services import sending

KEY, SECRET, BUCKET = "shop-key", "shop-secret-2026", "copies"  # as in conftest


def at(store: str, **more: Any) -> dict[str, Any]:
    return {"s3_endpoint": store, "s3_bucket": BUCKET, "s3_key": KEY, "s3_secret": SECRET, "s3_prefix": "tea", **more}


def make() -> backups.Backup:
    return backups.make(kind="manual", now=clock.now())


def sent() -> list[tuple[str, str]]:
    with reading() as db:
        return [(run.target, run.state) for run in db.scalars(select(Run).where(Run.kind == "send").order_by(Run.id))]


def values(**said: Any) -> dict[str, Any]:
    return {f"plugin.backup.{name}": said.get(name, "") for name in ("folder", "s3_endpoint", "s3_bucket", "s3_prefix", "s3_region", "s3_key", "s3_secret")}


def test_a_folder_gets_the_whole_copy(instance: Runtime, set_to: Callable[..., None], tmp_path: Path):
    set_to(folder=str(tmp_path))
    copy = make()
    assert sending.send_missing() == 1
    assert (tmp_path / copy.name).read_bytes() == copy.path.read_bytes()
    assert sent() == [("folder", "done")]
    assert sending.missing(clock.now()) == []


def test_a_store_gets_the_whole_copy_and_opens_again_from_there(instance: Runtime, set_to: Callable[..., None], store: str, visit: Any):
    set_to(**at(store))
    copy = make()
    assert sending.send_missing() == 1
    there = targets.TARGETS[1].open(targets.stored())
    assert bytes(obstore.get(there, copy.name).bytes()) == copy.path.read_bytes()
    assert "sent to: Store" in visit("owner").get("/backups/").get_data(as_text=True)


def test_a_store_that_refuses_is_told_and_tried_again_later(instance: Runtime, set_to: Callable[..., None], store: str):
    set_to(**at(store, s3_secret="another"))
    make()
    assert sending.send_missing() == 0
    assert sent() == [("store", "failed")]
    assert sending.missing(clock.now()) == [], "not before an hour has gone"
    with reading() as db:
        assert db.scalars(select(Notice.kind).where(Notice.kind.like("backup.%"))).all() == ["backup.backup"]
        assert SECRET not in str(db.scalars(select(Run.why)).all())


def test_what_is_not_kept_here_goes_there_too(instance: Runtime, set_to: Callable[..., None], tmp_path: Path):
    set_to(folder=str(tmp_path))
    old = make()
    sending.send_missing()
    (tmp_path / "of-somebody-else.txt").write_text("stays")
    backups.find(old.name).path.unlink()
    new = make()
    sending.send_missing()
    assert {path.name for path in tmp_path.iterdir()} == {new.name, "of-somebody-else.txt"}


def test_the_button_tries_the_store(instance: Runtime, store: str):
    knock = targets.TESTS["plugin.backup.s3_endpoint"].run
    said = values(s3_endpoint=store, s3_bucket=BUCKET, s3_key=KEY, s3_secret=SECRET)
    assert "can be used" in str(knock(said))
    with pytest.raises(ProviderError, match="this key may not do that"):
        knock({**said, "plugin.backup.s3_secret": "another"})
    with pytest.raises(ProviderError, match="Name the address"):
        knock(values())
    with pytest.raises(ProviderError, match="may not be called"):
        knock({**said, "plugin.backup.s3_endpoint": "http://169.254.169.254"})


def test_the_button_tries_the_folder(instance: Runtime, tmp_path: Path):
    knock = targets.TESTS["plugin.backup.folder"].run
    assert "can be used" in str(knock(values(folder=str(tmp_path))))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProviderError, match="There is no folder"):
        knock(values(folder=str(tmp_path / "nowhere")))
    with pytest.raises(ProviderError, match="from the top"):
        knock(values(folder="backups"))


def test_a_copy_that_arrived_short_was_not_sent(instance: Runtime, set_to: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    set_to(folder=str(tmp_path))
    copy = make()
    whole = obstore.put
    monkeypatch.setattr(targets.obstore, "put", lambda store, name, path: whole(store, name, Path(path).read_bytes()[:-1]))
    with pytest.raises(ProviderError, match="bytes of"):
        targets.send(targets.TARGETS[0], copy)


def test_a_disk_that_is_full_is_told(instance: Runtime, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch):
    from zhanggui.api import SYSTEM
    from zhanggui.backup import sealing
    from zhanggui_backup import jobs

    def full(*_given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealing, "write_sealed", full)
    with unit_of_work() as db:
        jobs.begin_backup(db, cause="scheduled", actor=SYSTEM)
    work()
    with reading() as db:
        kind, state, why = db.execute(select(Run.kind, Run.state, Run.why)).one()
    assert (kind, state) == ("backup", "failed")
    assert "No space left" in why
