"""A screen over a bare Core table is served as one over a mapped class is: list, form, detail, export, REST."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect, select

from zhanggui.audit.models import AuditEntry
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import current_host, refresh
from zhanggui.host.service import enable_plugin
from zhanggui.kernel import clock

NAMES = ["Zoe", "Adam", "Li", "Wei", "Ann"]


@pytest.fixture
def book(instance, owner):
    enable_plugin("guest", actor=owner, now=clock.now())
    refresh(instance)
    table = current_host().screens["guest.Entry"].source
    assert inspect(table, raiseerr=False) is not None and not hasattr(table, "__mapper__")
    with unit_of_work() as db:
        table.create(db.connection())
        rows = [
            {"name": name, "stars": n, "public": n % 2 == 0, "secret": "hidden", "created_at": datetime(2026, 1, n + 1, tzinfo=UTC)}
            for n, name in enumerate(NAMES)
        ]
        db.execute(table.insert(), rows)
    return table


def listed(page):
    return re.findall(r'<a href="/guest-book/\d+">(\w+)<', page.text)


def test_it_is_listed_sorted_searched_and_filtered(book, visit):
    boss = visit("owner")
    assert listed(boss.get("/guest-book/")) == NAMES[::-1]
    assert listed(boss.get("/guest-book/?sort=name")) == sorted(NAMES)
    assert listed(boss.get("/guest-book/?q=A&sort=name")) == ["Adam", "Ann"]
    assert listed(boss.get("/guest-book/?public=1&stars_from=1")) == ["Ann", "Li"]
    assert boss.get("/guest-book/?secret=hidden").status_code == 400
    assert boss.get("/guest-book/?sort=secret").status_code == 400
    assert visit("clerk").get("/guest-book/").status_code == 403


def test_it_is_added_to_changed_and_deleted_from(book, visit):
    boss = visit("owner")
    assert boss.post("/guest-book/add", {"name": "Mei", "stars": "5", "secret": "posted"}).status_code == 303
    assert boss.post("/guest-book/add", {"name": "Mei", "stars": "9"}).status_code == 422
    taken = boss.post("/guest-book/add", {"name": "Mei", "stars": "1"})
    assert taken.status_code == 422 and "This is taken already." in taken.text
    with reading() as db:
        mei = db.execute(select(book).where(book.c.name == "Mei")).one()
    assert (mei.stars, mei.secret, mei.row_version) == (5, None, 1)
    changed = {"name": "Mei", "stars": "3", "row_version": "1"}
    assert boss.post(f"/guest-book/{mei.id}/edit", changed).status_code == 303
    assert boss.post(f"/guest-book/{mei.id}/edit", {**changed, "stars": "4"}).status_code == 409
    assert boss.post(f"/guest-book/{mei.id}/delete").status_code == 303
    with reading() as db:
        assert db.execute(select(book).where(book.c.id == mei.id)).first() is None
        acts = db.scalars(select(AuditEntry.action).where(AuditEntry.target_type == "guest.Entry").order_by(AuditEntry.id)).all()
    assert acts == ["guest.entry.created", "guest.entry.changed", "guest.entry.deleted"]


def test_it_is_shown_exported_and_served_over_rest(book, visit):
    boss = visit("owner")
    assert "Zoe" in boss.get("/guest-book/1").text
    assert boss.get("/guest-book/export.csv").text.splitlines()[1].startswith("Zoe,0,1,2026-01-01")
    answer = boss.client.get("/api/v1/guest/guest-book/?limit=2&sort=name").json
    assert [row["name"] for row in answer["items"]] == ["Adam", "Ann"]
    assert set(answer["items"][0]) == {"id", "name", "stars", "public", "created_at"}
    more = boss.client.get(f"/api/v1/guest/guest-book/?limit=2&sort=name&cursor={answer['next']}").json
    assert [row["name"] for row in more["items"]] == ["Li", "Wei"]
