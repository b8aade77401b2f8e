"""A figure and the list that it opens are one question, whoever reads and whichever clock is his."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from shop import NOON, add_product, place
from sqlalchemy import update

from zhanggui.api import Actor, Question, clock, reader_at_work, reading, unit_of_work
from zhanggui.host import current_host, refresh, service
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.web.questions import address, counted
from zhanggui_inventory.models import StockLevel
from zhanggui_orders.contracts import CartLine, HistoricLine, HistoricOrder
from zhanggui_orders.facade import record_history
from zhanggui_orders.services.cancellation import cancel_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_orders.services.placement import place_order

_TILE = re.compile(r'<h2><a href="([^"]+)">[^<]*</a></h2><span class="value">([\d,]+)</span>')
_TODO = re.compile(r'<a class="row-link" href="([^"]+)">(?:(?!</a>).)*?<span class="count">([\d,]+\+?)</span>', re.S)
_BADGE = re.compile(r'<a class="side-link" href="([^"]+)" data-key="menu:([^"]+)"[^>]*>(?:(?!</a>).)*?<span class="count">(\d+)</span>', re.S)


@pytest.fixture
def busy(instance: Runtime, owner: Actor) -> None:
    """Orders of yesterday late in the evening, of today, in another currency, to ship, to refund; some stock that runs low."""
    with unit_of_work() as db:
        tea = add_product(db, owner, price=1000, stock=50)
        orders = [place(db, owner, (tea, 1)) for _ in range(6)]
        for order in orders[:4]:
            mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=NOON)
        cancel_order(db, id=orders[0].id, reason="changed his mind", actor=owner, now=NOON)
        late = NOON - timedelta(hours=12, minutes=30)  # half past eleven in the evening, in Shanghai
        record_history(db, [HistoricOrder("K1", late, "CNY", [HistoricLine("OLD", "Old", 1, 100)]),
                            HistoricOrder("K2", NOON, "USD", [HistoricLine("OLD", "Old", 1, 100)])], "batch")  # fmt: skip
        db.execute(update(StockLevel).values(low=True))


def rows(visitor: Visitor, path: str) -> int:
    answer = visitor.get(unescape(path) + ("&" if "?" in path else "?") + "size=100")
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True).count('<td role="cell" class="t')


@pytest.mark.parametrize("role", ["owner", "clerk", "warehouse", "viewer"])
def test_home_and_menu_count_what_their_lists_show(busy: None, visit: Callable[..., Visitor], owner: Actor, role: str) -> None:
    with clock.hold(NOON):
        visitor = visit(role)
        home = visitor.get("/").get_data(as_text=True)
        figures = _TILE.findall(home) + _TODO.findall(home)
        money = [] if role == "warehouse" else ["/refunds/"]  # who packs parcels has no right to payments
        assert sorted(path.partition("?")[0] for path, _text in figures) == ["/orders/", "/orders/", *money, "/stock/"]
        # orders today, to ship, refunds due, low stock; money is no number of rows
        for path, text in figures:
            assert int(text) == rows(visitor, path), path
        badges = _BADGE.findall(home)
        assert [key for _path, key, _count in badges] == ["orders.orders"]
        question = next(item.badge for item in current_host().every("menu") if item.id == "orders")
        assert isinstance(question, Question)
        assert int(badges[0][2]) == rows(visitor, address(question, reader_at_work(owner))) == 3


_FIGURE = re.compile(r'<h2><a href="([^"]+)">(Money today|Orders today)</a></h2><span class="value">([^<]*)</span><span class="change[^"]*">([^<]*)<')
_SUM = re.compile(r'data-key="figure:orders.Order.(\w+)"><span class="sum-label">[^<]*</span> <span class="sum-value">([^<]*)<')
DAWN = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in Shanghai


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles"])
def test_each_figure_is_the_sum_of_its_list_and_meets_yesterday_at_the_same_hour(
    instance: Runtime, owner: Actor, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """Three orders of ¥10 at nine, noon and nine in the evening yesterday; one at nine and one at noon today. These are the tiles where nobody offers figures."""
    from zhanggui.web import context

    service.disable_plugin("analytics", actor=owner, now=clock.now())
    refresh(instance)
    monkeypatch.setattr(context, "language", lambda: replace(_language(), zone=ZoneInfo(zone)))
    with unit_of_work() as db:
        tea = add_product(db, owner, price=1000, stock=50)
    due = [-15.0, -12, -3, 9, 12]
    visitor = visit("owner")
    for hour, today, change in (
        (-0.5, 3, "nothing yesterday until this time"), (8.4, 0, "as much as yesterday at this time"), (9.5, 1, "as much as yesterday at this time"),
        (12.5, 2, "as much as yesterday at this time"), (21.5, 2, "↓ 33% less than yesterday at this time"),
    ):  # fmt: skip
        while due and due[0] < hour:
            at = DAWN + timedelta(hours=due.pop(0))
            with unit_of_work() as db:
                order = place_order(db, lines=[CartLine(tea.public_id, 1)], customer_id=None, actor=owner, now=at)
                mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=at)
        with clock.hold(DAWN + timedelta(hours=hour)):
            found = {title: (path, value, said) for path, title, value, said in _FIGURE.findall(visitor.get("/").get_data(as_text=True))}
            for title, measure, wanted in (("Money today", "total", f"¥{today * 10}.00"), ("Orders today", "orders", str(today))):
                path, value, said = found[title]
                assert (value.removeprefix("CN"), unescape(said)) == (wanted, change), (hour, title)
                above = dict(_SUM.findall(visitor.get(unescape(path)).get_data(as_text=True)))
                assert above.get(measure, value if not today else None) == value, (hour, title)
                assert rows(visitor, path) == today


def test_who_may_not_see_the_list_sees_no_figure(busy: None, visit: Callable[..., Visitor], outsider: Actor) -> None:
    with reading() as db:
        question = Question("orders.Order", {"stage": "to_ship"})
        reader = reader_at_work(outsider)
        assert (counted(db, reader, question), address(question, reader)) == (0, "")


def test_days_are_the_shop_s_and_clocks_the_reader_s(busy: None, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch) -> None:
    from zhanggui.web import context

    with clock.hold(NOON):
        owner = visit("owner")
        here = rows(owner, "/orders/?placed_at_from=2026-03-02")
        monkeypatch.setattr(context, "language", lambda: replace(_language(), zone=ZoneInfo("America/Los_Angeles")))
        assert rows(owner, "/orders/?placed_at_from=2026-03-02") == here == 7
        assert owner.client.get("/api/v1/orders/orders/?placed_at_to=2026-03-01").json["items"].__len__() == 1


def _language():  # type: ignore[no-untyped-def]
    from zhanggui.i18n.texts import reader

    return reader()
