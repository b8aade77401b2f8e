"""Orders through the storefront while workers and scheduler run, and how fast their jobs are drained.

    python tests/bench/orders_under_load.py [--tree PATH] [--python PY] [--seconds 15] [--clients 1,8,24] [--jobs 600] [--env K=V ...]

Starts ``zhanggui up`` of any checkout on a fresh SQLite shop in a folder of its own. Of a checkout it uses
the commands, the storefront and, to look at what waits, two tables; so an older one is measured the same
way. Prints a line a measurement on stderr and everything as JSON on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil

PRODUCTS, STOCK, CANCELED = 200, 1_000_000, 4  # one order in so many is canceled again, which makes a job


class Shop:
    """A checkout's shop, running."""

    def __init__(self, tree: Path, python: str, folder: Path, extra: dict[str, str]) -> None:
        self.folder, self.database, self.port = folder, folder / "data" / "db.sqlite3", free_port()
        self.command = [python, "-m", "zhanggui.cli"]
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ZHANGGUI_")},
            "PYTHONPATH": os.pathsep.join(str(tree / part) for part in ("core", "plugins", "themes")),
            "ZHANGGUI_INSTANCE__DATA": str(folder / "data"), "ZHANGGUI_INSTANCE__DEMO": "true", "ZHANGGUI_LOG__LEVEL": "ERROR",
            "ZHANGGUI_SECURITY__SECRET_KEY": "only-for-the-benchmark-0123456789-abcdefgh",
            "ZHANGGUI_PLUGINS__FOLDERS": str(tree / "plugins"), "ZHANGGUI_THEME__FOLDERS": str(tree / "themes"), **extra,
        }  # fmt: skip
        self.up: subprocess.Popen[bytes] | None = None

    def call(self, *arguments: str) -> None:
        subprocess.run([*self.command, *arguments], env=self.environ, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        self.call("upgrade")
        rows = [f"TEA-{n},Tea {n},{10 + n % 90}.00" for n in range(PRODUCTS)]
        (self.folder / "products.csv").write_text("\n".join(["Stock code,Product name,Unit price", *rows]) + "\n")
        self.call("import", "products", str(self.folder / "products.csv"))
        with (self.folder / "up.log").open("wb") as log:
            self.up = subprocess.Popen([*self.command, "up", "--port", str(self.port)], env=self.environ, cwd=self.folder, stdout=log, stderr=log)
        wait_until(lambda: self.answers("/readyz"), 600, "readiness")
        wait_until(lambda: self.ask("SELECT count(*) FROM inventory__stock_level") >= PRODUCTS, 600, "the stock of every product")
        self.drained(600)
        with sqlite3.connect(self.database, timeout=30) as db:
            db.execute("UPDATE inventory__stock_level SET on_hand = ?", (STOCK,))
            db.execute("UPDATE products__product SET status = 'on_sale'")  # an import makes drafts

    def stop(self) -> None:
        if self.up is not None:
            self.up.terminate()
            self.up.wait(40)

    def answers(self, path: str) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def ask(self, question: str) -> Any:
        db = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)
        try:
            return db.execute(question).fetchone()[0]
        finally:
            db.close()

    def done(self) -> int:
        return int(self.ask("SELECT count(*) FROM core__job WHERE state = 'done' AND event_id IS NOT NULL"))

    def drained(self, seconds: float) -> None:
        def nothing_waits() -> bool:
            return not self.ask(
                "SELECT (SELECT count(*) FROM core__event WHERE dispatched_at IS NULL) "
                "+ (SELECT count(*) FROM core__job WHERE state IN ('ready', 'running') AND event_id IS NOT NULL)"
            )

        wait_until(nothing_waits, seconds, "that every event and job is done")

    def workers(self) -> list[psutil.Process]:
        assert self.up is not None
        return [p for p in psutil.Process(self.up.pid).children(recursive=True) if "worker" in p.cmdline()]


