"""Everything that a handler may use, in one place."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .clock import Clock
from .faults import Faults
from .keys import Keyring
from .store import Store
from .web import Call, Reply

if TYPE_CHECKING:
    from .deliveries import Deliverer

_KEPT = 5000  # requests
_LONGEST = 8000  # signs of a body that the log keeps


@dataclass
class Options:
    """How a sandbox runs.

    :param public_host: the name in links for scanning, where nobody's browser asked; empty: the host of the request that ordered.
    :param settle_seconds: of the simulated clock, from a refund that is accepted to its end.
    :param open_control: the control API answers other machines as well.
    """

    public_host: str = ""
    settle_seconds: float = 1.0
    open_control: bool = False


class World:
    """The books, the keys, the clocks, and what is set to go wrong."""

    def __init__(self, data: Path, options: Options, keys: Keyring | None = None) -> None:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data, self.options = data, options
        if keys is not None and not (data / "keys.json").exists():
            keys.save(data)
        self.keys = Keyring.of(data)
        self.store = Store(data / "sandbox.sqlite3")
        self.clock, self.faults = Clock(self.store), Faults(self.store)
        self.settings = Settings(self.store)
        self.deliverer: Deliverer
        self.close_port: Callable[[float], None] = lambda seconds: None
        self.port = self.mail_port = 0
        self._logged = 0

    def log(self, call: Call, reply: Reply | None) -> None:
        """Keep what was asked and answered. None: the connection was cut."""
        heads = {name: value for name, value in call.headers.items() if name.lower() not in ("host", "connection", "accept-encoding")}
        body, answer = (raw[:_LONGEST].decode("utf-8", "replace") for raw in (call.body, reply.body if reply else b""))
        with self.store.transaction():
            number = self.store.insert(
                "INSERT INTO request (at, method, path, operation, headers, body, status, answer, trouble, signed_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                self.clock.wire(), call.method, call.target, call.operation, json.dumps(heads), body, reply.status if reply else 0, answer,
                call.trouble, call.signed_text,
            )  # fmt: skip
            if number % 100 == 0:
                self.store.run("DELETE FROM request WHERE id <= ?", number - _KEPT)

    def seen_before(self, nonce: str) -> bool:
        """Whether a request carried this nonce in the last ten minutes; from now on one has."""
        now = self.clock.wire()
        try:
            self.store.run("INSERT INTO nonce VALUES (?, ?)", nonce, now)
        except sqlite3.IntegrityError:
            return True
        self._logged += 1
        if self._logged % 200 == 0:
            self.store.run("DELETE FROM nonce WHERE at < ?", now - 600)
        return False


@dataclass
class Settings:
    """Which keys WeChat Pay uses: `public_key`, `certificate`, or `both`, as in the months of a change."""

    store: Store = field(repr=False)

    @property
    def mode(self) -> str:
        """Whose keys a merchant may use."""
        return str(self.store.meta("mode", "both"))

    @property
    def notify_with(self) -> str:
        """What notifications are signed with: `public_key` or `certificate`."""
        mode = self.mode
        return mode if mode != "both" else str(self.store.meta("notify_with", "public_key"))
