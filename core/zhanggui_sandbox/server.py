"""The sandbox as a server: what belongs to whom, what goes wrong on the way, and the socket."""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast

from . import alipay, cashier, control, phone, platform, receivers, robots, sms, wechatpay
from .alipay import bills as alipay_bills
from .alipay import gateway
from .deliveries import Deliverer
from .faults import AFTER, BEFORE, Fault
from .keys import Keyring
from .mail import Catcher
from .web import Call, Cut, Flood, Reply
from .wechatpay import gate
from .wechatpay.refusals import CODES
from .world import Options, World

log = logging.getLogger(__name__)
_LONGEST = 1024 * 1024  # bytes of a request
_NOTHING = b"0" * 65536
_IDLE = 75  # seconds that a connection may wait for its next request
_CASHIER = re.compile(r"/cashier/[^/]+|/qr/[^/]+|/cgi-bin/mmpayweb-bin/checkmweb")


def handle(world: World, call: Call) -> Reply:
    """Answer a request.

    :raises Cut: when a fault ends the connection.
    """
    path = call.path
    if path == "/_sim/phone":
        return phone.serve(world, call)
    if (call.method, path) == ("GET", "/_sim/receivers"):
        return receivers.page(world, call)
    if path.startswith("/_sim/"):
        return control.serve(world, call)
    if path.startswith("/static/"):
        return cashier.static(call)
    if path.startswith("/v3/"):
        handler = gate.operation(call)
        return _with_faults(world, call, "wechatpay", lambda fault: wechatpay.serve(world, call, handler, fault))
    if path == "/gateway.do":
        gateway.operation(call)
        return _with_faults(world, call, "alipay", lambda fault: alipay.serve(world, call, fault))
    if path == "/billdownload/alipay":
        call.operation = "bill_file"
        return _with_faults(world, call, "alipay", lambda fault: alipay_bills.download(world, call))
    if _CASHIER.fullmatch(path):
        return cashier.serve(world, call)
    if receivers.of(path):
        call.operation = receivers.OPERATION
        return _with_faults(world, call, "webhook", lambda fault: receivers.serve(world, call))
    if name := robots.of(path):
        call.operation = name
        return _with_faults(world, call, "robot", lambda fault: robots.serve(world, call))
    if name := sms.of(call):
        call.operation = name
        return _with_faults(world, call, "sms", lambda fault: sms.serve(world, call))
    if path.startswith(("/sns/", "/cgi-bin/", "/wxa/")):
        platform.operation(call)
        return _with_faults(world, call, "wechat", lambda fault: platform.serve(world, call))
    return Reply(404, b"the sandbox knows no such address; /_sim/openapi.json lists what it can be told", "text/plain; charset=utf-8")


def _with_faults(world: World, call: Call, provider: str, serve: Callable[[Fault | None], Reply]) -> Reply:
    about = _about(call, provider)
    reply: Reply | None = None
    try:
        before = world.faults.take(BEFORE, about)
        if before is not None:
            call.trouble = f"fault {before.kind}"
            reply = _before(world, call, provider, before)
            return reply
        after = world.faults.take(AFTER, about)
        reply = serve(after)
        if after is not None:
            call.trouble = call.trouble or f"fault {after.kind}"
            reply = _after(call, provider, after, reply)
        return reply
    finally:
        world.log(call, reply)


def _about(call: Call, provider: str) -> dict[str, str]:
    found: dict[str, Any] = dict(call.arguments)
    if provider == "alipay":
        found |= gateway.content(gateway.parameters(call))
    elif call.body:
        try:
            found |= call.json
        except (ValueError, TypeError):
            call.trouble = ""  # whoever reads the body refuses it
    number = found.get("out_refund_no") or found.get("out_request_no") or ""
    return {"provider": provider, "operation": call.operation, "out_trade_no": str(found.get("out_trade_no", "")), "out_refund_no": str(number), "receiver": receivers.of(call.path)}


