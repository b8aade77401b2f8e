"""Notifications: made once, delivered on the provider's schedule until they are taken, or as often as a test wants."""

from __future__ import annotations

import http.client
import logging
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from . import forgeries, till
from .faults import NOTICES
from .store import Row
from .world import World

log = logging.getLogger(__name__)
_WAIT = 5.0  # seconds that a shop has to answer
_WORKERS = 8
_KEPT = 300  # signs of an answer


class Provider(Protocol):
    """What differs between the two."""

    SCHEDULE: tuple[int, ...]  # seconds from one delivery to the next

    def notice(self, world: World, trade: Row, refund: Row | None, *, edit: Mapping[str, Any]) -> tuple[str, str, str]:
        """(event, id, content): the content in clear, as it is told."""
        ...

    def wrap(self, world: World, event: str, key: str, content: str) -> bytes:
        """The body of the notification, encrypted or signed."""
        ...

    def headers(self, world: World, body: bytes) -> dict[str, str]:
        """Its headers, made anew for each delivery."""
        ...

    def taken(self, status: int, answer: str) -> bool:
        """Whether this answer ends the deliveries."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What one delivery was answered. Status 0: nothing came back."""

    status: int
    answer: str
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """For the control API."""
        return {"status": self.status, "answer": self.answer, "seconds": round(self.seconds, 4)}


