"""Fixtures of a workshop: an instance with the plugin ``labor``, its queue server, and real worker processes."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import refresh, service
from zhanggui.jobs import queue_server, runner
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.instances import Databases, environment

ROOT = Path(__file__).parents[3]
FOLDER = Path(__file__).parent / "plugins"


def make_workshop(databases: Databases, kind: str) -> Runtime:
    """A fresh instance of the core and the plugin ``labor``, with the table where its jobs leave their marks."""
    runtime = databases.empty(kind, plugins__folders=FOLDER)
    open_runtime(runtime)
    with activated(runtime), acting_as(SYSTEM):
        assert not service.upgrade(runtime).failed
        refresh(runtime)
        for plugin in ("webhooks", "channels", "notifications"):  # they hear of every event, and what is counted here are the plugin's own jobs
            service.disable_plugin(plugin, actor=SYSTEM, now=clock.now())
        with unit_of_work() as db:
            serial = "INTEGER PRIMARY KEY" if kind == "sqlite" else "SERIAL PRIMARY KEY"
            db.execute(text(f"CREATE TABLE labor__mark (id {serial}, job TEXT, note TEXT)"))
    return runtime


@pytest.fixture(scope="session")
def workshops(databases: Databases) -> Callable[[str], Runtime]:
    """One workshop a database, made when it is first asked for; ``workshop`` empties it between tests."""
    return functools.cache(lambda kind: make_workshop(databases, kind))


def _empty(runtime: Runtime) -> None:
    tables = ("core__event", "core__job", "core__lease", "core__schedule", "core__notice", "core__notice_read", "core__idempotency", "labor__mark")
    with unit_of_work() as db:
        for table in tables:
            db.execute(text(f"DELETE FROM {table}"))
    shutil.rmtree(runtime.data, ignore_errors=True)
    for cache in ("redis", "queue_pause"):
        runtime.shared.pop(cache, None)


@contextmanager
def opened(runtime: Runtime) -> Iterator[Runtime]:
    """The workshop, emptied and opened for this process."""
    open_runtime(runtime)
    with activated(runtime), acting_as(SYSTEM):
        _empty(runtime)
        if "labor" not in refresh(runtime).manifests:
            service.enable_plugin("labor", actor=SYSTEM, now=clock.now())
            refresh(runtime)
        yield runtime


@pytest.fixture
def workshop(workshops: Callable[[str], Runtime], kind: str) -> Iterator[Runtime]:
    """An instance with ``labor`` enabled and nothing in it, on SQLite and on PostgreSQL in turn; no queue server runs."""
    with opened(workshops(kind)) as runtime:
        yield runtime


class Processes:
    """Real processes of an instance, all ended with the test."""

    def __init__(self) -> None:
        self.all: list[subprocess.Popen[bytes]] = []

    def queue(self, runtime: Runtime) -> subprocess.Popen[bytes]:
        """The bundled queue server."""
        return self._keep(queue_server.start(runtime))

    def start(self, runtime: Runtime, *arguments: str) -> subprocess.Popen[bytes]:
        """``zhanggui worker``, ``zhanggui scheduler`` or ``zhanggui up``; its log lies in the data folder."""
        roots = os.pathsep.join(str(ROOT / name) for name in ("core", "plugins", "themes"))
        environ = {**os.environ, **environment(runtime.config), "ZHANGGUI_THEME__FOLDERS": str(ROOT / "themes"), "PYTHONPATH": roots}
        runtime.data.mkdir(parents=True, exist_ok=True)
        with open(runtime.data / f"{arguments[0]}-{len(self.all)}.log", "wb") as log:
            command = [sys.executable, "-m", "zhanggui.cli", *arguments]
            return self._keep(subprocess.Popen(command, env=environ, cwd=ROOT, stdout=log, stderr=log, start_new_session=True))

    def _keep(self, process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        self.all.append(process)
        return process

    def end(self) -> None:
        """Kill what still runs."""
        for process in reversed(self.all):
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Starts processes and ends them with the test."""
    found = Processes()
    yield found
    found.end()


def marks() -> list[tuple[str, str]]:
    """What the jobs left behind, in order: ``(job, note)``."""
    with reading() as db:
        return [tuple(row) for row in db.execute(text("SELECT job, note FROM labor__mark ORDER BY id"))]


def rows(**where: Any) -> list[Any]:
    """Job rows in order of id."""
    c = Job.__table__.c
    with reading() as db:
        return list(db.execute(Job.__table__.select().where(*(c[k] == v for k, v in where.items())).order_by(c.id)))


def run_due() -> list[str]:
    """Run what is due, in order, until nothing is, as a worker would; the answers."""
    answers = []
    while True:
        runner.relay()
        now = clock.now()
        ready = [row.id for row in rows(state="ready") if row.run_at <= now]
        done = [runner.run(job_id) for job_id in ready]
        answers += done
        if not set(done) - {"skipped"}:
            return answers


def until(holds: Callable[[], Any], seconds: float, what: str = "") -> float:
    """Wait until it holds and answer how long that took; fail after ``seconds``."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, f"{what or holds} did not come true in {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - started
