"""``zhanggui web``: slow clients, lost processes, reloads and stops cost nobody an answer."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from pathlib import Path
from typing import Any

import psutil
import pytest
from labor import Processes, opened, until

PAGE = "/login/"
IDLE = "closed between two requests"
PATIENCE = 10.0  # less than a half-sent head or body is waited for


class Web:
    """A running ``zhanggui web`` on a configuration file of its own."""

    def __init__(self, runtime: Any, processes: Processes, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.config: Path = runtime.data / "web.toml"
        runtime.data.mkdir(parents=True, exist_ok=True)
        self.config.write_text(f"[web]\nworkers = {workers}\n")
        self.process = processes.start(runtime, "web", "--config", str(self.config), "--port", str(self.port))
        self.log = runtime.data / f"web-{len(processes.all) - 1}.log"
        until(lambda: self.ask() == 200, 150, "an answer")
        until(lambda: len(self.pids()) == workers, 60, "every process")

    def ask(self, path: str = PAGE, timeout: float = PATIENCE) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            response.read()
            return response.status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()

    def pids(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children()}


@pytest.fixture(scope="module")
def start(workshops: Callable[[str], Any], request: pytest.FixtureRequest) -> Iterator[Callable[[], Web]]:
    """Start a server: of one process, which is the harder case, and of two at full size, as shops have them."""
    processes = Processes()
    with opened(workshops("sqlite")) as runtime:
        yield lambda: Web(runtime, processes, 2 if request.config.getoption("--hard") else 1)
    processes.end()


@pytest.fixture(scope="module")
def web(start: Callable[[], Web]) -> Web:
    """One server for the tests that leave it running."""
    return start()


class Load:
    """Clients that ask without pause, half of them on connections that stay open. Every outcome is counted."""

    def __init__(self, port: int, clients: int = 4) -> None:
        self.port = port
        self.outcomes: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(bool(n % 2),)) for n in range(clients)]

    def _ask(self, stays: bool) -> None:
        connection, used = None, False
        while not self._stop.is_set():
            try:
                if connection is None:
                    used = False
                    connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
                    connection.connect()
            except ConnectionRefusedError:
                self.outcomes["refused"] += 1
                return
            started = time.monotonic()
            try:
                connection.request("GET", PAGE, headers={} if stays else {"Connection": "close"})
                response = connection.getresponse()
                response.read()
                self.outcomes[str(response.status)] += 1
                self.seconds.append(time.monotonic() - started)
                used = True
                if not stays or response.will_close:
                    connection.close()
                    connection = None
            except (OSError, HTTPException) as error:
                # A connection that was idle for too long is closed while the next request is on its way: it was not taken,
                # and every client sends it again on another one. On a new connection there is no such excuse.
                closed = used and isinstance(error, RemoteDisconnected | ConnectionResetError)
                self.outcomes[IDLE if closed else type(error).__name__] += 1
                connection.close()
                connection = None

    @contextmanager
    def running(self) -> Iterator[Load]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(40)

    def p99(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]


@contextmanager
def half_sent(port: int, count: int) -> Iterator[list[socket.socket]]:
    """As many half heads as half bodies, held open; each that the server gives up is opened anew."""
    head = b"GET /login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: 1"
    body = (
        b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
        b"username=owner"
    )
    held = []
    for _ in range(count):
        for part in (head, body):
            client = socket.create_connection(("127.0.0.1", port), timeout=30)
            client.sendall(part)
            held.append(client)
    try:
        yield held
    finally:
        for client in held:
            client.close()


@pytest.mark.proof
def test_half_sent_heads_and_bodies_keep_nobody_waiting(web, size, keep_figures):
    count, asked = size(60, 1000), size(10, 500)
    seconds: dict[str, list[float]] = {"without": [], "with": []}

    def ask_all(when: str) -> None:
        for _ in range(asked):
            started = time.monotonic()
            assert web.ask() == 200
            seconds[when].append(time.monotonic() - started)

    ask_all("without")
    for _round in range(size(1, 3)):  # the server lets go of half-sent ones in time
        with half_sent(web.port, count):
            time.sleep(0.5)
            ask_all("with")
    p99 = {when: sorted(found)[int(len(found) * 0.99)] for when, found in seconds.items()}
    keep_figures("slow_clients", {"heads": count, "bodies": count, "p99_ms": {k: round(v * 1000, 1) for k, v in p99.items()}})
    if asked > 100:
        assert p99["with"] <= 3 * p99["without"]


def test_a_process_that_is_killed_is_replaced_and_who_waited_is_answered(web):
    before = web.pids()
    for lost in before:
        psutil.Process(lost).kill()
    assert web.ask(timeout=150) == 200
    assert not web.pids() & before


def test_a_reload_answers_every_request(web):
    before = web.pids()
    with Load(web.port).running() as load:
        web.process.send_signal(signal.SIGHUP)
        until(lambda: not web.pids() & before, 150, "new processes")
        time.sleep(0.3)
    assert set(load.outcomes) <= {"200", IDLE}, load.outcomes
    assert load.outcomes[IDLE] <= 2  # of two clients that stay, each once
    assert len(web.pids()) == len(before)


def test_a_reload_that_cannot_work_changes_nothing(web):
    before = web.pids()
    good = web.config.read_text()
    web.config.write_text(good + "no_such_setting = 1\n")
    web.process.send_signal(signal.SIGHUP)
    until(lambda: "the running ones go on as they are" in web.log.read_text(), 120, "the refusal")
    web.config.write_text(good)
    assert web.pids() == before
    assert web.ask() == 200


@pytest.mark.proof
def test_a_stop_under_load_answers_every_request_that_was_taken(web, start, size, keep_figures):
    stops, seconds = Counter(), []
    for number in range(size(1, 20)):
        server = start() if number else web
        pids = server.pids()
        with Load(server.port).running() as load:
            until(lambda: load.outcomes["200"] > 20, 60, "load")  # noqa: B023 - used at once
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            for pid in pids:  # as a service manager does, which tells every process; the server tells them once more
                os.kill(pid, signal.SIGTERM)
            assert server.process.wait(30) == 0
            seconds.append(time.monotonic() - began)
        stops += load.outcomes
        assert not any(psutil.pid_exists(pid) for pid in pids)
        assert "panicked" not in server.log.read_text()
    keep_figures("stop_under_load", {"stops": len(seconds), "outcomes": dict(stops), "slowest_stop_s": round(max(seconds), 2)})
    assert set(stops) <= {"200", "refused", IDLE}, stops
    assert stops[IDLE] <= len(seconds)
