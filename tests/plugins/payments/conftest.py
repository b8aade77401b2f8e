"""A shop that takes money by Panda Pay, whose far end is a real server."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zhanggui.api import SYSTEM, Actor, acting_as, clock, unit_of_work
from zhanggui.app import Site
from zhanggui.config import settings
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin, upgrade
from zhanggui.runtime import Runtime, activated, open_runtime

_TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(_TESTS / "outside"), str(_TESTS / "plugins" / "storefront"), str(_TESTS / "plugins" / "orders")]

from panda import SECRET, Panda  # noqa: E402 - found by the line above
from shoppers import Shopper, allow_demo_login, signed_in  # noqa: E402


@pytest.fixture
def panda() -> Iterator[Panda]:
    """Its far end."""
    server = Panda()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def far_end(panda: Panda) -> Panda:
    """The same, as the contract calls it."""
    return panda


@pytest.fixture
def instance(databases: Any, kind: str, repository: Path, panda: Panda) -> Iterator[Runtime]:
    """A shop that may call this machine."""
    folders = f"{repository}/plugins,{repository}/tests/outside"
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=folders, OUTSIDE__ALLOWED="127.0.0.1"))
    with activated(runtime), acting_as(SYSTEM):
        upgrade(runtime)
        refresh(runtime)
        enable_plugin("pandapay", actor=SYSTEM, now=clock.now())
        with unit_of_work() as db:
            settings.set(db, "plugin.pandapay.address", panda.address, actor=SYSTEM, now=clock.now())
            settings.set(db, "plugin.pandapay.secret", SECRET, actor=SYSTEM, now=clock.now())
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def tea(instance: Runtime, owner: Actor) -> Any:
    """A hundred tins of tea at 19.90, on sale."""
    from shop import add_product

    with unit_of_work() as db:
        return add_product(db, owner, stock=100)


@pytest.fixture
def sign_in(site: Site) -> Callable[..., Shopper]:
    """``sign_in("alice")``: a customer with a token."""
    allow_demo_login()
    return lambda name="alice": signed_in(site, name)
