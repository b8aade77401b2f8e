"""Panda Pay's own side: a real HTTP server with books of its own, and faults on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from zhanggui.api import Arrival
from zhanggui.runtime import Runtime
from zhanggui.testing.instances import Databases
from zhanggui.testing.payments import provider_shop

SECRET = "between us, and long enough"
AT = datetime(2026, 3, 2, 4, 1, tzinfo=UTC)


class Panda(ThreadingHTTPServer):
    """Charges and refunds by number. ``fault``: what goes wrong next, see :meth:`broken`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.fault: str | None = None
        self.slow = "succeeded"  # what a refund is at first
        self.lock = threading.Lock()
        self._told = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    # -- what its customers and its people do ------------------------------------------------------

    def pay(self, number: str, amount: int | None = None) -> None:
        """Somebody pays."""
        with self.lock:
            charge = self.charges[number]
            if charge["state"] == "pending":
                charge |= {"state": "captured", "transaction": f"T{number}", "at": AT.isoformat()}
                charge["amount"] = charge["amount"] if amount is None else amount

    def end_refund(self, number: str, state: str) -> None:
        """A refund comes to an end."""
        self.refunds[number] |= {"state": state, "at": AT.isoformat()}

    @contextmanager
    def broken(self, how: str) -> Iterator[None]:
        """``down`` (503, nothing done), ``lost`` (done, the line is cut), ``unsigned`` (done, nobody signed it), ``garbled``."""
        self.fault = how
        yield
        self.fault = None

    def given_back(self, number: str) -> int:
        """What went back of a charge, by its own books."""
        return sum(r["amount"] for r in self.refunds.values() if r["number"] == number and r["state"] == "succeeded")

    def told(self, number: str | None = None, refund: str | None = None, secret: str = SECRET, message: str | None = None) -> tuple[bytes, dict[str, str]]:
        """A message about a charge or a refund as it stands now, with its header."""
        from zhanggui_pandapay.provider import sign

        self._told += 1
        said = dict(self.refunds[refund] if refund else self.charges[number or ""])
        raw = json.dumps({"id": message or f"m{self._told}", **said}).encode()
        return raw, {"Panda-Signature": sign(secret, raw)}

    # -- for the contract of providers -------------------------------------------------------------

    def notification(self, number: str) -> Arrival:
        """The same as it arrives."""
        raw, headers = self.told(number)
        return Arrival({name.lower(): value for name, value in headers.items()}, raw, {}, {}, AT)

    def forged(self, number: str) -> list[Arrival]:
        """Messages that are none."""
        raw, headers = self.told(number)
        name, good = "panda-signature", headers["Panda-Signature"]
        return [
            Arrival({}, raw, {}, {}, AT), Arrival({name: ""}, raw, {}, {}, AT), Arrival({name: good[::-1]}, raw, {}, {}, AT),
            Arrival({name: good}, raw + b" ", {}, {}, AT), Arrival({name: good}, b"\xff\xfe", {}, {}, AT),
        ]  # fmt: skip


@contextmanager
def open_for_business() -> Iterator[Panda]:
    """Its far end, while the block runs."""
    server = Panda()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@contextmanager
def panda_shop(databases: Databases, kind: str, panda: Panda) -> Iterator[Runtime]:
    """A shop that takes money by it."""
    root = Path(__file__).parents[2]
    values = {"plugin.pandapay.address": panda.address, "plugin.pandapay.secret": SECRET}
    with provider_shop(databases, kind, "pandapay", [root / "plugins", root / "tests" / "outside"], values) as runtime:
        yield runtime


class Desk(BaseHTTPRequestHandler):
    server: Panda

    def do_POST(self) -> None:
        from zhanggui_pandapay.provider import sign

        panda = self.server
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        panda.asked.append(self.path)
        if self.headers["Panda-Signature"] != sign(SECRET, raw):
            self.send_error(401)
            return
        if panda.fault == "down":
            self.send_error(503)
            return
        with panda.lock:
            said = _serve(panda, self.path, json.loads(raw))
        if panda.fault == "lost":
            self.close_connection = True
            return
        answer = b"{" if panda.fault == "garbled" else json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        if panda.fault != "unsigned":
            self.send_header("Panda-Signature", sign(SECRET, answer))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing on the screen."""


def _serve(panda: Panda, path: str, asked: dict[str, Any]) -> dict[str, Any]:
    charge = panda.charges.get(asked.get("number", ""))
    match path:
        case "/whoami":
            return {"name": "Tea in the hills"}
        case "/charges":
            if asked["amount"] == 66600:
                return {"refused": "too_lucky"}
            panda.charges.setdefault(asked["number"], {**asked, "state": "pending"})
            return {"pay_url": f"https://pay.example/{asked['number']}"}
        case "/state":
            return charge or {"number": asked["number"], "state": "unknown"}
        case "/close":
            if charge is None:
                return {"number": asked["number"], "state": "unknown"}
            if charge["state"] == "pending":
                charge["state"] = "closed"
            return charge
        case "/refund-state":
            return panda.refunds.get(asked["refund"]) or {"refund": asked["refund"], "state": "unknown"}
    there = panda.refunds.get(asked["refund"])
    if there is not None:
        return there
    if charge is None or charge["state"] != "captured":
        return {"refused": "not_paid"}
    if panda.given_back(asked["number"]) + asked["amount"] > charge["amount"]:
        return {"refused": "too_much"}
    made = {**asked, "state": panda.slow, "transaction": f"R{asked['refund']}"}
    panda.refunds[asked["refund"]] = made | ({"at": AT.isoformat()} if panda.slow == "succeeded" else {})
    return panda.refunds[asked["refund"]]
