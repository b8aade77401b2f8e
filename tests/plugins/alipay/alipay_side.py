"""The other side of Alipay's tests: a sandbox as the contract of providers wants it, and the settings of an app there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.request import urlopen

from zhanggui.api import SYSTEM, Arrival, clock, unit_of_work
from zhanggui.config import settings
from zhanggui_sandbox import Sandbox
from zhanggui_sandbox.alipay import Notices
from zhanggui_sandbox.forgeries import forge, table

FAULTS = {"down": "status", "lost": "cut", "unsigned": "sign_missing", "garbled": "garbage"}
# Rightly signed by Alipay and about an order: that its amount or its number is none of ours only the books can tell.
FOR_THE_BOOKS = ("amount_001", "currency_usd", "unknown_order", "state_closed", "state_waiting")


@dataclass
class FarEnd:
    """What the contract of providers asks of the other side."""

    sandbox: Sandbox
    undone: list[str] = field(default_factory=list)

    def pay(self, number: str, **more: Any) -> None:
        """Somebody pays, when it can be paid."""
        try:
            self.sandbox.ask("POST", "/_sim/pay", {"out_trade_no": number, "result": "success", **more})
        except ValueError as no:
            self.undone.append(str(no))

    @contextmanager
    def broken(self, how: str, **more: Any) -> Iterator[None]:
        """Every answer is spoiled so, for as long as this lasts."""
        self.sandbox.ask("POST", "/_sim/faults", {"kind": FAULTS.get(how, how), "provider": "alipay", "count": 0, **more})
        yield
        self.sandbox.ask("DELETE", "/_sim/faults")

    def given_back(self, number: str) -> int:
        """Fen that went back of a payment, by its own books."""
        rows = self.sandbox.world.store.all("SELECT amount FROM movement WHERE kind = 'refund' AND out_trade_no = ?", number)
        return -sum(row["amount"] for row in rows)

    def settled(self, number: str) -> None:
        """Refunds that are on their way are through."""
        for row in self.sandbox.world.store.all(
            "SELECT refund.* FROM refund JOIN trade ON trade.id = refund.trade_id WHERE out_trade_no = ? AND refund.state = 'processing'", number
        ):
            self.sandbox.ask("POST", "/_sim/refund", {"out_refund_no": row["out_refund_no"], "result": "success"})

    def notice(self, number: str, kind: str = "payment") -> Any:
        """The row of the newest notification of a payment."""
        found = self.sandbox.world.store.all(
            "SELECT notice.* FROM notice JOIN trade ON trade.id = notice.trade_id WHERE out_trade_no = ? AND kind = ? ORDER BY notice.id DESC", number, kind
        )
        return found[0]

    def notification(self, number: str, kind: str = "payment") -> Arrival:
        """As it arrives."""
        return _arrival(self._body(number, kind))

    def _body(self, number: str, kind: str = "payment") -> bytes:
        row = self.notice(number, kind)
        return Notices().wrap(self.sandbox.world, row["event"], row["key"], row["content"])

    def forgeries(self, number: str) -> dict[str, Arrival]:
        """By name, all that the sandbox can forge."""
        world, notice, body = self.sandbox.world, self.notice(number), self._body(number)
        return {name: _arrival(forge(world, notice, name, body, {})[0]) for name in table("alipay")}

    def forged(self, number: str) -> list[Arrival]:
        """Those that a protocol can tell."""
        return [arrival for name, arrival in self.forgeries(number).items() if name not in FOR_THE_BOOKS]


def _arrival(body: bytes) -> Arrival:
    return Arrival({"content-type": "application/x-www-form-urlencoded"}, body, {}, {}, clock.now())


def key_settings(given: dict[str, str]) -> dict[str, str]:
    """The settings of an app that uses keys."""
    return {"app_id": given["app_id"], "seller_id": given["seller_id"], "private_key": given["app_private_key"], "alipay_public_key": given["alipay_public_key"]}


def certificate_settings(given: dict[str, str]) -> dict[str, str]:
    """The settings of an app that uses certificates."""
    names = {"app_certificate": "app_certificate", "alipay_certificate": "alipay_certificate", "root_certificate": "root_certificate"}
    return {**key_settings(given), "alipay_public_key": "", **{name: given[theirs] for name, theirs in names.items()}}


def enter(values: dict[str, str]) -> None:
    """Store settings of Alipay."""
    with unit_of_work() as db:
        for name, value in values.items():
            settings.set(db, f"plugin.alipay.{name}", value, actor=SYSTEM, now=clock.now())


def open_page(url: str) -> str:
    """A browser opens the page to pay; answers what it shows."""
    with urlopen(url) as answer:  # noqa: S310 - an address of the sandbox
        return str(answer.read().decode())
