"""Home: its figures come from what is offered, and stand there without this plugin too."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from shop import add_product, place
from sqlalchemy import update

from zhanggui.api import Actor, DomainError, clock, unit_of_work
from zhanggui.host import refresh, service
from zhanggui.runtime import Runtime
from zhanggui_analytics import boards
from zhanggui_analytics.services import asking
from zhanggui_orders.models import Order
from zhanggui_orders.services.payment import mark_paid_offline

Visit = Callable[..., Any]


def test_its_tiles_are_figures_that_open_their_lists_and_without_the_plugin_those_of_the_orders(instance: Runtime, owner: Actor, visit: Visit) -> None:
    with unit_of_work() as db:
        order = place(db, owner, (add_product(db, owner, price=123_400), 1))
        db.execute(update(Order).values(placed_at=clock.now()))
    with unit_of_work() as db:
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=clock.now())
    browser, warehouse = visit("owner"), visit("warehouse")
    page = browser.get("/").text
    assert 'id="widget-sales_today"' in page and "/analytics/parts/sales.net?period=today" in page and "1,234.00" in page
    assert 'id="widget-placed_today"' in page and "/orders/?goods=1&amp;placed_at_from=" in page
    assert "widget-money_today" not in page and "widget-orders_today" not in page and "widget-revenue" not in page
    assert "widget-sales_today" not in warehouse.get("/").text
    service.disable_plugin("analytics", actor=owner, now=clock.now())
    refresh(instance)
    page = browser.get("/").text
    assert "widget-money_today" in page and "widget-orders_today" in page and "widget-sales_today" not in page and "1,234.00" in page


def test_a_figure_that_cannot_be_told_takes_no_other_with_it(instance: Runtime, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    real = asking.answer

    def answer(db: Any, reader: Any, ask: Any, **more: Any) -> Any:
        if "cash.in" in ask.metrics:
            raise DomainError("its plugin fails")
        return real(db, reader, ask, **more)

    monkeypatch.setattr(boards, "answer", answer)
    page = visit("owner").get("/analytics/").text
    tiles = {found[1]: found[2] for found in re.finditer(r'id="block-(\w+)"(.*?)(?=id="block-|</main>)', page, re.DOTALL)}
    assert "¥0.00" in tiles["sales_net"]
    assert "¥" not in tiles["cash_in"]
