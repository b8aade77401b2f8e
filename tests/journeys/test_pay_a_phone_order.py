"""At 390 px, in Chinese: the staff takes an order on the phone, its customer pays it in the web shop, and a wrong address is put right before it leaves."""

from __future__ import annotations

import re
from collections.abc import Callable

from journeys.paying import enter_office, more_settings, paying_shop, phone, sandbox, work
from playwright.sync_api import Page, expect
from sqlalchemy import select

from zhanggui.api import reading
from zhanggui_orders.models import Order
from zhanggui_products.models import Variant
from zhanggui_sandbox import Sandbox

__all__ = ["more_settings", "paying_shop", "phone", "sandbox"]  # fixtures
PHONE = "13800138000"


def sign_in(page: Page) -> None:
    """A customer whom the shop knows: with an address, and so with a phone."""
    page.goto("/shop/")
    page.get_by_role("link", name="明前龙井").tap()
    page.get_by_role("button", name="立即购买").tap()
    page.locator("[name=name]").fill("小周")
    page.get_by_role("button", name="登录").tap()
    page.locator("[name=phone]").wait_for()
    for field, text in (("name", "小周"), ("phone", PHONE), ("detail", "龙井路 1 号")):
        page.locator(f"[name={field}]").fill(text)
    page.locator("[name=region]").tap()
    for place in ("浙江省", "杭州市", "西湖区"):
        page.get_by_role("button", name=place, exact=True).tap()
    page.get_by_role("button", name="保存").tap()
    expect(page.get_by_role("button", name="提交订单")).to_be_visible()


def take_by_phone(page: Page) -> str:
    """The staff types what she says; answers where the order is."""
    with reading() as db:
        sku = db.scalar(select(Variant.sku))
    page.goto("/orders/add")
    page.locator("[name='lines-0-code']").fill(sku)
    page.locator("[name='lines-0-quantity']").fill("2")
    page.locator("#f-customer_id-ts-control").fill("小周")  # her phone alone would not do: whoever types it into an address could read her orders
    page.locator("#f-customer_id-ts-dropdown [role=option]").filter(has_text="小周").tap()
    page.locator("[name=note]").fill("请放门卫")
    page.locator("[data-save]").tap()
    page.wait_for_url(re.compile(r"/orders/\d+$"))
    return page.url


def test_its_customer_pays_it_and_its_address_is_put_right(phone: Callable[[], Page], sandbox: Sandbox) -> None:
    customer, office = phone(), phone()
    sign_in(customer)
    enter_office(office)
    order = take_by_phone(office)
    expect(office.locator(".note-card")).to_contain_text("请放门卫")
    with reading() as db:
        number = db.scalar(select(Order.number))

    customer.goto("/shop/#/orders")
    customer.get_by_role("link").filter(has_text="明前龙井").first.tap()
    expect(customer.locator("dl.facts")).to_contain_text(number)
    customer.locator("input[value=wechatpay]").check()
    customer.get_by_role("button", name="支付 ¥39.90").tap()
    customer.locator("button.pay").tap()  # of the provider's cashier
    expect(customer.get_by_role("heading", level=1)).to_contain_text("支付成功")
    for _ in range(40):
        work()
        with reading() as db:
            if db.scalar(select(Order.payment_status)) == "paid":
                break
        customer.wait_for_timeout(250)

    office.goto(f"{order}/change_address")
    office.locator("[name=detail]").fill("虎跑路 7 号 2 幢")
    office.locator("[data-save]").tap()
    expect(office.locator(".alert-success")).to_be_visible()
    expect(office.locator("#main")).to_contain_text("虎跑路 7 号 2 幢")
    expect(office.locator("#part-history")).to_contain_text("修改地址")
    office.goto(f"{order}/ship")
    expect(office.locator("#main")).to_contain_text("请放门卫")
    customer.goto(f"/shop/#/o/{number}")
    expect(customer.locator("dl.facts")).to_contain_text("虎跑路 7 号 2 幢")
