"""A shop that takes money by Alipay, at a sandbox that is a process's own server with real keys."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zhanggui.api import SYSTEM, Actor, acting_as, unit_of_work
from zhanggui.app import Site
from zhanggui.host import refresh
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui_sandbox import Keyring, Sandbox, running

_TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(_TESTS / "plugins" / "storefront"), str(_TESTS / "plugins" / "orders")]

from alipay_side import FarEnd, certificate_settings, enter, key_settings  # noqa: E402 - found by the line above
from shoppers import Shopper, allow_demo_login, signed_in  # noqa: E402 - found by the line above


@pytest.fixture(scope="session")
def keys() -> Keyring:
    """One set for all tests: making six keys takes longer than most of them."""
    return Keyring.make()


@pytest.fixture
def sandbox(tmp_path: Path, keys: Keyring) -> Iterator[Sandbox]:
    with running(tmp_path / "sandbox", keys=keys) as sandbox:
        yield sandbox


@pytest.fixture
def far_end(sandbox: Sandbox) -> FarEnd:
    return FarEnd(sandbox)


@pytest.fixture
def given(sandbox: Sandbox) -> dict[str, str]:
    """What Alipay gives a merchant."""
    found: dict[str, str] = sandbox.ask("GET", "/_sim/credentials")["alipay"]
    return found


@pytest.fixture(params=["keys"])
def mode(request: pytest.FixtureRequest) -> str:
    """``keys`` or ``certificates``."""
    name: str = request.param
    return name


@pytest.fixture
def instance(databases: Any, kind: str, sandbox: Sandbox, given: dict[str, str], mode: str) -> Iterator[Runtime]:
    """A shop that may call this machine."""
    runtime = open_runtime(databases.fresh(kind, OUTSIDE__ALLOWED="127.0.0.1", PLUGIN__ALIPAY__GATEWAY=f"{sandbox.url}/gateway.do"))
    with activated(runtime), acting_as(SYSTEM):
        enter(key_settings(given) if mode == "keys" else certificate_settings(given))
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