def _before(world: World, call: Call, provider: str, fault: Fault) -> Reply:
    if fault.kind == "timeout_before":
        time.sleep(float(fault.get("seconds", 30)))
    if fault.kind in ("timeout_before", "cut_before"):
        raise Cut
    if fault.kind == "flood":
        raise Flood(int(fault.get("megabytes", 1024)))
    if fault.kind == "errcode":
        return platform.refusal(int(fault.get("errcode", -1)), str(fault.get("code", "")))
    if fault.kind in ("refuse", "rate_limit") and provider in ("robot", "sms"):
        theirs: Any = robots if provider == "robot" else sms
        usual = (theirs.BUSY if fault.kind == "rate_limit" else theirs.REFUSES)[call.operation]
        return cast(Reply, theirs.refusal(call.operation, type(usual)(fault.get("code", usual))))
    if fault.kind == "alipay_code":
        return gateway.code(world, call, str(fault.get("code", "20000")), str(fault.get("sub_code", "aop.ACQ.SYSTEM_ERROR")))
    reply = _trouble(provider, int(fault.get("status", 500)), str(fault.get("code", "")))
    if fault.get("retry_after", None) is not None:
        reply.headers["Retry-After"] = str(int(fault.get("retry_after", 0)))
    if reply.status in (301, 302, 307, 308):
        reply.headers["Location"] = f"{call.base}{receivers.PREFIX}moved"
    return reply


