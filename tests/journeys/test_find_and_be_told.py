"""A clerk finds an order by what the phone says, keeps a question, and is told of new orders; on the desktop by keys alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from journeys.buying import buy
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.long
Open = Callable[..., Page]


def test_an_order_is_found_by_a_part_of_its_number_and_the_question_is_kept(open_page: Open) -> None:
    page = open_page("/orders/?placed_at=30d", who="clerk", locale="zh")
    number = page.locator(".zg-list tbody .t").first.inner_text()
    page.locator("#q").fill(number[-8:])  # of six digits two orders of the demo can have the same
    page.locator("#q").press("Enter")
    expect(page.locator(".zg-list tbody tr")).to_have_count(1)
    expect(page.locator(".zg-list tbody .t")).to_have_text(number)
    page.wait_for_load_state("networkidle")  # what was typed is asked for once more a moment later
    page.locator("[data-open=sorts]").tap()
    page.get_by_role("button", name="存为视图").tap()
    page.get_by_label("视图名称").fill("找这一单")
    page.locator("#save-view .btn-primary").tap()
    expect(page.locator(".flashes .alert-success")).to_contain_text("视图已保存")
    page.goto("/orders/")
    page.locator(".views .chip", has_text="找这一单").tap()
    expect(page.locator(".zg-list tbody tr")).to_have_count(1)
    expect(page.locator(".zg-list tbody .t")).to_have_text(number)
    page.goto("/messages/")
    expect(page.locator("[data-kept]")).to_contain_text("视图已保存")


def test_a_figure_opens_what_it_adds_up(open_page: Open) -> None:
    page = open_page("/", locale="zh")
    tile = page.locator("#widget-placed_today")
    figure = tile.locator(".value").inner_text()
    tile.locator("a").tap()
    page.wait_for_url("**/orders/?**")
    shown = page.locator("[data-key='figure:orders.Order.orders'] .sum-value")
    assert (shown.inner_text() if shown.count() else "0") == figure


@pytest.mark.parametrize("who", ["owner", "clerk", "viewer"])
def test_everything_that_waits_opens_exactly_its_rows(open_page: Open, who: str) -> None:
    page = open_page("/", who=who, locale="zh")
    expect(page.locator("#main")).to_contain_text(re.compile(r"截至 ?\d\d:\d\d"))  # and not beside the whole of yesterday
    rows = page.locator(".home-todo .row-link[href]")
    told = [(row.get_attribute("href") or "", row.locator(".count").inner_text()) for row in rows.all()]
    assert told
    for href, count in told:
        page.goto(href)
        expect(page.locator(".list-foot .num")).to_have_text(re.compile(rf"共 ?{re.escape(count)} "))


def test_a_new_order_shows_within_five_seconds(open_page: Open, tea_shop: Any) -> None:
    page = open_page("/products/", who="clerk", locale="zh")
    with page.expect_response(lambda answer: "/news" in answer.url, timeout=8000):
        pass
    [number] = buy(tea_shop)
    begun = time.monotonic()
    while not page.title().startswith("(1)"):
        assert time.monotonic() - begun < 5
        page.wait_for_timeout(100)
    page.goto("/orders/?stage=to_pay")
    news = page.locator("[data-news]")
    expect(news).to_have_text("1 条新的", timeout=8000)
    news.tap()
    expect(page.locator(".zg-list tbody .t").first).to_have_text(number)
    expect(news).to_be_hidden()
    assert not page.title().startswith("(")
    page.locator(".zg-list tbody .t a").first.tap()
    expect(page.locator("a.tel")).to_have_count(0)  # a clerk sees no whole phone
    box = page.locator(".detail-head [data-copy]").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    page.locator(".detail-head [data-copy]").tap()
    expect(page.locator(".toast-line")).to_contain_text("已复制")


def test_keys_walk_a_list_and_the_menu_opens_at_its_row(open_page: Open) -> None:
    page = open_page("/orders/", width=1440, locale="zh")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = page.locator(".zg-list tbody .t a").nth(1)
    expect(second).to_be_focused()
    dots = page.locator(".dots").nth(9)
    dots.click()
    page.locator("dialog.at-row").wait_for()
    page.wait_for_timeout(400)  # it moves in
    row, menu = dots.bounding_box(), page.locator("dialog.at-row").bounding_box()
    assert row is not None
    assert menu is not None
    assert abs(menu["x"] + menu["width"] - row["x"] - row["width"]) < 2
    assert menu["y"] <= row["y"] + row["height"] + 1
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1440, "height": 720})
    foot = page.locator(".sidenav [data-logout]").bounding_box()
    for _ in range(40):  # until the page is laid out anew
        if foot is not None and foot["y"] + foot["height"] <= 720:
            break
        page.wait_for_timeout(50)
        foot = page.locator(".sidenav [data-logout]").bounding_box()
    assert foot is not None
    assert foot["y"] + foot["height"] <= 720
    second.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/orders/\d+$"))
