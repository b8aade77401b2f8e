"""The first day of a shop, on the phone of its owner: an empty house, and a list that ticks itself off from what is done."""

from __future__ import annotations

import io
import re

from journeys.inspection import Look, open_context
from PIL import Image
from playwright.sync_api import Browser, Page, expect

TO_DO = ["core.name_and_logo", "products.first_product", "inventory.stock", "payments.way_to_pay", "core.team", "orders.first_order"]


def a_logo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 80), "#7a0019").save(out, "PNG")
    return out.getvalue()


def left(page: Page) -> list[str]:
    """What the list on the home page still asks for."""
    page.goto("/")
    steps = page.locator(".opening > .rows [data-step]").all()
    return [str(step.get_attribute("data-step")) for step in steps]


def follow(page: Page, step: str) -> None:
    """Go where a line of the list leads."""
    page.locator(f".opening > .rows [data-step='{step}']").tap()


def saved(page: Page) -> None:
    page.locator("[data-save]").tap()
    expect(page.locator(".alert-success")).to_be_visible()


def test_a_shop_opens_on_its_first_day(browser: Browser, new_shop) -> None:
    context = open_context(browser, Look(390, "zh"), new_shop.base, new_shop.state(browser, "owner"))
    page = context.new_page()
    assert left(page) == TO_DO
    expect(page.locator(".opening .num")).to_have_text("0 / 6")
    follow(page, "core.name_and_logo")
    page.locator("[name='instance.name']").fill("十一月茶铺")
    page.locator("[name='instance.logo__new']").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": a_logo()})
    page.locator("[name='instance.contact']").fill("13800138000")
    page.locator("[name='instance.color']").fill("#7a0019")
    saved(page)
    expect(page.locator("[data-save]")).to_have_css("background-color", "rgb(122, 0, 25)")
    assert left(page) == TO_DO[1:]
    follow(page, "products.first_product")
    page.locator("[name='name__zh_CN']").fill("龙井")
    page.locator("[name='variants-0-sku']").fill("LJ-50")
    page.locator("[name='variants-0-price']").fill("88")
    page.locator("[name='variants-0-inventory__opening']").fill("12")
    saved(page)
    page.get_by_role("button", name="上架").first.tap()
    expect(page.locator("#main")).to_contain_text("在售")
    assert left(page) == TO_DO[3:]  # what lies on the shelf was said with the product
    follow(page, "payments.way_to_pay")
    page.locator("[name='plugin.payments.offline']").check()
    saved(page)
    assert left(page) == TO_DO[4:]
    follow(page, "core.team")
    page.locator("[name=username]").fill("xiaoli")
    page.locator("[name=display_name]").fill("小李")
    page.locator("[name=password]").fill("long enough for the clerk")
    page.locator("input[name=roles]").first.check()
    saved(page)
    assert left(page) == TO_DO[5:]
    follow(page, "orders.first_order")
    page.locator("[name='lines-0-code']").fill("LJ-50")
    page.locator("[name='lines-0-quantity']").fill("1")
    page.locator("[name=name]").fill("掌柜自己")
    page.locator("[name=phone]").fill("13800138000")
    page.locator("[name=region]").fill("浙江省 杭州市 西湖区")
    page.locator("[name=detail]").fill("龙井路 1 号")
    page.locator("[data-save]").tap()
    page.wait_for_url(re.compile(r"/orders/\d+$"))
    assert left(page) == []
    expect(page.locator(".opening")).to_have_count(0)
    expect(page.locator("#widget-placed_today .value")).to_have_text("1")
    context.close()
