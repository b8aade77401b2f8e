"""A shop with plugins that somebody outside wrote, installed beside the bundled ones and enabled."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zhanggui.api import SYSTEM, Actor, acting_as, clock, unit_of_work
from zhanggui.app import Site
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin, upgrade
from zhanggui.runtime import Runtime, activated, open_runtime

sys.path[:0] = [str(Path(__file__).parent), *(str(Path(__file__).parents[1] / "plugins" / part) for part in ("storefront", "orders"))]

from shoppers import Shopper, allow_demo_login, signed_in  # noqa: E402 - found by the line above


@pytest.fixture
def outside() -> tuple[str, ...]:
    """Which of them are enabled."""
    return ("giftwrap",)


@pytest.fixture
def instance(databases: Any, kind: str, repository: Path, outside: tuple[str, ...]) -> Iterator[Runtime]:
    """The bundled plugins and those of this folder."""
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=f"{repository}/plugins,{repository}/tests/outside"))
    with activated(runtime), acting_as(SYSTEM):
        upgrade(runtime)
        refresh(runtime)
        for plugin in outside:
            enable_plugin(plugin, actor=SYSTEM, now=clock.now())
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def sign_in(site: Site) -> Callable[[str], Shopper]:
    """``sign_in("alice")``: a customer with a token."""
    allow_demo_login()
    return lambda name="alice": signed_in(site, name)


@pytest.fixture
def goods(instance: Runtime, owner: Actor) -> list[Any]:
    """Tea at 19.90 and a cup at 8.00, on sale."""
    from shop import add_product

    with unit_of_work() as db:
        return [add_product(db, owner), add_product(db, owner, "CUP", price=800, name="Cup")]
