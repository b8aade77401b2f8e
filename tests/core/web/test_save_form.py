"""A save changes what the form shows, for who may, on the row as he saw it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from zhanggui.db.uow import reading

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def category(**where):
    from zhanggui_products.models import Category

    c = Category.__table__.c
    with reading() as db:
        return db.execute(select(*c).where(*(c[k] == v for k, v in where.items())).order_by(c.id.desc())).first()


def add(visitor, name, **more):
    answer = visitor.post("/categories/add", {"name__zh_CN": name, "name__en": name, "position": "1", "visible": "1", **more})
    assert answer.status_code == 303, answer.text
    return category(name=name)


def test_an_old_save_is_refused_and_both_values_are_shown(visit):
    clerk = visit("clerk")
    row = add(clerk, "Green")
    path = f"/categories/{row.id}/edit"
    version = re.search(r'name="row_version"[^>]*value="(\d+)"', clerk.get(path).text).group(1)
    typed = {"name__zh_CN": "Green", "name__en": "Green", "visible": "1", "row_version": version}
    assert clerk.post(path, typed | {"position": "5"}).status_code == 303
    answer = clerk.post(path, typed | {"position": "7"})
    assert answer.status_code == 409
    table = re.search(r'<table class="conflict">.*?</table>', answer.text, re.S).group(0)
    assert "5" in table and "7" in table
    assert category(id=row.id).position == 5


def test_a_wrong_form_keeps_what_was_typed_and_names_the_field(visit):
    clerk = visit("clerk")
    answer = clerk.post("/categories/add", {"name__zh_CN": "Oolong <b>", "name__en": "", "position": "minus one"})
    assert answer.status_code == 422
    assert "Oolong &lt;b&gt;" in answer.text and "Oolong <b>" not in answer.text
    assert 'value="minus one"' in answer.text
    assert "f-position" in answer.text
    assert category(name="Oolong <b>") is None


def test_no_column_that_is_in_no_form_can_be_posted(visit):
    from zhanggui_products.models import Category

    clerk = visit("clerk")
    forged = {c.name: "9" for c in Category.__table__.c if c.name not in ("name", "parent_id", "position", "visible", "picture")}
    row = add(clerk, "Black", **forged)
    assert row.id != 9 and row.public_id != "9" and row.row_version == 1
    typed = {"name__zh_CN": "Black", "name__en": "Black", "position": "2", "visible": "1"}
    assert clerk.post(f"/categories/{row.id}/edit", typed | forged | {"row_version": "1"}).status_code == 303
    after = category(id=row.id)
    changed = {name for name in row._fields if getattr(row, name) != getattr(after, name)}
    assert changed <= {"position", "row_version", "changed_at"}


def test_a_bulk_action_touches_the_chosen_rows_and_needs_its_right(visit, shelves):
    from zhanggui_products.models import Product

    ids = shelves(4)
    draft, on_sale = ids[0], ids[1]
    viewer, clerk = visit("viewer"), visit("clerk")
    many = [str(draft), str(on_sale), "999999"]
    assert viewer.post("/products/bulk/put_on_sale", {"ids": many}).status_code == 403
    told = clerk.post("/products/bulk/put_on_sale", {"ids": many}).get_data(as_text=True)
    assert "1 done, 2 not done." in told and "“on sale”" in told.lower() and "not there any more" in told
    with reading() as db:
        assert [db.get(Product, i).status for i in ids] == ["on_sale", "on_sale", "draft", "on_sale"]


@pytest.mark.parametrize("ids", [[], ["x"], ["1;2"], ["-1"], ["9" * 30], [str(n) for n in range(201)]])
def test_a_bulk_action_refuses_a_selection_that_is_none(visit, ids):
    assert visit("clerk").post("/products/bulk/put_on_sale", {"ids": ids}).status_code in (303, 404, 422)


@pytest.mark.parametrize("path", ["/categories/0", "/categories/999999", "/categories/x", "/categories/-1", "/categories/9" + "9" * 30])
def test_a_row_that_is_not_there_is_not_found(visit, path):
    assert visit("clerk").get(path).status_code == 404
    assert visit("owner").get(f"{path}/edit").status_code == 404
