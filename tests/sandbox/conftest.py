"""A sandbox, a shop that is told things, and the clients of others as judges of what the sandbox signs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from alipay import AliPay, DCAliPay
from sandbox.clients import Merchant
from wechatpayv3 import WeChatPay, WeChatPayType

from zhanggui_sandbox import Keyring, Sandbox, running


@pytest.fixture(scope="session")
def keys() -> Keyring:
    """One set for all tests: making six keys takes longer than most of them."""
    return Keyring.make()


@pytest.fixture
def sandbox(tmp_path: Path, keys: Keyring) -> Iterator[Sandbox]:
    with running(tmp_path / "sandbox", keys=keys) as sandbox:
        yield sandbox


@dataclass
class Told:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Shop:
    """Where notifications arrive. ``answer`` is what it says to each."""

    port: int = 0
    told: list[Told] = field(default_factory=list)
    answer: Callable[[Told], tuple[int, bytes]] = lambda told: (200, b"success")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/notify"

    def wait(self, count: int = 1, seconds: float = 5) -> list[Told]:
        deadline = time.monotonic() + seconds
        while len(self.told) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.told) >= count, f"{len(self.told)} notifications instead of {count}"
        return self.told


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = Told(self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])))
            shop.told.append(told)
            status, body = shop.answer(told)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    shop.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield shop
    server.shutdown()
    server.server_close()


@pytest.fixture
def merchant(sandbox: Sandbox, shop: Shop) -> Iterator[Merchant]:
    """Our own small client, for what the libraries cannot say."""
    merchant = Merchant(sandbox, shop.url)
    yield merchant
    merchant.close()


@pytest.fixture
def judge(sandbox: Sandbox, shop: Shop) -> WeChatPay:
    """``wechatpayv3`` in public-key mode. Its base address is private, so a release that renames it fails here."""
    given = sandbox.ask("GET", "/_sim/credentials")["wechatpay"]
    client = WeChatPay(
        wechatpay_type=WeChatPayType.MINIPROG, mchid=given["mchid"], private_key=given["merchant_private_key"], cert_serial_no=given["merchant_serial"],
        apiv3_key=given["api_v3_key"], appid=given["app_id"], notify_url=shop.url, public_key=given["public_key"], public_key_id=given["public_key_id"],
        timeout=(2, 5),
    )  # fmt: skip
    assert client._core._gate_way.startswith("https://api.mch")
    client._core._gate_way = sandbox.url
    return client


@pytest.fixture
def beijing() -> Iterator[None]:
    """``python-alipay-sdk`` stamps local time, and Alipay takes Beijing's alone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Shanghai"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.fixture(params=["keys", "certificates"])
def alipay(request: pytest.FixtureRequest, sandbox: Sandbox, shop: Shop, beijing: None) -> AliPay:
    """``python-alipay-sdk`` in both modes."""
    given = sandbox.ask("GET", "/_sim/credentials")["alipay"]
    if request.param == "keys":
        client = AliPay(given["app_id"], shop.url, given["app_private_key"], given["alipay_public_key"])
    else:
        client = DCAliPay(
            given["app_id"], given["app_private_key"], given["app_certificate"], given["alipay_certificate"], given["root_certificate"], shop.url
        )
    assert client._gateway.startswith("https://openapi.alipay")
    client._gateway = f"{sandbox.url}/gateway.do"
    return client
