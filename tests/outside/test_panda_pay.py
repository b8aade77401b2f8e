"""A payment provider by public names alone: asked, told, polled, refunded; the far end is a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from shoppers import Shopper
from sqlalchemy import select, update
from werkzeug.test import Client

from zhanggui.api import SYSTEM, clock, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.config import settings
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin, upgrade
from zhanggui.i18n import tool
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.kernel.actors import acting_as
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.browsing import Visitor

SECRET = "between us, and long enough"


class Panda(ThreadingHTTPServer):
    """The provider: charges by number, each with its state; ``down`` answers 503."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.states: dict[str, str] = {}
        self.asked: list[str] = []
        self.down = False


class Desk(BaseHTTPRequestHandler):
    server: Panda

    def do_POST(self) -> None:
        from zhanggui_pandapay.provider import sign

        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)
        if self.server.down or self.headers["Panda-Signature"] != sign(SECRET, raw):
            self.send_error(503 if self.server.down else 401)
            return
        number = json.loads(raw).get("number")
        if self.path == "/charges":
            self.server.states.setdefault(number, "waiting")
        if self.path == "/refunds":
            self.server.states[number] = "refunded"
        answer = json.dumps({"pay_url": f"https://pay.example/{number}", "state": self.server.states.get(number), "name": "Tea in the hills"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing on the screen."""


@pytest.fixture
def panda() -> Iterator[Panda]:
    server = Panda()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def instance(databases: Any, kind: str, repository: Path, panda: Panda) -> Iterator[Runtime]:
    """A shop that may call the provider on this machine."""
    folders = f"{repository}/plugins,{repository}/tests/outside"
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=folders, OUTSIDE__ALLOWED="127.0.0.1"))
    with activated(runtime), acting_as(SYSTEM):
        upgrade(runtime)
        refresh(runtime)
        enable_plugin("pandapay", actor=SYSTEM, now=clock.now())
        with unit_of_work() as db:
            settings.set(db, "plugin.pandapay.address", f"http://127.0.0.1:{panda.server_port}", actor=SYSTEM, now=clock.now())
            settings.set(db, "plugin.pandapay.secret", SECRET, actor=SYSTEM, now=clock.now())
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def order(sign_in: Callable[..., Shopper], goods: list[Any]) -> tuple[Shopper, str]:
    alice = sign_in()
    return alice, alice.order(goods[0]).get_json()["number"]


def tell(site: Site, number: str, state: str = "paid", secret: str = SECRET) -> int:
    from zhanggui_pandapay.provider import sign

    raw = json.dumps({"number": number, "state": state}).encode()
    return Client(site).post("/notify/pandapay", data=raw, headers={"Panda-Signature": sign(secret, raw)}).status_code


def run(name: str) -> set[str]:
    with reading() as db:
        ids = list(db.scalars(select(Job.id).where(Job.name == name, Job.state == "ready")))
    return {runner.run(job_id) for job_id in ids}


def state() -> str:
    from zhanggui_pandapay.models import Charge

    with reading() as db:
        return db.scalars(select(Charge.state)).one()


def test_a_customer_pays_and_is_told_of_once(order: tuple[Shopper, str], site: Site, panda: Panda) -> None:
    alice, number = order
    answers = [alice.post(f"/orders/{number}/pay", {}) for _ in range(2)]
    assert [(a.status_code, a.get_json()) for a in answers] == [(200, {"pay_url": f"https://pay.example/{number}"})] * 2
    assert tell(site, number, secret="a guess") == 401
    assert [tell(site, number) for _ in range(3)] == [200] * 3
    assert run("pandapay.take_message") == {"done"}
    assert (state(), alice.get(f"/orders/{number}")["payment_status"]) == ("paid", "paid")
    assert alice.post(f"/orders/{number}/pay", {}).status_code == 409


def test_without_a_word_of_the_provider_it_is_asked(order: tuple[Shopper, str], panda: Panda) -> None:
    from zhanggui_pandapay import services
    from zhanggui_pandapay.models import Charge

    alice, number = order
    panda.down = True
    assert alice.post(f"/orders/{number}/pay", {}).get_json()["code"] == "outside_trouble"
    assert state() == "asked"
    panda.down = False
    assert alice.post(f"/orders/{number}/pay", {}).status_code == 200
    panda.states[number] = "paid"
    services.poll.function()
    assert state() == "waiting"  # it has not waited for a minute
    with unit_of_work() as db:
        db.execute(update(Charge).values(asked_at=clock.now().replace(year=2020)))
    services.poll.function()
    services.poll.function()
    assert (state(), alice.get(f"/orders/{number}")["payment_status"]) == ("paid", "paid")


def test_staff_gives_it_back_once_and_sees_it_everywhere(order: tuple[Shopper, str], site: Site, panda: Panda, visit: Callable[..., Visitor]) -> None:
    alice, number = order
    alice.post(f"/orders/{number}/pay", {})
    tell(site, number)
    run("pandapay.take_message")
    owner = visit("owner")
    report = owner.get("/pandapay/").text
    assert "19.90 by Panda Pay" in report
    assert report.count('<rect class="ch-bar') == 1
    assert number in report
    assert [owner.post("/orders/1/pandapay__refund").status_code for _ in range(2)] == [303, 409]
    assert (state(), panda.asked.count("/refunds")) == ("refunded", 1)
    assert "given back" in owner.get("/orders/").text
    assert "below" in owner.get("/pandapay/").text.partition("ch-plot")[2]


def test_the_secret_is_tried_as_typed_and_kept_from_eyes(instance: Runtime, visit: Callable[..., Visitor]) -> None:
    owner = visit("owner")
    owner.get("/system/settings/")
    key = "plugin.pandapay.secret"
    assert "Panda Pay knows this shop as Tea in the hills." in owner.post(f"/system/settings/test/{key}", {key: ""}).text
    wrong = owner.post(f"/system/settings/test/{key}", {key: "another secret"}).text
    assert "127.0.0.1 refused: status 401." in wrong
    assert SECRET not in owner.get("/system/settings/").text


def test_it_is_short_and_translated() -> None:
    folder = Path(__file__).parent / "zhanggui_pandapay"
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.rglob("*.py")) < 350
    assert [line for line in tool.problems([str(folder.parent)]) if line.startswith("pandapay")] == []
