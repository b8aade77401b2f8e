"""The admin API takes what it understands, exactly, and says no to everything else without breaking."""

from __future__ import annotations

import base64
import json

import pytest
from sqlalchemy import func, select
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.testing.fixtures import NOON, PASSWORD


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
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_named_and_nothing_is_written(call, path, body):
    answer = call("POST", path, body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json["errors"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", "[" * 100_000, '{"name": "\\ud800"}', '{"name": "a\\u0000b"}', '{"position": NaN}', '{"position": ' + "9" * 5000 + "}"]
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
