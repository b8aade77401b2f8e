"""A shop whose bells hang in a real server on this machine."""

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

from zhanggui.api import SYSTEM, Actor, acting_as, clock, publish, reading, unit_of_work
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin
from zhanggui.jobs import runner
from zhanggui.runtime import Runtime, activated, open_runtime

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE / "plugins"), str(_HERE.parent / "storefront"), str(_HERE.parent / "orders")]

from shoppers import Shopper, allow_demo_login, signed_in  # noqa: E402 - found by the line above
from told_shop import FOLDERS, set_to  # noqa: E402 - found by the line above
from zhanggui_bells.plugin import Belfry, Rung  # noqa: E402 - found by the line above

from zhanggui_customers import facade as customers  # noqa: E402
from zhanggui_notifications.models import Attempt, Message  # noqa: E402
from zhanggui_notifications.services import kinds  # noqa: E402


@dataclass
class Tower:
    """The far end. ``answer`` is what it says to each ring: a dict, or a status; None cuts the line after it was heard."""

    port: int = 0
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answer: Callable[[str, dict[str, Any]], dict[str, Any] | int | None] = lambda channel, said: {"ref": f"r-{said['id']}"}

    def channels(self) -> list[str]:
        """Which bells rang, in order."""
        return [channel for channel, _said in self.heard]


@pytest.fixture
def tower() -> Iterator[Tower]:
    tower = Tower()

    class Ringer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            tower.heard.append((self.path.strip("/"), said))
            answer = tower.answer(self.path.strip("/"), said)
            if answer is None:
                return
            body = b"{}" if isinstance(answer, int) else json.dumps(answer).encode()
            self.send_response(answer if isinstance(answer, int) else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ringer)
    server.daemon_threads = True
    tower.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    Belfry.address, Belfry.grants, Belfry.word, Belfry.still_true = f"http://127.0.0.1:{tower.port}", None, "dong", True
    Belfry.nobody, Belfry.missing, Belfry.breaks, Belfry.settled, Belfry.per_minute = set(), set(), set(), [], {}
    Belfry.granted = Belfry.phones = None
    Belfry.guards, Belfry.words = [], []
    Belfry.price, Belfry.repeatable = 5, False
    yield tower
    server.shutdown()
    server.server_close()


@pytest.fixture
def instance(databases: Any, kind: str, tower: Tower) -> Iterator[Runtime]:
    """A shop that may call this machine, with the bells switched on and no night."""
    runtime = open_runtime(databases.fresh(kind, OUTSIDE__ALLOWED="127.0.0.1", PLUGINS__FOLDERS=FOLDERS))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        enable_plugin("bells", actor=SYSTEM, now=clock.now())
        refresh(runtime)
        set_to(quiet_from=0, quiet_until=0, service_hour=1000)
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def setting(instance: Runtime) -> Callable[..., None]:
    """``setting(quiet_from=22)``"""
    return set_to


@pytest.fixture
def ann(instance: Runtime) -> int:
    """A customer."""
    with unit_of_work() as db:
        return customers.find_or_create_by_identity(db, provider="demo", subject="ann", name="Ann", now=clock.now(), locale="en").id


@pytest.fixture
def work(instance: Runtime) -> Callable[[], None]:
    """Work off everything that is due, as the workers do."""

    def do() -> None:
        for _round in range(4):
            for lane in ("default", "io"):
                runner.drain(lane)

    return do


@pytest.fixture
def only(instance: Runtime, owner: Actor) -> Callable[..., None]:
    """``only("service")``: of the bells' kinds these are on."""

    def do(*names: str) -> None:
        with unit_of_work() as db:
            for id in kinds.chosen(db):
                if id.startswith("bells.") or id == "customers.welcome":
                    kinds.change_kind(db, kind_id=id, enabled=id.removeprefix("bells.") in names, actor=owner, now=clock.now())

    return do


@pytest.fixture
def ring(instance: Runtime) -> Callable[..., None]:
    """Something happens: a bell is rung for a customer."""

    def do(customer_id: int, bell_id: int = 1) -> None:
        with unit_of_work() as db:
            publish(db, Rung(bell_id, customer_id))

    return do


def messages(**only: Any) -> list[Message]:
    """Messages, the first one first."""
    from sqlalchemy import select

    with reading() as db:
        found = list(db.scalars(select(Message).filter_by(**only).order_by(Message.id)))
        for one in found:
            db.expunge(one)
        return found


def attempts(message: Message) -> list[tuple[str, str, str | None]]:
    """How each channel did with a message: channel, state, reason."""
    from sqlalchemy import select

    with reading() as db:
        found = db.scalars(select(Attempt).where(Attempt.message_id == message.id).order_by(Attempt.n))
        return [(one.channel, one.state, one.reason) for one in found]


@pytest.fixture
def told() -> Callable[..., list[Message]]:
    return messages


@pytest.fixture
def tried() -> Callable[[Message], list[tuple[str, str, str | None]]]:
    return attempts


@pytest.fixture
def sign_in(site: Any) -> Callable[..., Shopper]:
    """``sign_in("ann")``: a customer with a token."""
    allow_demo_login()
    return lambda name="ann": signed_in(site, name)
