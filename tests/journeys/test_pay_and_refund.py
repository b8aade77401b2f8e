"""Money in a real browser at 390 px, in Chinese: two orders are paid by two providers, shipped, half given back, and every fen is accounted for."""

from __future__ import annotations

import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from zhanggui.api import SYSTEM, acting_as, clock, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.auth import service as accounts
from zhanggui.cli import sandbox as sandboxes
from zhanggui.config import settings
from zhanggui.config.loader import PREFIX
from zhanggui.host import refresh
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.instances import Databases
from zhanggui_payments import facade as payments
from zhanggui_payments.models import Attempt
from zhanggui_sandbox import Sandbox, running

sys.path.insert(0, str(Path(__file__).parents[1] / "plugins" / "orders"))

from shop import add_product  # noqa: E402 - found by the line above

PASSWORD = "correct horse 42"


class Silent(WSGIRequestHandler):
    """Says nothing of every request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path / "sandbox") as sandbox:
        yield sandbox


@pytest.fixture
def paying_shop(databases: Databases, sandbox: Sandbox) -> Iterator[Runtime]:
    """A shop with the settings that the demo gets from its sandbox, at an address where the sandbox finds it."""
    given = sandboxes.as_settings(sandbox.ask("GET", "/_sim/credentials"), sandbox.url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    values = {key.removeprefix(PREFIX): value for key, value in given.items()}
    runtime = open_runtime(databases.fresh("sqlite", OUTSIDE__ALLOWED="127.0.0.1", WEB__PORT=str(port), **values))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        with unit_of_work() as db:
            settings.set(db, "plugin.storefront.allow_demo_login", True, actor=SYSTEM, now=clock.now())
            accounts.create_user(db, username="owner", password=PASSWORD, roles=["owner"], actor=SYSTEM, now=clock.now(), display_name="陈掌柜")
            add_product(db, SYSTEM, price=1995, stock=100, name="明前龙井")
        server = make_server("127.0.0.1", port, Site(runtime), threaded=True, request_handler=Silent)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield runtime
        server.shutdown()
        thread.join()
        server.server_close()
    databases.drop(runtime)


@pytest.fixture
def phone(browser: Browser, paying_shop: Runtime) -> Iterator[Callable[[], Page]]:
    """A phone in the hand of somebody else each time."""
    made = []

    def do() -> Page:
        base = f"http://127.0.0.1:{paying_shop.config['web.port']}"
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True, is_mobile=True, base_url=base)
        context.set_default_timeout(40000)
        made.append(context)
        return context.new_page()

    yield do
    for context in made:
        context.close()


def work() -> None:
    """What a worker would do now."""
    with reading() as db:
        ids = list(db.scalars(select(Job.id).where(Job.state == "ready", Job.run_at <= clock.now()).order_by(Job.id)))
    for job_id in ids:
        runner.run(job_id)


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


def enter_office(page: Page) -> None:
    page.goto("/login/")
    page.locator("[name=username]").fill("owner")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


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


def choose(page: Page, name: str, value: str) -> None:
    """One of a few: a list, or a row of buttons."""
    if page.locator(f"select[name={name}]").count():
        page.locator(f"select[name={name}]").select_option(value)
    else:
        page.locator(f"[name={name}][value={value}]").evaluate("choice => choice.click()")
