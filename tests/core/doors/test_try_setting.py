"""A setting is tried with what stands in the form, and what goes wrong outside is told as a sentence."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import delete, select

from zhanggui.config import settings
from zhanggui.config.models import StoredSetting
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import generation
from zhanggui.host.names import unanswered
from zhanggui.host.service import build
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM

CHINESE = {"headers": {"Accept": "text/html", "Accept-Language": "zh-CN"}}
TYPED = {
    "plugin.doors.times": "7", "plugin.doors.hosts": "b.example, c.example", "plugin.doors.loud__shown": "1", "plugin.doors.key": "just typed",
    "plugin.inventory.warn_level": "999", "instance.name": "Elsewhere", "plugin.doors.depth": "9",
}  # fmt: skip


@pytest.fixture
def keep():
    """``keep("plugin.doors.key", "kept")``: stored for one test."""
    before = {}

    def do(key, value):
        before.setdefault(key, settings.get(key))
        with unit_of_work() as db:
            settings.set(db, key, value, actor=SYSTEM, now=clock.now())

    yield do
    with unit_of_work() as db:
        db.execute(delete(StoredSetting).where(StoredSetting.key.in_(before)))
        generation.bump(db, "settings")


@pytest.fixture
def press(boss, doors):
    return lambda typed, **more: boss.post("/system/settings/test/plugin.doors.times", typed, **more)


def test_it_gets_its_own_values_as_they_were_typed_each_of_its_kind(press, doors):
    page = press(TYPED)
    assert page.status_code == 200
    assert doors.TRIED == [{
        "plugin.doors.times": 7, "plugin.doors.hosts": ["b.example", "c.example"], "plugin.doors.loud": False, "plugin.doors.key": "just typed",
        "plugin.doors.depth": 3,
    }]  # fmt: skip
    assert "The far end answered." in page.get_data(as_text=True)


def test_nothing_is_stored_and_the_form_stays_as_it_was_typed(press):
    page = press(TYPED)
    with reading() as db:
        assert db.scalars(select(StoredSetting.key).where(StoredSetting.key.like("plugin.doors%"))).all() == []
    body = page.get_data(as_text=True)
    assert 'value="b.example, c.example"' in body and 'value="Elsewhere"' in body and 'value="just typed"' in body
    assert "no-store" in page.headers["Cache-Control"]


def test_what_is_not_in_the_form_is_as_it_is_stored(press, doors, keep):
    keep("plugin.doors.key", "kept")
    press({"plugin.doors.times": "2", "plugin.doors.key": ""})
    assert doors.TRIED[0] == {
        "plugin.doors.times": 2, "plugin.doors.hosts": ["a.example"], "plugin.doors.loud": True, "plugin.doors.key": "kept", "plugin.doors.depth": 3,
    }  # fmt: skip


def test_a_value_that_a_file_locks_is_the_files_whatever_is_sent(instance, press, doors, monkeypatch):
    monkeypatch.setitem(instance.config.locked, "plugin.doors.times", "acme.toml")
    press({"plugin.doors.times": "7"})
    assert doors.TRIED[0]["plugin.doors.times"] == 1


def test_a_value_of_the_wrong_kind_is_said_and_nothing_is_tried(press, doors):
    page = press({"plugin.doors.times": "many"})
    assert page.status_code == 422 and 'aria-invalid="true"' in page.get_data(as_text=True)
    assert doors.TRIED == []


def test_trouble_outside_is_a_sentence_in_the_readers_language(press, doors):
    doors.OUTSIDE[0] = doors.away
    page = press({"plugin.doors.times": "7"}, **CHINESE)
    assert page.status_code == 200
    assert "请先登录" in page.get_data(as_text=True) and 'value="7"' in page.get_data(as_text=True)


def test_anything_else_is_the_general_sentence_and_a_line_in_the_log(press, doors, caplog):
    doors.OUTSIDE[0] = lambda: {}["inner workings"]
    with caplog.at_level(logging.ERROR):
        page = press({"plugin.doors.times": "7"})
    body = page.get_data(as_text=True)
    assert "The test could not be made: the plugin “Door keeper” failed." in body and "inner workings" not in body
    assert any("plugin.doors.times" in record.getMessage() and record.exc_info for record in caplog.records)


def test_a_list_is_shown_as_it_is_typed(boss, keep):
    keep("plugin.doors.hosts", ["b.example", "c.example"])
    assert 'value="b.example, c.example"' in boss.get("/system/settings/").get_data(as_text=True)


def test_a_test_of_somebody_elses_setting_is_told(instance, doors, monkeypatch):
    def register_setting_tests():
        return {"instance.name": doors.SettingTest("Knock", doors.knock)}

    monkeypatch.setattr(doors, "register_setting_tests", doors.hookimpl(register_setting_tests))
    said = [str(error) for plugin, error in unanswered(build(instance)) if plugin == "doors"]
    assert any("“instance.name” is no setting of doors" in sentence for sentence in said), said
