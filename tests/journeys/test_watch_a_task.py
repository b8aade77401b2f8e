"""Somebody looks at a task: it is asked about every few seconds, and no longer when it has ended."""

from __future__ import annotations

import pytest
from journeys.inspection import Look, open_context
from playwright.sync_api import Browser

pytestmark = pytest.mark.long


def test_its_page_asks_until_it_has_ended(browser: Browser, tea_shop) -> None:
    context = open_context(browser, Look(390, "en"), tea_shop.base, tea_shop.state(browser, "owner"))
    page, path = context.new_page(), f"/tasks/{tea_shop.rows['watched_task']}"
    with page.expect_request(lambda request: "/task-progress/" in request.url, timeout=8000):
        page.goto(path)
    form = {"csrf_token": page.locator("meta[name=csrf-token]").get_attribute("content") or ""}
    with page.expect_navigation(timeout=8000):
        assert context.request.post(f"{tea_shop.base}{path}/cancel", form=form, max_redirects=0).status == 303
    assert "canceled" in page.locator("#task-progress").inner_text()
    assert page.locator("[data-watch]").count() == 0
    context.close()
