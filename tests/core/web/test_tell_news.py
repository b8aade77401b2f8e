"""Whoever looks at anything is told of new rows, by as little work as there can be."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from zhanggui.api import unit_of_work
from zhanggui.kernel.actors import Actor

sys.path.insert(0, str(Path(__file__).parents[2] / "plugins" / "orders"))
from shop import add_product, place  # noqa: E402 - beside the tests of orders


@contextmanager
def statements(runtime):
    seen = []

    def note(_connection, _cursor, statement, *_more):
        if "orders__order" in statement:
            seen.append(statement)

    event.listen(runtime.read_bind, "before_cursor_execute", note)
    yield seen
    event.remove(runtime.read_bind, "before_cursor_execute", note)


def ask(visitor, known="", tag=""):
    headers = {"Accept": "application/json", **({"If-None-Match": tag} if tag else {})}
    return visitor.client.get(f"/news{known}", headers=headers)


def test_it_tells_how_many_and_nothing_while_nothing_came(instance, visit, owner):
    clerk = visit("clerk")
    with unit_of_work() as db:
        tea = add_product(db, owner, stock=50)
        place(db, owner, (tea, 1))
    first = ask(clerk)
    (told,) = first.json["lists"].values()
    assert (told["count"], told["href"], first.headers["Poll-After"]) == (0, "/orders/", "4")
    known, tag = f"?orders.Order={told['newest']}", first.headers["ETag"]
    with statements(instance) as seen:
        still = ask(clerk, known, tag)
    assert (still.status_code, still.data, len(seen)) == (304, b"", 1)
    with unit_of_work() as db:
        for _n in range(3):
            place(db, owner, (tea, 1))
    with statements(instance) as seen:
        more = ask(clerk, known, tag)
    assert (more.json["lists"]["orders.Order"]["count"], len(seen)) == (3, 3)
    assert ask(clerk, known, more.headers["ETag"]).status_code == 304


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_only_who_may_see_the_list_is_told(instance, visit, owner):
    with unit_of_work() as db:
        place(db, owner, (add_product(db, owner), 1))
    nobody = visit()
    assert ask(nobody).status_code in (302, 401)
    assert Actor("user", name="x").may("can_list", "orders.Order") is False
    clerk = visit("clerk")
    page = clerk.get("/orders/").text
    assert 'data-ask-news="/news"' in page
    assert 'data-news="orders.Order" data-newest="1"' in page
    assert "data-newest" not in clerk.get("/orders/?stage=to_pay").text
    assert ask(clerk, "?orders.Order=x").status_code == 400
