"""Pages, REST and jobs write in one way; around services that forget it, the core checks what is stale and taken, and keeps the trail."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select
from werkzeug.test import Client

from zhanggui.api import (
    SYSTEM,
    Actor,
    DomainError,
    Forbidden,
    Invalid,
    Money,
    NotFound,
    StaleRow,
    act_on_row,
    acting_as,
    change_row,
    clock,
    create_row,
    current_actor,
    gateway,
    reader_at_work,
    reading,
    remove_row,
    timeline,
    translations,
    unit_of_work,
)
from zhanggui.auth.idempotency import KeyReused
from zhanggui.host import refresh
from zhanggui.i18n.texts import in_english
from zhanggui.testing.fixtures import PASSWORD
from zhanggui.web.generic import fields_of
from zhanggui.web.writing import screen_of

TYPED = {"code": "A-1", "title": "Order leaves", "price": Money(1990, "CNY"), "due": date(2026, 3, 9)}
BOTH = ["notes.Note", "notes.Plain"]


@pytest.fixture
def outside() -> tuple[str, ...]:
    return ("notes",)


@pytest.fixture(autouse=True)
def enabled(instance):
    refresh(instance)  # as a worker does before a job


@pytest.fixture
def boss(visit):
    return visit("owner")


@pytest.fixture
def call(site, boss):
    client = Client(site)
    token = client.post("/api/v1/security/login", json={"username": "owner", "password": PASSWORD}).json["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return lambda method, path, body=None: client.open(
        f"/api/v1{path}", method=method, headers=headers, data=None if body is None else json.dumps(body), content_type="application/json"
    )


def note(**where: Any) -> Any:
    from zhanggui_notes.plugin import Note

    c = Note.__table__.c
    with reading() as db:
        return db.execute(select(*c).where(*(c[k] == v for k, v in where.items()))).first()


def add(owner: Actor, resource: str = "notes.Plain", **more: Any) -> int:
    with unit_of_work() as db:
        return int(create_row(db, resource=resource, values=TYPED | more, actor=owner, now=clock.now()))


def trail(resource: str, key: int) -> list[str]:
    with reading() as db:
        return [entry.action.rpartition(".")[2] for entry in timeline(db, reader_at_work(SYSTEM), resource, key)]


@pytest.mark.parametrize("resource", BOTH)
def test_a_job_writes_with_typed_values_and_without_a_request(instance, owner, resource):
    key = add(owner, resource)
    row = note(id=key)
    assert (row.code, row.title, row.price, row.due, row.row_version) == ("A-1", "Order leaves", 1990, date(2026, 3, 9), 1)
    with unit_of_work() as db:
        change_row(db, resource=resource, id=key, values={"price": {"amount": 500, "currency": "CNY"}}, row_version=1, actor=owner, now=clock.now())
    row = note(id=key)
    assert (row.price, row.title, row.row_version) == (500, "Order leaves", 2)
    with unit_of_work() as db:
        remove_row(db, resource=resource, id=key, row_version=2, actor=owner, now=clock.now())
    assert note(id=key) is None
    assert sorted(trail(resource, key)) == ["changed", "created", "deleted"]


def test_what_a_job_gives_is_read_as_what_a_program_sends(instance, owner, outsider):
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"colour": "red"}, "colour"), ({"code": None}, "code"), ({"code": "x" * 21}, "code"), ({"price": Money(1, "USD")}, "price"),
        ({"price": Money(-1, "CNY")}, "price"), ({"due": "tomorrow"}, "due"), ({"title": {"xx": "?"}}, "title"), ({"title": 7}, "title"),
    ]  # fmt: skip
    for more, field in wrong:
        with pytest.raises(Invalid) as refusal:
            add(owner, **more)
        assert list(refusal.value.errors) == [field], more
    for resource, what in (("notes.None", NotFound), ("inventory.StockMovement", NotFound)):
        with pytest.raises(what):
            add(owner, resource)
    with pytest.raises(Forbidden):
        add(outsider)
    assert note() is None


@pytest.mark.parametrize("resource", BOTH)
def test_a_value_that_is_taken_is_told_at_its_field(instance, owner, call, resource):
    add(owner, resource)
    with unit_of_work() as db:
        with pytest.raises(Invalid) as refusal:
            create_row(db, resource=resource, values=TYPED, actor=owner, now=clock.now())
        assert {name: in_english(text) for name, text in refusal.value.errors.items()} == {"code": "This is taken already."}
        other = create_row(db, resource=resource, values=TYPED | {"code": "A-2"}, actor=owner, now=clock.now())  # the transaction goes on
        with pytest.raises(Invalid):
            change_row(db, resource=resource, id=other, values={"code": "A-1"}, row_version=None, actor=owner, now=clock.now())
    path = {"notes.Note": "/notes/notes", "notes.Plain": "/notes/plain-notes"}[resource]
    answer = call("POST", f"{path}/", {"code": "A-1", "title": "Twice"})
    assert (answer.status_code, answer.json["errors"]) == (422, {"code": "This is taken already."})


@pytest.mark.parametrize("resource", BOTH)
def test_a_stale_save_is_refused_before_any_service_runs(instance, owner, resource):
    key = add(owner, resource)
    with unit_of_work() as db:
        change_row(db, resource=resource, id=key, values={"price": "7"}, row_version=1, actor=owner, now=clock.now())
    with unit_of_work() as db, pytest.raises(StaleRow) as refusal:
        change_row(db, resource=resource, id=key, values={"price": "8", "code": "A-1"}, row_version=1, actor=owner, now=clock.now())
    assert refusal.value.changed == {"price": 700}
    with unit_of_work() as db, pytest.raises(StaleRow):
        remove_row(db, resource=resource, id=key, row_version=1, actor=owner, now=clock.now())
    assert (note(id=key).price, note(id=key).row_version) == (700, 2)


@pytest.mark.parametrize("resource", BOTH)
def test_a_row_that_others_point_to_stays(instance, owner, resource):
    from zhanggui_notes.plugin import Pin

    key = add(owner, resource)
    with unit_of_work() as db:
        db.execute(insert(Pin).values(note_id=key))
    with unit_of_work() as db, pytest.raises(DomainError, match="still used elsewhere"):
        remove_row(db, resource=resource, id=key, actor=owner, now=clock.now())
    assert note(id=key) is not None


def test_a_trail_that_a_service_keeps_is_not_kept_twice(instance, owner):
    with unit_of_work() as db:
        key = create_row(db, resource="products.Category", values={"name": "Tea", "visible": True}, actor=owner, now=clock.now())
        change_row(db, resource="products.Category", id=key, values={"name": "Teas"}, row_version=None, actor=owner, now=clock.now())
    assert sorted(trail("products.Category", key)) == ["changed", "created"]


def test_a_key_writes_once(instance, owner):
    from zhanggui_notes.plugin import Note, remind

    for _turn in range(3):
        with unit_of_work() as db:
            remind.function(db, code="A-9")
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Note)) == 1
    at: dict[str, Any] = {"resource": "notes.Plain", "actor": owner, "now": clock.now(), "key": "k"}
    with unit_of_work() as db:
        first = create_row(db, values=TYPED, **at)
        assert create_row(db, values=TYPED, **at) == first
        with pytest.raises(KeyReused):
            create_row(db, values=TYPED | {"code": "A-2"}, **at)


def test_texts_of_each_language_are_written_without_a_service(instance, owner, call):
    key = add(owner, title={"zh_CN": "茶", "en": "Tea"})

    def texts() -> dict[str, str]:
        with reading() as db:
            return translations.all_texts(db, "notes.Plain", key, "title", source=note(id=key).title)

    assert texts() == {"zh_CN": "茶", "en": "Tea"}
    assert call("PATCH", f"/notes/plain-notes/{key}", {"title": {"en": "Leaves"}}).status_code == 200
    assert (texts(), note(id=key).row_version) == ({"zh_CN": "茶", "en": "Leaves"}, 2)
    form = call("GET", f"/notes/plain-notes/{key}").json
    assert form["title"] == "茶"
    with unit_of_work() as db:
        remove_row(db, resource="notes.Plain", id=key, actor=owner, now=clock.now())
        assert translations.texts_in_all(db, "notes.Plain", key, "title") == []


def test_the_form_shows_the_texts_that_it_writes(instance, owner, boss):
    key = add(owner, title={"zh_CN": "茶", "en": "Tea"})
    form = boss.get(f"/plain-notes/{key}/edit").text
    assert 'value="茶"' in form and 'value="Tea"' in form
    version = re.search(r'name="row_version"[^>]*value="(\d+)"', form)
    assert version is not None
    typed = {"code": "A-1", "title__zh_CN": "红茶", "title__en": "Black tea", "row_version": version[1]}
    assert boss.post(f"/plain-notes/{key}/edit", typed).status_code == 303
    assert 'value="Black tea"' in boss.get(f"/plain-notes/{key}/edit").text
    assert boss.post(f"/plain-notes/{key}/edit", typed).status_code == 409


def test_a_verb_runs_without_a_request(instance, owner, outsider):
    key = add(owner, "notes.Note")
    said = act_on_row(resource="notes.Note", action="finish", id=key, values={"when": date(2026, 3, 10)}, actor=owner, now=clock.now())
    assert (said, note(id=key).done, note(id=key).due) == ("", True, date(2026, 3, 10))
    with pytest.raises(NotFound):
        act_on_row(resource="notes.Note", action="burn", id=key, values={}, actor=owner, now=clock.now())
    with pytest.raises(Forbidden):
        act_on_row(resource="notes.Note", action="finish", id=key, values={}, actor=outsider, now=clock.now())


def test_a_field_of_another_plugin_is_loaded_for_whoever_reads_or_acts(instance, owner, outsider, boss, goods):
    from zhanggui_notes.plugin import ASKED_BY, Nickname

    product = goods[0].product_id
    with unit_of_work() as db:
        db.execute(insert(Nickname).values(product_id=product, name="Greeny"))
    ASKED_BY.clear()
    assert 'value="Greeny"' in boss.get(f"/products/{product}/edit").text
    assert {who.name for who in ASKED_BY} == {"owner"}
    screen = screen_of("products.Product")
    field = next(f for f in fields_of(screen) if f.name == "notes__nickname")
    for who in (owner, outsider):  # without a request, as a job
        ASKED_BY.clear()
        with reading() as db, acting_as(who):
            assert field.get(db, gateway.one(db, screen, owner, product)) == "Greeny"
        assert [who] == ASKED_BY


def test_a_job_that_changes_a_row_reads_for_whoever_changes_it(instance, owner, goods, monkeypatch):
    from zhanggui.web import writing

    present, readers = writing.with_other_parts, []

    def noted(*given: Any) -> Any:
        readers.append(current_actor().name)
        return present(*given)

    monkeypatch.setattr(writing, "with_other_parts", noted)
    with unit_of_work() as db, acting_as(SYSTEM):
        change_row(db, resource="products.Product", id=goods[0].product_id, values={"notes__nickname": "Leafy"}, row_version=None, actor=owner, now=clock.now())
    assert readers == [owner.name]


def test_a_field_of_another_plugin_stands_everywhere_by_itself(boss, call, goods):
    product = goods[0].product_id
    assert call("PATCH", f"/products/products/{product}", {"notes__nickname": "The green one"}).status_code == 200
    assert 'value="The green one"' in boss.get(f"/products/{product}/edit").text
    assert "The green one" in boss.get(f"/products/{product}").text
    assert call("GET", f"/products/products/{product}").json["notes__nickname"] == "The green one"
    items = call("GET", "/products/products/").json["items"]
    assert {item["id"]: item["notes__nickname"] for item in items} == {str(goods[0].product_id): "The green one", str(goods[1].product_id): None}
    head, *lines = boss.get("/products/export.csv").text.splitlines()
    assert "notes__nickname" in head and any("The green one" in line for line in lines)
    assert "The green one" not in boss.get("/products/").text, "a list has its own columns"
    described = call("GET", "/_openapi").json["paths"]["/api/v1/products/products/{row_id}"]
    assert "notes__nickname" in described["patch"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert "notes__nickname" in described["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]


def test_a_field_of_another_plugin_is_one_statement_for_a_whole_page(instance, call, goods):
    seen: list[str] = []
    for bind in {instance.read_bind, instance.write_bind}:
        event.listen(bind, "before_cursor_execute", lambda _c, _cur, text, *_more: seen.append(text))
    assert len(call("GET", "/products/products/").json["items"]) == 2
    assert sum("notes__nickname" in text for text in seen) == 1


def test_fields_that_depend_on_the_moment_are_described(call):
    body = call("GET", "/_openapi").json["paths"]["/api/v1/notes/notes/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (sorted(body["properties"]), body["required"]) == (["code", "due", "price", "title"], ["code", "title"])
