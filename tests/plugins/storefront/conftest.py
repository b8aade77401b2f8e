"""A shop with things on sale, and people who buy there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zhanggui.api import Actor, unit_of_work
from zhanggui.app import Site
from zhanggui.runtime import Runtime

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "orders")]

from shoppers import Shopper, allow_demo_login, signed_in  # noqa: E402 - found by the line above


@pytest.fixture
def visitor(site: Site) -> Shopper:
    """Somebody without a token."""
    return Shopper(site)


@pytest.fixture
def sign_in(site: Site, instance: Runtime) -> Callable[[str], Shopper]:
    """``sign_in("alice")``: a customer with a token."""
    allow_demo_login()
    return lambda name="alice": signed_in(site, name)


@pytest.fixture
def tea(instance: Runtime, owner: Actor) -> Any:
    """Ten tins of tea at 19.90, on sale."""
    from shop import add_product

    with unit_of_work() as db:
        return add_product(db, owner)
