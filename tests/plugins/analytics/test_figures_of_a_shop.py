"""Figures by hand: days, months, refunds, zones and currencies, from the rows and from what is kept alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from gone import at, past, row
from shop import add_customer, add_product, place

from zhanggui.api import Actor, BadRequest, Forbidden, Money, clock, unit_of_work
from zhanggui.config import settings
from zhanggui.host import current_host
from zhanggui.jobs.phases import in_phases
from zhanggui.runtime import Runtime
from zhanggui_orders import facade as orders
from zhanggui_orders.services import corrections
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_payments.slots import REFUND

Ask = Callable[..., Any]
Work = Callable[[], None]
LATER = datetime(2026, 6, 15, 4, tzinfo=UTC)


@pytest.fixture(params=["rows", "kept"])
def settle(request: pytest.FixtureRequest, work: Work) -> Work:
    """Nothing is kept yet; or everything is."""
    return work if request.param == "kept" else lambda: None


def values(found: Any) -> dict[Any, Any]:
    """{key: value} of a question for one figure."""
    name = found.ask.metrics[0]
    return {key if len(key) > 1 else (key[0] if key else ""): cells[name] for key, cells in found.values.items()}


def test_three_days_of_one_order(instance: Runtime, owner: Actor, ask: Ask, settle: Work) -> None:
    """Placed in March, paid in April, half of it given back in May: each on its own day, and over all time both views agree."""
    with unit_of_work() as db:
        tea, buyer = add_product(db, owner, price=4950), add_customer(db, owner)
        with clock.hold(at("2026-03-31 23:50")):
            order = place(db, owner, (tea, 2), customer_id=buyer)
    with unit_of_work() as db, clock.hold(at("2026-04-01 00:05")):
        corrections.change_price(db, id=order.id, total=Money(9000, "CNY"), reason="An old friend", actor=owner, now=at("2026-03-31 23:55"))
    with unit_of_work() as db, clock.hold(at("2026-04-01 00:05")):
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=at("2026-04-01 00:05"))
    with clock.hold(at("2026-05-01 00:01")):
        give_back(owner, order.id, 1)
    with clock.hold(LATER):
        settle()
        wanted = "sales.gross,sales.discount,sales.returns,sales.net,orders.paid,cash.in,cash.out,sales.aov,sales.return_share"
        months = ask(wanted, by="month", period="2026-03-01..2026-05-31")
        assert values(ask("orders.placed", by="month", period="2026-03-01..2026-05-31"))["2026-03-01"] == 1
        april, may = months.values[("2026-04-01",)], months.values[("2026-05-01",)]
        assert [april[name] for name in wanted.split(",")] == [9900, -900, 0, 9000, 1, 9000, 0, 9000, Decimal("0.00")]
        assert [may[name] for name in wanted.split(",")] == [0, 0, -4500, -4500, 0, 0, -4500, None, None]
        assert (months.totals["sales.net"], months.totals["cash.in"] + months.totals["cash.out"]) == (4500, 4500)


def give_back(actor: Actor, order_id: int, pieces: int) -> None:
    """So many pieces of the only line, as the sheet on the order does it."""

    def claim(db: Any) -> Any:
        line = orders.lines_money(db, order_id)[0].order_line_id
        return REFUND.claim(db, id=order_id, what="lines", lines={line: pieces}, reason="customer", actor=actor, now=clock.now())

    in_phases(REFUND, claim, lambda _db, said: said)


def test_the_hours_of_a_day_with_25(instance: Runtime, owner: Actor, ask: Ask, settle: Work) -> None:
    with unit_of_work() as db:
        settings.set(db, "instance.time_zone", "Europe/London", actor=owner, now=clock.now())
    for moment in ("2026-10-24T23:00", "2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T23:59", "2026-10-26T00:00", "2026-03-29T00:59", "2026-03-29T01:00"):
        _past_at(moment)
    with clock.hold(datetime(2026, 11, 15, 4, tzinfo=UTC)):
        settle()
        assert values(ask("orders.paid", by="hour", period="2026-10-25..2026-10-25")) == {"0": 1, "1": 2, "23": 1}
        assert values(ask("orders.paid", by="day", period="2026-10-25..2026-10-26")) == {"2026-10-25": 4, "2026-10-26": 1}
        assert values(ask("orders.paid", by="hour", period="2026-03-29..2026-03-29")) == {"0": 1, "2": 1}


def _past_at(utc: str) -> None:
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    with unit_of_work() as db:
        line = orders.HistoricLine("A", "A", 1, 1000)
        orders.record_history(db, [orders.HistoricOrder(utc, moment, "CNY", [line])], utc, now=clock.now())


def test_what_is_on_the_border_of_a_day_stands_on_its_own_side(ask: Ask, settle: Work, instance: Runtime) -> None:
    past(row(at="2026-04-30 23:59:59.999", sku="A", price=100), row(at="2026-05-01 00:00", sku="A", price=1))
    with clock.hold(LATER):
        settle()
        assert values(ask("sales.gross", by="day", period="2026-04-30..2026-05-01")) == {"2026-04-30": 100, "2026-05-01": 1}
        assert values(ask("sales.gross", by="month", period="2026-04-01..2026-05-31")) == {"2026-04-01": 100, "2026-05-01": 1}


def test_days_without_sales_are_there_and_a_week_begins_on_monday(ask: Ask, settle: Work, instance: Runtime) -> None:
    past(row(at="2026-04-06 10:00", sku="A", price=100), row(at="2026-04-12 10:00", sku="A", price=10), row(at="2026-04-13 10:00", sku="A", price=1))
    with clock.hold(LATER):
        settle()
        assert values(ask("sales.gross", by="day", period="2026-04-06..2026-04-08")) == {"2026-04-06": 100, "2026-04-07": 0, "2026-04-08": 0}
        assert values(ask("sales.gross", by="week", period="2026-04-01..2026-04-19")) == {"2026-03-30": 0, "2026-04-06": 110, "2026-04-13": 1}


def test_money_of_two_currencies_is_never_one_sum(ask: Ask, settle: Work, instance: Runtime) -> None:
    past(row(at="2026-04-06 10:00", sku="A", price=100), row(at="2026-04-06 11:00", sku="A", price=7, currency="USD"))
    with clock.hold(LATER):
        settle()
        own = ask("sales.gross,orders.paid,sales.aov", period="2026-04")
        # Orders are counted whatever they are paid in, as their list shows them, whichever figures stand beside; the average is of those in one currency.
        assert (own.totals, own.currencies) == ({"sales.gross": 100, "orders.paid": 2, "sales.aov": 100}, ["USD"])
        assert ask("sales.gross", period="2026-04", currency="USD").totals == {"sales.gross": 7}
        assert ask("orders.paid", period="2026-04").totals == {"orders.paid": 2}


def test_returns_and_fees_of_the_past_are_no_orders(ask: Ask, settle: Work, instance: Runtime) -> None:
    past(
        row(at="2026-04-06 10:00", lines=[row(sku="A", price=100, quantity=3), row(sku="POST", price=20, kind="fee")]),
        row(at="2026-04-07 10:00", sku="A", price=100, quantity=-1, kind="return"),
        row(at="2026-04-08 10:00", sku="A", price=1000, canceled=True),
    )
    with clock.hold(LATER):
        settle()
        found = ask("sales.gross,sales.returns,sales.net,sales.fees,sales.freight,sales.total,orders.paid,orders.pieces,orders.canceled", period="2026-04").totals
        assert found == {
            "sales.gross": 300, "sales.returns": -100, "sales.net": 200, "sales.fees": 20, "sales.freight": 0, "sales.total": 220, "orders.paid": 1, "orders.pieces": 3,
            "orders.canceled": 1,
        }  # fmt: skip


def test_buyers_of_two_months_are_not_the_sum_and_new_ones_are_new_once(ask: Ask, settle: Work, instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        ann, bob = (add_customer(db, owner, name, None) for name in ("Ann", "Bob"))
    past(
        row(at="2026-03-05 10:00", sku="A", price=1, customer=ann), row(at="2026-04-05 10:00", sku="A", price=10, customer=ann),
        row(at="2026-04-06 10:00", sku="A", price=100, customer=bob), row(at="2026-05-06 10:00", sku="A", price=1000, customer=bob),
        row(at="2026-04-07 10:00", sku="A", price=10_000),
    )  # fmt: skip
    with clock.hold(LATER):
        settle()
        found = ask("customers.buyers,customers.new,customers.returning", by="month", period="2026-03-01..2026-05-31")
        assert [tuple(int(v or 0) for v in found.values[key].values()) for key in found.rows] == [(1, 1, 0), (2, 1, 1), (1, 0, 1)]
        assert {name: int(value or 0) for name, value in found.totals.items()} == {"customers.buyers": 2, "customers.new": 2, "customers.returning": 0}
        kinds = ask("sales.gross", by="month,buyer_kind", period="2026-04-01..2026-04-30")
        assert values(kinds) == {("2026-04-01", "guest"): 10_000, ("2026-04-01", "new"): 100, ("2026-04-01", "returning"): 10}
        assert kinds.totals["sales.gross"] == 10_110


def test_the_top_and_all_others_add_up(ask: Ask, settle: Work, instance: Runtime) -> None:
    past(*(row(at=f"2026-04-{day:02d} 10:00", sku=f"S{day}", price=day, quantity=2) for day in range(1, 11)))
    with clock.hold(LATER):
        settle()
        found = ask("sales.net,orders.pieces", by="sku", period="2026-04", limit="3")
        assert values(found) == {"S10": 20, "S9": 18, "S8": 16}
        assert (found.others, found.totals) == ({"sales.net": 56, "orders.pieces": 14}, {"sales.net": 110, "orders.pieces": 20})


def test_part_of_a_day_is_compared_with_the_same_part(ask: Ask, settle: Work, instance: Runtime) -> None:
    past(
        *(row(at=f"2026-0{month}-0{day} {hour}:00", sku="A", price=10 ** (day - 1)) for month in (2, 3) for day in (1, 2, 3) for hour in (10, 18)),
    )
    with clock.hold(at("2026-03-03 14:00")):
        settle()
        found = ask("sales.gross,orders.paid", period="this_month", compare="previous_calendar", now=at("2026-03-03 14:00"))
        assert (found.totals_were["sales.gross"], found.totals_were["orders.paid"]) == (122, 5)
        assert (found.totals["sales.gross"], found.running) == (222, True)  # what lies beyond the present moment is not held back: it was written down


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"metrics": "sales.nonsense"}, "metrics", "There is no figure"), ({"metrics": ""}, "metrics", "Name 1 to 12"),
        ({"metrics": "sales.net", "period": "soon"}, "period", "is no period"), ({"metrics": "sales.net", "period": "2026-02-30..2026-03-01"}, "period", "is no period"),
        ({"metrics": "sales.net", "by": "colour"}, "by", "cannot be taken apart by"), ({"metrics": "orders.paid", "by": "sku"}, "by", "cannot be taken apart by"),
        ({"metrics": "sales.net", "by": "day,month"}, "by", "one of them a time"), ({"metrics": "sales.net", "compare": "neighbours"}, "compare", "is no comparison"),
        ({"metrics": "sales.net", "limit": "many"}, "limit", "a number from 1"), ({"metrics": "sales.net", "order": "orders.paid"}, "order", "Order by one"),
        ({"metrics": "sales.net", "hour": "3"}, "period", "Narrow the time"), ({"metrics": "sales.net", "warehouse": "3"}, "warehouse", "cannot be taken apart by"),
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_names_what_is_wrong(ask: Ask, given: dict[str, str], field: str, says: str) -> None:
    with pytest.raises(BadRequest) as refused:
        ask(**given)
    assert refused.value.field == field and says in str(refused.value.text())


def test_a_figure_needs_its_right_and_its_list(ask: Ask, clerk: Actor, warehouse: Actor) -> None:
    assert ask("orders.paid", actor=clerk).totals == {"orders.paid": 0}
    for actor, metric in ((clerk, "sales.margin"), (clerk, "cash.in"), (warehouse, "orders.paid")):
        with pytest.raises(Forbidden):
            ask(metric, actor=actor)
    blind = Actor("user", name="blind", permissions=frozenset({("can_see", "analytics.Sales"), ("can_list", "orders.Order")}))
    assert ask("orders.paid", actor=blind).totals == {"orders.paid": 0}
    with pytest.raises(Forbidden):  # not the lines that sales are made of
        ask("sales.net", actor=blind)


def test_who_sees_some_rows_gets_the_figure_of_these_and_is_told(ask: Ask, work: Work, clerk: Actor, instance: Runtime) -> None:
    past(row(at="2026-04-06 10:00", sku="A", price=100), row(at="2026-04-07 10:00", sku="A", price=7))
    with clock.hold(LATER):
        work()
        screens = current_host().screens
        before = screens["orders.Order"]
        screens["orders.Order"] = replace(before, row_rule=lambda actor, c: None if actor.everything else c.total < 50)
        try:
            mine, all_of_it = ask("orders.paid", period="2026-04", actor=clerk), ask("orders.paid", period="2026-04")
        finally:
            screens["orders.Order"] = before
    assert (mine.totals, mine.limited, mine.read_days) == ({"orders.paid": 1}, True, 30)
    assert (all_of_it.totals, all_of_it.limited) == ({"orders.paid": 2}, False)


def test_pages_of_figures_stand_for_who_may_see_them(instance: Runtime, visit: Callable[..., Any], work: Work) -> None:
    past(row(at="2026-04-06 10:00", sku="A", price=123456))
    owner, clerk = visit("owner"), visit("clerk")
    seen = owner.get("/analytics/board/sales?period=2026-04-01..2026-04-30&compare=previous").get_data(as_text=True)
    assert "1,234.56" in seen and "/analytics/parts/sales.net?period=2026-04-01..2026-04-30" in seen
    made_of = owner.get("/analytics/parts/sales.net?period=2026-04-01..2026-04-30").get_data(as_text=True)
    assert "/order-lines/?kind=goods&amp;paid_at_from=2026-04-01&amp;paid_at_to=2026-04-30" in made_of
    assert owner.get("/analytics/board/money").status_code == 200 and clerk.get("/analytics/board/money").status_code == 404
    assert clerk.get("/analytics/").status_code == 200 and visit("warehouse").get("/analytics/").status_code == 403
    assert owner.get("/analytics/board/gossip").status_code == 404 and owner.get("/analytics/parts/orders.paid").status_code == 404
    assert owner.get("/analytics/ask?metrics=orders.paid&by=source&period=2026-04").status_code == 200
    for kind, begins in (("csv", b"\xef\xbb\xbfMonth,Net sales,Currency"), ("xlsx", b"PK")):
        file = owner.post(f"/analytics/export?format={kind}&metrics=sales.net&by=month&period=2026-04-01..2026-04-30", {})
        assert file.status_code == 200 and file.data.startswith(begins)
    assert b"2026-04,1234.56,CNY" in owner.post("/analytics/export?metrics=sales.net&by=month&period=2026-04-01..2026-04-30", {}).data
    assert owner.post("/analytics/export?format=odt&metrics=orders.paid", {}).status_code == 400
    assert clerk.post("/analytics/export?metrics=orders.paid", {}).status_code == 403
