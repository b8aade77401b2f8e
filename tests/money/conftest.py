"""A shop that takes money by WeChat Pay and by Alipay, at a sandbox with real keys."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from zhanggui.runtime import Runtime, activated
from zhanggui_sandbox import Keyring, Options, Sandbox, running

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(Path(__file__).parent), *(str(_TESTS / "plugins" / name) for name in ("storefront", "orders"))]

from bank import free_port, shop_of  # noqa: E402 - found by the line above


@pytest.fixture(scope="session")
def keys() -> Keyring:
    """One set for all tests: making six keys takes longer than most of them."""
    return Keyring.make()


@pytest.fixture
def sandbox(tmp_path: Path, keys: Keyring) -> Iterator[Sandbox]:
    with running(tmp_path / "sandbox", keys=replace(keys, platform=list(keys.platform)), options=Options(settle_seconds=0.2)) as sandbox:
        yield sandbox


@pytest.fixture
def port() -> int:
    """Where the shop will listen: both providers are told of it before it does."""
    return free_port()


@pytest.fixture
def instance(databases: Any, kind: str, sandbox: Sandbox, port: int) -> Iterator[Runtime]:
    runtime = shop_of(databases, kind, sandbox, port)
    with activated(runtime):
        yield runtime
    databases.drop(runtime)
