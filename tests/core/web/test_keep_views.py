"""Each user keeps a list as he wants it, and questions to it under a name."""

from __future__ import annotations

import re

import pytest

from zhanggui.api import unit_of_work
from zhanggui.kernel.actors import SYSTEM
from zhanggui.testing.fixtures import NOON
from zhanggui_customers.services.profile import create_customer

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def heads(visitor, path="/products/"):
    """The columns that stand in the table of the desktop."""
    page = visitor.get(path).text
    return [name for name, marks in re.findall(r'data-key="column:products\.Product\.(\w+)"([^>]*)>', page) if not re.search(r'class="[^"]*\bu\b', marks)]


def save(visitor, name, question, **more):
    return visitor.post("/products/views", {"name": name, "next": f"/products/{question}", **more})


def views(visitor):
    return re.findall(r'<a class="chip" href="([^"]+)"[^>]*data-swap>(?:<svg.*?</svg>)?([^<]+)</a>', visitor.get("/products/").text, re.S)


def test_columns_and_page_size_are_kept_for_this_user_alone(visit, shelves):
    shelves(3)
    clerk, owner = visit("clerk"), visit("owner")
    usual = heads(clerk)
    answer = clerk.post("/products/look", {"columns": ["status", "changed_at"], "size": "50", "next": "/products/?status=draft&size=25"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/products/?status=draft")
    assert heads(clerk) == ["name", "status", "changed_at"]
    assert "<option selected>50</option>" in clerk.get("/products/").text
    assert heads(owner) == usual
    assert "picture" not in heads(clerk)  # it is of the card alone
    assert clerk.post("/products/look", {"size": "33", "next": "/products/"}).status_code == 400


def test_a_view_keeps_filters_order_and_columns(visit, shelves):
    shelves(3)
    clerk = visit("clerk")
    save(clerk, "  Drafts   by name ", "?status=draft&sort=name&columns=status&page=2")
    ((href, name),) = views(clerk)
    assert (name, href) == ("Drafts by name", "/products/?status=draft&amp;sort=name&amp;columns=status")
    assert heads(clerk, "/products/?status=draft&sort=name&columns=status") == ["name", "status"]
    save(clerk, "Drafts by name", "?status=on_sale")
    assert [href for href, _name in views(clerk)] == ["/products/?status=on_sale"]


def test_shared_ones_are_everybody_s_and_need_the_right(visit, shelves):
    owner, clerk = visit("owner"), visit("clerk")
    save(owner, "Mine", "?status=draft")
    save(owner, "Ours", "?status=on_sale", shared="1")
    assert [name for _href, name in views(clerk)] == ["Ours"]
    save(clerk, "Theirs", "?status=draft", shared="1")
    assert [name for _href, name in views(owner)] == ["Mine", "Ours"]
    number = re.search(r'action="/products/views/(\d+)/delete"[^>]*data-confirm="[^"]*Ours', owner.get("/products/").text)[1]
    assert clerk.post(f"/products/views/{number}/delete", {}).status_code == 404
    assert owner.post(f"/products/views/{number}/delete", {}).status_code == 303
    assert views(clerk) == []


def test_what_cannot_be_asked_is_not_saved_and_a_view_of_what_is_hidden_stays_away(visit, shelves):
    owner = visit("owner")
    save(owner, "Odd", "?color=red")
    save(owner, "", "?status=draft")
    assert views(owner) == []
    assert owner.get("/products/?columns=cost").status_code == 400


def test_what_is_missing_can_be_asked_for(visit, instance):
    with unit_of_work() as db:
        create_customer(db, actor=SYSTEM, now=NOON, name="Nobody")
    page = visit("owner").get("/orders/?customer_id_empty=1").text
    assert "Customer is empty" in page
    assert visit("clerk").get("/orders/?paid_at_empty=0").status_code == 200


def test_nothing_found_is_said_once_and_a_search_is_no_filter(visit, shelves):
    shelves(3)
    page = visit("clerk").get("/products/?q=zzzz").text
    assert page.count("Nothing found.</p>") == 1
    assert "0–0" not in page
    assert 'data-open="filters" aria-haspopup="dialog" aria-label="Filter">' in page
    narrowed = visit("owner").get("/products/?q=zzzz&status=draft&category_id_empty=1").text
    assert 'aria-label="Filter 1">' in narrowed


@pytest.mark.parametrize("sort", ["name", "-name", "-changed_at", "-created_at", "position"])
def test_products_are_sorted(visit, shelves, sort):
    shelves(3)
    assert visit("clerk").get(f"/products/?sort={sort}").status_code == 200