def _after(call: Call, provider: str, fault: Fault, reply: Reply) -> Reply:
    if fault.kind in ("timeout_after", "slow"):
        time.sleep(float(fault.get("seconds", 30 if fault.kind == "timeout_after" else 3)))
    if fault.kind == "timeout_after":
        raise Cut
    if fault.kind == "cut":
        raise Cut(_bytes(reply)[: -max(1, len(reply.body) // 2)])
    if fault.kind == "status_after":
        return _trouble(provider, int(fault.get("status", 500)), str(fault.get("code", "")))
    if fault.kind == "garbage":
        return Reply(200, b"<html><body>gateway busy</body></html>", "text/html; charset=utf-8")
    return reply


def _trouble(provider: str, status: int, code: str) -> Reply:
    if provider == "wechatpay":
        return Reply.json({"code": code or CODES.get(status, "SYSTEM_ERROR"), "message": "系统繁忙，请稍后重试（沙箱故障）"}, status)
    return Reply(status, b"busy", "text/plain")


def _bytes(reply: Reply, *, close: bool = False) -> bytes:
    phrase = HTTPStatus(reply.status).phrase if reply.status in HTTPStatus._value2member_map_ else "Unknown"
    heads = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in reply.headers.items())]
    if reply.status != 204:
        heads += [f"Content-Type: {reply.content_type}", f"Content-Length: {len(reply.body)}"]
    heads += ["Connection: close"] if close else []
    return "\r\n".join(heads).encode("latin-1") + b"\r\n\r\n" + (b"" if reply.status == 204 else reply.body)


class _Desk(BaseHTTPRequestHandler):
    """One connection. The address is passed on as it was sent, because that is what was signed."""

    protocol_version, timeout, disable_nagle_algorithm = "HTTP/1.1", _IDLE, True
    server: _Listener

    def _serve(self) -> None:
        world = self.server.world
        if self.server.closed:
            raise ConnectionAbortedError
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > _LONGEST:
            self.close_connection = True
            self._send(Reply(411 if "Transfer-Encoding" in self.headers else 413, b"a Content-Length of at most 1 MiB is needed", "text/plain"))
            return
        call = Call(self.command, self.path, cast(Mapping[str, str], self.headers), self.rfile.read(int(length)), str(self.client_address[0]))
        try:
            self._send(handle(world, call))
        except Cut as cut:
            self._cut(cut.partial)
        except Flood as flood:
            self._flood(flood.megabytes)
        except Exception:
            log.exception("%s %s", self.command, call.path)
            self._send(Reply(500, b"the sandbox itself stumbled; its log says where", "text/plain"))

    do_GET = do_POST = do_DELETE = _serve

    def _send(self, reply: Reply) -> None:
        self.wfile.write(_bytes(reply, close=self.close_connection))

    def _cut(self, partial: bytes) -> None:
        self.close_connection = True
        if partial:
            self.wfile.write(partial)
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            log.debug("the other side was faster")

    def _flood(self, megabytes: int) -> None:
        self.close_connection = True
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {megabytes << 20}\r\n\r\n".encode())
        for _part in range(megabytes * 16):
            self.wfile.write(_NOTHING)

    def handle(self) -> None:
        """Requests of this connection, until somebody ends it."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            log.debug("a connection broke off")

    def log_message(self, format: str, *arguments: Any) -> None:
        """/_sim/requests has more."""


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, block_on_close, request_queue_size = True, True, False, 512
    timeout = 0.05  # seconds until the loop looks again whether it should end

    def __init__(self, world: World, host: str, port: int) -> None:
        self.world, self.closed = world, False
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Desk)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.exception("a connection of %s", client_address[0])


class Sandbox:
    """A sandbox on a port of this machine. Port 0 takes a free one. With ``mail_port`` it takes mail there.

    :raises OSError: when the port is taken.
    """

    def __init__(self, data: Path, *, host: str = "127.0.0.1", port: int = 0, options: Options | None = None, keys: Keyring | None = None, mail_port: int | None = None) -> None:
        self.world = World(data, options or Options(), keys)
        self._host, self._pause, self._ended = host, 0.0, threading.Event()
        self._mail = Catcher(self.world, host, mail_port) if mail_port is not None else None
        self._listener = _Listener(self.world, host, port)
        self.world.port = self.port = int(self._listener.server_address[1])
        self.world.mail_port = self.mail_port
        self.world.close_port = self._close_for
        self.world.deliverer = Deliverer(self.world, {"wechatpay": wechatpay.Notices(), "alipay": alipay.Notices()})
        self._thread = threading.Thread(target=self.run, name="sandbox", daemon=True)

    @property
    def mail_port(self) -> int:
        """Where mail is taken; 0: nowhere."""
        return self._mail.port if self._mail else 0

    @property
    def url(self) -> str:
        """Where this machine reaches it, without a slash at the end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self._host, f"[{self._host}]" if ":" in self._host else self._host)
        return f"http://{host}:{self.port}"

    def run(self) -> None:
        """Serve until :meth:`end`."""
        self.world.deliverer.start()
        if self._mail:
            self._mail.start()
        while not self._ended.is_set():
            while not self._listener.closed:
                self._listener.handle_request()
            self._listener.server_close()
            if self._ended.wait(self._pause):
                break
            self._listener = _Listener(self.world, self._host, self.port)
        self._listener.server_close()
        if self._mail:
            self._mail.stop()
        self.world.deliverer.stop()
        self.world.store.close()

    def _close_for(self, seconds: float) -> None:
        self._pause, self._listener.closed = seconds, True

    def start(self) -> Sandbox:
        """Serve in a thread."""
        self._thread.start()
        return self

    def end(self) -> None:
        """Stop serving; answers at once."""
        self._ended.set()
        self._listener.closed = True

    def stop(self) -> None:
        """End what :meth:`start` began."""
        self.end()
        self._thread.join()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The control API; answers its JSON.

        :raises ValueError: with its sentence, when it refuses.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            found = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(found.get("error", str(answer.status)))
        return found


@contextmanager
def running(data: Path, **options: Any) -> Iterator[Sandbox]:
    """A sandbox for a test: ``with running(tmp_path) as sandbox: sandbox.ask("POST", "/_sim/pay", {...})``."""
    sandbox = Sandbox(data, **options).start()
    try:
        yield sandbox
    finally:
        sandbox.stop()
