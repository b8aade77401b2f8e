"""Settings that are changed while the shop runs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from zhanggui.audit.models import AuditEntry
from zhanggui.config import Config, settings
from zhanggui.config.declare import Setting
from zhanggui.config.models import StoredSetting
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import generation
from zhanggui.kernel.actors import Actor
from zhanggui.kernel.errors import Invalid, NotFound
from zhanggui.runtime import Runtime

KEY = "plugin.orders.auto_close_minutes"


def change(key: str, value: object, actor: Actor, now: datetime) -> None:
    with unit_of_work() as db:
        settings.set(db, key, value, actor=actor, now=now)


def test_the_new_value_is_there_at_once_and_in_the_audit(instance: Runtime, owner: Actor, noon: datetime):
    assert settings.get(KEY) == 30
    with reading() as db:
        before = generation.read(db).settings
    change(KEY, 45, owner, noon)
    assert settings.get(KEY) == 45
    with reading() as db:
        assert generation.read(db).settings == before + 1
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "core.setting.changed")).one()
        assert (entry.before, entry.after) == ({KEY: 30}, {KEY: 45})


def test_another_process_sees_it_too(instance: Runtime, owner: Actor, noon: datetime):
    settings.get(KEY)
    change(KEY, 45, owner, noon)
    instance.shared.clear()
    assert settings.get(KEY) == 45


def test_saving_the_same_value_changes_nothing(instance: Runtime, owner: Actor, noon: datetime):
    change(KEY, 30, owner, noon)
    with reading() as db:
        assert db.get(StoredSetting, KEY) is None


@pytest.mark.parametrize("value", [-1, 43201, "45", None, True])
def test_a_value_out_of_its_limits_is_refused(instance: Runtime, owner: Actor, noon: datetime, value: object):
    with pytest.raises(Invalid) as refusal:
        change(KEY, value, owner, noon)
    assert set(refusal.value.errors) == {KEY}
    assert settings.get(KEY) == 30


@pytest.mark.parametrize(("key", "value"), [("plugin.inventory.warn_level", 10**20), ("instance.name", "x" * 2001), ("instance.name", "a\0b")])
def test_a_setting_without_limits_of_its_own_has_some(instance: Runtime, owner: Actor, noon: datetime, key: str, value: object):
    with pytest.raises(Invalid) as refusal:
        change(key, value, owner, noon)
    assert set(refusal.value.errors) == {key}


@pytest.mark.parametrize("key", ["database.url", "security.secret_key", "plugin.orders.nothing"])
def test_what_belongs_to_the_files_cannot_be_changed_here(instance: Runtime, owner: Actor, noon: datetime, key: str):
    with pytest.raises(NotFound):
        change(key, "sqlite:///elsewhere", owner, noon)


@pytest.fixture
def locked(instance: Runtime, tmp_path: Path) -> Iterator[Path]:
    """A file that locks the setting, read by this instance."""
    path = tmp_path / "acme.toml"
    path.write_text(f'locked = ["{KEY}"]\n[plugin.orders]\nauto_close_minutes = 60\n')
    environ = {
        "ZHANGGUI_SECURITY__SECRET_KEY": instance.config["security.secret_key"],
        "ZHANGGUI_PLUGINS__FOLDERS": ",".join(instance.config["plugins.folders"]),
    }
    before, instance.config = instance.config, Config.load(path, environ)
    yield path
    instance.config = before


def test_a_file_that_locks_it_wins_and_is_named(instance: Runtime, owner: Actor, noon: datetime, locked: Path):
    assert settings.get(KEY) == 60
    with pytest.raises(Invalid) as refusal:
        change(KEY, 45, owner, noon)
    assert str(locked) in str(refusal.value.errors[KEY])


def test_a_secret_is_sealed_in_the_database_and_absent_from_the_audit(instance: Runtime, owner: Actor, noon: datetime):
    key = "plugin.orders.provider_key"
    instance.config.settings[key] = Setting(key, "secret", "", runtime=True)
    instance.config.settled[key] = ""
    change(key, "hunter2-hunter2", owner, noon)
    assert settings.get(key) == "hunter2-hunter2"
    change(key, "", owner, noon)  # an empty box means: as it was
    assert settings.get(key) == "hunter2-hunter2"
    with reading() as db:
        stored = db.get_one(StoredSetting, key).value
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "core.setting.changed")).one()
        assert "hunter2" not in repr((entry.before, entry.after, entry.label))
    assert "hunter2" not in stored
    assert b"hunter2" not in base64.b64decode(stored)
