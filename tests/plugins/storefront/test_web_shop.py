"""The web shop in a real browser on a small phone: from the shelf to an order."""

from __future__ import annotations

import re
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
from werkzeug.test import Client

from zhanggui.api import Actor, Money, clock, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.runtime import Runtime
from zhanggui_inventory import facade as inventory
from zhanggui_orders.models import Order
from zhanggui_products import facade as products
from zhanggui_products.services import editing, selling
from zhanggui_storefront import pages
from zhanggui_storefront.models import CartLine

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


def covered_by_the_toast(phone: Page) -> None:
    """What was said stands in the head alone, beside the languages, and goes by itself."""
    toast, head, languages = (phone.locator(place).bounding_box() for place in ("#toast", "header", "#langs"))
    assert toast and head and languages and phone.locator("#toast").inner_text()
    assert head["y"] <= toast["y"] and toast["y"] + toast["height"] <= head["y"] + head["height"] <= 60
    assert toast["x"] + toast["width"] <= languages["x"]


def test_a_customer_orders_and_changes_his_mind(instance: Runtime, tea: Any, phone: Page) -> None:
    allow_demo_login()
    phone.goto("/shop/")
    phone.get_by_role("link", name="Longjing tea").tap()
    phone.get_by_role("button", name="One more").tap()
    check(phone)
    phone.get_by_role("button", name="Buy now").tap()
    phone.get_by_label("Your name in this demo").fill("Wang Wei")
    phone.get_by_role("button", name="Sign in").tap()
    for label, text in (("Full name", "Wang Wei"), ("Phone", "13800138000"), ("Street and house number", "龙井路 1 号")):
        phone.get_by_label(label).fill(text)
    phone.get_by_role("button", name="Save").tap()
    phone.locator(".error", has_text="Choose province, city and district").wait_for()
    check(phone)
    phone.get_by_role("button", name="Province, city, district").tap()
    for place in ("Zhejiang 浙江省", "杭州市", "西湖区"):
        check(phone)
        phone.get_by_role("dialog").get_by_role("button", name=place, exact=True).tap()
    phone.get_by_role("button", name="Zhejiang 浙江省 杭州市 西湖区").wait_for()
    phone.get_by_role("button", name="Save").tap()
    phone.get_by_role("heading", name="Confirm order").wait_for()
    phone.get_by_label("A note for the shop").fill("Ring twice")
    check(phone)
    # The second tap of an impatient thumb must not make a second order.
    phone.get_by_role("button", name="Place order").dblclick()
    phone.get_by_text("The shop gets in touch about the payment.").wait_for()
    check(phone)
    covered_by_the_toast(phone)
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


def test_the_cart_follows_whoever_signs_in_to_another_device(instance: Runtime, tea: Any, phone: Page) -> None:
    allow_demo_login()

    def signed_in(first: str) -> None:
        phone.goto("/shop/#/me")
        phone.reload()
        phone.get_by_role("link", name=first).tap()
        phone.get_by_label("Your name in this demo").fill("Wang Wei")
        phone.get_by_role("button", name="Sign in").tap()
        phone.get_by_role("heading", name="My orders").wait_for()

    phone.goto("/shop/")
    phone.get_by_role("link", name="Longjing tea").tap()
    phone.get_by_role("button", name="One more").tap()
    phone.get_by_role("button", name="Add to cart").tap()
    signed_in("My orders")
    with reading() as db:
        assert rows(db, CartLine) == 1  # what was there before is the shop's now
    phone.evaluate("() => localStorage.clear()")  # another device
    signed_in("My orders")
    phone.get_by_role("link", name="Cart").tap()
    phone.get_by_text("Longjing tea").wait_for()
    check(phone)
    with phone.expect_response(lambda answer: answer.url.endswith("/cart") and answer.request.method == "PUT"):
        phone.get_by_role("button", name="Remove").tap()
    phone.get_by_text("The cart is empty.").wait_for()
    with reading() as db:
        assert rows(db, CartLine) == 0


def test_a_reader_chooses_his_language(tea: Any, phone: Page) -> None:
    phone.goto("/shop/")
    phone.get_by_role("button", name="中文").tap()
    phone.get_by_role("link", name="我的订单").wait_for()
    assert phone.locator("html").get_attribute("lang") == "zh-CN"
    phone.get_by_role("link", name="购物车").tap()
    phone.get_by_text("购物车是空的。").wait_for()
    check(phone)


