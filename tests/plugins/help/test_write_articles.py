"""The shop's own articles: nobody reads them before they are published, nothing in them runs, and there is a way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from werkzeug.test import Client

from zhanggui.api import Actor, DomainError, NotFound, StaleRow, unit_of_work
from zhanggui.app import Site
from zhanggui.runtime import Runtime
from zhanggui_help.models import Article, Version
from zhanggui_help.services import own

API = "/shop/api/v1/articles"
TEXTS = {"zh_CN": "多久送到？", "en": "How long does it take?"}
BODY = {"zh_CN": "两到四天。\n\n## 偏远地区\n\n更久。", "en": "Two to four days.\n\n## Far away\n\nLonger."}


class Tags(HTMLParser):
    """What of a text is markup."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.fixture
def written(instance: Runtime, owner: Actor, noon: datetime) -> int:
    with unit_of_work() as db:
        return own.create(db, title=TEXTS, body=BODY, keywords="快递 delivery", actor=owner, now=noon)


def shown(site: Site, path: str = "", language: str = "zh-CN") -> dict:
    answer = Client(site).get(f"{API}{path}", headers={"Accept-Language": language})
    return answer.get_json() | {"status": answer.status_code}


def mine(site: Site, language: str = "zh-CN", question: str = "") -> list[tuple[str, str]]:
    found = shown(site, f"?q={question}" if question else "", language)["items"]
    return [(one["title"], one["lead"]) for one in found if one["id"].startswith("shop-")]


def test_what_is_written_is_read_when_it_is_published_in_each_language(site: Site, written: int, owner: Actor, noon: datetime):
    assert mine(site) == []
    with unit_of_work() as db:
        own.publish(db, id=written, actor=owner, now=noon)
    assert mine(site) == [("多久送到？", "两到四天。")]
    assert mine(site, "en") == [("How long does it take?", "Two to four days.")]
    assert mine(site, question="送到") == [("多久送到？", "两到四天。")]
    one = next(one["id"] for one in shown(site, "", "en")["items"] if one["id"].startswith("shop-"))
    article = shown(site, f"/{one}", "en")
    assert (article["status"], article["lang"]) == (200, "en")
    assert article["html"] == "<p>Two to four days.</p>\n<h2>Far away</h2>\n<p>Longer.</p>\n"


def test_a_change_waits_for_the_next_publishing_and_can_be_taken_back(site: Site, written: int, owner: Actor, noon: datetime):
    with unit_of_work() as db:
        own.publish(db, id=written, actor=owner, now=noon)
        own.change(db, id=written, row_version=None, actor=owner, now=noon, body={"zh_CN": "一周。"})
    assert mine(site) == [("多久送到？", "两到四天。")]
    with unit_of_work() as db:
        own.publish(db, id=written, actor=owner, now=noon)
    assert mine(site) == [("多久送到？", "一周。")]
    with unit_of_work() as db:
        own.take_back(db, id=written, actor=owner, now=noon)
        assert db.get_one(Article, written).body == BODY["zh_CN"]
    assert mine(site) == [("多久送到？", "两到四天。")]
    with unit_of_work() as db:
        own.take_back(db, id=written, actor=owner, now=noon)
    assert mine(site) == []
    with unit_of_work() as db, pytest.raises(DomainError):
        own.take_back(db, id=written, actor=owner, now=noon)


def test_publishing_twice_without_a_change_is_refused_and_a_late_save_is_told(written: int, owner: Actor, noon: datetime):
    with unit_of_work() as db:
        own.publish(db, id=written, actor=owner, now=noon)
    with unit_of_work() as db, pytest.raises(DomainError, match="Nothing was changed"):
        own.publish(db, id=written, actor=owner, now=noon)
    with unit_of_work() as db, pytest.raises(StaleRow):
        own.change(db, id=written, row_version=1, actor=owner, now=noon, title="Other")


def test_a_version_is_never_changed(instance: Runtime, written: int, owner: Actor, noon: datetime):
    with unit_of_work() as db:
        own.publish(db, id=written, actor=owner, now=noon)
    with pytest.raises(DatabaseError, match="append-only"), unit_of_work() as db:
        db.execute(text("UPDATE help__version SET author = 'nobody'"))
    with unit_of_work() as db:
        assert db.scalar(select(func.count()).select_from(Version)) == 1


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](data:text/html,a)", "![x](https://evil.example/a.png)",
        "{{ 7 * 7 }} {% include 'zg/base.html' %}", "<style>body{display:none}</style>", "{setting instance.name} {screen orders.Order}", '<a href="https://x" onclick="a()">y</a>',
    ],
)  # fmt: skip
def test_nothing_in_it_runs(site: Site, instance: Runtime, owner: Actor, noon: datetime, evil: str):
    with unit_of_work() as db:
        article = own.create(db, title="X", body=evil, actor=owner, now=noon)
        own.publish(db, id=article, actor=owner, now=noon)
    one = next(one["id"] for one in shown(site)["items"] if one["id"].startswith("shop-"))
    html = shown(site, f"/{one}")["html"]
    page = Tags()
    page.feed(html)
    assert {tag for tag, _attributes in page.seen} <= {"p", "a"}
    assert {name for _tag, attributes in page.seen for name in attributes} <= {"href", "rel"}
    assert all(attributes.get("href", "https:").startswith("https:") for _tag, attributes in page.seen)
    assert "49" not in html and "/orders/" not in html


def test_articles_for_staff_and_what_is_not_there_are_404_for_customers(site: Site, written: int, owner: Actor, noon: datetime):
    with unit_of_work() as db:
        own.change(db, id=written, row_version=None, actor=owner, now=noon, audience="staff")
        own.publish(db, id=written, actor=owner, now=noon)
        public = db.get_one(Article, written).public_id
    assert mine(site) == []
    assert [shown(site, f"/{one}")["status"] for one in (f"shop-{public}", "core-rights", "shop-none", "nothing", "storefront-how-to-order")] == [404, 404, 404, 404, 200]
    with unit_of_work() as db, pytest.raises(NotFound):
        own.publish(db, id=999, actor=owner, now=noon)


def test_a_disabled_plugin_takes_its_articles_along(instance: Runtime, visit: Callable, owner: Actor):
    from zhanggui.host import service
    from zhanggui.kernel import clock

    reader = visit("owner")
    assert reader.get("/help/a/webhooks.endpoints").status_code == 200
    service.disable_plugin("webhooks", actor=owner, now=clock.now())
    answer = reader.get("/help/a/webhooks.endpoints")
    assert answer.status_code == 404
    assert "switched off" in answer.get_data(as_text=True)
    assert "webhooks.endpoints" not in reader.get("/help/").get_data(as_text=True)


def test_a_refused_page_says_why_and_the_panel_names_the_article(visit: Callable):
    reader = visit("viewer")
    refused = reader.get("/system/settings/")
    assert refused.status_code == 403
    assert 'href="/help/panel?screen=core.Setting.manage&amp;why=1"' in refused.get_data(as_text=True)
    panel = reader.get("/help/panel?screen=core.Setting.manage&why=1", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "/help/a/core.rights" in panel and "/help/a/core.settings" in panel
    assert "<html" not in panel


def test_the_panel_costs_at_most_twelve_kilobytes(visit: Callable):
    reader = visit("owner")
    for key in ("orders.Order.list", "products.Product.list", "core.Setting.manage"):
        answer = reader.get(f"/help/panel?screen={key}", headers={"HX-Request": "true"})
        assert 300 < len(answer.get_data()) <= 12 * 1024
