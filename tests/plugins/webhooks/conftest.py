"""A shop that tells a real server on this machine."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from zhanggui.api import SYSTEM, Actor, acting_as, clock, unit_of_work
from zhanggui.host import refresh
from zhanggui.jobs import runner
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui_webhooks.services import endpoints

sys.path.insert(0, str(Path(__file__).parents[1] / "orders"))


@dataclass
class Heard:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """The message."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """Who is told. ``answer`` is what it says to each: a status, with headers and a body where it has them."""

    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    answer: Callable[[Heard], tuple[int, dict[str, str], bytes]] = lambda heard: (204, {}, b"")

    def url(self, path: str = "/take") -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Desk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            heard = Heard(self.path, headers, self.rfile.read(int(self.headers["Content-Length"])))
            receiver.heard.append(heard)
            status, more, body = receiver.answer(heard)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture
def instance(databases: Any, kind: str) -> Iterator[Runtime]:
    """A shop that may call this machine."""
    runtime = open_runtime(databases.fresh(kind, OUTSIDE__ALLOWED="127.0.0.1"))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def add(instance: Runtime, receiver: Receiver, owner: Actor) -> Callable[..., int]:
    """``add(events=["orders.*"])``: an endpoint at the receiver; its id."""

    def do(**values: Any) -> int:
        given = {"label": "Books", "url": receiver.url(), "everything": "events" not in values, **values}
        with unit_of_work() as db:
            return endpoints.create_endpoint(db, **given, actor=owner, now=clock.now())

    return do


@pytest.fixture
def work(instance: Runtime) -> Callable[[], None]:
    """Work off everything that is due, as the workers do."""

    def do() -> None:
        for _round in range(4):
            for lane in ("default", "io"):
                runner.drain(lane)

    return do
