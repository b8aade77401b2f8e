"""A shop that takes money by WeChat Pay at a sandbox, which tells it what happens by a real connection."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import Client

from zhanggui.api import SYSTEM, Actor, Arrival, acting_as, clock, unit_of_work
from zhanggui.app import Site
from zhanggui.host import refresh
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui_sandbox import Keyring, Sandbox, running

_TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(_TESTS / "plugins" / "storefront"), str(_TESTS / "plugins" / "orders")]

from merchant import enter, settings_of  # noqa: E402 - found by the line above
from shoppers import Shopper, allow_demo_login, signed_in  # noqa: E402 - found by the line above


@pytest.fixture(scope="session")
def keys() -> Keyring:
    """One set for all tests: making six keys takes longer than most of them."""
    return Keyring.make()


@pytest.fixture
def sandbox(tmp_path: Path, keys: Keyring) -> Iterator[Sandbox]:
    own = replace(keys, platform=list(keys.platform))  # a test may let it change its certificate
    with running(tmp_path / "sandbox", keys=own) as sandbox:
        yield sandbox


@pytest.fixture(scope="class")
def of_all(databases: Any, keys: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarEnd]:
    """One shop and one far end for tests that ask the provider alone, each about numbers of its own."""
    with running(tmp_path_factory.mktemp("sandbox"), keys=keys) as sandbox, opened() as door, shop_at(databases, "sqlite", sandbox, door, {}):
        yield FarEnd(sandbox, door)


@dataclass
class Door:
    """Where the sandbox tells the shop things. ``answer`` says what it hears."""

    port: int = 0
    told: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    said: list[int] = field(default_factory=list)
    answer: Callable[[str, dict[str, str], bytes], int] = lambda path, headers, body: 500

    def wait(self, count: int = 1, seconds: float = 5) -> list[tuple[str, dict[str, str], bytes]]:
        deadline = time.monotonic() + seconds
        while len(self.told) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        assert len(self.told) >= count, f"{len(self.told)} notifications instead of {count}"
        return self.told


@contextmanager
def opened() -> Iterator[Door]:
    """A door that listens on a free port."""
    door = Door()

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived = self.path, dict(self.headers), body
            status = door.answer(*arrived)
            self.send_response(status)
            door.said.append(status)
            door.told.append(arrived)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    door.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield door
    server.shutdown()
    server.server_close()


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as door:
        yield door


@pytest.fixture
def entered() -> Mapping[str, str]:
    """What differs from the sandbox's credentials; None leaves a setting empty."""
    return {}


@contextmanager
def shop_at(databases: Any, kind: str, sandbox: Sandbox, door: Door, entered: Mapping[str, Any]) -> Iterator[Runtime]:
    """A shop whose merchant entered what the sandbox's console gave him."""
    there = {"PLUGIN__WECHATPAY__SANDBOX": sandbox.url, "PLUGIN__WECHAT__SANDBOX": sandbox.url, "WEB__PORT": door.port}
    runtime = open_runtime(databases.fresh(kind, OUTSIDE__ALLOWED="127.0.0.1", **there))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        enter({name: value for name, value in {**settings_of(sandbox), **entered}.items() if value})
        enter({"app_id": sandbox.world.keys.app_id, "app_secret": sandbox.world.keys.app_secret}, "wechat")
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def instance(databases: Any, kind: str, sandbox: Sandbox, door: Door, entered: Mapping[str, Any]) -> Iterator[Runtime]:
    """A shop that may call this machine."""
    with shop_at(databases, kind, sandbox, door, entered) as runtime:
        yield runtime


class FarEnd:
    """WeChat Pay's own side, as the contract of providers asks for it."""

    FAULTS = {"down": {"kind": "status", "status": 503}, "lost": {"kind": "cut"}, "unsigned": {"kind": "sign_missing"}, "garbled": {"kind": "garbage"}}

    def __init__(self, sandbox: Sandbox, door: Door) -> None:
        self.sandbox, self.door = sandbox, door

    def pay(self, number: str, **more: Any) -> None:
        (order,) = self.sandbox.ask("GET", f"/_sim/orders?out_trade_no={number}")["items"]
        if order["state"] != "closed":
            self.sandbox.ask("POST", "/_sim/pay", {"out_trade_no": number, **more})

    @contextmanager
    def broken(self, how: str) -> Iterator[None]:
        fault = self.sandbox.ask("POST", "/_sim/faults", {**self.FAULTS[how], "count": 0})
        yield
        self.sandbox.world.faults.clear(fault["id"])

    def given_back(self, number: str) -> int:
        (order,) = self.sandbox.ask("GET", f"/_sim/orders?out_trade_no={number}")["items"]
        return sum(refund["amount"] for refund in order["refunds"] if refund["state"] != "closed")

    def notification(self, number: str, forge: str | None = None) -> Arrival:
        """What is told of an order, taken from the wire."""
        before = len(self.door.told)
        self.sandbox.ask("POST", "/_sim/deliver", {"out_trade_no": number, **({"forge": forge} if forge else {})})
        _path, headers, body = self.door.wait(before + 1)[-1]
        return Arrival(Headers(headers), body, {}, {}, clock.now())  # type: ignore[arg-type]

    def forged(self, number: str) -> list[Arrival]:
        told = self.sandbox.ask("GET", "/_sim/forgeries")["wechatpay"]
        # What is said of amounts and orders is for payments to compare: to the provider it is genuine.
        compared = {
            "amount_plus_1", "amount_minus_1", "amount_zero", "amount_10x", "currency_usd", "unknown_order", "refund_larger", "refund_of_other_order",
        }  # fmt: skip
        wanted = [name for name in told["variants"] if name not in {*told["genuine"], *compared, "oversize", "gzip_bomb"}]
        assert len(wanted) > 25
        return [self.notification(number, name) for name in wanted]


@pytest.fixture
def far_end(sandbox: Sandbox, door: Door) -> FarEnd:
    return FarEnd(sandbox, door)


@pytest.fixture
def tea(instance: Runtime, owner: Actor) -> Any:
    """A hundred tins of tea at 19.90, on sale."""
    from shop import add_product

    with unit_of_work() as db:
        return add_product(db, owner, stock=100)


@pytest.fixture
def listening(site: Site, door: Door) -> Door:
    """What the sandbox tells reaches the shop."""

    def pass_on(path: str, headers: dict[str, str], body: bytes) -> int:
        kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length")}
        return Client(site).post(path, data=body, headers=kept).status_code

    door.answer = pass_on
    return door


@pytest.fixture
def wechat_user(site: Site, sandbox: Sandbox) -> Callable[..., Shopper]:
    """``wechat_user("alice")``: a customer who came in by the code of ``wx.login``."""

    def come(name: str = "alice") -> Shopper:
        code = sandbox.ask("POST", "/_sim/login", {"user": name})["code"]
        answer = Shopper(site).post("/session", {"code": code})
        assert answer.status_code == 200, answer.text
        return Shopper(site, answer.get_json()["token"])

    return come


@pytest.fixture
def sign_in(site: Site) -> Callable[..., Shopper]:
    """``sign_in("alice")``: a customer with a token."""
    allow_demo_login()
    return lambda name="alice": signed_in(site, name)
