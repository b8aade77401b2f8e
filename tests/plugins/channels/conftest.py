"""A shop whose robots, short messages and mail end in a sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from zhanggui.api import SYSTEM, Envelope, Recipient, acting_as, clock, unit_of_work
from zhanggui.cli import sandbox as sandboxes
from zhanggui.config import settings
from zhanggui.config.models import StoredSetting
from zhanggui.host import generation, refresh
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui_sandbox import Keyring, Sandbox, running

PREFIX = "ZHANGGUI_"


@pytest.fixture(scope="session")
def keys() -> Keyring:
    """One set for all tests: making six keys takes longer than most of them."""
    return Keyring.make()


@pytest.fixture
def sandbox(tmp_path: Path, keys: Keyring) -> Iterator[Sandbox]:
    with running(tmp_path / "sandbox", keys=keys, mail_port=0) as sandbox:
        yield sandbox


@pytest.fixture
def kind() -> str:
    """Nothing is stored here: one database tells as much as both."""
    return "sqlite"


@pytest.fixture
def instance(databases: Any, kind: str, sandbox: Sandbox) -> Iterator[Runtime]:
    """A shop that may call this machine, set up as the demo is but for what a file locks: each test may change it."""
    runtime = open_runtime(databases.fresh(kind, OUTSIDE__ALLOWED="127.0.0.1", **_addresses(sandbox)))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        given = sandboxes.as_settings(sandbox.ask("GET", "/_sim/credentials"), sandbox.url, sandbox.mail_port)
        with unit_of_work() as db:
            for variable, value in given.items():
                key = variable.removeprefix(PREFIX).lower().replace("__", ".")
                if key.startswith("plugin.channels.") and not key.endswith("_endpoint"):
                    settings.set(db, key, int(value) if key.endswith("_port") else value, actor=SYSTEM, now=clock.now())
        yield runtime
    databases.drop(runtime)


def _addresses(sandbox: Sandbox) -> dict[str, str]:
    return {f"PLUGIN__CHANNELS__{name}_ENDPOINT": sandbox.url for name in ("TENCENT", "ALIYUN")}


@pytest.fixture
def change(instance: Runtime) -> Callable[..., None]:
    """``change(wecom_address="")``: settings of the channels."""

    def do(**values: Any) -> None:
        with unit_of_work() as db:
            for name, value in values.items():
                if value == "":  # as before it was entered: a form never empties a secret
                    db.execute(delete(StoredSetting).where(StoredSetting.key == f"plugin.channels.{name}"))
                    generation.bump(db, "settings")
                else:
                    settings.set(db, f"plugin.channels.{name}", value, actor=SYSTEM, now=clock.now())

    return do


@pytest.fixture
def arrived(sandbox: Sandbox) -> Callable[[str], list[dict[str, Any]]]:
    """What came by a channel, the newest first."""

    def look(channel: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = sandbox.ask("GET", f"/_sim/messages?channel={channel}")["items"]
        return found

    return look


@pytest.fixture
def asked(sandbox: Sandbox) -> Callable[..., int]:
    """How often the sandbox was asked to do this."""

    def count(operation: str, at_least: int = 0) -> int:
        deadline = time.monotonic() + 5
        while True:  # what is held is written down when it ends
            found = sum(one["operation"] == operation for one in sandbox.ask("GET", "/_sim/requests?limit=1000")["items"])
            if found >= at_least or time.monotonic() > deadline:
                return found
            time.sleep(0.05)

    return count


@pytest.fixture
def envelope() -> Callable[..., Envelope]:
    """A message that is written out, ``envelope("+8613800000000")``."""

    def make(address: str = "group", **more: Any) -> Envelope:
        plain = {
            "message_id": "msg-7f3a", "kind": "orders.shipped", "recipient": Recipient("customer", 1), "address": address, "locale": "zh_CN",
            "subject": "订单已发货", "body": "订单26112785921383已交给顺丰。", "values": {"number": "26112785921383", "carrier": "顺丰", "amount": "¥39.80"},
        }  # fmt: skip
        return Envelope(**{**plain, **more})

    return make
