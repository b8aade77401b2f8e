"""Messages at 390 px, in Chinese: what a paid order tells its buyer, the group of the staff and a program; and a campaign that does what it said before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from journeys.paying import choose, enter_office, paying_shop, phone, sandbox, work
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from zhanggui.api import SYSTEM, clock, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.jobs import runner
from zhanggui.runtime import Runtime
from zhanggui_customers import facade as customers
from zhanggui_notifications.models import CampaignRecipient, Message
from zhanggui_notifications.services import choosing, delivering, kinds, pumping
from zhanggui_products.models import Variant
from zhanggui_sandbox import Sandbox
from zhanggui_sandbox.subscribe import TEMPLATES
from zhanggui_webhooks.models import Endpoint
from zhanggui_webhooks.services import endpoints
from zhanggui_wechat import grants

__all__ = ["paying_shop", "phone", "sandbox"]  # fixtures
NEWS, PAID, *_OTHERS = TEMPLATES
LANES = ("default", "io")
BUYER, OTHERS = "alice", [f"guest{n}" for n in range(9)]


@pytest.fixture
def more_settings() -> dict[str, str]:
    """Campaigns have a template of the mini-program, and there is no night."""
    lines = (f"orders.confirmed: {PAID} character_string1=number amount2=total thing3=goods", f"notifications.campaign: {NEWS} character_string1=name thing2=shop thing3=name")
    return {"PLUGIN__WECHAT__TEMPLATES": "\n".join(lines), "PLUGIN__NOTIFICATIONS__QUIET_FROM": "0", "PLUGIN__NOTIFICATIONS__QUIET_UNTIL": "0"}


def shopper(runtime: Runtime, sandbox: Sandbox) -> Any:
    """The buyer, in the mini-program."""
    from shoppers import Shopper

    found = Shopper(Site(runtime))
    found.token = found.post("/session", {"code": sandbox.ask("POST", "/_sim/login", {"user": BUYER})["code"]}).get_json()["token"]
    return found


def told_outside(sandbox: Sandbox) -> None:
    """A program at the sandbox is told of paid orders, and the group of the staff too."""
    with unit_of_work() as db:
        endpoint_id = endpoints.create_endpoint(
            db, label="记账", url=f"{sandbox.url}/hooks/books", everything=False, events=["orders.order.paid@1"], actor=SYSTEM, now=clock.now()
        )  # fmt: skip
        kinds.switch_channel(db, kind_id="orders.paid", channel="wecom", on=True, actor=SYSTEM, now=clock.now())
    with reading() as db:
        sandbox.ask("POST", "/_sim/receivers", {"name": "books", "secret": db.get_one(Endpoint, endpoint_id).secret})


def test_a_paid_order_is_told_to_its_buyer_the_group_and_a_program(paying_shop: Runtime, sandbox: Sandbox, phone: Callable[[], Page]):
    told_outside(sandbox)
    alice = shopper(paying_shop, sandbox)
    with reading() as db:
        tea = db.scalars(select(Variant.public_id)).one()
    assert alice.post("/grants", {"prompt_id": "prompt-0001", "results": {PAID: "accept"}}).status_code == 200
    sandbox.ask("POST", "/_sim/subscribe", {"user": BUYER, "template_id": PAID})
    order = alice.post("/orders", {"lines": [{"variant_id": tea, "quantity": 2}]}, headers={"Accept-Language": "zh-CN"}).get_json()
    payment = alice.post(f"/orders/{order['number']}/pay", {"method": "wechatpay", "scene": "mini_program"}).get_json()
    sandbox.ask("POST", "/_sim/pay", {"out_trade_no": payment["payment_id"]})
    page = phone()
    for _ in range(60):
        for lane in LANES:
            runner.drain(lane)
        if len({one["channel"] for one in sandbox.ask("GET", "/_sim/messages")["items"]}) == 2 and sandbox.ask("GET", "/_sim/received")["items"]:
            break
        page.wait_for_timeout(250)

    page.goto(f"{sandbox.url}/_sim/phone?lang=zh-CN")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_text(BUYER).first.tap()
    expect(page.locator("article")).to_contain_text(order["number"])
    expect(page.locator("article")).to_contain_text("39.90")
    page.goto(f"{sandbox.url}/_sim/phone?lang=zh-CN")
    page.get_by_text("企业微信群").first.tap()
    expect(page.locator("article")).to_contain_text(order["number"])
    page.goto(f"{sandbox.url}/_sim/receivers?lang=zh-CN")
    page.get_by_text("books").first.tap()
    expect(page.locator("body")).to_contain_text("orders.order.paid@1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    [heard] = sandbox.ask("GET", "/_sim/received")["items"]
    assert heard["verdict"] == "good" and order["number"] in str(heard)
    assert order["number"] in str(alice.get("/messages")["items"])


def test_a_campaign_reaches_the_four_of_ten_that_it_named(paying_shop: Runtime, sandbox: Sandbox, phone: Callable[[], Page]):
    with unit_of_work() as db:
        for number, name in enumerate([BUYER, *OTHERS]):
            openid = sandbox.ask("POST", "/_sim/login", {"user": name})["openid"]
            who = customers.find_or_create_by_identity(db, provider="wechat", subject=openid, name=name, now=clock.now(), locale="zh_CN").id
            choosing.choose(db, recipient_kind="customer", recipient_id=who, said=[("marketing", choosing.ALL, True)], source="storefront", now=clock.now())
            if number < 4:
                grants.add(db, customer_id=who, template_id=NEWS, state="accept", source_key=f"prompt:{name}", now=clock.now())
                sandbox.ask("POST", "/_sim/subscribe", {"user": name, "template_id": NEWS})
    page = phone()
    enter_office(page)
    page.goto("/campaigns/add")
    page.locator("[name=name]").fill("春茶上新")
    choose(page, "audience_id", "customers.all")
    page.locator("[name=subject_zh_CN]").fill("{name}，春茶到了")
    page.locator("[name=body_zh_CN]").fill("今年的明前茶已经上架。")
    for box in page.locator("[name=channels]").all():
        box.evaluate("box => { if (box.checked !== (box.value === 'wechat_subscribe')) box.click() }")
    for name, hour in (("hour_from", "0"), ("hour_until", "24"), ("rate_per_minute", "6000")):
        page.locator(f"[name={name}]").fill(hour)
    page.locator("[data-save]").first.tap()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    campaign = page.url
    page.locator("form[action$='/freeze'] button").first.evaluate("one => one.click()")
    expect(page.locator(".alert-success")).to_be_visible()
    work()
    page.goto(campaign)
    forecast = page.locator(".zg-pairs").filter(has_text="微信订阅消息")
    expect(forecast).to_contain_text(re.compile(r"人数\s*10\s*微信订阅消息\s*4"))
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"没有选择能送达对方的渠道。\s*6"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{campaign}/start")
    page.locator("[data-save]").first.tap()
    expect(page.locator(".alert-success")).to_be_visible()
    for _ in range(40):
        pumping.run()
        delivering.run(1.0)
        with reading() as db:
            states = dict(db.execute(select(CampaignRecipient.state, func.count()).group_by(CampaignRecipient.state)).tuples().all())
        if set(states) <= {"sent", "failed", "skipped"}:
            break
    arrived = sandbox.ask("GET", "/_sim/messages?channel=wechat_subscribe")["items"]
    assert sorted(one["who"] for one in arrived) == sorted([BUYER, *OTHERS[:3]])
    assert states["sent"] == 4 and sum(states.values()) == 10
    with reading() as db:
        reached = dict(db.execute(select(Message.channel, func.count()).where(Message.state == "sent").group_by(Message.channel)).tuples().all())
    assert reached == {"wechat_subscribe": 4}
    page.goto(campaign)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
