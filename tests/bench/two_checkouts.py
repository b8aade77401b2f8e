"""Two checkouts beside each other: the web server of each over a filled database of its own, page by page, in turns.

    python tests/bench/two_checkouts.py OLD_TREE OLD_FOLDER NEW_TREE NEW_FOLDER

A tree has its `.venv`; a folder holds the `shop.sqlite` that the peer benchmark filled for it, at the tree's own
migrations. Prints, for each page, the median of one client's times on both and of the rates with 8 connections (`wrk`).
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

PAGES = ("/healthz", "/login/", "/orders/", "/orders/?payment_status=paid", "/api/v1/orders/orders/?limit=25", "/products/4242/edit")
UNDER_LOAD = ("/orders/", "/api/v1/orders/orders/?limit=25")
ROUNDS, REQUESTS, WARM = 12, 25, 2
START = "import sys; from instance import configure; configure(); from zhanggui.cli import main; main(['web', '--port', sys.argv[1], '--workers', '2'])"


@contextmanager
def serving(tree: Path, folder: Path, port: int) -> Iterator[str]:
    """A running web server; the cookies of somebody who has signed in."""
    environ = {**os.environ, "BENCH_DB_URL": f"sqlite:///{folder / 'shop.sqlite'}", "BENCH_WORK": str(folder)}
    bench = tree / "tests" / "bench"
    process = subprocess.Popen([tree / ".venv/bin/python", "-c", START, str(port)], cwd=bench, env=environ)
    try:
        yield signed_in(port)
    finally:
        process.terminate()
        process.wait(40)


def signed_in(port: int) -> str:
    connection, latest = HTTPConnection("127.0.0.1", port), time.monotonic() + 60
    while True:
        try:
            connection.request("GET", "/login/")
            answer = connection.getresponse()
            break
        except OSError:
            connection.close()
            if time.monotonic() > latest:
                raise
            time.sleep(0.2)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
    assert found, "the sign-in page has no form"
    form = urlencode({"csrf_token": found[1], "username": "bench", "password": "bench-Passw0rd"})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies(answer.getheaders())}
    connection.request("POST", "/login/", form, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return cookies(answer.getheaders())


def cookies(headers: list[tuple[str, str]]) -> str:
    return "; ".join(value.split(";")[0] for name, value in headers if name.lower() == "set-cookie")


def times(port: int, cookie: str, path: str) -> list[float]:
    """Milliseconds of one client's requests."""
    connection, found = HTTPConnection("127.0.0.1", port), []
    for _ in range(WARM + REQUESTS):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        found.append((time.perf_counter() - began) * 1000)
        assert answer.status in (200, 303), f"{path}: {answer.status}"
    connection.close()
    return found[WARM:]


def rate(port: int, cookie: str, path: str) -> float:
    """Requests a second that 8 connections get answered."""
    command = ["wrk", "-t1", "-c8", "-d4s", "-H", f"Cookie: {cookie}", f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"Requests/sec:\s+(\S+)", said)
    assert found, said
    return float(found[1])


def main() -> None:
    old_tree, old_folder, new_tree, new_folder = (Path(given).resolve() for given in sys.argv[1:5])
    with serving(old_tree, old_folder, 9101) as old, serving(new_tree, new_folder, 9102) as new:
        for unit, measure, pages, rounds in (("ms", times, PAGES, ROUNDS), ("requests/s", rate, UNDER_LOAD, 4)):
            for path in pages:
                found: dict[int, list[float]] = {9101: [], 9102: []}
                for _ in range(rounds):
                    for port, cookie in ((9101, old), (9102, new)):
                        taken = measure(port, cookie, path)
                        found[port] += taken if isinstance(taken, list) else [taken]
                before, after = (statistics.median(found[port]) for port in found)
                print(f"{path}: {before:.1f} / {after:.1f} {unit}, {after / before:.2f}", flush=True)


if __name__ == "__main__":
    main()
