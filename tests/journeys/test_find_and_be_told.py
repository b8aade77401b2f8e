"""A clerk finds an order by what the phone says, keeps a question, and is told of new orders; on the desktop by keys alone."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.long
Open = Callable[..., Page]


def buy(base: str, who: str) -> str:
    """Somebody buys in the shop; answers the number of the order."""

    def send(path: str, body: Any = None, token: str = "") -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        if body is not None and token:
            headers["Idempotency-Key"] = f"{who}-{path}"
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(urllib.request.Request(f"{base}/shop/api/v1{path}", data, headers), timeout=30) as answer:
            return json.load(answer)

    token = send("/session", {"code": f"demo:{who}"})["token"]
    address = send("/addresses", {"name": "陈静", "phone": "13712345678", "region": ["浙江省", "杭州市", "西湖区"], "detail": "龙井路 1 号"}, token)["id"]
    for product in send("/products")["items"]:
        for variant in product["variants"]:
            if variant.get("available", 1):
                order = send("/orders", {"lines": [{"variant_id": variant["id"], "quantity": 1}], "address_id": address}, token)
                return str(order["number"])
    raise AssertionError("nothing is on sale")


def test_an_order_is_found_by_four_digits_and_the_question_is_kept(open_page: Open) -> None:
    page = open_page("/orders/?placed_at=30d", who="clerk", locale="zh")
    number = page.locator(".zg-list tbody .t").first.inner_text()
    page.locator("#q").fill(number[-6:])
    page.locator("#q").press("Enter")
    expect(page.locator(".zg-list tbody tr")).to_have_count(1)
    expect(page.locator(".zg-list tbody .t")).to_have_text(number)
    page.locator("[data-open=sorts]").tap()
    page.get_by_role("button", name="存为视图").tap()
    page.get_by_label("视图名称").fill("找这一单")
    page.locator("#save-view .btn-primary").tap()
    expect(page.locator(".flashes .alert-success")).to_contain_text("视图已保存")
    page.goto("/orders/")
    page.locator(".views .chip", has_text="找这一单").tap()
    expect(page.locator(".zg-list tbody .t")).to_have_text(number)
    page.goto("/messages/")
    expect(page.locator("[data-kept]")).to_contain_text("视图已保存")


def test_a_figure_opens_what_it_adds_up(open_page: Open) -> None:
    page = open_page("/", locale="zh")
    tile = page.locator("#widget-orders_today")
    figure = tile.locator(".value").inner_text()
    tile.locator("a").tap()
    page.wait_for_url("**/orders/?placed_at=today")
    shown = page.locator("[data-key='figure:orders.Order.orders'] .sum-value")
    assert (shown.inner_text() if shown.count() else "0") == figure


def test_a_new_order_shows_within_five_seconds(open_page: Open, tea_shop: Any) -> None:
    page = open_page("/products/", who="clerk", locale="zh")
    with page.expect_response(lambda answer: "/news" in answer.url, timeout=8000):
        pass
    number = buy(tea_shop.base, "chen")
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
    row, menu = dots.bounding_box(), page.locator("dialog.at-row").bounding_box()
    assert row is not None
    assert menu is not None
    assert abs(menu["x"] + menu["width"] - row["x"] - row["width"]) < 2
    assert menu["y"] <= row["y"] + row["height"] + 1
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1440, "height": 720})
    foot = page.locator(".sidenav [data-logout]").bounding_box()
    assert foot is not None
    assert foot["y"] + foot["height"] <= 720
    second.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/*[0-9]")
