"""An office with private papers and long work, on both databases."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from zhanggui.auth import service as accounts
from zhanggui.db.uow import unit_of_work
from zhanggui.files.models import PrivateFile
from zhanggui.host import refresh, service
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor, acting_as
from zhanggui.notices.models import Notice
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.tasks.models import Task
from zhanggui.testing.instances import Databases

FOLDER = Path(__file__).parent / "plugins"
BUNDLED = Path(__file__).parents[3] / "plugins"
ROLES = ("owner", "clerk", "viewer")


@pytest.fixture(scope="session")
def offices(databases: Databases) -> Callable[[str], Runtime]:
    """One office a database, made when it is first asked for."""

    def make(kind: str) -> Runtime:
        runtime = open_runtime(databases.fresh(kind, plugins__folders=f"{FOLDER},{BUNDLED}"))
        with activated(runtime), acting_as(SYSTEM):
            assert not service.upgrade(runtime).failed
            if "dossier" not in refresh(runtime).manifests:
                service.enable_plugin("dossier", actor=SYSTEM, now=clock.now())
                refresh(runtime)
            from zhanggui_dossier.papers import METADATA

            METADATA.create_all(runtime.engine)
        return runtime

    return functools.cache(make)


@pytest.fixture
def instance(offices: Callable[[str], Runtime], kind: str) -> Iterator[Runtime]:
    """An office with nothing in it."""
    runtime = open_runtime(offices(kind))
    with activated(runtime), acting_as(SYSTEM):
        from zhanggui_dossier import papers, work

        refresh(runtime)
        work.between.clear()
        with unit_of_work() as db:
            for table in (papers.PAPERS, papers.MARKS, Task.__table__, PrivateFile.__table__, Job.__table__, Notice.__table__):
                db.execute(delete(table))
        shutil.rmtree(runtime.data / "files", ignore_errors=True)
        yield runtime


@pytest.fixture
def people(instance: Runtime) -> dict[str, Actor]:
    """The owner, a clerk and a viewer, as who signs in."""
    from flask_appbuilder.security.sqla.models import User

    from zhanggui.auth.principal import find_principal
    from zhanggui.db.uow import reading
    from zhanggui.testing.fixtures import PASSWORD

    with reading() as db:
        there = dict(db.execute(select(User.username, User.id)).tuples().all())
    for role in set(ROLES) - set(there):
        with unit_of_work() as db:
            there[role] = accounts.create_user(db, username=role, password=PASSWORD, roles=[role], actor=SYSTEM, now=clock.now())
    return {role: find_principal(there[role]).actor() for role in ROLES}


@pytest.fixture
def sign_in(people, site):
    """``sign_in("clerk")``: somebody at the office's pages."""
    from werkzeug.test import Client

    from zhanggui.testing.browsing import Visitor
    from zhanggui.testing.fixtures import PASSWORD

    def do(role: str) -> Visitor:
        visitor = Visitor(Client(site))
        assert visitor.log_in(role, PASSWORD).status_code == 303
        return visitor

    return do
