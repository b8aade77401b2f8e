"""The demo's tea shop behind a real web server, and a browser before it."""

from __future__ import annotations

import importlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from browser import find
from flask_appbuilder.security.sqla.models import Role
from journeys.inspection import Look, Watch, open_context
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import func, select

from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service as accounts
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import current_host, refresh
from zhanggui.jobs import runner
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.tasks.models import Task
from zhanggui.tasks.service import start_task
from zhanggui.testing.instances import Databases, environment, one_worker
from zhanggui.web.export_tasks import write_export
from zhanggui_customers.models import Customer
from zhanggui_orders.models import Order
from zhanggui_payments.models import Attempt
from zhanggui_products.models import Product

demo = importlib.import_module("zhanggui.cli.demo")
SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
)  # fmt: skip


@dataclass
class TeaShop:
    """Where the demo listens, and rows of it to look at."""

    base: str
    rows: dict[str, object]
    runtime: Runtime
    states: dict[str, Any] = field(default_factory=dict)

    def state(self, browser: Browser, who: str | None) -> Any:
        """The cookies of somebody who has signed in through the form; once for each person."""
        if who is not None and who not in self.states:
            context = open_context(browser, Look(1440), self.base)
            page = context.new_page()
            page.goto("/login/")
            page.fill("[name=username]", who)
            page.fill("[name=password]", demo.LOGINS[who])
            page.press("[name=password]", "Enter")
            page.wait_for_url(self.base + "/")
            self.states[who] = context.storage_state()
            context.close()
        return self.states.get(who or "")


def _fill() -> dict[str, object]:
    with unit_of_work() as db:
        for name, password in demo.LOGINS.items():
            accounts.create_user(
                db, username=name, password=password, roles=[name], display_name=demo.NAMES[name], actor=SYSTEM, now=clock.now()
            )
    rng = random.Random(1)
    for part in current_host().every("demo"):
        part.fill(clock.now(), rng)
    tasks = _tasks()
    with reading() as db:
        return {
            "order": db.scalar(select(Order.id).where(Order.stage == "to_ship").order_by(Order.id)),
            "product": db.scalar(select(Product.id).order_by(Product.id)),
            "customer": db.scalar(select(Order.customer_id).where(Order.customer_id.is_not(None)).order_by(Order.id.desc()))
            or db.scalar(select(Customer.id)),
            "payment": db.scalar(select(func.max(Attempt.id))),
            "act": db.scalar(select(func.max(AuditEntry.id)).where(AuditEntry.action == "orders.order.paid")),
            "role": db.scalar(select(Role.id).where(Role.name == "warehouse")),
            **tasks,
        }


def _tasks() -> dict[str, object]:
    """One that has a result, one that waits for a worker, and one to watch."""
    about = {"resource": "products.Product", "arguments": {}, "zone": "Asia/Shanghai"}
    with unit_of_work() as db:
        done, waits, watched = (start_task(db, write_export, actor=SYSTEM, now=clock.now(), title=write_export.title, **about) for _ in range(3))
        job_id = db.scalar(select(Task.job_id).where(Task.id == done))
    assert runner.run(job_id or 0) == "done"
    return {"task": done, "waiting_task": waits, "watched_task": watched}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _made_once(databases: Databases, shared: Path) -> tuple[Runtime, dict[str, object]]:
    """A copy of the demo that the first process of the test run made, and rows of it."""
    made, picked = shared / "tea-shop", shared / "tea-shop.json"
    with one_worker(shared / "tea-shop.lock"):
        if not picked.exists():
            runtime = open_runtime(databases.fresh("sqlite"))
            with activated(runtime), acting_as(SYSTEM):
                refresh(runtime)
                rows = _fill()
            database = runtime.engine.url.database
            runtime.close()  # the last connection that closes leaves one file
            shutil.copytree(runtime.data, made)
            shutil.copy(str(database), made / "db.sqlite3")
            picked.write_text(json.dumps(rows), encoding="utf-8")
    runtime = databases.fresh("sqlite")
    shutil.copytree(made, runtime.data, dirs_exist_ok=True)
    shutil.move(runtime.data / "db.sqlite3", str(runtime.engine.url.database))
    return runtime, json.loads(picked.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def tea_shop(tmp_path_factory: pytest.TempPathFactory, databases: Databases, shared: Path) -> Iterator[TeaShop]:
    """The demo, made once a run, served by the web process that merchants run."""
    runtime, rows = _made_once(databases, shared)
    with _served(runtime, tmp_path_factory.mktemp("tea-shop"), ZHANGGUI_INSTANCE__NAME="山间茶铺") as base:
        yield TeaShop(base, rows, runtime)


@pytest.fixture
def new_shop(tmp_path: Path, databases: Databases) -> Iterator[TeaShop]:
    """A shop as it is on its first day: an owner, and nothing else."""
    runtime = databases.fresh("sqlite")
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        with unit_of_work() as db:
            accounts.create_user(db, username="owner", password=demo.LOGINS["owner"], roles=["owner"], display_name="掌柜", actor=SYSTEM, now=clock.now())
    with _served(runtime, tmp_path) as base:
        yield TeaShop(base, {}, runtime)


@contextmanager
def _served(runtime: Runtime, folder: Path, **more: str) -> Iterator[str]:
    """The address of the web process of a shop."""
    environ = {**os.environ, **environment(runtime.config), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), **more}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "web.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "zhanggui.cli", "web", "--port", str(port), "--workers", "1"]
        server = subprocess.Popen(command, env=environ, cwd=folder, stdout=out, stderr=out)
    try:
        base = f"http://127.0.0.1:{port}"
        give_up = time.monotonic() + 30
        while not _answers(base + "/login/"):
            assert server.poll() is None and time.monotonic() < give_up, log.read_text()[-2000:]
            time.sleep(0.1)
        yield base
    finally:
        server.terminate()
        server.wait(20)


# Not for the whole run: Playwright keeps an event loop going in this thread, which other tests may want for themselves.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=find(), args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, tea_shop: TeaShop) -> Iterator[Callable[..., Page]]:
    """``open_page("/orders/", who="clerk", width=390)``: a fresh browser with one page; more words go to the browser's context."""
    contexts: list[BrowserContext] = []

    def do(path: str = "/", *, who: str | None = "owner", width: int = 390, locale: str = "en", **more: Any) -> Page:
        context = open_context(browser, Look(width, locale), tea_shop.base, tea_shop.state(browser, who), **more)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield do
    for context in contexts:
        context.close()


@pytest.fixture
def watched() -> type[Watch]:
    """Notes errors of a page while a test walks through it."""
    return Watch


@pytest.fixture
def a_picture(tmp_path: Path) -> Path:
    """A photograph as a phone takes it: 4000 pixels wide, several hundred kilobytes."""
    from PIL import Image

    picture = Image.effect_noise((4000, 3000), 60).convert("RGB")
    path = tmp_path / "tea.jpg"
    picture.save(path, quality=60)
    return path
