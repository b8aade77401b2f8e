"""Web, workers and queue server are killed while customers pay and staff gives back: what was acknowledged stands, and all books agree."""

from __future__ import annotations

import http.cookiejar
import json
import random
import re
import signal
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil
import pytest
from bank import METHODS, agree, ask_early, processes, unsettled, until
from sqlalchemy import func, select

from zhanggui.api import SYSTEM, clock, reading, unit_of_work
from zhanggui.auth import service
from zhanggui.jobs.models import Job
from zhanggui.runtime import Runtime
from zhanggui_orders.models import Order
from zhanggui_payments.models import Attempt, Case, Refund
from zhanggui_products.models import Variant
from zhanggui_sandbox import Sandbox

pytestmark = [pytest.mark.hard, pytest.mark.long, pytest.mark.proof]
CLIENTS, GIVEN_BACK = 4, 2  # one payment in so many is given back
PASSWORD = "correct horse 42"
TOKEN = re.compile(r'name="csrf-?_?token"[^>]*?(?:content|value)="([^"]+)"')


class Client:
    """Asks until it is answered."""

    def __init__(self, base: str) -> None:
        self.base, self.headers = base, {"Accept-Language": "en"}
        self.open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), _Stay).open

    def send(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        end = time.monotonic() + 90
        while True:
            try:
                with self.open(urllib.request.Request(self.base + path, body, {**self.headers, **headers}), timeout=20) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return error.code, error.read().decode()
            except (OSError, HTTPException):
                if time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def json(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        status, text = self.send(f"/shop/api/v1{path}", json.dumps(body).encode(), **{"Content-Type": "application/json", **headers})
        return status, json.loads(text)

    def form(self, path: str, page: str, values: dict[str, str]) -> int:
        found = TOKEN.search(self.send(page, Accept="text/html")[1])
        assert found, "a page without a token"
        return self.send(path, urllib.parse.urlencode({"csrf_token": found.group(1), **values}).encode(), Accept="text/html")[0]


class _Stay(urllib.request.HTTPRedirectHandler):
    """The answer is what was answered, not where it leads."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


class Customer(threading.Thread):
    """Orders, pays, and every second time the staff gives it back; writes down what was acknowledged."""

    def __init__(self, number: int, base: str, tea: str, count: int, sandbox: Sandbox) -> None:
        super().__init__(daemon=True)
        self.number, self.count, self.tea, self.sandbox = number, count, tea, sandbox
        self.shop, self.staff = Client(base), Client(base)
        self.paid: dict[str, str] = {}  # order: number of the payment
        self.back: list[str] = []  # orders whose refund was taken
        self.trouble: list[str] = []

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:
            self.trouble.append(f"{type(error).__name__}: {error}")

    def work(self) -> None:
        self.shop.headers["Authorization"] = "Bearer " + self.shop.json("/session", {"code": f"demo:payer{self.number}"})[1]["token"]
        self.staff.form("/login/", "/login/", {"username": "owner", "password": PASSWORD})
        for n in range(self.count):
            key = f"money-{self.number}-{n}"
            status, order = self.shop.json("/orders", {"lines": [{"variant_id": self.tea, "quantity": 1}]}, **{"Idempotency-Key": key})
            assert status == 201, order
            number = order["number"]
            status, payment = self.shop.json(f"/orders/{number}/pay", {"method": METHODS[n % 2], "scene": "qr"})
            assert status == 200, payment
            self.paid[number] = payment["payment_id"]
            self.sandbox.ask("POST", "/_sim/pay", {"out_trade_no": payment["payment_id"]})
            if n % GIVEN_BACK == 0:
                self.give_back(number)

    def give_back(self, number: str) -> None:
        def here() -> int | None:
            with reading() as db:
                return db.scalar(select(Order.id).where(Order.number == number, Order.payment_status == "paid"))

        until(here, 90, "what was paid did not come in")
        # 409: the try whose answer was lost has sent it.
        status = self.staff.form(f"/orders/{here() or self.id_of(number)}/payments__refund", "/me/", {"what": "all", "reason": "customer"})
        assert status in (200, 303, 409, 422), status
        self.back.append(number)

    @staticmethod
    def id_of(number: str) -> int | None:
        with reading() as db:
            return db.scalar(select(Order.id).where(Order.number == number))


def victims(supervisor: int) -> dict[str, list[psutil.Process]]:
    found: dict[str, list[psutil.Process]] = {"web": [], "worker": [], "queue": []}
    for process in psutil.Process(supervisor).children(recursive=True):
        line = " ".join(process.cmdline())
        role = "queue" if "valkey" in line or "redis-server" in line else "web" if "web_process" in line else "worker" if "worker" in line else ""
        if role:
            found[role].append(process)
    return found


@pytest.mark.parametrize("kind", ["sqlite"])
def test_all_books_agree(instance: Runtime, kind: str, sandbox: Sandbox, port: int, repository: Path, tmp_path: Path, size: Any, keep_figures: Any) -> None:
    movements = size(30, 2000)
    with reading() as db:
        tea = db.scalars(select(Variant.public_id)).one()
    with unit_of_work() as db:
        service.create_user(db, username="owner", password=PASSWORD, roles=["owner"], actor=SYSTEM, now=clock.now())
    count = movements * 2 // 3 // CLIENTS + 1
    rng, killed, began = random.Random(11), Counter(), time.monotonic()
    with processes(instance, sandbox, port, repository, tmp_path / "up.log", INSTANCE__DEMO="true") as up:
        customers = [Customer(n, f"http://127.0.0.1:{port}", tea, count, sandbox) for n in range(CLIENTS)]
        for customer in customers:
            customer.start()
        while any(customer.is_alive() for customer in customers):
            time.sleep(rng.uniform(1.5, 3.0) if size(0, 1) else rng.uniform(2.0, 4.0))
            try:
                roles = {role: there for role, there in victims(up.pid).items() if there}
                role = min(roles, key=lambda name: (killed[name], rng.random()))
                rng.choice(roles[role]).send_signal(signal.SIGKILL)
                killed[role] += 1
            except (psutil.Error, ValueError):
                continue  # it ended by itself while we looked
        assert [c.trouble for c in customers if c.trouble] == []
        lasted, done = time.monotonic() - began, time.monotonic()
        until(lambda: _jobs() == 0, 60, "jobs wait for a minute after the last kill")
        # Answers that were lost are asked about at their times; here sooner: the same as waiting, without the waiting.
        until(through, 120, "something was not settled")
        drained = time.monotonic() - done
    said = agree(sandbox)
    with reading() as db:
        numbers = dict(db.execute(select(Attempt.number, Attempt.order_number)).tuples().all())
        placed = set(db.scalars(select(Order.number)))
        refunded = Counter(db.scalars(select(Refund.order_number).where(Refund.state == "succeeded")))
        cases = list(db.scalars(select(Case.kind)))
    paid = {number: payment for customer in customers for number, payment in customer.paid.items()}
    back = {number for customer in customers for number in customer.back}
    keep_figures("money_kills", {**said, "killed": dict(killed), "seconds": round(lasted), "settled_after_s": round(drained, 1), "clients": CLIENTS})
    assert all(numbers[payment] == number for number, payment in paid.items()), "an acknowledged payment is not there"
    assert (placed, len(paid)) == (set(paid), count * CLIENTS)
    assert said["payments"] == len(paid)
    assert refunded == Counter(back)
    assert cases == []
    assert {role for role, times in killed.items() if times} == {"web", "worker", "queue"}


def through() -> bool:
    """Whether nothing is under way any more."""
    if unsettled():
        ask_early(24 * 3600)
    return unsettled() == 0


def _jobs() -> int:
    """Jobs that are due."""
    with reading() as db:
        due = select(func.count()).select_from(Job).where(Job.state.in_(("ready", "running")), Job.run_at <= clock.now())
        return db.scalar(due) or 0
