"""Quick thumbs: pages that fade into each other are left, turned and gone back to before they have; the console says nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.long


def hurried(page: Page) -> list[str]:
    """What the page says of a walk in a hurry."""
    said: list[str] = []
    page.context.on("weberror", lambda error: said.append(str(error.error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for turn in range(6):
        page.locator(".tabbar a[href='/orders/']").tap(no_wait_after=True)
        page.wait_for_timeout(15 * turn)
        page.locator(".tabbar a[href='/products/']").tap(no_wait_after=True)
        page.wait_for_timeout(15 * turn)
        page.set_viewport_size({"width": 390, "height": 844 - 60 * (turn % 2)})  # the keyboard comes and goes
    page.wait_for_timeout(500)
    for _turn in range(3):
        page.evaluate("location.assign('/shop/')")
        page.wait_for_url("**/shop/")
        page.wait_for_timeout(400)
        page.go_back()
        page.wait_for_timeout(400)
    return said


def test_nothing_is_said_of_pages_that_are_left_in_a_hurry(open_page: Callable[..., Page]) -> None:
    page = open_page("/", locale="zh", reduced_motion="no-preference")
    assert page.evaluate("'onpagereveal' in window && CSS.supports('view-transition-name: none')")
    assert hurried(page) == []


def test_the_walk_is_one_that_would_be_heard_of(open_page: Callable[..., Page]) -> None:
    page = open_page("/", locale="zh", reduced_motion="no-preference")
    # Without what the pages do about it: neither event reaches them.
    page.add_init_script("for (const name of ['pagereveal', 'pageswap']) addEventListener(name, (event) => event.stopImmediatePropagation());")
    page.reload()
    assert any("Transition was" in said for said in hurried(page))
