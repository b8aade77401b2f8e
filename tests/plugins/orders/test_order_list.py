"""The lists of orders: each is one walk along an index, and home reads a few rows of figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shop import NOON, add_customer, add_product, place, plan
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, BadRequest, Forbidden, counted, gateway, reader_at_work
from zhanggui.host import current_host
from zhanggui.web.query import parse
from zhanggui.web.questions import measured
from zhanggui_orders import details, widgets
from zhanggui_orders.contracts import HistoricLine, HistoricOrder
from zhanggui_orders.facade import orders_of_customer, record_history
from zhanggui_orders.models import Order
from zhanggui_orders.services.fulfillment import ship_order
from zhanggui_orders.services.payment import mark_paid_offline

ZONE = ZoneInfo("Asia/Shanghai")
c = Order.__table__.c


def listed(db: Session, actor: Actor, **args: str) -> list[Any]:
    screen = current_host().screens["orders.Order"]
    query = parse(screen, args, actor, zone=ZONE, currency="CNY")
    return list(gateway.page(db, screen, reader_at_work(actor), query).rows)


@pytest.fixture
def many(db: Session, owner: Actor) -> None:
    """Enough orders that a planner has a reason to use an index."""
    line = HistoricLine("S", "Thing", 1, 100)
    orders = [HistoricOrder(f"K{n}", NOON - timedelta(minutes=n), "CNY", [line], buyer_name="A") for n in range(3000)]
    record_history(db, orders, "batch-1")
    if db.get_bind().dialect.name == "postgresql":
        db.connection().exec_driver_sql("ANALYZE orders__order")


NEWEST = (c.placed_at.desc(), c.id.desc())


@pytest.mark.parametrize(
    ("clauses", "index"),
    [
        ([], "ix_orders__order_newest"),
        ([c.stage == "to_ship"], "ix_orders__order_stage"),
        ([c.payment_status == "unpaid"], "ix_orders__order_payment"),
        ([c.customer_id == 7], "ix_orders__order_customer"),
    ],
)
def test_a_page_is_one_index_walk_without_a_sort(many: None, db: Session, clauses: Any, index: str) -> None:
    found = plan(db.connection(), select(c.id, c.number).where(*clauses).order_by(*NEWEST).limit(26))
    assert index in found, found
    assert not any(sort in found for sort in ("TEMP B-TREE", "Sort")), found


def test_a_number_prefix_uses_its_index(many: None, db: Session) -> None:
    statement = select(c.id).where(c.number >= "26030212", c.number < "26030212\U0010ffff").order_by(*NEWEST).limit(26)
    found = plan(db.connection(), statement)
    assert "number" in found, found


def test_the_clerk_s_list_shows_the_newest_first(db: Session, owner: Actor, clerk: Actor) -> None:
    tea, buyer = add_product(db, owner), add_customer(db, owner)
    numbers = [place(db, owner, (tea, 1), customer_id=buyer).number for _ in range(3)]
    found = listed(db, clerk)
    assert [row.number for row in found] == numbers[::-1]
    assert (found[0].buyer_name, found[0].summary) == ("Wang Wei", "Longjing tea 250 g ×1")


def test_tabs_filters_and_search_narrow_it(db: Session, owner: Actor, clerk: Actor) -> None:
    tea, buyer = add_product(db, owner, price=1000), add_customer(db, owner)
    first, second = (place(db, owner, (tea, n), customer_id=buyer) for n in (1, 2))
    mark_paid_offline(db, id=first.id, method="cash", actor=owner, now=NOON)
    for args, wanted in (
        ({"stage": "to_ship"}, first), ({"stage": "to_pay"}, second), ({"payment_status": "paid"}, first),
        ({"total_from": "15"}, second), ({"q": second.number}, second),
    ):  # fmt: skip
        assert [row.id for row in listed(db, clerk, **args)] == [wanted.id], args
    assert len(listed(db, clerk, q=first.number[:6])) == 2
    assert len(listed(db, clerk, customer_id=str(buyer))) == 2


@pytest.mark.parametrize(
    "args", [{"stage": "nowhere"}, {"sort": "total"}, {"size": "7"}, {"color": "red"}, {"page": "x"}]
)
def test_what_does_not_exist_is_a_bad_request(db: Session, clerk: Actor, args: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        listed(db, clerk, **args)


def test_an_outsider_sees_nothing(db: Session, outsider: Actor) -> None:
    with pytest.raises(Forbidden):
        listed(db, outsider)


def test_home_tells_money_orders_and_what_waits(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, price=1000)
    orders = [place(db, owner, (tea, 1)) for _ in range(3)]
    for order in orders[:2]:
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
    ship_order(db, id=orders[0].id, carrier="own", actor=owner, now=NOON)
    noon, tomorrow = (replace(reader_at_work(owner), now=NOON + timedelta(days=n)) for n in range(2))
    assert measured(db, noon, widgets.MONEY_TODAY) == {"value": 2000, "kind": "money", "currency": "CNY"}
    assert measured(db, tomorrow, widgets.MONEY_TODAY)["value"] == 0
    assert measured(db, noon, widgets.ORDERS_TODAY)["value"] == 3
    assert counted(db, noon, widgets.TO_SHIP) == 1
    chart = widgets.revenue(db, noon)["chart"]
    assert (len(chart.labels), chart.labels[-1], chart.series[0].values[-1]) == (30, NOON.date(), 2000)


def test_the_detail_tells_lines_money_parcels_and_history(db: Session, owner: Actor) -> None:
    order = place(db, owner, (add_product(db, owner, price=1000), 2))
    mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
    ship_order(db, id=order.id, carrier="sf", tracking_number="SF1234567", actor=owner, now=NOON)
    row, reader = gateway.one(db, current_host().screens["orders.Order"], owner, order.id), reader_at_work(owner)
    assert details.lines(db, reader, row)["lines"][0]["quantity"] == 2
    assert str(details.money(db, reader, row)["total"]) == "¥20.00"
    assert details.delivery(db, reader, row)["shipments"][0]["number"] == "SF1234567"
    assert [str(e["what"]) for e in details.history(db, reader, row)["entries"]] == ["Order shipped", "Order paid", "Order placed"]


def test_a_buyer_pages_through_his_own_orders(db: Session, owner: Actor) -> None:
    tea, mine, other = add_product(db, owner, stock=50), add_customer(db, owner), add_customer(db, owner, "Li Na")
    numbers = [place(db, owner, (tea, 1), customer_id=mine).number for _ in range(5)]
    place(db, owner, (tea, 1), customer_id=other)
    seen, after = [], None
    while True:
        page, after = orders_of_customer(db, customer_id=mine, limit=2, after=after)
        seen += [view.facts.number for view in page]
        if after is None:
            break
    assert seen == numbers[::-1]
