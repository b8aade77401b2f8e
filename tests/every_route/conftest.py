"""One shop for all tests of a file: filling it takes longer than asking it everything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhanggui.host import refresh
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import activated, open_runtime
from zhanggui.testing.instances import Databases

sys.path.insert(0, str(Path(__file__).parent))

from furnish import Furnished, furnish  # noqa: E402 - found by the line above


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What does not name its databases runs on SQLite, and in ``make hard`` on both."""
    named = any("shop" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "shop" in metafunc.fixturenames and not named:
        kinds = ["sqlite", "postgresql"] if metafunc.config.getoption("--hard") else ["sqlite"]
        metafunc.parametrize("shop", kinds, indirect=True, scope="module")


@pytest.fixture(scope="module")
def shop(databases: Databases, request: pytest.FixtureRequest) -> Iterator[Furnished]:
    """A shop with something of everything; ``indirect`` names the database."""
    runtime = open_runtime(databases.fresh(request.param))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        yield furnish(runtime)
    databases.drop(runtime)
