"""In the morning at 390 px: how was yesterday, why was it less, which orders were that, and the same question tomorrow."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.long
Open = Callable[..., Page]


def test_from_home_over_the_reason_to_the_orders_and_the_question_is_kept(open_page: Open) -> None:
    page = open_page("/", locale="zh")
    expect(page.locator("#widget-sales_today .value")).to_be_visible()
    page.goto("/analytics/")
    page.locator("#block-boards a", has_text="销售").first.tap()
    page.wait_for_url("**/analytics/board/sales?**")
    page.locator("select[name=period]").select_option("yesterday")
    page.wait_for_url("**period=yesterday**")
    whole = page.locator("#block-net .value").inner_text()
    page.locator("#block-net a").tap()
    page.wait_for_url("**/analytics/parts/sales.net?**compare=previous**")
    expect(page.locator("#block-total")).to_contain_text("前期")
    # Which category, which channel: each beside the day before, and together the whole.
    page.locator("#block-ways a", has_text="分类").first.tap()
    page.wait_for_url("**/analytics/ask?**by=category**")
    expect(page.locator("#block-totals .end").first).to_have_text(whole)
    expect(page.locator("#block-rows .sub").first).to_contain_text("前期")
    page.locator("select[name=by]").select_option("source")
    page.wait_for_url("**by=source**")
    shown = page.locator("#block-rows .row-link")
    amounts = [round(float(re.sub(r"[^\d.-]", "", row.locator(".end").inner_text().replace("−", "-"))), 2) for row in shown.all()]
    assert round(sum(amounts), 2) == round(float(re.sub(r"[^\d.-]", "", whole.replace("−", "-"))), 2)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.get_by_role("link", name="保存这个查询").tap()
    name = page.locator("[name=name]")
    name.fill("昨天各渠道")
    name.locator("xpath=ancestor::form").locator("button[type=submit], button:not([type])").last.tap()
    expect(page.locator(".flashes .alert-success")).to_contain_text("查询已保存")
    page.goto("/analytics/saved")
    page.locator("#block-questions a", has_text="昨天各渠道").tap()
    page.wait_for_url("**/analytics/ask?**by=source**")
    # The orders behind it.
    page.goto("/analytics/ask?metrics=orders.paid&period=yesterday&by=source&compare=previous")
    row = page.locator("#block-rows .row-link[href]").first
    figure = row.locator(".end").inner_text()
    row.tap()
    page.wait_for_url("**/orders/?**")
    expect(page.locator("[data-key='figure:orders.Order.orders'] .sum-value")).to_have_text(figure)


def test_own_days_are_asked_with_a_thumb(open_page: Open) -> None:
    page = open_page("/analytics/board/sales", width=320, locale="zh")
    page.locator("summary", has_text="自选日期").tap()
    assert min(field.bounding_box()["height"] for field in page.locator("input[type=date]").all()) >= 44  # type: ignore[index] # it is there
    first = page.locator("[name=from]").input_value()
    page.locator("[name=to]").fill(first)
    page.locator("details form button").tap()
    page.wait_for_url(f"**from={first}&to={first}")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
