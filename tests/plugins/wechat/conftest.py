"""A shop whose mini-program signs in at a sandbox."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zhanggui.api import SYSTEM, acting_as, clock, unit_of_work
from zhanggui.app import Site
from zhanggui.config import settings
from zhanggui.host import refresh
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui_sandbox import Keyring, Sandbox, running

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("storefront", "orders")]

from shoppers import Shopper, allow_demo_login  # noqa: E402 - found by the line above


@pytest.fixture(scope="session")
def keys() -> Keyring:
    """One set for all tests: making six keys takes longer than most of them."""
    return Keyring.make()


@pytest.fixture
def sandbox(tmp_path: Path, keys: Keyring) -> Iterator[Sandbox]:
    with running(tmp_path / "sandbox", keys=keys) as sandbox:
        yield sandbox


@pytest.fixture
def instance(databases: Any, kind: str, sandbox: Sandbox) -> Iterator[Runtime]:
    """A shop that may call this machine."""
    runtime = open_runtime(databases.fresh(kind, OUTSIDE__ALLOWED="127.0.0.1", PLUGIN__WECHAT__SANDBOX=sandbox.url))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        with unit_of_work() as db:
            for name, value in {"app_id": sandbox.world.keys.app_id, "app_secret": sandbox.world.keys.app_secret}.items():
                settings.set(db, f"plugin.wechat.{name}", value, actor=SYSTEM, now=clock.now())
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def come_in(site: Site, sandbox: Sandbox) -> Callable[..., Any]:
    """``come_in("alice")``: the answer to a fresh code of hers, or to ``code``."""
    allow_demo_login()

    def come(user: str = "alice", code: str | None = None) -> Any:
        return Shopper(site).post("/session", {"code": code or sandbox.ask("POST", "/_sim/login", {"user": user})["code"]})

    return come
