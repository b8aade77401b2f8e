"""A plugin that somebody outside wrote uses every kind of value and brings its own; its forms have groups, conditions and rules."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import Client

from zhanggui.api import SYSTEM, DomainError, Field, Form, FormContext, When, clock, encode_cursor, reading
from zhanggui.host import current_host, refresh
from zhanggui.host.contain import KIND
from zhanggui.host.host import Contribution
from zhanggui.host.service import disable_plugin, enable_plugin
from zhanggui.host.wiring import adopt
from zhanggui.kernel.errors import WiringError
from zhanggui.testing.fixtures import PASSWORD
from zhanggui.web.forms import Standing, bind
from zhanggui.web.kinds import BUILT_IN, Kind

TYPED = {
    "name": "Longjing", "place": "shop", "seats": "12", "grams": "2.5", "discount": "12.50%", "begins": "18:30", "ends": "20:00", "stars": "4",
    "about": "# Leaves\n\n**young** [shop](https://example.com) <script>alert(1)</script> [x](javascript:alert(1))",
}  # fmt: skip


@pytest.fixture
def outside() -> tuple[str, ...]:
    return ("tasting",)


@pytest.fixture
def owner_visits(visit):
    return visit("owner")


@pytest.fixture
def call(site, owner_visits):
    client = Client(site)
    token = client.post("/api/v1/security/login", json={"username": "owner", "password": PASSWORD}).json["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return lambda method, path, body=None: client.open(
        f"/api/v1{path}", method=method, headers=headers, data=None if body is None else json.dumps(body), content_type="application/json"
    )


def stored() -> Any:
    from zhanggui_tasting.plugin import Tasting

    with reading() as db:
        return db.execute(select(*Tasting.__table__.c).order_by(Tasting.id.desc())).first()


def add(visitor: Any, **more: Any) -> Any:
    answer = visitor.post("/tastings/add", TYPED | more)
    assert answer.status_code == 303, re.findall(r'class="error-summary".*?</div>', answer.text, re.S)
    return stored()


def names(form: str) -> set[str]:
    return set(re.findall(r'data-key="field:tasting\.Tasting\.(\w+)"', form))


def test_each_kind_is_typed_stored_shown_exported_and_answered(owner_visits, call):
    row = add(owner_visits)
    assert (row.grams, row.discount, row.begins, row.ends) == (Decimal("2.500"), Decimal("12.50"), time(18, 30), time(20, 0))
    listed = owner_visits.get("/tastings/").text
    for cell in (">2.5<", ">12.5%<", '<time datetime="18:30">18:30</time>', '<span class="stars">★★★★</span>', "Leaves young shop &lt;script&gt;"):
        assert cell in listed, cell
    detail = owner_visits.get(f"/tastings/{row.id}").text
    assert '<div class="prose"><h2>Leaves</h2>' in detail and '<a href="https://example.com" rel="noopener noreferrer nofollow">shop</a>' in detail
    assert "<script>alert" not in detail and 'href="javascript' not in detail and "&lt;script&gt;" in detail
    form = owner_visits.get(f"/tastings/{row.id}/edit").text
    for typed in ('type="time" name="begins" id="f-begins" value="18:30"', 'value="12.5"', 'value="2.5"', "# Leaves\n\n**young**"):
        assert typed in form, typed
    lines = owner_visits.get("/tastings/export.csv").text.splitlines()
    assert lines[0].endswith("name,grams,discount,begins,stars,about") and lines[1].startswith("Longjing,2.5,12.5,18:30,4,")
    body = call("GET", f"/tasting/tastings/{row.id}").json
    assert (body["grams"], body["discount"], body["begins"], body["stars"]) == ("2.5", "12.5", "18:30", 4)
    assert body["about"].startswith("# Leaves")
    assert call("PATCH", f"/tasting/tastings/{row.id}", {"grams": 3.25, "begins": "09:05", "discount": "0.1"}).status_code == 200
    assert (stored().grams, stored().begins, stored().discount) == (Decimal("3.25"), time(9, 5), Decimal("0.1"))


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("field", "text"),
    [("grams", "2,5"), ("grams", "1.2345"), ("grams", "-1"), ("grams", "1e5"), ("grams", "9" * 19), ("discount", "100.01"), ("discount", "12.345"),
     ("begins", "25:00"), ("begins", "18:60"), ("begins", "noon"), ("stars", "6"), ("about", "a\x00b"), ("about", "x" * 20_001)],
)  # fmt: skip
def test_what_no_value_can_be_is_told_at_its_field(owner_visits, field, text):
    answer = owner_visits.post("/tastings/add", TYPED | {field: text})
    assert answer.status_code == 422 and f'href="#f-{field}"' in answer.text
    assert stored() is None


def test_filters_and_places_of_the_new_kinds_find_what_lies_between(owner_visits, call):
    for grams, begins in (("1.5", "09:00"), ("2.001", "12:00"), ("10", "18:30")):
        add(owner_visits, grams=grams, begins=begins, ends="")
    def found(question):
        return [item["grams"] for item in call("GET", f"/tasting/tastings/?sort=grams&{question}").json["items"]]

    assert found("grams_from=1.5&grams_to=2.0015") == ["1.5", "2.001"]
    assert found("grams_from=1.50001") == ["2.001", "10"]
    assert found("begins_from=12:00") == ["2.001", "10"] and found("begins_to=11:59") == ["1.5"]
    assert found("discount_to=12.4") == [] and found("stars=4") == ["1.5", "2.001", "10"]
    for question in ("grams_from=x", "begins_to=24:00", "discount_from=1e400", "begins_from=%D9%A1%D9%A2:00"):
        assert call("GET", f"/tasting/tastings/?{question}").status_code == 400, question
    forged = encode_cursor((Decimal("1.23456789"), 1))
    assert call("GET", f"/tasting/tastings/?sort=grams&cursor={forged}").status_code == 400
    for sort in ("grams", "begins"):
        first = call("GET", f"/tasting/tastings/?sort={sort}&limit=2").json
        rest = call("GET", f"/tasting/tastings/?sort={sort}&limit=2&cursor={first['next']}").json
        assert [item["grams"] for item in first["items"] + rest["items"]] == ["1.5", "2.001", "10"]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_kind_of_a_name_that_is_there_is_refused_with_its_plugin(owner_visits):
    with pytest.raises(DomainError, match="Rating.*“stars” is taken"):
        enable_plugin("rating", actor=SYSTEM, now=clock.now())
    owner_visits.get("/healthz")
    assert type(current_host().kinds["stars"]).__name__ == "Stars"
    assert set(BUILT_IN).isdisjoint(current_host().kinds)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("f", "why"),
    [(Field("grams", "Grams", "decimal"), "takes 6 decimals, its column has room for 3"), (Field("name", "Name", shown_when=When("nothing")), "depends on “nothing”"),
     (Field("name", "Name", fieldset="nowhere"), "there is no fieldset “nowhere”"), (Field("name", "Name", "moons"), "there is no kind 'moons'")],
)  # fmt: skip
def test_a_form_that_could_not_work_is_refused_when_it_is_loaded(instance, f, why):
    from zhanggui_tasting.plugin import TASTINGS

    other = replace(TASTINGS, resource="tasting.Other", route="/other", fields=(f,))
    with pytest.raises(WiringError, match=why):
        adopt(refresh(), "tasting", Contribution(screens=[other]))


def test_a_condition_on_what_a_reader_is_not_shown_looks_at_what_is_stored(instance):
    from zhanggui_tasting.plugin import TASTINGS

    context = FormContext(SYSTEM, ZoneInfo("Asia/Shanghai"), "CNY", [("en", "English")], clock.now())
    form = Form([f for f in TASTINGS.fields if f.name in ("seats", "link")])
    sent = MultiDict({"seats": "5", "link": "https://example.com"})
    with reading() as db:
        for place, values in (("shop", {"seats": 5}), ("online", {"link": "https://example.com"})):
            row = SimpleNamespace(place=place)
            bound = bind(form, sent, MultiDict(), context, db, standing=Standing(TASTINGS, lambda row=row: row, db, context))
            assert (bound.values, bound.errors) == (values, {})
        unseen = bind(form, sent, MultiDict(), context, db, standing=Standing(TASTINGS, lambda: None, db, context))
        assert unseen.values == {"seats": 5}, "a new row is in the shop by default"


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_kind_goes_with_its_plugin_and_one_that_fails_harms_itself_alone(owner_visits, goods):
    from zhanggui_tasting import plugin

    assert "★★★★" in owner_visits.get("/products/").text
    plugin.broken.append("stars")
    try:
        shop = owner_visits.get("/products/")
        assert (shop.status_code, "★" in shop.text) == (200, False) and "Not available right now" in shop.text
        assert "kind" in owner_visits.get("/system/repairs/").text.lower()
    finally:
        plugin.broken.clear()
    disable_plugin("tasting", actor=SYSTEM, now=clock.now())
    assert "★" not in owner_visits.get("/products/").text and "stars" not in current_host().kinds


def test_every_function_of_a_kind_is_contained():
    public = {name for name, thing in vars(Kind).items() if callable(thing) and not name.startswith("_")}
    assert public - {"parse", "as_text", "room"} == set(KIND), "these are called by take, put and schema alone"


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_fields_stand_in_groups_and_count_only_under_their_condition(owner_visits, call):
    form = owner_visits.get("/tastings/add").text
    assert form.index('id="f-name"') < form.index('id="group-where"') < form.index('id="f-place"') < form.index('id="group-when"')
    assert 'data-key="field:tasting.Tasting.link" data-when="place" data-wanted="[&#34;online&#34;]" data-off' in form
    assert re.search(r'data-key="field:tasting.Tasting.seats" data-when="place" data-wanted="[^"]*">', form), "it counts: the shop is chosen"
    assert "Only when “Place” is: Online" in form
    row = add(owner_visits, link="https://example.com", fee="3")
    assert (row.seats, row.link, row.fee) == (12, None, None), "without a script they are sent, and ignored"
    online = {"place": "online", "link": "https://example.com", "row_version": str(row.row_version)}
    assert owner_visits.post(f"/tastings/{row.id}/edit", TYPED | online | {"seats": "none of your business", "fee": "3"}).status_code == 303
    row = stored()
    assert (row.place, row.link, row.fee, row.seats) == ("online", "https://example.com", Decimal(3), 12), "what is not asked for stays"
    missing = owner_visits.post("/tastings/add", TYPED | {"place": "online", "seats": ""})
    assert missing.status_code == 422 and "Link is needed." in missing.text and "Seats is needed." not in missing.text
    refused = call("PATCH", f"/tasting/tastings/{row.id}", {"seats": 4})
    assert refused.status_code == 422 and set(refused.json["errors"]) == {"seats"}, "a program would take it for saved"
    assert call("PATCH", f"/tasting/tastings/{row.id}", {"fee": "4"}).status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_rules_across_fields_stand_at_their_fields_and_at_the_form(owner_visits, call):
    answer = owner_visits.post("/tastings/add", TYPED | {"ends": "17:00", "discount": "100"})
    assert answer.status_code == 422 and "3 things need your attention" in answer.text
    assert '<a href="#f-ends">It ends before it begins.</a>' in answer.text
    assert "<li>Nobody gives away tea by the gram.</li>" in answer.text
    row = add(owner_visits)
    refused = call("PATCH", f"/tasting/tastings/{row.id}", {"ends": "18:00"})
    assert refused.status_code == 422 and "ends" in refused.json["errors"], "beside what is stored and was not sent"


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_view_of_a_plugin_has_such_a_form_without_a_row(owner_visits):
    from zhanggui_tasting.plugin import invited

    invited.clear()
    page = owner_visits.get("/tastings-invite/")
    assert page.status_code == 200 and 'name="guests" id="f-guests" value="1"' in page.text
    wrong = owner_visits.post("/tastings-invite/send", {"way": "phone", "phone": "138", "mail": "kept as typed", "guests": "2"})
    assert wrong.status_code == 422 and '<a href="#f-guests">A phone call is for one.</a>' in wrong.text and 'value="138"' in wrong.text
    empty = owner_visits.post("/tastings-invite/send", {"guests": "x"})
    assert empty.text.count("field-error") == 2, "the way and the guests; nothing that depends on them"
    sent = owner_visits.post("/tastings-invite/send", {"way": "mail", "phone": "138", "mail": "a@example.com", "guests": "2"})
    assert (sent.status_code, sent.location) == (303, "/tastings-invite/")
    assert invited == [{"way": "mail", "mail": "a@example.com", "guests": 2}]
    assert "Invited." in owner_visits.get("/tastings-invite/").text


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_screens_fields_actions_and_entries_have_stable_names_and_heads_a_place_for_help(owner_visits, goods):
    row = add(owner_visits)
    listed = owner_visits.get("/tastings/").text
    for key in ("screen:tasting.Tasting.list", "action:tasting.Tasting.add", "column:tasting.Tasting.grams", "filter:tasting.Tasting.stars",
                "menu:tasting.tastings", "menu:orders.orders", "menu:core.me"):  # fmt: skip
        assert f'data-key="{key}"' in listed, key
    assert 'href="/help/tastings" aria-label="What a tasting is"' in listed
    shown = owner_visits.get(f"/tastings/{row.id}").text
    assert 'data-key="screen:tasting.Tasting.show"' in shown and 'data-key="action:tasting.Tasting.edit"' in shown
    assert 'href="/help/panel?screen=tasting.Tasting.show"' in shown, "what has no page of its own is explained by the help of every screen"
    form = owner_visits.get(f"/tastings/{row.id}/edit").text
    assert names(form) == {"name", "place", "seats", "link", "fee", "begins", "ends", "grams", "discount", "stars", "about"}
    assert form.count('data-key="screen:') == 1 and 'data-key="fieldset:tasting.Tasting.where"' in form
    assert 'data-key="screen:core.Plugin.manage"' in owner_visits.get("/system/plugins/").text
    assert 'data-key="screen:tasting.Invitation"' in owner_visits.get("/tastings-invite/").text
    assert 'data-key="action:products.Product.put_on_sale"' in owner_visits.get("/products/").text


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_document_of_the_api_says_what_each_kind_is(call):
    paths = call("GET", "/_openapi").json["paths"]
    one = paths["/api/v1/tasting/tastings/{row_id}"]
    shown = one["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    assert shown["stars"] == {"type": "integer", "minimum": 1, "maximum": 5, "nullable": True} and shown["grams"]["format"] == "decimal"
    sent = paths["/api/v1/tasting/tastings/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert sent["required"] == ["name", "place"] and sent["properties"]["place"]["enum"] == ["shop", "online"]
    assert "row_version" in one["patch"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