class Client(threading.Thread):
    """One customer who orders again and again over one connection."""

    def __init__(self, shop: Shop, number: int, variants: list[str], until: float, most: int = 1 << 30) -> None:
        super().__init__(daemon=True)
        self.shop, self.number, self.variants, self.until, self.most = shop, number, variants, until, most
        self.took: list[float] = []
        self.answers: dict[str, int] = {}
        self.open: list[str] = []
        self.connection = HTTPConnection("127.0.0.1", shop.port, timeout=60)
        self.token = ""

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"}
        headers |= ({"Authorization": f"Bearer {self.token}"} if self.token else {}) | ({"Idempotency-Key": key} if key else {})
        try:
            self.connection.request(method, "/shop/api/v1" + path, json.dumps(body) if body is not None else None, headers)
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, HTTPException, ValueError) as error:
            self.connection.close()
            return 0, str(error)

    def sign_in(self) -> None:
        status, answer = self.ask("POST", "/session", {"code": f"demo:bench{self.number}"})
        assert status < 300, f"signing in was answered {status} {answer}"
        self.token = answer["token"]

    def run(self) -> None:
        rng, count = random.Random(self.number), 0
        while time.monotonic() < self.until and len(self.took) < self.most:
            count += 1
            lines = [{"variant_id": v, "quantity": 1} for v in rng.sample(self.variants, rng.randint(1, 3))]
            began = time.perf_counter()
            status, answer = self.ask("POST", "/orders", {"lines": lines}, f"bench-{self.number}-{self.until}-{count}")
            what = str(status) if status < 300 else f"{status} {answer['code'] if isinstance(answer, dict) else answer}"
            self.answers[what] = self.answers.get(what, 0) + 1
            if status != 201:
                continue
            self.took.append(time.perf_counter() - began)
            if self.most == 1 << 30 and count % CANCELED == 0:
                self.ask("POST", f"/orders/{answer['number']}/cancel", {})
            else:
                self.open.append(answer["number"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.02)


def variants_of(shop: Shop) -> list[str]:
    db = sqlite3.connect(f"file:{shop.database}?mode=ro", uri=True)
    try:
        return [row[0] for row in db.execute("SELECT public_id FROM products__variant")]
    finally:
        db.close()


def orders(shop: Shop, clients: int, seconds: float, variants: list[str]) -> dict[str, Any]:
    """So many clients order for so long; then what they left behind is drained."""
    before, until = shop.done(), time.monotonic() + seconds
    found = [Client(shop, clients * 100 + n, variants, until) for n in range(clients)]
    for client in found:
        client.sign_in()
    began = time.monotonic()
    for client in found:
        client.until = began + seconds
        client.start()
    for client in found:
        client.join()
    lasted = time.monotonic() - began
    shop.drained(900)
    took = sorted(t for client in found for t in client.took)
    answers: dict[str, int] = {}
    for client in found:
        for status, count in client.answers.items():
            answers[status] = answers.get(status, 0) + count
    if not took:
        raise RuntimeError(f"no order was placed: {answers}")
    return {
        "clients": clients, "orders": len(took), "per_second": round(len(took) / lasted, 1), "p50_ms": ms(took[len(took) // 2]),
        "p99_ms": ms(took[int(len(took) * 0.99)]), "max_ms": ms(took[-1]), "answers": answers, "jobs": shop.done() - before,
        "drained_after_s": round(time.monotonic() - began - lasted, 1),
    }  # fmt: skip


def jobs(shop: Shop, count: int, variants: list[str]) -> dict[str, Any]:
    """Cancel so many orders while the workers are stopped, then let them go."""
    client = Client(shop, 7, variants, time.monotonic() + 600, most=count)
    client.sign_in()
    client.run()
    shop.drained(900)
    for process in shop.workers():
        process.suspend()
    try:
        for number in client.open:
            client.ask("POST", f"/orders/{number}/cancel", {})
        before = shop.done()
    finally:
        began = time.monotonic()
        for process in shop.workers():
            process.resume()
    shop.drained(900)
    lasted, done = time.monotonic() - began, shop.done() - before
    return {"jobs": done, "seconds": round(lasted, 1), "per_second": round(done / lasted, 1)}


def ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, default=Path(__file__).parents[2])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--clients", default="1,8,24")
    parser.add_argument("--jobs", type=int, default=600)
    parser.add_argument("--env", action="append", default=[], help="a setting for the shop, ZHANGGUI_...=value")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zhanggui-bench-") as folder:
        shop = Shop(given.tree.resolve(), given.python, Path(folder), dict(pair.split("=", 1) for pair in given.env))
        try:
            shop.start()
            variants, found = variants_of(shop), []
            for clients in map(int, given.clients.split(",")):
                found.append(orders(shop, clients, given.seconds, variants))
                print(found[-1], file=sys.stderr, flush=True)
            drained = jobs(shop, given.jobs, variants)
            print(drained, file=sys.stderr, flush=True)
        except BaseException:
            print((Path(folder) / "up.log").read_text()[-3000:] if (Path(folder) / "up.log").exists() else "", file=sys.stderr)
            raise
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            shop.stop()
    json.dump({"tree": str(given.tree), "load_average": os.getloadavg(), "orders": found, "jobs": drained}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
