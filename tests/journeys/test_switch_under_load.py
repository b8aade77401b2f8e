"""Toggles under load: four web processes follow each at once, and no request fails."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.auth import service as auth
from zhanggui.auth.sessions import COOKIE
from zhanggui.db.uow import unit_of_work
from zhanggui.host import refresh
from zhanggui.host.service import disable_plugin, enable_plugin, upgrade
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import activated, open_runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD
from zhanggui.testing.instances import environment

pytestmark = pytest.mark.long

PROCESSES, CLIENTS = 4, 6
PATHS = ("/", "/products/", "/orders/", "/api/v1/products/products/", "/shop/api/v1/products")


def answers(port: int, path: str, cookie: str) -> int:
    """The status of one request on a connection of its own, so that any process may take it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Cookie": f"{COOKIE}={cookie}", "Connection": "close"})
        return connection.getresponse().status
    finally:
        connection.close()


class Reader(threading.Thread):
    """Asks for one page after another until told to stop."""

    def __init__(self, number: int, port: int, cookie: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number, self.port, self.cookie, self.stop = number, port, cookie, stop
        self.good, self.bad = 0, []

    def run(self) -> None:
        while not self.stop.is_set():
            path = PATHS[(self.number + self.good) % len(PATHS)]
            try:
                status = answers(self.port, path, self.cookie)
            except OSError as error:
                self.bad.append(f"{path}: {error!r}")
                continue
            if status == 200:
                self.good += 1
            else:
                self.bad.append(f"{path}: {status}")


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_toggles_fail_no_request_and_are_there_at_the_very_next_one(databases, kind: str, repository: Path, tmp_path: Path, size, keep_figures) -> None:
    toggles = size(6, 20)
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=f"{repository}/plugins,{repository}/tests/plugins_for_tests"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with activated(runtime), acting_as(SYSTEM):
        upgrade(runtime)
        refresh(runtime)
        with unit_of_work() as db:
            auth.create_user(db, username="owner", password=PASSWORD, roles=["owner"], actor=SYSTEM, now=clock.now())
        visitor = Visitor(Client(Site(runtime)))
        visitor.log_in("owner", PASSWORD)
        found = visitor.client.get_cookie(COOKIE)
        assert found
        cookie = found.value
        environ = {**os.environ, **environment(runtime.config), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        log = tmp_path / "web.log"
        with log.open("w") as out:
            command = [sys.executable, "-m", "zhanggui.cli", "web", "--port", str(port), "--workers", str(PROCESSES)]
            web = subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=out, stderr=out)
        stop = threading.Event()
        readers = [Reader(n, port, cookie, stop) for n in range(CLIENTS)]
        try:
            processes = _until_all_serve(web, port, cookie, log)
            for reader in readers:
                reader.start()
            used = [p.cpu_times().user for p in processes]
            wrong = []
            with ThreadPoolExecutor(12) as pool:
                for turn in range(toggles):
                    time.sleep(0.3)
                    switch, wanted = (disable_plugin, 404) if turn % 2 else (enable_plugin, 200)
                    switch("guest", actor=SYSTEM, now=clock.now())
                    got = list(pool.map(lambda _n: answers(port, "/guest/", cookie), range(24)))
                    wrong += [f"toggle {turn}: {status}" for status in got if status != wanted]
            stop.set()
            for reader in readers:
                reader.join(40)
            worked = [p.cpu_times().user - before for p, before in zip(processes, used, strict=True)]
        finally:
            stop.set()
            web.terminate()
            web.wait(30)
    assert wrong == []
    assert [bad for reader in readers for bad in reader.bad] == []
    good = sum(reader.good for reader in readers)
    assert good > 10 * toggles
    assert min(worked) > 0.1, "a process served nothing"
    keep_figures(f"switch_under_load_{kind}", {"toggles": toggles, "requests beside them": good, "right after them": toggles * 24})
    databases.drop(runtime)


def _until_all_serve(web: subprocess.Popen, port: int, cookie: str, log: Path) -> list[psutil.Process]:
    """Wait until every process has built its first app; the processes."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert web.poll() is None, log.read_text()[-2000:]
        processes = psutil.Process(web.pid).children()
        try:
            if len(processes) == PROCESSES and all(answers(port, "/products/", cookie) == 200 for _ in range(40)):
                return processes
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the web processes did not start: " + log.read_text()[-2000:])
