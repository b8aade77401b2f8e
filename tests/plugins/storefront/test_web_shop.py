"""The web shop in a real browser on a small phone: from the shelf to an order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browser
import pytest
from playwright.sync_api import Page, sync_playwright
from shop import rows, stock_of
from shoppers import allow_demo_login
from werkzeug.serving import WSGIRequestHandler, make_server

from zhanggui.api import reading
from zhanggui.app import Site
from zhanggui.runtime import Runtime
from zhanggui_orders.models import Order
from zhanggui_storefront import pages

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SMALL = """() => [...document.querySelectorAll("a, button, input, textarea")].filter((e) => e.offsetParent).filter((e) => {
  const box = (e.closest("label") || e).getBoundingClientRect();
  return box.width < 44 || box.height < 44;
}).map((e) => e.outerHTML)"""
TOO_WIDE = "() => document.documentElement.scrollWidth > innerWidth"

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])


class Silent(WSGIRequestHandler):
    """Says nothing of every request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The shop on a port of this machine."""
    server = make_server("127.0.0.1", 0, site, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def phone(address: str) -> Iterator[Page]:
    """A phone with 360 pixels, whose browser must complain of nothing."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=ARGUMENTS)
        context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en", base_url=address, has_touch=True)
        page = context.new_page()
        page.set_default_timeout(15000)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        chromium.close()
    assert complaints == []


def check(phone: Page) -> None:
    """Everything can be hit with a thumb, and nothing hangs out at the side."""
    assert phone.evaluate(SMALL) == []
    assert phone.evaluate(TOO_WIDE) is False


def test_a_customer_orders_and_changes_his_mind(instance: Runtime, tea: Any, phone: Page) -> None:
    allow_demo_login()
    phone.goto("/shop/")
    phone.get_by_role("link", name="Longjing tea").tap()
    phone.get_by_role("button", name="One more").tap()
    check(phone)
    phone.get_by_role("button", name="Buy now").tap()
    phone.get_by_label("Your name in this demo").fill("Wang Wei")
    phone.get_by_role("button", name="Sign in").tap()
    for label, text in (("Full name", "Wang Wei"), ("Phone", "13800138000"), ("Province, city, district", "浙江省 杭州市"),
                        ("Street and house number", "龙井路 1 号")):  # fmt: skip
        phone.get_by_label(label).fill(text)
    check(phone)
    phone.get_by_role("button", name="Save").tap()
    phone.get_by_label("A note for the shop").fill("Ring twice")
    check(phone)
    # The second tap of an impatient thumb must not make a second order.
    phone.get_by_role("button", name="Place order").dblclick()
    phone.get_by_text("The shop gets in touch about the payment.").wait_for()
    check(phone)
    assert phone.get_by_text("¥39.80").count() == 2  # the goods, and the total
    with reading() as db:
        assert (rows(db, Order), stock_of(db, tea).reserved) == (1, 2)
    phone.get_by_role("button", name="Cancel order").tap()
    phone.get_by_role("button", name="Yes").tap()
    phone.get_by_role("main").get_by_text("Canceled").wait_for()
    with reading() as db:
        assert stock_of(db, tea).reserved == 0
    phone.get_by_role("link", name="My orders").tap()
    phone.get_by_text("Longjing tea 250 g × 2").wait_for()
    check(phone)
    phone.get_by_role("button", name="Sign out").tap()
    phone.get_by_role("searchbox").wait_for()
    assert phone.evaluate("() => localStorage.getItem('zg-shop-token')") == "null"


def test_a_reader_chooses_his_language(tea: Any, phone: Page) -> None:
    phone.goto("/shop/")
    phone.get_by_role("button", name="中文").tap()
    phone.get_by_role("link", name="我的订单").wait_for()
    assert phone.locator("html").get_attribute("lang") == "zh-CN"
    phone.get_by_role("link", name="购物车").tap()
    phone.get_by_text("购物车是空的。").wait_for()
    check(phone)


def test_a_shop_in_earnest_offers_no_demo_login(tea: Any, phone: Page) -> None:
    phone.goto("/shop/#/orders")
    phone.get_by_text("Please open this shop in its mini-program to order.").wait_for()
    assert phone.get_by_role("textbox").count() == 0


def test_its_files_are_small(kind: str) -> None:
    files = [Path(pages.__file__).parent / "static" / "storefront" / name for name in ("shop.js", "shop.css")]
    assert sum(file.stat().st_size for file in files) <= 30 * 1024
