"""A figure and the list that it opens are one question, whoever reads and whichever clock is his."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from shop import NOON, add_product, place
from sqlalchemy import update

from zhanggui.api import Actor, Question, clock, reader_at_work, reading, unit_of_work
from zhanggui.host import current_host
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.web.questions import address, counted
from zhanggui_inventory.models import StockLevel
from zhanggui_orders.contracts import HistoricLine, HistoricOrder
from zhanggui_orders.facade import record_history
from zhanggui_orders.services.cancellation import cancel_order
from zhanggui_orders.services.payment import mark_paid_offline

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
