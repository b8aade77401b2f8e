"""Whose language a page is written in: the reader's own choice, his browser's wish, the shop's default."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from werkzeug.test import Client, TestResponse

from zhanggui.app import Site
from zhanggui.db.uow import unit_of_work
from zhanggui.i18n.readers import _catalog
from zhanggui.kernel import clock
from zhanggui.notices import notify
from zhanggui.testing.browsing import Visitor


@pytest.fixture
def kind() -> str:
    """The language does not depend on the database: SQLite is enough."""
    return "sqlite"


def language(response: TestResponse) -> str:
    return response.get_data(as_text=True).split('<html lang="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("wish", "spoken"),
    [
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("fr,en;q=0.5", "en"),
        ("de,fr", "zh-CN"),
        ("*", "zh-CN"),
        ("; drop table", "zh-CN"),
        (None, "zh-CN"),
    ],
)
def test_a_stranger_is_answered_in_the_first_language_of_his_browser_that_we_speak(site: Site, wish: str | None, spoken: str):
    headers = {"Accept": "text/html"} | ({"Accept-Language": wish} if wish else {})
    assert language(Client(site).get("/login/", headers=headers)) == spoken


def test_who_chose_a_language_keeps_it_whatever_the_browser_says(visit: Callable[..., Visitor]):
    visitor = visit("clerk")
    visitor.get("/me/")
    visitor.post("/me/language", {"language": "en"})
    headers = {"Accept": "text/html", "Accept-Language": "zh-CN"}
    assert language(visitor.get("/me/", headers=headers)) == "en"
    visitor.post("/me/language", {"language": "zh_CN"})
    assert language(visitor.get("/me/", headers={"Accept": "text/html", "Accept-Language": "en"})) == "zh-CN"


def test_who_chose_a_zone_sees_his_own_hours(visit: Callable[..., Visitor]):
    visitor = visit("clerk")
    form = visitor.get("/me/time-zone").text
    assert 'data-lookup="/me/zones"' in form and "As the shop: Shanghai, China (UTC+08:00)" in form and form.count("<option") == 1
    assert [one["id"] for one in visitor.get("/me/zones?q=里斯本").get_json()["items"]] == ["Europe/Lisbon"]
    with clock.hold(datetime(2026, 7, 1, 20, 30, tzinfo=UTC)), unit_of_work() as db:
        notify(db, kind="test", title="late", now=clock.now())
    assert "2 Jul 2026, 04:30" in visitor.get("/messages/").text
    assert visitor.post("/me/time-zone", {"time_zone": "Europe/Lisbon"}).status_code == 303
    assert "1 Jul 2026, 21:30" in visitor.get("/messages/").text
    assert visitor.post("/me/time-zone", {"time_zone": "Mars/Olympus"}).status_code == 422
    assert visitor.post("/me/time-zone", {"time_zone": ""}).status_code == 303
    assert "2 Jul 2026, 04:30" in visitor.get("/messages/").text


def test_a_language_that_we_do_not_speak_is_not_taken(visit: Callable[..., Visitor]):
    visitor = visit("clerk")
    before = language(visitor.get("/me/"))
    assert visitor.post("/me/language", {"language": "../../etc"}).status_code < 500
    assert language(visitor.get("/me/")) == before


def written(folder: Path, locale: str, texts: dict[str, str]) -> str:
    path = folder / locale / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True)
    catalog = Catalog(locale=locale)
    for msgid, text in texts.items():
        catalog.add(msgid, text)
    with path.open("wb") as out:
        write_mo(out, catalog)
    return str(folder)


def test_catalogs_are_merged_and_the_later_one_corrects_the_earlier(tmp_path: Path):
    base = written(tmp_path / "base", "zh", {"Save": "存", "Cancel": "消"})
    core = written(tmp_path / "core", "zh_CN", {"Save": "保存"})
    plugin = written(tmp_path / "plugin", "zh_CN", {"Ship": "发货"})
    app = Flask("languages")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join([base, core, plugin])
    catalog = _catalog(app, "zh_CN")
    assert [catalog.gettext(word) for word in ("Save", "Cancel", "Ship", "Unknown")] == ["保存", "消", "发货", "Unknown"]
    assert _catalog(app, "en").gettext("Save") == "Save"
