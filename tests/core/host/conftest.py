"""A shop with the plugins for tests installed beside the bundled ones, and none of them enabled yet."""

from __future__ import annotations

import pytest

from zhanggui.host import refresh
from zhanggui.host.service import upgrade
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import activated, open_runtime

TEST_PLUGINS = [
    "broken_import", "broken_hook", "broken_migration", "broken_view", "guest", "misspelt", "mixed_methods", "needs_broken", "too_new",
]  # fmt: skip


@pytest.fixture
def folders(repository):
    return f"{repository}/plugins,{repository}/tests/plugins_for_tests"


@pytest.fixture
def instance(databases, kind, folders):
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=folders))
    with activated(runtime), acting_as(SYSTEM):
        upgrade(runtime)
        refresh(runtime)
        yield runtime
    databases.drop(runtime)
