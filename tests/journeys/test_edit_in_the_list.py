"""At the desk: stock and prices are put right in the list itself, by keys alone; a phone and a browser without script have the sheet."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.long
Open = Callable[..., Page]


def test_a_count_is_typed_into_its_cell(open_page: Open, watched) -> None:
    page = open_page("/stock/", who="warehouse", width=1440)
    notes = watched(page, expected=422)
    row = page.locator(".zg-list tbody tr").nth(2)
    cell, link = row.locator("td.editable").first, row.locator("a.cell-edit[data-cell=on_hand]")
    before = cell.inner_text().strip()
    link.focus()
    page.keyboard.press("Enter")
    box = page.locator(".cell-form input[name=counted]")
    expect(box).to_be_focused()
    expect(box).to_have_value(before)
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    expect(page.locator(".cell-form")).to_have_count(0)
    expect(link).to_be_focused()
    expect(cell).to_have_text(before)
    page.keyboard.press("Enter")
    expect(box).to_be_focused()
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    expect(row.locator("[role=alert]")).to_contain_text("A whole number is needed.")
    expect(box).to_have_value("many")
    expect(box).to_be_focused()
    page.keyboard.type("41")
    page.keyboard.press("Enter")
    expect(page.locator(".toast-line")).to_have_text("The stock was updated.")
    expect(cell).to_have_text("41")
    expect(link).to_be_focused()
    page.keyboard.press("ArrowDown")  # the keys of the list go on working
    expect(page.locator(".zg-list tbody tr").nth(3).locator(".t a")).to_be_focused()
    assert [note for note in notes.noted if "answered 422" not in note] == []
    page.goto(str(link.get_attribute("href")).replace("/count", ""))
    expect(page.locator("#part-movements")).to_contain_text("Count")


def test_a_price_alone_is_a_cell_and_several_are_the_sheet(open_page: Open) -> None:
    page = open_page("/products/", who="clerk", width=1440, locale="zh")
    alone = page.locator(".zg-list tbody tr", has_text="¥").filter(has_not_text="–").first
    alone.locator("a.cell-edit").click()
    expect(alone.locator(".cell-form input:not([type=hidden])")).to_be_focused()
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    expect(alone.locator("[role=alert]")).to_contain_text("售价会变成 0")
    alone.locator("[data-cell-sheet]").click()
    expect(page.locator("dialog[open] [name=free]")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".zg-list tbody tr", has_text=re.compile(r"¥[\d.,]+ – ¥")).first.locator("a.cell-edit").click()
    expect(page.locator("dialog[open] [name^=prices-]").first).to_be_attached()


def test_without_script_it_is_the_ordinary_sheet_and_on_a_phone_it_is_not_there(open_page: Open) -> None:
    page = open_page("/stock/", who="warehouse", width=1440, java_script_enabled=False)
    page.locator("a.cell-edit").first.click()
    page.wait_for_url(re.compile(r"/stock/\d+/count$"))
    expect(page.locator("[name=counted]")).to_be_visible()
    phone = open_page("/stock/", who="warehouse", locale="zh")
    expect(phone.locator("a.cell-edit").first).to_be_hidden()
