"""A merchant's day in a real browser: few taps, any keyboard, no script, no line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

Open = Callable[..., Page]


def until(page: Page, condition: str) -> None:
    """Wait for a condition; Playwright's own way would have to break the page's security policy."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never came true: {condition}")


class Taps:
    """A finger that counts; typing is not a tap."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def __call__(self, target: str | Locator) -> None:
        (self.page.locator(target).first if isinstance(target, str) else target).tap()
        self.count += 1


def test_an_order_leaves_in_three_taps(open_page: Open) -> None:
    page = open_page("/")
    tap = Taps(page)
    tap("a.row-link[href*='stage=to_ship']")
    number = page.locator(".zg-list tbody .t").first.inner_text()
    tap(".zg-list tbody .t a")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    tap(page.get_by_role("main").get_by_role("link", name="Ship").or_(page.get_by_role("main").get_by_role("button", name="Ship")).last)
    # A scanner types the number and ends it with Enter, as a phone's keyboard does with its send key.
    page.locator("[name=tracking_number]").fill("SF1234567890")
    page.locator("[name=tracking_number]").press("Enter")
    expect(page.locator(".alert-success")).to_contain_text("shipped")
    assert tap.count <= 3
    page.goto(f"/orders/?q={number}")
    expect(page.locator(".zg-list tbody tr")).to_contain_text("Shipped")


def test_a_price_changes_in_four_taps(open_page: Open) -> None:
    page = open_page("/")
    tap = Taps(page)
    tap(".tabbar a[href='/products/']")
    tap(".dots")
    tap("[data-verb=change_price]")
    price = page.locator("dialog [name$=price], dialog [inputmode=decimal]").first
    price.fill("123.45")
    tap("dialog [data-save]")
    expect(page.locator(".alert-success")).to_be_visible()
    assert tap.count <= 4
    expect(page.locator(".zg-list tbody tr").first).to_contain_text("123.45")


def test_a_keyboard_is_enough_to_sign_in_and_open_an_order(open_page: Open) -> None:
    page = open_page("/login/", who=None, width=1440)
    page.locator("[name=username]").focus()
    page.keyboard.type("clerk")
    page.keyboard.press("Tab")
    page.keyboard.type("clerk-tea-2026")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    tab_to(page, "a[href='/orders/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/")
    tab_to(page, ".zg-list tbody .t a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/orders/\d+"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def tab_to(page: Page, target: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("target => document.activeElement.matches(target)", target):
            ring = page.evaluate("() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth, s.boxShadow] }")
            assert (ring[0] != "none" and ring[1] != "0px") or ring[2] != "none", "the focus cannot be seen"
            return
    raise AssertionError(f"the Tab key never reaches {target}")


def test_work_goes_on_without_script(open_page: Open) -> None:
    page = open_page("/login/", who=None, width=390, java_script_enabled=False)
    page.fill("[name=username]", "owner")
    page.fill("[name=password]", "owner-tea-2026")
    page.click("form.login-form button")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto("/orders/")
    page.select_option("[name=payment_status]", "paid")
    page.get_by_role("button", name="Show results").click()
    page.wait_for_url("**payment_status=paid**")
    assert page.locator(".zg-list tbody tr").count() > 0
    page.goto("/orders/?stage=to_ship")
    page.locator(".zg-list tbody .t a").first.click()
    page.get_by_role("main").get_by_role("link", name="Ship").or_(page.get_by_role("main").get_by_role("button", name="Ship")).locator("visible=true").first.click()
    page.fill("[name=tracking_number]", "SF-no-script-1")
    page.locator("[data-save]").click()
    expect(page.locator(".alert-success")).to_contain_text("shipped")


def test_many_rows_are_handled_without_script(open_page: Open) -> None:
    page = open_page("/products/?status=on_sale", java_script_enabled=False)
    boxes = page.locator("input[name=ids]")
    chosen = [boxes.nth(at).get_attribute("value") for at in (1, 2)]
    for at in (1, 2):
        boxes.nth(at).check()
    page.get_by_role("button", name="Take off sale").click()
    expect(page.locator(".alert-success")).to_be_visible()
    page.goto("/products/?status=off_sale")
    assert set(chosen) <= {box.get_attribute("value") for box in page.locator("input[name=ids]").all()}


def test_a_draft_survives_a_reload(open_page: Open) -> None:
    page = open_page("/products/add")
    page.on("dialog", lambda dialog: dialog.accept())
    field = page.locator("#form input[type=text]").first
    field.fill("Half a name")
    until(page, "Object.keys(localStorage).some((key) => key.startsWith('zg-draft:'))")
    page.reload()
    expect(page.locator(".draft-bar")).to_be_visible()
    expect(page.locator("#form input[type=text]").first).to_have_value("Half a name")
    page.locator(".draft-bar button").last.click()
    until(page, "!Object.keys(localStorage).some((key) => key.startsWith('zg-draft:'))")
    expect(page.locator("#form input[type=text]").first).to_have_value("")


def test_without_a_line_pages_are_read_and_nothing_is_sent(open_page: Open) -> None:
    page = open_page("/", service_workers="allow")
    until(page, "Boolean(navigator.serviceWorker.controller)")
    page.goto("/orders/")
    number = page.locator(".zg-list tbody .t").first.inner_text()
    until(page, "caches.open('zg-pages').then((pages) => pages.match('/orders/')).then(Boolean)")
    bar = page.locator("[data-offline]")
    expect(bar).to_be_hidden()
    page.context.set_offline(True)
    expect(bar).to_be_visible()
    page.reload()
    expect(page.locator(".zg-list tbody .t").first).to_contain_text(number)
    expect(bar).to_be_visible()
    page.goto("/people/roles/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("No network")
    page.context.set_offline(False)
    page.goto("/orders/")
    expect(bar).to_be_hidden()


def test_the_language_is_switched_by_one_button(open_page: Open) -> None:
    page = open_page("/login/", who=None)
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
    expect(page.get_by_role("button", name="登录")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_control_k_finds_pages_and_rows(open_page: Open) -> None:
    page = open_page("/", width=1440)
    page.keyboard.press("Control+k")
    box = page.locator("dialog.palette input")
    expect(box).to_be_focused()
    box.fill("stock")
    expect(page.locator("dialog.palette a[href='/stock/']").first).to_be_visible()
    page.goto("/products/")
    name = page.locator(".zg-list tbody .t").first.inner_text().strip()
    page.keyboard.press("Control+k")
    box.fill(name)
    expect(page.locator("dialog.palette a[href^='/products/']").last).to_contain_text(name)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/products/\d+"))


def test_a_photograph_is_shrunk_before_it_travels_and_then_shown(open_page: Open, a_picture: Path, tea_shop) -> None:
    page = open_page(f"/products/{tea_shop.rows['product']}/edit")
    before = page.locator(".pictures .picture").count()
    page.locator("[data-pictures] input[type=file][name]").set_input_files(a_picture)
    expect(page.locator(".pictures .picture")).to_have_count(before + 1)
    size = page.evaluate(
        "async () => { const [file] = document.querySelector('[data-pictures] input[type=file][name]').files;"
        " const {width, height} = await createImageBitmap(file); return [width, height, file.size] }"
    )
    assert max(size[:2]) == 1600
    assert size[2] < a_picture.stat().st_size / 2
    page.locator("[data-save]").click()
    expect(page.locator(".alert-success")).to_be_visible()
    page.goto(f"/products/{tea_shop.rows['product']}/edit")
    expect(page.locator(".pictures .picture")).to_have_count(before + 1)
    shown = page.locator(".pictures .picture img").last
    assert shown.evaluate("(node) => node.decode().then(() => node.naturalWidth)") > 50


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_noted_while_walking_around(width: int, open_page: Open, watched) -> None:
    page = open_page("/me/", width=width)
    watch = watched(page)
    for link in ("/", "/orders/", "/products/", "/messages/", "/me/"):
        page.locator(f"a[href='{link}']").locator("visible=true").first.click()
        page.wait_for_load_state("networkidle")
    assert watch.noted == []
