"""Each tour is played as its person plays it: every target is there, in sight, large enough and not covered, in both languages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from journeys.inspection import Watch
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as NotYet

from zhanggui.db.uow import reading
from zhanggui.runtime import activated
from zhanggui_help.models import TourRun

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "core/zhanggui/tours").glob("*.toml"), *ROOT.glob("plugins/*/tours/*.toml")])
TOURS = {f"{path.parts[-3].removeprefix('zhanggui_').replace('zhanggui', 'core')}.{path.stem}": tomllib.loads(path.read_text(encoding="utf-8")) for path in FILES}
LOOKS = [(360, "zh"), (1280, "en"), (360, "en"), (1280, "zh")]
WHO = {"can_ship orders.Order": "warehouse", "can_restock inventory.StockLevel": "warehouse", "can_add orders.Order": "clerk", "can_add help.Article": "clerk"}
IN_SIGHT = """() => {
  const target = document.querySelector(".tour-target"), box = document.querySelector("#tour");
  const t = target.getBoundingClientRect(), b = box.getBoundingClientRect(), faults = [];
  if (t.width < 1 || t.height < 1) faults.push("the target is not seen");
  if (t.left < -1 || t.top < -1 || t.right > innerWidth + 1 || t.top > innerHeight - 20) faults.push("the target is outside of the window");
  if (b.left < 0 || b.top < 0 || b.right > innerWidth || b.bottom > innerHeight) faults.push("the dialog is outside of the window");
  if (b.left < t.right && t.left < b.right && b.top < Math.min(t.bottom, innerHeight) && t.top < b.bottom && t.height < innerHeight / 2) faults.push("the dialog covers its target");
  const at = document.elementFromPoint(t.left + t.width / 2, t.top + Math.min(t.height, 40) / 2);
  if (!at || !(target.contains(at) || at.contains(target))) faults.push("something lies over the target: " + (at && at.outerHTML.slice(0, 80)));
  for (const button of box.querySelectorAll("button")) if (button.getBoundingClientRect().height < 44) faults.push("a button is too small");
  if (box !== document.activeElement) faults.push("the dialog has no focus");
  if (target.closest("[inert]") || box.closest("[inert]")) faults.push("the target or the dialog is closed");
  return faults;
}"""


def opened(browser: Browser, tea_shop: Any, look: tuple[int, str], who: str) -> Page:
    width, locale = look
    context = browser.new_context(
        base_url=tea_shop.base, viewport={"width": width, "height": 780}, is_mobile=width < 900, has_touch=width < 900, reduced_motion="reduce",
        locale={"zh": "zh-CN", "en": "en-US"}[locale], storage_state=tea_shop.state(browser, who), service_workers="block",
    )  # fmt: skip
    context.set_default_timeout(10_000)
    return context.new_page()


def play(page: Page, tour: str, locale: str) -> list[str]:
    """Every step, by doing what it asks for; what is wrong is said with its step."""
    steps, faults = TOURS[tour]["steps"], []
    page.goto("/help/")
    page.locator(f"[data-tour='{tour}']").click()
    seen = -1
    while True:
        last = seen >= 0 and all(later.get("optional") for later in steps[seen + 1 :])  # what is not there on a phone is passed over
        try:
            page.wait_for_function("seen => { const box = document.querySelector('#tour'); return box && +box.dataset.step > seen; }", arg=seen, timeout=3_000 if last else 10_000)
        except NotYet:
            if not last:
                raise
            break
        seen = int(page.locator("#tour").get_attribute("data-step") or -1)
        step = steps[seen]
        if step["text"][{"zh": "zh_CN", "en": "en"}[locale]] not in page.locator("#tour-text").inner_text():
            faults.append(f"{tour}, step {seen + 1} ({step['target']}): it says something else")
        faults += [f"{tour}, step {seen + 1} ({step['target']}): {fault}" for fault in page.evaluate(IN_SIGHT)]
        if step.get("expect") == "page":
            page.locator(".tour-target").click()
        else:
            page.locator("#tour .btn-primary").click()
    page.wait_for_load_state("networkidle")
    return faults


def check(browser: Browser, tea_shop: Any, tour: str, look: tuple[int, str]) -> None:
    who = WHO.get(TOURS[tour]["permission"], "owner")
    page = opened(browser, tea_shop, look, who)
    watch = Watch(page, 200)
    faults = play(page, tour, look[1])
    assert faults == []
    assert watch.noted == []
    with activated(tea_shop.runtime), reading() as db:
        assert [run.ended for run in db.query(TourRun).filter_by(tour=tour).all()] == ["finished"]
    assert page.locator("script[src*='tour.js']").count() == 0 or page.evaluate("fetch('/help/tour-now').then(a => a.json()).then(a => a.tour)") == ""
    page.context.close()


@pytest.mark.parametrize(("tour", "look"), [(tour, LOOKS[n % len(LOOKS)]) for n, tour in enumerate(TOURS)], ids=str)
def test_a_tour_leads_to_its_end(tour: str, look: tuple[int, str], browser: Browser, tea_shop: Any) -> None:
    check(browser, tea_shop, tour, look)


@pytest.mark.hard
@pytest.mark.proof
@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("tour", TOURS)
def test_every_tour_at_each_width_in_each_language(tour: str, look: tuple[int, str], browser: Browser, tea_shop: Any) -> None:
    check(browser, tea_shop, tour, look)


def test_tab_stays_in_it_escape_leaves_and_the_focus_comes_back(browser: Browser, tea_shop: Any) -> None:
    page = opened(browser, tea_shop, (1280, "en"), "owner")
    page.goto("/help/")
    page.locator("[data-tour='products.first-product']").click()
    page.wait_for_selector("#tour")
    inside = "() => { const at = document.activeElement; return at === document.body || !!at.closest('#tour') || at.matches('.tour-target'); }"
    for _press in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    page.wait_for_selector("#tour", state="detached")
    assert page.locator("[inert]").count() == 0
    page.wait_for_load_state("networkidle")
    page.goto("/products/")
    page.wait_for_load_state("networkidle")
    assert page.locator("#tour").count() == 0
    page.context.close()
