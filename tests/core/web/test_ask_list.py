"""A list answers exactly what was asked, in few statements, and refuses what makes no sense."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from werkzeug.test import Client

from zhanggui.auth.sessions import COOKIE

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("page=0", "page"), ("page=-1", "page"), ("page=x", "page"), ("page=99999999", "page"), ("page=1.5", "page"), ("page=²", "page"),
        ("size=7", "size"), ("size=100000", "size"), ("size=x", "size"),
        ("sort=nothing", "nothing"), ("sort=-cost", "cost"), ("sort=name;drop", "name;drop"),
        ("color=red", "color"), ("status=sold", "status"), ("category_id=x", "category_id"), ("cost_from=1", "cost_from"),
        ("after=xyz", "after"), ("before=W10", "before"), ("after=WyJhIl0", ""),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(visit, question, named):
    clerk = visit("clerk")
    answer = clerk.get(f"/products/?{question}")
    assert answer.status_code == 400
    assert named in answer.text
    in_json = clerk.client.get(f"/api/v1/products/products/?{question}", headers={"Accept": "application/json"})
    assert (in_json.status_code, in_json.mimetype) == (400, "application/problem+json")


@contextmanager
def statements(runtime):
    seen = []

    def note(_connection, _cursor, statement, *_more):
        seen.append(statement)

    for engine in (runtime.engine, runtime.read_bind):
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in (runtime.engine, runtime.read_bind):
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/products/", "/categories/", "/stock/", "/customers/", "/orders/", "/people/users/", "/system/audit/"])
def test_a_page_takes_at_most_eight_statements_however_many_rows_it_has(instance, visit, shelves, path):
    shelves(3)
    owner = visit("owner")
    assert owner.get(path).status_code == 200
    with statements(instance) as few:
        owner.get(path)
    from zhanggui.db.uow import unit_of_work
    from zhanggui.kernel.actors import SYSTEM
    from zhanggui.testing.fixtures import NOON
    from zhanggui_products.services.editing import create_product

    with unit_of_work() as db:
        for n in range(22):
            create_product(db, actor=SYSTEM, now=NOON, name=f"More {n}", variants=[{"sku": f"MORE-{n}", "price": 100}])
    with statements(instance) as many:
        owner.get(path)
    queries = [s for s in many if s.startswith("SELECT")]
    before = [s for s in few if s.startswith("SELECT")]
    # A page that is full also counts, up to a limit, what there is beside it.
    assert len(queries) - sum("count(*)" in s for s in queries) == len(before) - sum("count(*)" in s for s in before), queries
    # The trail names things of every kind: one query for each kind, however many things.
    assert len(queries) <= (12 if path == "/system/audit/" else 8), queries


def test_filters_of_parallel_requests_do_not_leak(instance, site, visit, shelves):
    shelves(8)
    cookie = visit("clerk").client.get_cookie(COOKIE).value
    wrong = []

    def ask(number):
        client = Client(site)
        client.set_cookie(COOKIE, cookie)
        for turn in range(50):
            on_sale = (number + turn) % 2
            status = "on_sale" if on_sale else "draft"
            text = client.get(f"/products/?status={status}", headers={"Accept": "text/html"}).text
            shown = {n for n in range(8) if f"Tea {n}<" in text or f"Tea {n} " in text or f"Tea {n}\n" in text}
            if shown != {n for n in range(8) if n % 2 == on_sale}:
                wrong.append((status, shown))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_pages_hold_each_row_once(visit, shelves):
    import re

    ids = shelves(60)
    clerk, seen = visit("clerk"), []
    for page in (1, 2, 3):
        found = re.findall(r"/products/(\d+)\b", clerk.get(f"/products/?page={page}").text)
        seen.append({int(n) for n in found})
    assert set.union(*seen) == set(ids)
    assert not (seen[0] & seen[1] or seen[1] & seen[2] or seen[0] & seen[2])


def test_a_look_up_answers_few_rows_and_only_to_who_may_list(visit, shelves):
    shelves(30)
    assert len(visit("clerk").get("/products/lookup?q=tea").json["items"]) == 20
    assert visit("warehouse").get("/people/users/lookup").status_code == 403


def test_what_was_typed_into_the_search_is_text_and_no_pattern(visit, shelves):
    shelves(2)
    clerk = visit("clerk")
    for q in ("%25", "_____", "' OR 1=1 --", "<script>alert(1)</script>", "\\", "%00"):
        answer = clerk.get("/products/", query_string={"q": q})
        assert answer.status_code == 200
        assert "<script>alert(1)" not in answer.text
        assert "Tea 0" not in answer.text


def test_the_export_is_the_list_and_no_cell_is_a_formula(visit, shelves):
    shelves(3, "=HYPERLINK({n})")
    answer = visit("owner").get("/products/export.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.is_streamed
    text = answer.get_data().decode("utf-8-sig")
    lines = text.splitlines()
    assert len(lines) == 4
    assert sum("'=HYPERLINK(" in line for line in lines) == 3
    assert ",=HYPERLINK" not in text
    assert visit("viewer").get("/products/export.csv").status_code == 403
