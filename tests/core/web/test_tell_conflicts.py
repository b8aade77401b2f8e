"""A save over somebody else's: people read words, programs read names, and neither learns of what is kept from them."""

from __future__ import annotations

import re

import pytest

from zhanggui.db.uow import unit_of_work
from zhanggui.kernel.actors import Actor
from zhanggui.kernel.errors import StaleRow
from zhanggui.testing.fixtures import NOON
from zhanggui.web import writing
from zhanggui_customers.services.profile import create_customer

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def test_a_column_that_is_kept_from_the_asker_is_not_named(instance, owner, monkeypatch):
    with unit_of_work() as db:
        made = create_customer(db, name="王芳", phone="13800138000", actor=owner, now=NOON)
    # As when somebody saves between the comparison here and the lock of the service, which tells all that it compares.
    monkeypatch.setattr(writing, "_not_stale", lambda *given: None)
    clerk = Actor("user", id=None, name="clerk", permissions=frozenset({("can_edit", "customers.Customer"), ("can_show", "customers.Customer")}))
    named = {}
    for who in (owner, clerk):
        with pytest.raises(StaleRow) as refused, unit_of_work() as db:
            writing.change_row(db, resource="customers.Customer", id=made, values={"region": "杭州"}, row_version=99, actor=who, now=NOON)
        named[who.name] = set(refused.value.members()["changed"])
    assert {"phone", "birthday", "name"} <= named["owner"]
    assert "name" in named["clerk"] and not named["clerk"] & {"phone", "email", "birthday", "note"}


def test_people_read_words(visit):
    clerk = visit("clerk")
    clerk.post("/categories/add", {"name__zh_CN": "Gifts", "name__en": "Gifts", "position": "1", "visible": "1"})
    gifts = re.search(r'href="/categories/(\d+)"', clerk.get("/categories/?q=Gifts").text).group(1)
    form = {"name__zh_CN": "Longjing", "variants-0-sku": "LJ", "variants-0-price": "19.90"}
    path = clerk.post("/products/add", form).headers["Location"] + "/edit"
    page = clerk.get(path).text
    version, variant = (re.search(rf'name="{name}"[^>]* value="(\d+)"', page).group(1) for name in ("row_version", "variants-0-id"))
    form |= {"row_version": version, "variants-0-id": variant}
    assert clerk.post(path, form | {"category_id": gifts, "variants-0-price": "25"}).status_code == 303
    late = clerk.post(path, form | {"variants-0-price": "30"})
    assert late.status_code == 409
    table = re.sub(r"\s+", " ", re.search(r'<table class="conflict">.*?</table>', late.text, re.S).group(0))
    assert "Gifts" in table
    assert not re.search(r"category_id|\{|\[|None|True", table)
