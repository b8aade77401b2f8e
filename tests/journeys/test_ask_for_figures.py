"""In the morning, with a thumb: how was it, why, and which orders were that."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.long
Open = Callable[..., Page]


def test_a_figure_is_followed_to_the_lines_it_is_made_of(open_page: Open) -> None:
    page = open_page("/", locale="zh")
    page.goto("/analytics/")
    expect(page.get_by_role("heading", level=1)).to_have_text("数据分析")
    page.locator("#block-boards a", has_text="销售").first.tap()
    page.wait_for_url("**/analytics/board/sales?**")
    page.locator("[name=period]").select_option("last_7_days")
    page.wait_for_url("**period=last_7_days**")
    expect(page.locator("#block-period small").first).to_contain_text(re.compile(r"\d"))
    whole = page.locator("#block-net .value").inner_text()
    page.locator("#block-net a").tap()
    page.wait_for_url("**/analytics/parts/sales.net?**")
    expect(page.locator("#block-total h2")).to_contain_text(whole)
    part = page.locator("#block-parts .row-link", has_text="销售总额")
    figure = part.locator(".end").inner_text()
    part.tap()
    page.wait_for_url("**/order-lines/?**")
    expect(page.locator("[data-key='figure:orders.OrderLine.gross'] .sum-value")).to_have_text(figure)


def test_every_page_of_figures_is_alive_and_fits(open_page: Open) -> None:
    page = open_page("/analytics/", width=320, locale="zh")
    boards = [link.get_attribute("href") or "" for link in page.locator("#block-boards a").all()]
    assert len(boards) >= 6
    for board in boards:
        page.goto(board)
        for chosen in page.locator("#block-period select").all():
            assert not re.search("[a-z]", chosen.evaluate("select => select.selectedOptions[0].text")), board  # a word, not its code
        if not board.endswith(("/segments", "/saved")):  # those are lists, of what a night or somebody has made
            assert page.locator(".tile .value, figure.chart").count() > 0, board
        expect(page.locator("#main")).not_to_contain_text("暂时无法显示")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, board
        # The picture and its table say the same, point by point.
        for figure in page.locator("figure.chart:has(.ch-plot)").all():
            points = figure.locator(".ch-hit").count()
            assert points == figure.locator("tbody tr").count()
