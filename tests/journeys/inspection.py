"""The eyes of the browser tests: opens pages as a person at a given screen would, and lists what is wrong with them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Request, Response

HERE = Path(__file__).parent
AXE = (HERE / "vendor" / "axe.min.js").read_text(encoding="utf-8")
MEASURES = (HERE / "measures.js").read_text(encoding="utf-8")
RUN_AXE = """async () => (await axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}))
  .violations.map((found) => `access: ${found.id}: ${found.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`)"""
LISTEN = "addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));"
HEIGHTS = {320: 640, 390: 844, 1440: 900}


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody sees the shop."""

    width: int
    locale: str = "en"
    appearance: str = "light"

    @property
    def phone(self) -> bool:
        """Whether fingers are used."""
        return self.width < 900

    def __str__(self) -> str:
        return f"{self.width}-{self.locale}-{self.appearance}"


# Six looks in which every two of width, language and appearance meet.
LOOKS = (
    Look(390, "zh", "light"), Look(320, "en", "dark"), Look(1440, "zh", "dark"),
    Look(390, "en", "dark"), Look(320, "zh", "light"), Look(1440, "en", "light"),
)  # fmt: skip
ALL_LOOKS = tuple(Look(*values) for values in itertools.product(HEIGHTS, ("zh", "en"), ("light", "dark")))


def open_context(browser: Browser, look: Look, base: str, state: object = None, **more: object) -> BrowserContext:
    """A browser with an empty cache, as somebody with this screen has it; ``state`` holds the cookies of who is signed in."""
    context = browser.new_context(
        base_url=base, viewport={"width": look.width, "height": HEIGHTS[look.width]}, is_mobile=look.phone, has_touch=look.phone,
        locale={"zh": "zh-CN", "en": "en-US"}[look.locale], color_scheme=look.appearance,
        storage_state=state, **{"service_workers": "block", "reduced_motion": "reduce", **more},
    )  # fmt: skip
    context.set_default_timeout(10_000)
    return context


@dataclass
class Watch:
    """Follows a page and notes what its reader never sees: errors, refused scripts, requests that failed."""

    page: Page
    expected: int = 200
    noted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(LISTEN)
        self.page.on("console", lambda message: self._console(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.noted.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def _console(self, text: str) -> None:
        # The browser repeats each bad status here; `_answered` names the address too.
        if not text.startswith("Failed to load resource"):
            self.noted.append(f"console: {text}")

    def _failed(self, request: Request) -> None:
        # A page that was left gives up what it was still asking for.
        if request.failure != "net::ERR_ABORTED":
            self.noted.append(f"request: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        allowed = self.expected if response.request.is_navigation_request() else 200
        if response.status >= 400 and response.status != allowed:
            self.noted.append(f"request: {urlsplit(response.url).path} answered {response.status}")

    def faults(self, look: Look) -> list[str]:
        """What is wrong with the page as it stands, with everything on it unfolded."""
        self.page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true })")
        self.page.evaluate(AXE + ";0")
        return [*self.noted, *self.page.evaluate(MEASURES, look.phone), *self.page.evaluate(RUN_AXE)]


class Wire:
    """Counts bytes as they come over the wire, headers and all, product pictures apart."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        self._pictures: set[str] = set()
        session: CDPSession = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.responseReceived", self._received)
        session.on("Network.loadingFinished", self._finished)

    def _received(self, event: dict[str, object]) -> None:
        if urlsplit(event["response"]["url"]).path.startswith("/files/"):  # type: ignore[index]
            self._pictures.add(str(event["requestId"]))

    def _finished(self, event: dict[str, object]) -> None:
        if event["requestId"] not in self._pictures:
            self.bytes += int(event["encodedDataLength"])  # type: ignore[call-overload]

    def cost(self, load: Callable[[], object]) -> int:
        """How many bytes ``load`` moves."""
        before = self.bytes
        load()
        return self.bytes - before
