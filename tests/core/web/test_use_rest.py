"""The admin API takes what it understands, exactly, and says no to everything else without breaking."""

from __future__ import annotations

import base64
import json

import pytest
from sqlalchemy import func, select
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import current_host
from zhanggui.testing.fixtures import NOON, PASSWORD
from zhanggui.web.gateway import gateway


@pytest.fixture
def call(site: Site, visit):
    """``call("PATCH", "/products/products/1", {...})`` with a token of the owner."""
    visit("owner")
    client = Client(site)
    answer = client.post("/api/v1/security/login", json={"username": "owner", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {answer.json['access_token']}", "Accept-Language": "en"}

    def do(method, path, body=None, **more):
        data = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        kind = {"content_type": "application/json"} if data is not None else {}
        return client.open(f"/api/v1{path}", method=method, data=data, headers={**headers, **more}, **kind)

    return do


@pytest.fixture
def tea(instance, owner):
    from zhanggui_products.services.editing import create_product

    texts = {"zh_CN": "龙井", "en": "Longjing"}
    with unit_of_work() as db:
        return create_product(db, actor=owner, now=NOON, name=texts, description=texts, variants=[{"sku": "TEA-1", "price": 1990}])


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_text_that_is_sent_leaves_the_other_languages(call, tea):
    from zhanggui.i18n.content import all_texts

    assert call("PATCH", f"/products/products/{tea}", {"description": "西湖"}).status_code == 200
    assert call("PATCH", f"/products/products/{tea}", {"name": {"en": "Dragon well"}}).status_code == 200
    with reading() as db:
        assert all_texts(db, "products.Product", tea, "description", source="西湖") == {"zh_CN": "西湖", "en": "Longjing"}
        assert all_texts(db, "products.Product", tea, "name", source="龙井") == {"zh_CN": "龙井", "en": "Dragon well"}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/products/categories/", {"name": "Tea", "visible": "true"}),
        ("/products/categories/", {"name": "Tea", "visible": None}),
        ("/products/categories/", {"name": ["Tea"]}),
        ("/products/categories/", {"name": "Tea", "color": "red"}),
        ("/products/products/", {"name": "Tea", "variants": {"sku": "A"}}),
        ("/products/products/", {"name": "Tea", "variants": [{"sku": "A", "price": {"amount": 1990, "currency": "JPY"}}]}),
        ("/products/products/", {"name": "Tea", "variants": [{"sku": "A", "price": {"amount": 1990, "currency": "yuan"}}]}),
        ("/products/products/", {"name": "Tea", "variants": [{"sku": "A", "price": "19,90"}]}),
        ("/products/products/", {"name": "Tea", "variants": [{"sku": "A", "price": "1e999999"}]}),
        ("/products/products/", {"name": "Tea", "pictures": ["x" * 41], "variants": [{"sku": "A", "price": "1"}]}),
        ("/products/products/", {"name": "Tea", "category_id": "²", "variants": [{"sku": "A", "price": "1"}]}),
        ("/products/categories/", '{"name": "Tea", "position": ' + "9" * 5000 + "}"),
        ("/products/categories/", {f"k{n}": 1 for n in range(999)}),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_named_and_nothing_is_written(call, path, body):
    answer = call("POST", path, body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert 1 <= len(answer.json["errors"]) <= 20
    assert len(answer.data) < 3000


def test_thousands_of_names_get_one_short_answer(call):
    answer = call("POST", "/products/categories/", {f"k{n}": 1 for n in range(2000)})
    assert (answer.status_code, answer.json["detail"]) == (400, "The body has too many parts.")


NUMBERS = ["-1", "0.5", "1.0", "1e3", "1e309", "-1e400", "2147483648", "9223372036854775808", '"１２"', '"1,000"', '" 1"', '"0x10"', '"NaN"', '"²"',
           "true", "[]", "{}", "[1]", "9" * 21, "9" * 5000, "NaN", "Infinity", "-Infinity"]  # fmt: skip


def writes(owner):
    """(method, path, fields) of every create, change and verb that the admin API has."""
    for screen in current_host().screens.values():
        if not screen.api:
            continue
        base = f"/{screen.plugin}/" + screen.route.removeprefix(f"/{screen.plugin}").strip("/")
        base = base if not base.endswith("/") else f"/{screen.plugin}/{screen.plugin}"
        if screen.create:
            yield "POST", f"{base}/", gateway.writable(screen, owner)
        if screen.update:
            yield "PATCH", f"{base}/1", gateway.writable(screen, owner)
        for action in screen.actions:
            if fields := gateway.asked_fields(screen, action, owner):
                yield "POST", f"{base}/1/{action.name}", fields


def bodies(fields, number, one_by_one):
    """The number in all fields at once, and in each alone."""
    parts = {f.name: f"[{{{', '.join(f'{json.dumps(s.name)}: {number}' for s in f.rows)}}}]" if f.kind == "rows" else number for f in fields}
    yield "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in parts.items()) + "}"
    if one_by_one:
        yield from (f"{{{json.dumps(name)}: {value}}}" for name, value in parts.items())


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_no_number_breaks_a_write(call, tea, owner, size):
    asked = list(writes(owner))
    assert len(asked) > 8
    answers = {}
    for method, path, fields in asked:
        for number in NUMBERS:
            for body in bodies(fields, number, size(0, 1)):
                answer = call(method, path, body)
                answers[method, path] = min(answer.status_code, answers.get((method, path), 999))
                assert answer.status_code < 500, (method, path, body, answer.text)
                # In all fields at once it is wrong in one of them at least; alone it may be a value of that field.
                if number in ("true", "[]", "{}", "1e309", "9" * 21, "NaN") and body.count(":") > 1:
                    assert answer.status_code in (400, 404, 409, 422), (method, path, body)
    assert not [where for where, status in answers.items() if status == 405], "such a route there is not"


@pytest.mark.parametrize(
    "body",
    ["{" + ",".join(f'"k{n}": 1' for n in range(200_000)) + "}", "{" + ",".join(f'"k{n}": 1' for n in range(50_000)) + "}",
     '{"a": ' + "[" * 100_000, '{"a": ' + "[" * 100 + "]" * 100 + "}", '{"a": [' + "1," * 20_000 + "1]}", '{"name": "a", "name": "b"}',
     '{"name": "Tea", "deep": {"a": 1, "a": 2}}'],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/products/categories/", "/api/v1/security/login", "/shop/api/v1/session", "/shop/api/v1/quotes"])
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_floods_of_names_and_names_said_twice_get_one_short_answer(site, call, body, path):
    if path.startswith("/api/v1/products"):
        answer = call("POST", "/products/categories/", body)
    else:
        answer = Client(site).post(path, data=body, content_type="application/json")
    assert answer.status_code in (400, 401, 413)
    assert (answer.mimetype, len(answer.data) < 600) == ("application/problem+json", True)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_floods_in_forms_addresses_and_cookies_are_refused(site):
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert Client(site).post("/login/", data="a&" * 20_000, **form).status_code == 413
    assert Client(site).post("/login/", data="a=" + "b" * 5_000_000, **form).status_code == 413
    assert Client(site).get("/login/?" + "a=1&" * 10_000).status_code == 400
    assert Client(site, use_cookies=False).get("/login/", headers={"Cookie": "a=1; " * 10_000}).status_code == 400
    assert Client(site).get("/login/").status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", "[" * 100_000, '{"name": "\\ud800"}', '{"name": "a\\u0000b"}', '{"position": NaN}']
)
def test_a_body_that_is_no_object_of_plain_values_is_refused(call, site, body):
    assert call("POST", "/products/categories/", body).status_code == 400
    answer = Client(site).post("/api/v1/security/login", data=body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_page_has_at_most_a_hundred_rows(call):
    for limit in ("0", "101", "000001999999", "9" * 30, "-1", "x"):
        assert call("GET", f"/products/products/?limit={limit}").status_code == 400
    assert call("GET", "/products/products/?limit=100").status_code == 200


def test_a_creation_sent_twice_under_one_key_happens_once(call):
    from zhanggui_customers.models import Customer

    answers = [call("POST", "/customers/customers/", {"name": "Wang Wei"}, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].data == answers[1].data
    assert call("POST", "/customers/customers/", {"name": "Li"}, **{"Idempotency-Key": "k1"}).status_code == 422
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Customer)) == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("question", ["q={long}", "inventory__low_stock=2", "category_id=x", "cursor=abc", "limit=101", "sort=nothing"])
def test_a_list_refuses_what_its_document_does_not_take_and_names_it(call, tea, question):
    name = question.partition("=")[0]
    answer = call("GET", f"/products/products/?{question.format(long='x' * 101)}")
    assert (answer.status_code, list(answer.json["errors"])) == (400, [name])
    assert call("GET", f"/products/products/?q={'x' * 100}").status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_each_operation_says_what_it_takes_and_answers(call):
    document = call("GET", "/_openapi").json
    for path, operations in document["paths"].items():
        for verb, told in operations.items():
            if "/security/" in path or path.endswith("/_openapi"):
                continue
            where = f"{verb} {path}"
            assert path.startswith("/api/v1/core/files/") or (told["operationId"] and "401" in told["responses"]), where
            assert verb != "patch" or "requestBody" in told, where
            assert all("content" in r or "$ref" in r for code, r in told["responses"].items() if code != "204"), where
    added = document["paths"]["/api/v1/products/categories/"]["post"]
    assert added["requestBody"]["content"]["application/json"]["schema"]["required"] == ["name"]
    assert added["responses"]["201"]["links"]["delete"]["operationId"] == "products.Category.delete"
    assert {p["name"] for p in document["paths"]["/api/v1/orders/orders/"]["get"]["parameters"]} >= {"limit", "cursor", "sort", "q", "stage", "placed_at_from"}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_stale_change_says_what_changed(call, tea):
    version = call("GET", f"/products/products/{tea}").json["row_version"]
    assert call("PATCH", f"/products/products/{tea}", {"position": "3", "row_version": version}).status_code == 200
    late = call("PATCH", f"/products/products/{tea}", {"position": "4", "row_version": version})
    assert (late.status_code, late.json["code"]) == (409, "stale")
    assert "position" in late.json["changed"]


NESTED, HUGE = (base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") for text in ("[" * 3000, "[100000000000000000000,1]"))


@pytest.mark.parametrize(
    "question",
    ["placed_at_to=9999-12-31", "placed_at_from=0001-01-01", "customer_id=--5", "customer_id=²", "total_from=1e999999", "total_from=1_0",
     f"after={NESTED}", f"after={HUGE}", "q=%00", "number=%00", "q=1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6%D9%A7%D9%A8%D9%A9%D9%A0%D9%A1"],
)  # fmt: skip
def test_no_argument_of_a_list_breaks_it(visit, question):
    answer = visit("owner").get(f"/orders/?{question}")
    assert answer.status_code in (200, 400)
    assert (answer.status_code == 200) == question.startswith("q=1")


@pytest.mark.parametrize("path", ["/search?q=%00", "/products/lookup?q=%00", "/people/users/3000000000", "/people/roles/3000000000/edit"])
def test_no_address_breaks_a_page(visit, path):
    assert visit("owner").get(path).status_code in (400, 404)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_cookie_of_no_use_to_us_is_not_even_read(site):
    client = Client(site)
    client.set_cookie("remember_token", "1|\u00e9")
    assert client.get("/login/").status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_filter_names_only_rows_that_its_reader_may_list(visit, owner):
    from zhanggui_customers.services.profile import create_customer

    with unit_of_work() as db:
        customer = create_customer(db, actor=owner, now=NOON, name="Secret Buyer", phone=None)
    assert "Secret Buyer" in visit("owner").get(f"/orders/?customer_id={customer}").text
    page = visit("warehouse").get(f"/orders/?customer_id={customer}")
    assert page.status_code == 200
    assert "Secret Buyer" not in page.text


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_version_that_is_none_is_refused(visit, tea):
    boss = visit("owner")
    form = {"name__zh_CN": "x", "variants-0-sku": "TEA-1", "variants-0-price": "1"}
    assert boss.post(f"/products/{tea}/edit", {**form, "row_version": "abc"}).status_code == 400
