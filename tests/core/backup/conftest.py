"""A shop with customers, orders, stock, pictures and files, copied for each test that changes it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from kept_shop import FILES, fill  # noqa: E402 - see above

from zhanggui.backup import making, sealing
from zhanggui.backup.places import Backup
from zhanggui.host import current_host, refresh
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.instances import Databases


@pytest.fixture
def shop(databases: Databases, kind: str) -> Iterator[Runtime]:
    """The shop, on SQLite and on PostgreSQL in turn."""
    runtime = open_runtime(databases.prepared(kind, "backup", fill))
    shutil.copytree(FILES[kind], runtime.data / "files")
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def back_up(shop: Runtime) -> Callable[..., Backup]:
    """``back_up()``: a backup of the shop as it is."""
    return lambda kind="manual", **more: making.create_backup(shop, kind=kind, now=clock.now(), totals=making.totals_of(current_host()), **more)


@pytest.fixture
def keys(shop: Runtime) -> list[Any]:
    """What opens its backups."""
    return sealing.identities(shop.keyring)
