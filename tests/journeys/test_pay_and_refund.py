"""Money in a real browser at 390 px, in Chinese: two orders are paid by two providers, shipped, half given back, and every fen is accounted for."""

from __future__ import annotations

import re
from collections.abc import Callable

from journeys.paying import choose, enter_office, more_settings, paying_shop, phone, sandbox, work
from playwright.sync_api import Page, expect
from sqlalchemy import select

from zhanggui.api import reading
from zhanggui_payments import facade as payments
from zhanggui_payments.models import Attempt
from zhanggui_sandbox import Sandbox

__all__ = ["more_settings", "paying_shop", "phone", "sandbox"]  # fixtures


def buy(page: Page, method: str, name: str) -> str:
    """Two tins in the web shop, paid at the cashier by ``method``; answers the number of the order."""
    page.goto("/shop/")
    page.get_by_role("link", name="明前龙井").tap()
    page.get_by_role("button", name="增加一件").tap()
    page.get_by_role("button", name="立即购买").tap()
    page.locator("[name=name]").fill(name)
    page.get_by_role("button", name="登录").tap()
    page.locator("[name=phone]").wait_for()
    for field, text in (("name", name), ("phone", "13800138000"), ("detail", "龙井路 1 号")):
        page.locator(f"[name={field}]").fill(text)
    page.locator("[name=region]").tap()
    for place in ("浙江省", "杭州市", "西湖区"):
        page.get_by_role("button", name=place, exact=True).tap()
    page.get_by_role("button", name="保存").tap()
    page.get_by_role("button", name="提交订单").tap()
    page.locator(f"input[value={method}]").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="支付 ¥39.90").tap()
    page.locator("button.pay").tap()  # of the provider's cashier
    expect(page.get_by_role("heading", level=1)).to_contain_text("支付成功")
    page.locator("a.pay").tap()  # back to the shop
    expect(page.get_by_role("status").filter(has_text="正在等待付款结果")).to_be_visible()
    assert "sign=" not in page.url
    for _ in range(40):
        work()
        page.wait_for_timeout(250)
        if page.locator(".stage.to_ship").count():
            break
    expect(page.locator("dl.facts")).to_contain_text("已付款")
    return page.locator("dl.facts dd").first.inner_text()


def test_every_fen_of_two_orders_is_accounted_for(phone: Callable[[], Page], sandbox: Sandbox) -> None:
    numbers = [buy(phone(), "wechatpay", "小王"), buy(phone(), "alipay", "小李")]

    page = phone()
    enter_office(page)
    for number in numbers:
        page.goto(f"/orders/?q={number}")
        page.locator(".zg-list tbody .t a").first.tap()
        page.wait_for_url(re.compile(r"/orders/\d+$"))
        order = page.url
        page.goto(f"{order}/ship")
        choose(page, "carrier", "sf")
        page.locator("[name=tracking_number]").fill("SF1234567890")
        page.locator("[name=tracking_number]").press("Enter")
        expect(page.locator(".alert-success")).to_be_visible()
        give_one_back(page, order)
        work()

    for _ in range(40):
        work()
        ledger = sandbox.ask("GET", "/_sim/ledger")
        if states() == {("captured", 1995)}:
            break
        page.wait_for_timeout(250)
    assert states() == {("captured", 1995)}
    theirs = {provider: sum(row["amount"] for row in ledger["movements"] if row["provider"] == provider) for provider in ("wechatpay", "alipay")}
    with reading() as db:
        ours = {provider: payments.balance(db, f"clearing:{provider}", "CNY").amount for provider in theirs}
    assert ours == theirs == {"wechatpay": 1995, "alipay": 1995}

    page.goto("/finance/")
    shown = page.get_by_role("main").inner_text()
    # Each stands among the latest and beside its method; the net is what the two sandboxes have.
    assert (shown.count("-¥19.95"), bool(re.search(r"净收款（未扣手续费）\s+¥39\.90", shown)), "沙箱" in shown) == (4, True, True), shown
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def states() -> set[tuple[str, int]]:
    """Every attempt, and how much of it went back."""
    with reading() as db:
        return {tuple(row) for row in db.execute(select(Attempt.state, Attempt.refunded))}


def give_one_back(page: Page, order: str) -> None:
    """One of the two tins."""
    page.goto(f"{order}/payments__refund")
    choose(page, "what", "lines")
    page.locator(".step-row [data-by='1']").first.tap()
    choose(page, "reason", "damaged")
    expect(page.locator("[data-save]").first).to_contain_text("19.95")
    page.locator("[data-save]").first.tap()
    expect(page.locator(".alert-success")).to_be_visible()
