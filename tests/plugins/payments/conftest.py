"""A shop that takes money by Panda Pay, whose far end is a real server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zhanggui.api import Actor, unit_of_work
from zhanggui.app import Site
from zhanggui.runtime import Runtime

_TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(_TESTS / "outside"), str(_TESTS / "plugins" / "storefront"), str(_TESTS / "plugins" / "orders")]

from panda import Panda, open_for_business, panda_shop  # noqa: E402 - found by the line above
from shoppers import Shopper, allow_demo_login, signed_in  # noqa: E402


@pytest.fixture
def panda() -> Iterator[Panda]:
    """Its far end."""
    with open_for_business() as there:
        yield there


@pytest.fixture
def far_end(panda: Panda) -> Panda:
    """The same, as the contract calls it."""
    return panda


@pytest.fixture
def instance(databases: Any, kind: str, panda: Panda) -> Iterator[Runtime]:
    """A shop that may call this machine."""
    with panda_shop(databases, kind, panda) as runtime:
        yield runtime


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
