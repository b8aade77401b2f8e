"""A customer pays on a phone, in a real browser: only there do policy, origin and form meet."""

from __future__ import annotations

from typing import Any

from browser import find
from playwright.sync_api import sync_playwright


def test_a_payment_fails_is_tried_again_and_succeeds(merchant: Any):
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        page = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
        page.goto(merchant.order("T000001", scene="h5").json["h5_url"])
        page.click("button[value=fail]")
        assert merchant.query("T000001").json["trade_state"] == "NOTPAY"
        page.click("a.pay")
        page.click("button.pay")
        assert "支付成功" in page.inner_text("h1")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        chromium.close()
    assert merchant.query("T000001").json["trade_state"] == "SUCCESS"
