"""Web processes, workers and scheduler are killed while customers order: nothing acknowledged is lost, nothing doubled, all is drained."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from zhanggui.config import settings
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import relay
from zhanggui.events.models import OutboxEvent
from zhanggui.host import refresh
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import activated, open_runtime
from zhanggui.testing.instances import environment

pytestmark = pytest.mark.long

CLIENTS, SKUS, CANCELED = 6, 5, 5  # one order in so many is canceled again
ENOUGH = 50  # orders, without which the storm was none
DRAINED_WITHIN = 60
CANCEL_JOB = "customers.uncount_canceled_order"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kill_one(supervisor: int, rng: random.Random) -> int:
    """Kill one process that has no children: a web process, a worker or its work-horse. 1 when one was there."""
    try:
        children = [p for p in psutil.Process(supervisor).children(recursive=True) if "valkey" not in p.name()]
        victim = rng.choice([p for p in children if not p.children()])
        victim.send_signal(signal.SIGKILL)
    except (psutil.NoSuchProcess, ProcessLookupError, IndexError):
        return 0  # it ended by itself while we looked
    return 1


def until_ready(port: int) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).read()
            return
        except OSError:
            time.sleep(0.25)
    raise AssertionError("the shop did not start within a minute")


class Shopper(threading.Thread):
    """Orders again and again; sends an order anew, under its key, until it is answered."""

    def __init__(self, number: int, base: str, variants: list[str], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number, self.base, self.variants, self.stop = number, base, variants, stop
        self.acknowledged: dict[str, str] = {}
        self.bad: list[str] = []
        self.canceled = 0
        self.token = ""

    def call(self, path: str, body: object, key: str = "") -> tuple[int, dict]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def until_answered(self, path: str, body: object, key: str = "") -> tuple[int, dict]:
        while True:
            try:
                status, data = self.call(path, body, key)
            except (OSError, ValueError, HTTPException):
                time.sleep(0.05)  # killed under our hands: ask again
                continue
            if status < 500:
                return status, data
            time.sleep(0.1)

    def run(self) -> None:
        rng = random.Random(self.number)
        self.token = self.until_answered("/session", {"code": f"demo:storm{self.number}"})[1]["token"]
        count = 0
        while not self.stop.is_set():
            count += 1
            key = f"storm-{self.number}-{count}"
            lines = [{"variant_id": rng.choice(self.variants), "quantity": rng.randint(1, 3)} for _ in range(rng.randint(1, 3))]
            status, data = self.until_answered("/orders", {"lines": lines}, key)
            if status == 201:
                self.acknowledged[key] = data["number"]
                if count % CANCELED == 0:
                    status, data = self.until_answered(f"/orders/{data['number']}/cancel", {})
                    # 409: the try whose answer was lost has canceled it.
                    self.canceled += 1
                    if status not in (200, 409):
                        self.bad.append(f"cancel: {status} {data}")
            else:  # there is enough of everything
                self.bad.append(f"{status} {data}")


def undone() -> int:
    """How many events and jobs of theirs wait."""
    with reading() as db:
        jobs = select(func.count()).select_from(Job).where(Job.event_id.is_not(None), Job.state.in_(("ready", "running", "held")))
        return relay.waiting_count(db) + (db.scalar(jobs) or 0)


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["sqlite"])
def test_no_acknowledged_order_is_lost_or_doubled(databases, kind: str, repository: Path, tmp_path: Path, size, keep_figures):
    runtime = open_runtime(databases.fresh(kind, INSTANCE__DEMO="true", INSTANCE__ID="storm"))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        from zhanggui_inventory import facade as inventory
        from zhanggui_inventory.models import StockLevel
        from zhanggui_orders.models import Order, OrderLine
        from zhanggui_products import facade as products
        from zhanggui_products.models import Variant

        with unit_of_work() as db:
            records = [
                products.ProductRecord(f"p{n}", f"Tea {n}", [products.VariantRecord(f"TEA-{n}", 1000 + n, "CNY")]) for n in range(SKUS)
            ]
            products.upsert_products(db, records, batch_id="storm", actor=SYSTEM, now=clock.now())
        with unit_of_work() as db:
            ids = list(db.scalars(select(Variant.id)))
            variants = list(db.scalars(select(Variant.public_id)))
            inventory.ensure_levels(db, ids, now=clock.now())
        with unit_of_work() as db:
            db.execute(StockLevel.__table__.update().values(on_hand=100_000))
            # Six who pay for nothing all along: what is proven here is no limit of the shop.
            settings.set(db, "plugin.orders.max_unpaid_orders", 0, actor=SYSTEM, now=clock.now())
        port = free_port()
        variables = {
            **os.environ, **environment(runtime.config), "ZHANGGUI_INSTANCE__DEMO": "true", "ZHANGGUI_INSTANCE__ID": "storm",
            "ZHANGGUI_THEME__FOLDERS": str(repository / "themes"), "ZHANGGUI_LOG__LEVEL": "ERROR",
            "PYTHONPATH": os.pathsep.join(str(repository / p) for p in ("core", "plugins", "themes")),
        }  # fmt: skip
        with (tmp_path / "up.log").open("wb") as log:
            up = subprocess.Popen(
                [sys.executable, "-m", "zhanggui.cli", "up", "--port", str(port)], env=variables, cwd=tmp_path, stdout=log, stderr=log
            )
            stop = threading.Event()
            shoppers = [Shopper(n, f"http://127.0.0.1:{port}/shop/api/v1", variants, stop) for n in range(CLIENTS)]
            try:
                until_ready(port)
                for shopper in shoppers:
                    shopper.start()
                kills, wanted, rng, began = 0, size(7, 200), random.Random(7), time.monotonic()
                while kills < wanted or sum(len(shopper.acknowledged) for shopper in shoppers) < ENOUGH:
                    assert time.monotonic() - began < 180 + 3 * wanted, "the shop takes hardly any orders"
                    time.sleep(rng.uniform(0.7, 1.5))
                    kills += kill_one(up.pid, rng)
                stop.set()
                for shopper in shoppers:
                    shopper.join(60)
                    assert not shopper.is_alive(), "an order was never answered"
                lasted, ordered = time.monotonic() - began, time.monotonic()
                while (left := undone()) and time.monotonic() - ordered < DRAINED_WITHIN:
                    time.sleep(0.1)
                drained = time.monotonic() - ordered
                assert left == 0, f"{left} events and jobs were not done within a minute"
            finally:
                up.terminate()
                up.wait(40)
        with reading() as db:
            numbers = list(db.scalars(select(Order.number)))
            lines = select(OrderLine.variant_id, func.sum(OrderLine.quantity)).join(Order).where(Order.status != "canceled")
            held = dict(db.execute(lines.group_by(OrderLine.variant_id)).tuples().all())
            canceled = db.scalar(select(func.count()).select_from(Order).where(Order.status == "canceled"))
            events = dict(db.execute(select(OutboxEvent.name, func.count()).group_by(OutboxEvent.name)).tuples().all())
            c = Job.__table__.c
            done = db.execute(select(c.state, func.count(), func.count(c.event_id.distinct())).where(c.name == CANCEL_JOB).group_by(c.state)).all()
            reserved = dict(db.execute(select(StockLevel.variant_id, StockLevel.reserved)).tuples().all())
        acknowledged = [number for shopper in shoppers for number in shopper.acknowledged.values()]
        keep_figures("order_storm", {
            "kills": kills, "seconds": round(lasted), "acknowledged": len(acknowledged), "canceled": canceled, "drained_after_s": round(drained, 1),
        })  # fmt: skip
        assert [bad for shopper in shoppers for bad in shopper.bad] == []
        assert canceled == sum(shopper.canceled for shopper in shoppers)
        assert events.get("orders.order.placed") == len(acknowledged), "orders and events differ"
        assert [tuple(row) for row in done] == [("done", canceled, canceled)] if canceled else done == []
        assert len(set(acknowledged)) == len(acknowledged), "two keys were answered with one order"
        assert sorted(numbers) == sorted(acknowledged), "an order was lost, or placed twice"
        assert {i: reserved.get(i, 0) for i in held} == held
    databases.drop(runtime)