def test_what_is_on_the_shelf_says_from_how_much_and_what_is_gone(tea: Any, owner: Actor, phone: Page) -> None:
    with unit_of_work() as db:
        lines = [
            {"sku": sku, "option": name, "option_other": other, "price": Money(price, "CNY")}
            for sku, name, other, price in (("R-1", "50g 袋装", "50 g bag", 2990), ("R-2", "100g 罐装", "100 g tin", 4990), ("R-3", "250g", "", 1990))
        ]
        made = editing.create_product(db, name={"zh_CN": "滇红", "en": "Black tea"}, variants=lines, actor=owner, now=clock.now())
        selling.put_on_sale(db, id=made, actor=owner, now=clock.now())
        ids = [found[0] for found in products.variant_ids_by_sku(db, ["R-1", "R-2"]).values()]
        inventory.ensure_levels(db, ids, now=clock.now())
        for variant_id in ids:
            inventory.restock(db, variant_id=variant_id, quantity=5, actor=owner, now=clock.now())
    phone.clock.install()
    phone.goto("/shop/")
    phone.get_by_role("link", name="Black tea from ¥29.90").tap()  # the 19.90 are gone
    gone = phone.get_by_role("radio", name="250g Sold out")
    assert gone.is_disabled()
    phone.get_by_role("radio", name="100 g tin").check()
    phone.get_by_text("¥49.90").wait_for()
    check(phone)
    phone.get_by_role("button", name="Add to cart").tap()
    assert phone.locator("#toast").inner_text() == "It is in the cart."
    phone.clock.fast_forward(4100)
    phone.locator(".brand").wait_for()
    assert phone.locator("#toast").inner_text() == ""
    phone.get_by_role("button", name="中文").tap()
    phone.get_by_role("link", name="购物车").wait_for()
    phone.goto("/shop/#/")
    phone.get_by_role("link", name="滇红 ¥29.90 起").tap()
    assert phone.get_by_role("radio", name="250g 缺货").is_disabled()
    phone.get_by_text("50g 袋装").wait_for()


def test_a_place_is_found_by_a_few_letters_and_abroad_is_one_too(tea: Any, phone: Page) -> None:
    allow_demo_login()
    phone.goto("/shop/#/address")
    phone.get_by_label("Your name in this demo").fill("Wang Wei")
    phone.get_by_role("button", name="Sign in").tap()
    chosen = phone.locator("[name=region]")
    for letters, found in (("杭州 西湖", "Zhejiang 浙江省 杭州市 西湖区"), ("germ", "Another country Germany"), ("xicheng", None), ("西城", "Beijing 北京市 西城区")):
        chosen.tap()
        phone.get_by_role("searchbox").fill(letters)
        if found is None:
            phone.get_by_role("dialog").get_by_text("Nothing was found.").wait_for()
            phone.get_by_role("button", name="Close").tap()
            continue
        phone.get_by_role("dialog").get_by_role("button", name=found, exact=True).tap()
        assert chosen.inner_text() == found.removeprefix("Another country ")


def test_a_shop_in_earnest_offers_no_demo_login(tea: Any, phone: Page) -> None:
    phone.goto("/shop/#/orders")
    phone.get_by_text("Please open this shop in its mini-program to order.").wait_for()
    assert phone.get_by_role("textbox").count() == 0


def test_its_files_are_small(kind: str) -> None:
    files = [Path(pages.__file__).parent / "static" / "storefront" / name for name in ("shop.js", "shop.css", "pay.js", "place.js")]
    assert sum(Path(f"{file}.br").stat().st_size for file in files) <= 13.5 * 1024  # the cart that follows its customer, and the line of consent, cost 700 bytes
    assert Path(f"{files[0].with_name('help.js')}.br").stat().st_size <= 1024  # fetched when it is opened


def test_they_are_sent_compressed(site: Site) -> None:
    client = Client(site)
    for path in re.findall(r"/static/storefront/[^\"]+", client.get("/shop/").text.replace("\\u0026", "&")):
        for encoding in ("br", "gzip"):
            response = client.get(path, headers={"Accept-Encoding": encoding})
            assert (response.status_code, response.headers.get("Content-Encoding")) == (200, encoding), path


def test_where_one_may_live_is_kept_for_a_day_by_language(site: Site) -> None:
    response = Client(site).get("/shop/regions.json", headers={"Accept-Language": "en", "Accept-Encoding": "br"})
    assert (response.headers["Cache-Control"], "Accept-Language" in response.headers["Vary"]) == ("public, max-age=86400", True)
    assert len(response.data) < 40 * 1024
