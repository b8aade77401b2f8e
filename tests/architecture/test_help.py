"""Help is complete and short: each bundled screen, setting and right has an article in both languages, and no sentence is long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from zhanggui.articles import checks, plain
from zhanggui.articles.library import Library, library_of
from zhanggui.host import hosted
from zhanggui.host.core_part import core_part
from zhanggui.host.discovery import discover
from zhanggui.host.host import Host, build_host
from zhanggui.host.trial import no_shop
from zhanggui.i18n.readers import speaking
from zhanggui.kernel.actors import ANONYMOUS

ROOT = Path(__file__).parents[2]
_END = {"en": re.compile(r"(?<=[.!?])\s+"), "zh_CN": re.compile(r"(?<=[。！？])")}


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """All bundled plugins, without a shop behind them."""
    with no_shop(None, {"ZHANGGUI_PLUGINS__FOLDERS": str(ROOT / "plugins"), "ZHANGGUI_THEME__FOLDERS": str(ROOT / "themes")}):
        found = discover([str(ROOT / "plugins")])
        built = build_host(found.manifests, set(found.manifests), core_part())
        with hosted(built):
            yield built


@pytest.fixture
def shelf(host: Host) -> Library:
    return library_of(host)


def test_each_screen_setting_and_right_has_an_article(host: Host):
    assert list(checks.uncovered(host)) == []


def test_one_without_an_article_would_be_counted(host: Host, shelf: Library, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(shelf.articles, "inventory.warning")
    assert list(checks.uncovered(host)) == ["setting plugin.inventory.warn_level"]


def test_no_sentence_is_long(host: Host, shelf: Library):
    long = []
    for versions in shelf.articles.values():
        for locale, article in versions.items():
            with speaking(locale, host):
                for line in article.body.splitlines():
                    for said in _END[locale].split(plain(line, ANONYMOUS, shelf.labeled)):
                        length = len(said.split()) if locale == "en" else len(said)
                        if length > (30 if locale == "en" else 60):
                            long.append((article.id, locale, length, said))
    assert long == []


def test_there_is_a_way_to_learn_the_first_tasks(shelf: Library):
    assert len(shelf.tours) >= 6
    assert len(shelf.articles) >= 40


def test_no_article_is_past_its_review_at_a_release(shelf: Library):
    assert [a.id for versions in shelf.articles.values() if (a := versions["en"]).review_by is None or a.review_by < date(2026, 11, 1)] == []