class Deliverer:
    """One thread that looks what is due, and a few that deliver."""

    def __init__(self, world: World, providers: Mapping[str, Provider]) -> None:
        self._world, self._providers = world, providers
        self._pool = ThreadPoolExecutor(_WORKERS, "deliver")
        self._wake, self._ended = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        # What a killed process was about to deliver is delivered again: the shop may have it already, as with the real ones.
        world.store.run("UPDATE notice SET due = 0, state = 'waiting' WHERE state = 'sending'")

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way."""
        self._ended = True
        self._wake.set()
        self._thread.join()
        self._pool.shutdown()

    def wake(self) -> None:
        """Something may be due now."""
        self._wake.set()

    def tell(self, trade: Row, refund: Row | None = None, *, at_once: bool = False) -> None:
        """Make the notification of a payment or of a refund, for delivery by the schedule; ``at_once``: and wait for its first delivery."""
        # WeChat Pay tells of a refund where the refund asked for it; Alipay has one address for a trade.
        world, url = self._world, refund["notify_url"] if refund and trade["provider"] == "wechatpay" else trade["notify_url"]
        if not url:
            return
        provider = self._providers[trade["provider"]]
        kind = "refund" if refund else "payment"
        fault = world.faults.take({k: v for k, v in NOTICES.items() if k != "forge"}, till.about(trade, f"{kind}_notification"))
        named = fault.kind if fault else ""
        event, key, content = provider.notice(world, trade, refund, edit={})
        state = {"no_notification": "dropped", "hold_notifications": "held"}.get(named, "waiting")
        due = world.clock.now() + (float(fault.get("seconds", 60)) if fault and named == "late_notification" else 0)
        immediately = at_once and state == "waiting"
        number = world.store.insert(
            "INSERT INTO notice (provider, kind, trade_id, refund_id, event, key, url, content, body, state, due, created) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            trade["provider"], kind, trade["id"], refund["id"] if refund else None, event, key, url, content,
            provider.wrap(world, event, key, content).decode(), "sending" if immediately else state,
            None if immediately or state != "waiting" else due, world.clock.now(),
        )  # fmt: skip
        if immediately:
            self._deliver(number)
        elif fault and named == "many_notifications":
            notice = self._notice(number)
            self._pool.submit(self.copies, notice, int(fault.get("copies", 20)), 8, new_ids=bool(fault.get("new_ids", False)))
        self._wake.set()

    def _notice(self, number: int) -> Row:
        found = self._world.store.one("SELECT * FROM notice WHERE id = ?", number)
        assert found is not None
        return found

    def _run(self) -> None:
        while not self._ended:
            try:
                self._settle_refunds()
                busy = self._send_due()
            except Exception:
                if self._ended:  # the books were closed under it
                    return
                log.exception("the deliveries stumbled")
                busy = False
            self._wake.wait(0.02 if busy else 0.25)
            self._wake.clear()

    def _settle_refunds(self) -> None:
        world = self._world
        for row in world.store.all("SELECT id, becomes FROM refund WHERE settles IS NOT NULL AND settles <= ? ORDER BY settles LIMIT 200", world.clock.now()):
            self.settled(row["id"], row["becomes"])

    def settled(self, refund_id: int, state: str, *, at_once: bool = False) -> bool:
        """A refund ends, and the shop is told; False when it had ended before."""
        world = self._world
        with world.store.transaction():
            refund = till.settle(world, refund_id, state)
            if refund is None:
                world.store.run("UPDATE refund SET settles = NULL WHERE id = ?", refund_id)
                return False
            if not at_once:
                self.tell(till.trade(world, refund["trade_id"]), refund)
        if at_once:
            self.tell(till.trade(world, refund["trade_id"]), refund, at_once=True)
        return True

    def _send_due(self) -> bool:
        world = self._world
        with world.store.transaction():
            due = world.store.all("SELECT id FROM notice WHERE due IS NOT NULL AND due <= ? ORDER BY due LIMIT 64", world.clock.now())
            for row in due:
                world.store.run("UPDATE notice SET due = NULL, state = 'sending' WHERE id = ?", row["id"])
        for row in due:
            self._pool.submit(self._safely, row["id"])
        return bool(due)

    def _safely(self, number: int) -> None:
        try:
            self._deliver(number)
        except Exception:
            log.exception("a notification could not be delivered")

    def _deliver(self, number: int) -> None:
        """One delivery by the schedule, and when the next one is due."""
        world, notice = self._world, self._notice(number)
        provider = self._providers[notice["provider"]]
        trade, began = till.trade(world, notice["trade_id"]), world.clock.now()
        fault = world.faults.named("forge", till.about(trade, f"{notice['kind']}_notification"))
        outcome = self.send(notice, forge=str(fault.get("variant", "other_key")) if fault else "")
        tries = notice["tries"] + 1
        if fault is None and provider.taken(outcome.status, outcome.answer):
            state, due = "taken", None
        elif tries > len(provider.SCHEDULE):
            state, due = "given_up", None
        else:
            state, due = "waiting", began + provider.SCHEDULE[tries - 1]  # from when it was sent: the clock may be advanced meanwhile
        world.store.run("UPDATE notice SET state = ?, due = ?, tries = ? WHERE id = ?", state, due, tries, number)

    def copies(
        self, notice: Row, copies: int, parallel: int, *, new_ids: bool = False, forge: str = "", edit: Mapping[str, Any] | None = None,
        event: str = "",
    ) -> list[Outcome]:
        """So many deliveries of one notification, so many at a time; the schedule goes on beside them."""

        def one(_number: int) -> Outcome:
            return self.send(notice, forge=forge, new_id=new_ids, edit=edit or {}, event=event)

        with ThreadPoolExecutor(max(1, min(parallel, 64)), "copies") as pool:
            return list(pool.map(one, range(copies)))

    def send(self, notice: Row, *, forge: str = "", new_id: bool = False, edit: Mapping[str, Any] | None = None, event: str = "") -> Outcome:
        """Deliver it once, now."""
        world, provider = self._world, self._providers[notice["provider"]]
        body = notice["body"].encode()
        if new_id or edit or event:
            trade = till.trade(world, notice["trade_id"])
            refund = till.refund(world, notice["refund_id"]) if notice["refund_id"] else None
            usual, key, content = provider.notice(world, trade, refund, edit=edit or {})
            body = provider.wrap(world, event or usual, key if new_id else notice["key"], content)
        headers = provider.headers(world, body)
        if forge:
            body, headers = forgeries.forge(world, notice, forge, body, headers)
        outcome = post(notice["url"], body, headers)
        world.store.run(
            "INSERT INTO delivery (notice_id, at, forge, status, answer, seconds) VALUES (?, ?, ?, ?, ?, ?)",
            notice["id"], world.clock.now(), forge, outcome.status, outcome.answer, outcome.seconds,
        )  # fmt: skip
        return outcome


def deliverable(url: str) -> bool:
    """Whether this is an address that a merchant may name: https without a query; http on this machine alone."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.query or parts.fragment or "?" in url or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in ("127.0.0.1", "localhost", "::1"))


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
    """Send it; redirects are not followed."""
    parts = urlsplit(url)
    make: Callable[..., http.client.HTTPConnection] = http.client.HTTPConnection
    more: dict[str, Any] = {}
    if parts.scheme == "https":
        make, more = http.client.HTTPSConnection, {"context": ssl.create_default_context()}
    connection = make(parts.hostname, parts.port, timeout=_WAIT, **more)
    began = time.monotonic()
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        answer = connection.getresponse()
        text = answer.read(_KEPT).decode("utf-8", "replace")
        return Outcome(answer.status, text, time.monotonic() - began)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Outcome(0, type(error).__name__, time.monotonic() - began)
    finally:
        connection.close()
