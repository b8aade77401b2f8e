"""Many orders at once: one carrier, a number each, one summary; all that a list finds as one task."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from shop import NOON, add_customer, add_product, place
from sqlalchemy import select

from zhanggui.api import Actor, cancel_task, clock, reading, unit_of_work
from zhanggui.jobs import runner
from zhanggui.runtime import Runtime
from zhanggui.tasks.models import Task
from zhanggui_orders.models import Order, Shipment
from zhanggui_orders.services.payment import mark_paid_offline

Visit = Callable[..., Any]


@pytest.fixture
def orders(instance: Runtime, owner: Actor) -> list[Any]:
    """Three to ship and one to pay, the oldest first."""
    with unit_of_work() as db:
        tea, buyer = add_product(db, owner, stock=50), add_customer(db, owner)
        made = [place(db, owner, (tea, n), customer_id=buyer, note="ring twice") for n in (1, 2, 3, 4)]
        for order in made[:3]:
            mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
        return [(order.id, order.number) for order in made]


def parcels() -> dict[int, tuple[str, str]]:
    with reading() as db:
        return {s.order_id: (s.carrier, s.tracking_number) for s in db.scalars(select(Shipment))}


def test_each_gets_its_number_and_the_rest_is_named(orders: list[Any], visit: Visit) -> None:
    clerk = visit("clerk")
    (a, _a), (b, b_number), (c, _c), (unpaid, unpaid_number) = orders
    ids = [str(i) for i in (a, b, c, unpaid)]
    sheet = clerk.post("/orders/bulk/ship", {"ids": ids}).get_data(as_text=True)
    assert "ring twice" in sheet and unpaid_number in sheet and f'name="tracking_number-{unpaid}"' not in sheet
    given = {"ids": ids, "_asked": "1", "carrier": "sf", f"tracking_number-{a}": "sf 123 4567", f"tracking_number-{b}": "x"}
    told = clerk.post("/orders/bulk/ship", given).get_data(as_text=True)
    assert "1 done, 1 not done." in told and b_number in told and "5 to 40" in told and "1 were not filled in" in told
    assert parcels() == {a: ("sf", "SF1234567")}


def test_what_is_pasted_or_in_a_spreadsheet_is_shown_before_anything_is_stored(orders: list[Any], visit: Visit) -> None:
    clerk = visit("clerk")
    (a, a_number), (b, b_number), (c, _c), (_unpaid, unpaid_number) = orders
    text = f"order number\ttracking number\n{b_number}\tSF1111111\n{unpaid_number}\tSF2222222\n99\tSF3333333"
    given = {"ids": [str(a)], "_asked": "1", "carrier": "sf", "_pasted": text, f"tracking_number-{a}": "SF1111111"}
    shown = clerk.post("/orders/bulk/ship", given).get_data(as_text=True)
    assert parcels() == {}
    assert f'name="tracking_number-{b}"' in shown and "SF1111111" in shown  # found by its number, though it was not selected
    assert f"The same as for {a_number}" in shown and "“99” is not here" in shown and "“To pay”" in shown
    file = (BytesIO(f"Buyer,Order number,Tracking number\nWang,{a_number},SF7777777\n".encode()), "labels.csv")
    shown = clerk.post("/orders/bulk/ship", {"ids": [str(a), str(c)], "_asked": "1", "carrier": "sf", "_sheet": file}).get_data(as_text=True)
    assert "“Order number”" in shown and "SF7777777" in shown and parcels() == {}


def test_the_shop_s_own_delivery_needs_no_numbers(orders: list[Any], visit: Visit) -> None:
    ids = [i for i, _number in orders[:3]]
    answer = visit("clerk").post("/orders/bulk/ship", {"ids": [str(i) for i in ids], "_asked": "1", "carrier": "own"})
    assert answer.status_code == 303 and parcels() == dict.fromkeys(ids, ("own", ""))


def test_a_missing_number_is_missing_and_not_too_short(orders: list[Any], visit: Visit) -> None:
    page = visit("clerk").post(f"/orders/{orders[0][0]}/ship", {"carrier": "sf", "tracking_number": ""}).get_data(as_text=True)
    assert "Tracking number is needed." in page and "5 to 40" not in page


def _turn(task_id: int) -> str:
    with reading() as db:
        job_id = db.scalar(select(Task.job_id).where(Task.id == task_id))
    return runner.run(job_id or 0)


def test_all_that_a_list_finds_is_one_task_with_a_summary(orders: list[Any], visit: Visit) -> None:
    clerk = visit("clerk")
    all_of_it = {"_all": "1", "all": "", "_asked": "1", "method": "cash"}
    assert visit("viewer").post("/orders/bulk/mark_paid", all_of_it).status_code == 403
    begun = clerk.post("/orders/bulk/mark_paid", all_of_it)
    assert begun.status_code == 303 and (found := re.fullmatch(r"/tasks/(\d+)", begun.location))
    assert _turn(int(found[1])) == "done"
    page = clerk.get(begun.location).get_data(as_text=True)
    assert "1 done, 3 not done." in page and all(number in page for _id, number in orders[:3]) and "“To ship”" in page
    with reading() as db:
        assert {o.stage for o in db.scalars(select(Order))} == {"to_ship"}


def test_a_task_that_is_canceled_leaves_the_rest_alone(orders: list[Any], visit: Visit, owner: Actor) -> None:
    begun = visit("clerk").post("/orders/bulk/mark_paid", {"_all": "1", "all": "stage=to_pay", "_asked": "1", "method": "cash"})
    task_id = int(begun.location.rsplit("/", 1)[1])
    with unit_of_work() as db:
        cancel_task(db, id=task_id, actor=owner, now=clock.now())
    _turn(task_id)
    with reading() as db:
        assert db.get_one(Order, orders[3][0]).stage == "to_pay"
