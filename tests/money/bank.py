"""What the proofs of money have in common: a shop at a sandbox, its processes, what both say in the end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Any

from shop import add_product
from sqlalchemy import MetaData, func, select, update
from werkzeug.serving import make_server

from zhanggui.api import SYSTEM, Actor, acting_as, clock, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.config import settings
from zhanggui.host import refresh
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.instances import environment
from zhanggui_orders.contracts import CartLine
from zhanggui_orders.services.placement import place_order
from zhanggui_payments import jobs, queries
from zhanggui_payments.models import Attempt, Entry, Refund
from zhanggui_payments.services import attempts
from zhanggui_payments.states import OPEN_ATTEMPT, RefundState
from zhanggui_sandbox import Sandbox

PRICE = 1990
METHODS = ("wechatpay", "alipay")
OWNER = Actor("user", name="owner", everything=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _settings(sandbox: Sandbox, port: int) -> dict[str, str]:
    return {
        "OUTSIDE__ALLOWED": "127.0.0.1", "PLUGIN__WECHATPAY__SANDBOX": sandbox.url, "PLUGIN__WECHAT__SANDBOX": sandbox.url,
        "PLUGIN__ALIPAY__GATEWAY": f"{sandbox.url}/gateway.do", "WEB__PORT": str(port),
    }  # fmt: skip


def shop_of(databases: Any, kind: str, sandbox: Sandbox, port: int, **more: str) -> Runtime:
    """A fresh shop with the credentials that the sandbox gives, and much tea."""
    given = sandbox.ask("GET", "/_sim/credentials")
    wechat, alipay = given["wechatpay"], given["alipay"]
    entered = {
        "wechatpay": {
            "mchid": wechat["mchid"], "app_id": wechat["app_id"], "serial": wechat["merchant_serial"], "private_key": wechat["merchant_private_key"],
            "api_v3_key": wechat["api_v3_key"], "public_key_id": wechat["public_key_id"], "public_key": wechat["public_key"],
        },
        "alipay": {"app_id": alipay["app_id"], "private_key": alipay["app_private_key"], "seller_id": alipay["seller_id"], "alipay_public_key": alipay["alipay_public_key"]},
    }  # fmt: skip
    runtime = open_runtime(databases.fresh(kind, **_settings(sandbox, port), **more))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        with unit_of_work() as db:
            for plugin, values in entered.items():
                for name, value in values.items():
                    if value:
                        settings.set(db, f"plugin.{plugin}.{name}", value, actor=SYSTEM, now=clock.now())
            settings.set(db, "plugin.orders.max_unpaid_orders", 0, actor=SYSTEM, now=clock.now())
            settings.set(db, "plugin.storefront.allow_demo_login", True, actor=SYSTEM, now=clock.now())
            add_product(db, OWNER, price=PRICE, stock=10_000_000)
        refresh(runtime)
    return runtime


@contextmanager
def served(runtime: Runtime, port: int) -> Iterator[None]:
    """The shop listens, in threads of this process."""
    server = make_server("127.0.0.1", port, Site(runtime), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        until(lambda: _ready(port), 60, "the shop did not start")  # the first request builds it
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def processes(runtime: Runtime, sandbox: Sandbox, port: int, repository: Path, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """``zhanggui up``: web, workers, scheduler and queue server, as a merchant runs them."""
    variables = {
        **os.environ, **environment(runtime.config), **{f"ZHANGGUI_{k}": v for k, v in {**_settings(sandbox, port), **more}.items()},
        "ZHANGGUI_LOG__LEVEL": "ERROR", "PYTHONPATH": os.pathsep.join(str(repository / p) for p in ("core", "plugins", "themes")),
    }  # fmt: skip
    with log.open("wb") as out:
        up = subprocess.Popen([sys.executable, "-m", "zhanggui.cli", "up", "--port", str(port)], env=variables, cwd=log.parent, stdout=out, stderr=out)
        try:
            until(lambda: _ready(port), 120, "the shop did not start")
            yield up
        finally:
            up.terminate()
            up.wait(60)


def _ready(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
        return True
    return False


def until(true: Callable[[], Any], seconds: float, otherwise: str) -> float:
    """Wait; answers how long it took.

    :raises AssertionError: with the sentence, when it does not come true in time.
    """
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, otherwise
        time.sleep(0.1)
    return time.monotonic() - began


def in_threads(count: int, act: Callable[[Any], Any], what: list[Any]) -> list[Any]:
    """``act`` for each of ``what``, so many at a time, in the context of the caller."""
    with ThreadPoolExecutor(count) as pool:
        return [done.result() for done in [pool.submit(copy_context().run, act, one) for one in what]]


def ordered(count: int) -> list[int]:
    """So many orders of one tin; answers their ids."""
    with reading() as db:
        from zhanggui_products.models import Variant

        tea = db.scalars(select(Variant.public_id)).one()
    made = []
    for start in range(0, count, 50):
        with unit_of_work() as db:
            for _one in range(start, min(start + 50, count)):
                made.append(place_order(db, lines=[CartLine(tea, 1)], customer_id=None, actor=OWNER, now=clock.now()).id)
    return made


def pay(order_id: int, method: str) -> str:
    """Begin to pay by a code to be scanned; answers our number."""
    with unit_of_work() as db:
        claimed = attempts.claim_payment(db, order_id=order_id, method=method, scene="qr", customer_id=None, actor=SYSTEM, now=clock.now())
    said = attempts.make_payable(**claimed)
    with unit_of_work() as db:
        return str(attempts.show_payment(db, said, actor=SYSTEM, now=clock.now(), **claimed).number)


def unsettled() -> int:
    """How many attempts and refunds are under way."""
    with reading() as db:
        waiting = db.scalar(select(func.count()).select_from(Attempt).where(Attempt.state.in_(OPEN_ATTEMPT))) or 0
        return waiting + (db.scalar(select(func.count()).select_from(Refund).where(Refund.state.in_((RefundState.PROCESSING, RefundState.ABNORMAL)))) or 0)


def ask_early(seconds: int) -> None:
    """What would be asked about within so many seconds is asked now: signatures carry the time, so no clock is moved."""
    with unit_of_work() as db:
        for model in (Attempt, Refund):
            db.execute(update(model).where(model.ask_at <= clock.now() + timedelta(seconds=seconds)).values(ask_at=clock.now()).execution_options(synchronize_session=False))
    jobs.poll.function()


def agree(sandbox: Sandbox) -> dict[str, int]:
    """Assert that orders, attempts, refunds, the ledger and the books of both providers say the same to the fen; answers how much there was."""
    from zhanggui_orders.models import Order

    there = sandbox.world.store.all("SELECT * FROM movement ORDER BY id")
    paid = {row["number"]: row["amount"] for row in there if row["kind"] == "payment"}
    back = {row["number"]: -row["amount"] for row in there if row["kind"] == "refund"}
    assert len(paid) + len(back) == len(there), "a provider moved money twice under one number"
    with reading() as db:
        tries, refunds, entries, rows = (list(db.execute(select(model.__table__))) for model in (Attempt, Refund, Entry, Order))
        held = {method: queries.balance(db, f"clearing:{method}", "CNY").amount for method in METHODS}
    assert {a.number: a.amount for a in tries if a.state == "captured" and a.provider != "offline"} == paid
    assert {r.number: r.amount for r in refunds if r.state == "succeeded"} == back
    keys = Counter(e.entry_key for e in entries)
    assert keys == Counter([*(f"attempt:{a.id}" for a in tries if a.state == "captured"), *(f"refund:{r.id}" for r in refunds if r.state == "succeeded")])
    for method in METHODS:
        assert held[method] == sum(row["amount"] for row in there if row["provider"] == method)
    accounts: Counter[str] = Counter()
    for e in entries:
        accounts[e.debit] += e.amount
        accounts[e.credit] -= e.amount
    assert sum(accounts.values()) == 0
    came, went, gone = Counter[int](), Counter[int](), Counter[int]()
    for r in refunds:
        gone[r.attempt_id] += r.amount * (r.state == "succeeded")
    for a in tries:
        assert a.refunded == gone[a.id] <= a.amount
        came[a.order_id] += a.amount * (a.state == "captured")
        went[a.order_id] += a.refunded
    for order in rows:
        assert (order.paid_total, order.refunded_total) == (came[order.id], went[order.id])
    return {"payments": len(paid), "refunds": len(back), "entries": len(entries)}


def checksums(runtime: Runtime, but: tuple[str, ...]) -> dict[str, str]:
    """A digest of each table whose name does not begin with one of ``but``."""
    meta, found = MetaData(), {}
    with runtime.engine.connect() as connection:
        meta.reflect(connection)
        for name in sorted(meta.tables):
            if not name.startswith(but):
                rows = sorted(repr([bytes(v) if isinstance(v, memoryview) else v for v in row]) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'))
                found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
