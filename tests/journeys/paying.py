"""A shop that takes money at a sandbox, a phone before it, and hands for what journeys of money and messages do alike."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
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
from zhanggui_sandbox import Sandbox, running

sys.path[:0] = [str(Path(__file__).parents[1] / "plugins" / name) for name in ("orders", "storefront")]

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
def more_settings() -> dict[str, str]:
    """What a journey wants to be otherwise in that shop."""
    return {}


@pytest.fixture
def paying_shop(databases: Databases, sandbox: Sandbox, more_settings: dict[str, str]) -> Iterator[Runtime]:
    """A shop with the settings that the demo gets from its sandbox, at an address where the sandbox finds it."""
    given = sandboxes.as_settings(sandbox.ask("GET", "/_sim/credentials"), sandbox.url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    values = {key.removeprefix(PREFIX): value for key, value in given.items()} | more_settings
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


def enter_office(page: Page) -> None:
    page.goto("/login/")
    page.locator("[name=username]").fill("owner")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def choose(page: Page, name: str, value: str) -> None:
    """One of a few: a list, or a row of buttons."""
    if page.locator(f"select[name={name}]").count():
        page.locator(f"select[name={name}]").select_option(value)
    else:
        page.locator(f"[name={name}][value=\"{value}\"]").evaluate("choice => choice.click()")
