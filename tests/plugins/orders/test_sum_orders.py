"""Figures above the list of orders: of all rows that it finds, in one statement, and each opens the rows that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from shop import NOON, add_product, place
from sqlalchemy import event
from sqlalchemy.orm import Session

from zhanggui.api import Actor, BadRequest, GroupBy, Measure
from zhanggui.host import current_host
from zhanggui.runtime import Runtime
from zhanggui.web import strip
from zhanggui.web.query import parse
from zhanggui_orders.contracts import HistoricLine, HistoricOrder
from zhanggui_orders.facade import record_history
from zhanggui_orders.models import Order
from zhanggui_orders.services.payment import mark_paid_offline

ZONE = ZoneInfo("Asia/Shanghai")


def found(db: Session, actor: Actor, screen: Any = None, **args: str) -> strip.Figures:
    screen = screen or current_host().screens["orders.Order"]
    query = parse(screen, args, actor, zone=ZONE, currency="CNY")
    figures = strip.figures(db, screen, actor, query, zone=ZONE, currency="CNY")
    assert figures is not None
    return figures


@pytest.fixture
def orders(db: Session, owner: Actor) -> list[Any]:
    """Forty placed orders of 19.90, of which one is paid, and two imported ones in dollars."""
    tea = add_product(db, owner, stock=100)
    placed = [place(db, owner, (tea, 1)) for _n in range(40)]
    mark_paid_offline(db, id=placed[0].id, method="cash", actor=owner, now=NOON)
    line = HistoricLine("S", "Thing", 1, 500)
    record_history(db, [HistoricOrder(f"K{n}", NOON - timedelta(days=90 + n), "USD", [line], buyer_name="A") for n in range(2)], "batch-1")
    return placed


def test_they_are_of_all_rows_and_never_add_two_currencies(orders: list[Any], db: Session, owner: Actor) -> None:
    figures = found(db, owner)
    assert figures.totals == {"orders": {"": 42}, "total": {"CNY": 40 * 1990, "USD": 1000}, "paid": {"CNY": 1990, "USD": 1000}}
    assert found(db, owner, placed_at_from="2026-03-02").totals["orders"] == {"": 40}
    # What is chosen already would only be said twice.
    assert set(found(db, owner, payment_status="unpaid").totals) == {"orders", "total"}


def test_a_group_has_what_its_list_has(orders: list[Any], db: Session, owner: Actor) -> None:
    parts = dict(found(db, owner, by="payment_status").groups)
    assert set(parts) == {"paid", "unpaid"}
    for value, amounts in parts.items():
        of_list = found(db, owner, payment_status=value).totals
        assert of_list is not None
        assert amounts["total"] == of_list["total"]
        assert amounts["orders"] == of_list["orders"]
    with pytest.raises(BadRequest):
        found(db, owner, by="total")


def test_an_average_is_rounded_once(orders: list[Any], db: Session, owner: Actor) -> None:
    orders[0].total = 1993
    db.flush()
    measures = (Measure("mean", "Mean", "average", "total", "money", currency="currency"),)
    screen = replace(current_host().screens["orders.Order"], measures=measures)
    assert found(db, owner, screen).totals == {"mean": {"CNY": 1990, "USD": 500}}
    none = found(db, owner, screen, source="admin", placed_at_to="2020-01-01")
    assert none.totals is None


def test_rules_over_rows_and_columns_hold(orders: list[Any], db: Session, owner: Actor, clerk: Actor) -> None:
    screen = current_host().screens["orders.Order"]
    own = replace(screen, row_rule=lambda actor, c: c.payment_status == "paid")
    assert found(db, clerk, own).totals["orders"] == {"": 3}
    hidden = replace(screen, columns=[replace(c, permission="can_see_total") if c.name == "total" else c for c in screen.columns])
    assert set(found(db, clerk, hidden).totals) == {"orders"}
    assert set(found(db, owner, hidden).totals) == {"orders", "total", "paid"}


def test_more_rows_than_a_page_should_count_are_told(orders: list[Any], db: Session, owner: Actor, monkeypatch: Any) -> None:
    monkeypatch.setattr(strip, "BOUND", 20)
    assert (found(db, owner).totals, found(db, owner).rows) == (None, None)
    assert found(db, owner, payment_status="paid").rows == 3


@contextmanager
def statements(runtime: Runtime) -> Iterator[list[str]]:
    seen: list[str] = []
    engines = (runtime.engine, runtime.read_bind)

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def shop(instance: Runtime, owner: Actor) -> None:
    """Thirty orders for whoever visits."""
    from zhanggui.api import unit_of_work

    with unit_of_work() as db:
        tea = add_product(db, owner, stock=100)
        placed = [place(db, owner, (tea, 1)) for _n in range(30)]
        mark_paid_offline(db, id=placed[0].id, method="cash", actor=owner, now=NOON)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_page_shows_them_and_each_opens_its_rows(instance: Runtime, shop: None, visit: Any) -> None:
    clerk = visit("clerk")
    clerk.get("/orders/")
    with statements(instance) as seen:
        page = clerk.get("/orders/?by=payment_status").text
    assert sum("sum(" in one for one in seen) == 1
    assert not [one for one in seen if "count_1" in one and "WHERE" not in one]  # they say how many rows there are
    bar = page.partition('class="sum-bar"')[2].partition("</div>")[0]
    assert "¥597.00" in bar
    assert "1–25 of 30" in page
    href = bar.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert dict(parse_qsl(urlsplit(href).query))["payment_status"] == "paid"
    assert "¥19.90" in clerk.get(href).text.partition('class="sum-bar"')[2].partition("</div>")[0]
    assert 'class="sum-bar"' not in clerk.get("/products/").text


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_program_gets_them_when_it_asks(shop: None, visit: Any) -> None:
    clerk = visit("clerk")
    answer = clerk.client.get("/api/v1/orders/orders/?limit=1&measures=1").json
    assert answer["measures"]["total"] == [{"amount": 30 * 1990, "currency": "CNY"}]
    assert answer["measures"]["orders"] == 30
    assert "measures" not in clerk.client.get("/api/v1/orders/orders/").json
    assert clerk.client.get("/api/v1/orders/orders/?measures=2").status_code == 400


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (Measure("x", "X", "sum"), "it is a count"), (Measure("x", "X", "median", "total"), "it is a count"), (Measure("x", "X", "sum", "nothing"), "nothing"),
        (Measure("x", "X", "sum", "total", "text"), "text"), (Measure("x", "X", only={"color": "red"}), "color"),
        (Measure("x", "X", only={"payment_status": "red"}), "red"), (GroupBy("province", "X"), "province"), (GroupBy("nothing", "X"), "nothing"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_when_it_is_loaded(wrong: Any, named: str) -> None:
    from zhanggui.host.columns import check_figures, check_screen
    from zhanggui.kernel.errors import WiringError
    from zhanggui.web.kinds import BUILT_IN
    from zhanggui_orders.screens import ORDERS

    screen = replace(ORDERS, measures=(wrong,)) if isinstance(wrong, Measure) else replace(ORDERS, group_by=(wrong,))
    with pytest.raises(WiringError, match=named):
        check_screen(screen, BUILT_IN)
    assert check_figures(ORDERS, BUILT_IN) is None
    assert Order.__tablename__ == "orders__order"
