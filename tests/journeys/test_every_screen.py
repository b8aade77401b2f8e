"""Every screen, as each person may hold it: nothing refused, nothing broken, nothing out of reach, nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from journeys.inspection import ALL_LOOKS, LOOKS, Look, Watch, Wire, open_context
from journeys.screens import SIGHTS, Sight
from playwright.sync_api import Browser, BrowserContext

pytestmark = pytest.mark.long

COLD, WARM = 45_700, 12_000  # each plugin with a page is a line of the menu, and each page has a question mark
LISTS = ("/orders/", "/products/", "/customers/")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The whole matrix on demand, otherwise each screen once, the looks in turn."""
    if {"sight", "look"} <= set(metafunc.fixturenames):
        whole = metafunc.config.getoption("--full-matrix")
        pairs = [(s, at) for s in SIGHTS for at in ALL_LOOKS] if whole else [(s, LOOKS[n % len(LOOKS)]) for n, s in enumerate(SIGHTS)]
        metafunc.parametrize(("sight", "look"), pairs, ids=str)


@pytest.fixture(scope="module")
def context_of(browser: Browser, tea_shop) -> Iterator[Callable[[Look, str | None], BrowserContext]]:
    """One browser profile for each look and person."""
    made: list[BrowserContext] = []

    @cache
    def make(look: Look, who: str | None) -> BrowserContext:
        made.append(open_context(browser, look, tea_shop.base, tea_shop.state(browser, who)))
        return made[-1]

    yield make
    for context in made:
        context.close()


def test_nothing_is_wrong_with(sight: Sight, look: Look, context_of, tea_shop) -> None:
    page = context_of(look, sight.who).new_page()
    watch = Watch(page, sight.status)
    response = page.goto(sight.path.format(**tea_shop.rows), wait_until="load")
    assert response
    assert response.status == (200 if sight.status == 422 else sight.status)
    sight.then(page)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.lang").startswith(look.locale)
    assert watch.faults(look) == []
    page.close()


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_light(path: str, browser: Browser, tea_shop) -> None:
    context = open_context(browser, Look(390, "zh"), tea_shop.base, tea_shop.state(browser, "owner"))
    page = context.new_page()
    wire = Wire(page)

    def load() -> None:
        page.goto(path)
        page.wait_for_load_state("networkidle")

    cold, warm = wire.cost(load), wire.cost(load)
    print(f"{path} {cold} {warm}")
    assert 5_000 < cold <= COLD
    assert 1_000 < warm <= WARM
    context.close()


FAULTS = {
    "access: image-alt": "document.querySelector('main').append(new Image(50, 50))",
    "access: color-contrast": "document.querySelector('h1').style.cssText = 'color: #ccc; background: #fff'",
    "console: ": "console.error('planted')",
    "script: planted": "setTimeout(() => { throw new Error('planted') })",
    "console: CSP: script-src": "document.body.append(Object.assign(document.createElement('script'), {textContent: 'var planted'}))",
    "console: CSP: style-src": "document.querySelector('h1').setAttribute('style', 'color: red')",
    "request: /planted answered 404": "fetch('/planted')",
    "overflow": "document.querySelector('main').append(Object.assign(document.createElement('hr'), {id: 'wide'})); document.querySelector('#wide').style.width = '900px'",
    "small target": "const b = document.createElement('button'); b.textContent = 'x'; b.style.cssText = 'width: 30px; height: 30px; padding: 0'; document.querySelector('main').append(b)",
    "small words": "const i = document.createElement('input'); i.ariaLabel = 'x'; i.style.cssText = 'font-size: 14px; height: 44px'; document.querySelector('main').append(i)",
    "duplicate id": "const d = document.createElement('i'); d.id = 'main'; document.querySelector('main').append(d)",
    "landmark: 2 h1": "document.querySelector('main').append(document.createElement('h1'))",
    "landmark: 0 main": "const m = document.querySelector('main'); m.replaceWith(...m.children)",
    "language": "document.documentElement.removeAttribute('lang')",
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(fault: str, context_of) -> None:
    look = Look(390, "en", "light")
    page = context_of(look, "owner").new_page()
    watch = Watch(page)
    page.goto("/me/")
    page.wait_for_load_state("networkidle")
    page.evaluate(f"() => {{ {FAULTS[fault]} }}")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(100)
    found = watch.faults(look)
    assert [one for one in found if one.startswith(fault)], found
    page.close()


def test_a_heavy_page_is_seen(tea_shop, browser: Browser) -> None:
    context = open_context(browser, Look(390), tea_shop.base, tea_shop.state(browser, "owner"))
    page = context.new_page()
    wire = Wire(page)
    page.goto("/orders/")

    def load() -> None:
        page.evaluate("Promise.all(Array.from({length: 20}, () => fetch('/orders/', {cache: 'no-store'}).then((answer) => answer.text())))")
        page.wait_for_timeout(200)

    assert wire.cost(load) > COLD
    context.close()

