"""The pages of the shop as people use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from shop import NOON, add_customer, add_product, place
from sqlalchemy import select

from zhanggui.api import Actor, unit_of_work
from zhanggui.runtime import Runtime
from zhanggui_inventory.models import StockLevel
from zhanggui_orders.contracts import HistoricLine, HistoricOrder
from zhanggui_orders.facade import record_history
from zhanggui_orders.models import Order, Shipment
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_payments.models import Attempt as Payment

Visit = Callable[..., Any]


@pytest.fixture
def shop(instance: Runtime, owner: Actor) -> dict[str, Any]:
    """One product, one customer, an order to ship and one to pay."""
    with unit_of_work() as db:
        tea, buyer = add_product(db, owner, price=1990), add_customer(db, owner)
        to_ship, to_pay = (place(db, owner, (tea, n), customer_id=buyer) for n in (1, 2))
        mark_paid_offline(db, id=to_ship.id, method="cash", actor=owner, now=NOON)
        level = db.scalars(select(StockLevel.id)).one()
    return {"tea": tea, "buyer": buyer, "to_ship": to_ship.id, "to_pay": to_pay.id, "level": level}


def test_shipping_takes_three_taps_from_home(shop: dict[str, Any], visit: Visit) -> None:
    clerk, order_id = visit("clerk"), shop["to_ship"]
    home = clerk.get("/").get_data(as_text=True)
    assert "/orders/?stage=to_ship" in home  # first tap
    listed = clerk.get("/orders/?stage=to_ship").get_data(as_text=True)
    assert f"/orders/{order_id}/ship" in listed  # second tap, on the card
    assert f"/orders/{shop['to_pay']}" not in listed
    form = clerk.get(f"/orders/{order_id}/ship").get_data(as_text=True)
    assert 'name="tracking_number"' in form
    with unit_of_work() as db:
        assert re.search(rf"<h1>[^<]+ · {db.get_one(Order, order_id).number}", form)  # whose it is, before anything is typed
    answer = clerk.post(f"/orders/{order_id}/ship", {"carrier": "sf", "tracking_number": "SF1234567"})  # third
    assert answer.status_code == 303
    with unit_of_work() as db:
        assert db.get_one(Order, order_id).stage == "shipped"


def test_a_price_changes_in_the_list_s_own_form(shop: dict[str, Any], visit: Visit) -> None:
    clerk, tea = visit("clerk"), shop["tea"]
    listed = clerk.get("/products/").get_data(as_text=True)
    assert f"/products/{tea.product_id}/change_price" in listed
    form = clerk.get(f"/products/{tea.product_id}/change_price").get_data(as_text=True)
    assert re.search(r'name="prices-0-price"[^>]*value="19\.90"', form)
    # The blank last line must not keep the browser from sending the form.
    assert not re.search(r'name="prices-1-[a-z]+"[^>]*required', form)
    data = {"prices-0-id": str(tea.id), "prices-0-price": "21.90", "prices-1-id": "", "prices-1-price": ""}
    assert clerk.post(f"/products/{tea.product_id}/change_price", data).status_code == 303
    assert "21.90" in clerk.get(f"/products/{tea.product_id}").get_data(as_text=True)


def test_an_unknown_carrier_is_refused_in_the_form(shop: dict[str, Any], visit: Visit) -> None:
    clerk, order_id = visit("clerk"), shop["to_ship"]
    answer = clerk.post(f"/orders/{order_id}/ship", {"carrier": "pigeon", "tracking_number": "SF1234567"})
    assert answer.status_code in (409, 422)
    assert "SF1234567" in answer.get_data(as_text=True)  # what was typed is still there
    with unit_of_work() as db:
        assert db.scalars(select(Shipment)).all() == []


def test_a_move_that_is_not_allowed_answers_409(shop: dict[str, Any], visit: Visit) -> None:
    clerk = visit("clerk")
    answer = clerk.post(f"/orders/{shop['to_pay']}/ship", {"carrier": "own", "tracking_number": ""})
    assert answer.status_code == 409
    answer = clerk.post(f"/orders/{shop['to_ship']}/mark_paid", {"method": "cash"})
    assert answer.status_code == 409
    with unit_of_work() as db:
        assert len(db.scalars(select(Payment)).all()) == 1


def test_who_may_only_look_is_not_offered_a_verb_and_is_refused_one(shop: dict[str, Any], visit: Visit) -> None:
    viewer, order_id = visit("viewer"), shop["to_ship"]
    assert f"/orders/{order_id}/ship" not in viewer.get("/orders/").get_data(as_text=True)
    answer = viewer.post(f"/orders/{order_id}/ship", {"carrier": "own"})
    assert answer.status_code == 403
    with unit_of_work() as db:
        assert db.get_one(Order, order_id).stage == "to_ship"


def test_a_column_that_is_in_no_form_cannot_be_posted(shop: dict[str, Any], visit: Visit) -> None:
    clerk, product_id = visit("clerk"), shop["tea"].product_id
    data = {
        "name__zh_CN": "茶",
        "variants-0-sku": "TEA-250",
        "variants-0-price": "19.90",
        "status": "draft",
        "public_id": "x",
    }
    assert clerk.post(f"/products/{product_id}/edit", data).status_code == 303
    data = {"carrier": "own", "total": "1", "stage": "done", "paid_total": "0", "customer_id": ""}
    assert clerk.post(f"/orders/{shop['to_ship']}/ship", data).status_code == 303
    with unit_of_work() as db:
        order = db.get_one(Order, shop["to_ship"])
        assert (order.total, order.stage, order.paid_total, order.customer_id) == (1990, "shipped", 1990, shop["buyer"])


def test_how_an_order_of_the_past_was_paid_is_said_in_words_and_never_chosen(shop: dict[str, Any], visit: Visit) -> None:
    past = HistoricOrder("A1", NOON - timedelta(days=400), "CNY", [HistoricLine("TEA-250", "Longjing tea", 2, 1990)])
    with unit_of_work() as db:
        number = record_history(db, [past], "batch-1")["A1"]
    owner = visit("owner")
    page = owner.get(f"/orders/{number}").text
    assert "Imported" in page and ">history" not in page
    form = owner.get(f"/orders/{shop['to_pay']}/mark_paid").text
    assert "Bank transfer" in form and "Imported" not in form
    assert owner.post(f"/orders/{shop['to_pay']}/mark_paid", {"method": "history"}).status_code == 422


def test_every_page_opens_for_the_owner(shop: dict[str, Any], visit: Visit) -> None:
    owner, product = visit("owner"), shop["tea"].product_id
    paths = [
        "/", "/orders/", f"/orders/{shop['to_ship']}", f"/orders/{shop['to_pay']}/mark_paid", f"/orders/{shop['to_pay']}/cancel",
        "/products/", "/products/add", f"/products/{product}", f"/products/{product}/edit", "/products/?inventory__low_stock=1",
        "/categories/", "/categories/add", "/stock/", "/stock/?low=1", f"/stock/{shop['level']}", f"/stock/{shop['level']}/restock",
        f"/stock/{shop['level']}/count", f"/stock/{shop['level']}/adjust", f"/stock/{shop['level']}/warn", "/stock-movements/",
        "/stock-movements/1", "/customers/", "/customers/add", f"/customers/{shop['buyer']}", f"/customers/{shop['buyer']}/edit",
        "/orders/export.csv", "/products/export.csv", "/customers/export.csv", f"/orders/?customer_id={shop['buyer']}",
        "/search?q=26", "/search?q=longjing", "/search?q=8000",
    ]  # fmt: skip
    answers = {path: owner.get(path).status_code for path in paths}
    assert answers == dict.fromkeys(paths, 200)
