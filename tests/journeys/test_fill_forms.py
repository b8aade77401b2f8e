"""A form shows what counts: at once where a script runs, with a word on it where none does."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect


def _paying(page: Page) -> None:
    page.locator("table.zg-list tbody tr").first.locator("a").first.click()
    page.wait_for_url("**/orders/*")
    page.goto(page.url + "/mark_paid")


def test_a_field_comes_and_goes_with_the_one_that_it_depends_on(open_page: Callable[..., Page]) -> None:
    page = open_page("/orders/?stage=to_pay")
    _paying(page)
    reference = page.locator("[data-key='field:orders.Order.mark_paid.reference']")
    expect(reference).to_be_hidden()
    page.select_option("[name=method]", "transfer")
    expect(reference).to_be_visible()
    expect(reference.locator(".without-js")).to_be_hidden()
    page.select_option("[name=method]", "cash")
    expect(reference).to_be_hidden()


def test_without_a_script_it_is_there_and_says_when_it_counts(open_page: Callable[..., Page]) -> None:
    page = open_page("/orders/?stage=to_pay", java_script_enabled=False)
    _paying(page)
    reference = page.locator("[data-key='field:orders.Order.mark_paid.reference']")
    expect(reference).to_be_visible()
    expect(reference).to_contain_text("Only when “How it was paid” is:")


def test_the_form_of_a_product_stands_in_groups(open_page: Callable[..., Page]) -> None:
    page = open_page("/products/add", locale="zh", width=390)
    expect(page.locator(".form-group h2")).to_have_text(["顾客看到的", "出售的规格", "摆放位置"])
