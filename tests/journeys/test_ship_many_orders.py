"""The counter at five o'clock: twenty orders, one carrier, a pile of labels, a thumb. And an order that came by phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from journeys.buying import buy
from journeys.test_ship_an_order import Taps
from playwright.sync_api import Page, expect

Open = Callable[..., Page]


def test_twenty_orders_leave_in_at_most_25_taps(open_page: Open, tea_shop: Any) -> None:
    buy(tea_shop, 20, paid=True)
    page = open_page("/orders/?stage=to_ship", locale="zh")
    tap = Taps(page)
    rows = page.locator(".zg-list tbody tr")
    assert rows.count() >= 20
    tap("[data-open=sorts]")
    tap("[data-select]")
    for row in rows.all()[:20]:
        tap(row.locator(".t"))  # a tap on the card picks it
    bar = page.locator(".actionbar.bulk")
    expect(bar.locator("[data-bulk-verb=ship]")).to_have_text("发货 20")
    expect(bar.locator("[data-bulk-verb=receive]")).to_be_hidden()  # none of them can be received
    tap(bar.locator("[data-bulk-verb=ship]"))
    expect(page.get_by_role("heading", level=1)).to_have_text("发货")
    scan = page.locator("[data-each-scan]")
    expect(page.locator("select[name=carrier]")).not_to_have_value("")  # the one of the last parcel
    for number in range(20):  # a hardware scanner types the code and ends it with Enter
        scan.fill(f"SF14072261{number:05d}")
        scan.press("Enter")
        expect(page.locator("[data-each-row][data-state=ready]")).to_have_count(number + 1)
    expect(page.locator("[data-each-row][data-state=ready]")).to_have_count(20)
    expect(page.locator("[data-save]")).to_have_text("发货 20")
    tap("[data-save]")
    expect(page.locator(".alert-success")).to_contain_text("20")
    assert tap.count <= 25
    page.goto("/orders/?stage=shipped")
    expect(page.locator(".zg-list tbody tr").first).to_contain_text("已发货")


def test_an_order_by_phone_is_taken_repriced_and_paid_later(open_page: Open) -> None:
    page = open_page("/orders/add", locale="zh")
    sku = _a_sku(open_page)
    page.locator("[name='lines-0-code']").fill(sku)
    page.locator("[name='lines-0-quantity']").fill("2")
    page.locator("[name=name]").fill("赵电话")
    page.locator("[name=phone]").fill("13912345678")
    page.locator("[name=region]").fill("浙江省 杭州市 西湖区")
    page.locator("[name=detail]").fill("龙井路 1 号")
    page.locator("[name=note]").fill("请放门卫")
    page.locator("[data-save]").tap()
    page.wait_for_url(re.compile(r"/orders/\d+$"))
    expect(page.locator(".note-card")).to_contain_text("请放门卫")
    expect(page.locator("#main")).to_contain_text("赵电话")
    expect(page.locator(".qty")).to_have_text("×2")
    page.goto(page.url + "/change_price")
    page.locator("[name=total]").fill("88")
    page.locator("[name=reason]").fill("老顾客")
    page.locator("[data-save]").tap()
    expect(page.locator(".alert-success")).to_be_visible()
    expect(page.locator("#part-money")).to_contain_text("88.00")
    expect(page.locator("#part-history")).to_contain_text("老顾客")
    page.goto(page.url + "/cancel")
    expect(page.locator(".form-intro")).to_contain_text(re.compile(r"取消订单 \d{14}.*88\.00.*库存会释放"))
    expect(page.locator("[data-cancel]")).to_have_text("不取消")


def _a_sku(open_page: Open) -> str:
    page = open_page("/stock/", width=1440)
    return page.locator(".zg-list tbody .code").first.inner_text().strip()
