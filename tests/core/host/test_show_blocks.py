"""A page of blocks shows each of its kinds; one that fails harms itself alone, and nobody sees what is not for him."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service as accounts
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import refresh
from zhanggui.host.models import PluginFault
from zhanggui.host.service import enable_plugin, upgrade
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor, acting_as
from zhanggui.runtime import activated, open_runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD

sys.path.insert(0, str(Path(__file__).parents[2] / "plugins" / "orders"))

from shop import add_product, place  # noqa: E402 - found by the line above

OWNER = Actor("user", name="owner", everything=True)
NOT_NOW = "This part is not available right now: a plugin failed."


def block(page, name):
    """What stands in a block."""
    found = page.partition(f'id="block-{name}"')[2]
    assert found, name
    return found.partition("</section>")[0]


@pytest.fixture(scope="module")
def site(databases):
    """A shop with two orders and the plugin with the page."""
    root = Path(__file__).parents[3]
    runtime = open_runtime(databases.fresh("sqlite", PLUGINS__FOLDERS=f"{root}/plugins,{root}/tests/plugins_for_tests"))
    with activated(runtime), acting_as(SYSTEM):
        upgrade(runtime)
        refresh(runtime)
        enable_plugin("fails_blocks", actor=SYSTEM, now=clock.now())
        with unit_of_work() as db:
            tea = add_product(db, OWNER, stock=10)
            for _n in range(2):
                place(db, OWNER, (tea, 1))
            for name, role in (("boss", "owner"), ("sam", "viewer")):
                accounts.create_user(db, username=name, password=PASSWORD, roles=[role], actor=SYSTEM, now=clock.now(), display_name=name)
        yield Site(runtime)
    databases.drop(runtime)


@pytest.fixture(scope="module")
def boss(site):
    visitor = Visitor(Client(site))
    visitor.log_in("boss", PASSWORD)
    return visitor


@pytest.fixture(scope="module")
def page(boss):
    answer = boss.get("/blocks/")
    assert answer.status_code == 200
    return answer.text


def test_blocks_that_fail_say_so_and_the_others_stand(boss, page):
    assert NOT_NOW in block(page, "raises")
    assert NOT_NOW in block(page, "lies")
    assert page.count(NOT_NOW) == 2
    assert "ch-plot" in block(page, "cups")
    assert "1,234" in block(page, "count")
    assert "<strong>en</strong>" in block(page, "words")
    assert "<b>" not in block(page, "words")
    assert "Ann" in block(page, "past")
    with reading() as db:
        assert "fails_blocks.Page raises" in set(db.scalars(select(PluginFault.name)))
    assert "style=" not in page


def test_a_list_is_what_its_screen_shows(page):
    shown = block(page, "orders")
    assert shown.count("<li>") == 1
    assert '/orders/?payment_status=unpaid"' in shown
    assert 'href="/orders/2"' in shown


def test_a_form_is_asked_and_saved_under_its_own_right(boss, page):
    assert 'href="/blocks/wish"' in page
    assert 'name="words"' in boss.get("/blocks/wish").text
    assert boss.post("/blocks/wish", {"words": ""}).status_code == 422
    assert boss.post("/blocks/wish", {"words": "More tea"}).status_code == 303
    with reading() as db:
        assert "fails_blocks.wish.made" in set(db.scalars(select(AuditEntry.action)))


def test_nobody_sees_what_is_not_for_him(site):
    sam = Visitor(Client(site))
    sam.log_in("sam", PASSWORD)
    assert (sam.get("/blocks/").status_code, sam.post("/blocks/wish", {"words": "x"}).status_code) == (403, 403)


def test_a_section_may_be_a_chart(boss, page):
    answer = boss.get("/orders/1")
    assert answer.status_code == 200
    assert "ch-plot" in answer.text.partition('id="part-fails_blocks__chart"')[2].partition("</section>")[0]
    assert NOT_NOW in answer.text.partition('id="part-fails_blocks__broken"')[2].partition("</section>")[0]
