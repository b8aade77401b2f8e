"""A shop in which the plugin goes through doors that no bundled one goes through: one for all tests of a database."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.auth import service as accounts
from zhanggui.db.uow import unit_of_work
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin, upgrade
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD

FOLDER = Path(__file__).parents[2] / "plugins_for_tests"


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="package")
def instance(databases, kind: str) -> Iterator[Runtime]:
    sys.path.append(str(FOLDER))
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=f"{FOLDER.parents[1]}/plugins,{FOLDER}"))
    with activated(runtime), acting_as(SYSTEM):
        upgrade(runtime)
        refresh(runtime)
        enable_plugin("doors", actor=SYSTEM, now=clock.now())
        refresh(runtime)
        yield runtime
    databases.drop(runtime)
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="package")
def site(instance: Runtime) -> Site:
    return Site(instance)


@pytest.fixture(scope="package")
def enter(site: Site) -> Callable[..., Visitor]:
    """``enter("mia", "clerk")`` signs somebody in under a name of his own."""
    known: dict[str, Visitor] = {}

    def do(name: str, *roles: str) -> Visitor:
        if name not in known:
            with unit_of_work() as db:
                accounts.create_user(db, username=name, password=PASSWORD, roles=list(roles), actor=SYSTEM, now=clock.now(), display_name=name.title())
            known[name] = Visitor(Client(site))
            known[name].log_in(name, PASSWORD)
        return known[name]

    return do


@pytest.fixture
def boss(enter) -> Visitor:
    return enter("boss", "owner")


@pytest.fixture
def doors(instance: Runtime) -> Iterator[ModuleType]:
    """The plugin's code, to look at what it was given."""
    from zhanggui_doors import plugin

    yield plugin
    for kept in (plugin.TRIED, plugin.NOTES, plugin.FAILS):
        kept.clear()
    plugin.OUTSIDE[:] = [lambda: "The far end answered."]
