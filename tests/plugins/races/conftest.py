"""One shop a database for all races: each race brings its own goods and people, and leaves the others alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zhanggui.api import SYSTEM, Actor, acting_as
from zhanggui.host import refresh
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.instances import Databases

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "orders"), str(_HERE.parent / "storefront")]

from arena import THREADS, Arena  # noqa: E402 - found by the line above


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Runtime]:
    runtime = open_runtime(databases.fresh(request.param))
    yield runtime
    databases.drop(runtime)


@pytest.fixture
def arena(running: Runtime, size: Callable[[int, int], int]) -> Iterator[Arena]:
    """The shop, and as many threads as there shall be."""
    with activated(running), acting_as(SYSTEM):
        refresh(running)
        yield Arena(size(THREADS, 24))


@pytest.fixture
def setting(arena: Arena) -> Iterator[Callable[[str, Any], None]]:
    """``setting("plugin.orders.max_quantity", 5)``, as the merchant would; as it was afterwards."""
    from zhanggui.api import clock, get_setting, unit_of_work
    from zhanggui.config import settings

    before: dict[str, Any] = {}

    def do(key: str, value: Any) -> None:
        before.setdefault(key, get_setting(key))
        with unit_of_work() as db:
            settings.set(db, key, value, actor=SYSTEM, now=clock.now())

    yield do
    for key, value in before.items():
        do(key, value)


@pytest.fixture
def owner() -> Actor:
    """Who may do everything."""
    return Actor("user", name="owner", everything=True)

