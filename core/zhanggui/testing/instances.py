"""Throw-away instances on real databases, made from a template that was upgraded once a test run."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from ..config import Config
from ..host.service import upgrade
from ..runtime import Runtime

SECRET = "only-for-tests-0123456789-abcdefghijklmnop"
_numbers = itertools.count(1)
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


@contextmanager
def one_worker(lock: Path) -> Iterator[None]:
    """The block runs in one test process at a time; the others wait."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def configured(data: Path, url: str, **more: Any) -> Config:
    """The configuration of a test instance; ``more`` maps keys with ``__`` for the dots."""
    environ = {
        "ZHANGGUI_INSTANCE__DATA": str(data),
        "ZHANGGUI_DATABASE__URL": url,
        "ZHANGGUI_SECURITY__SECRET_KEY": SECRET,
        "ZHANGGUI_WEB__TRUSTED_HOSTS": "localhost,127.0.0.1",
        "ZHANGGUI_PLUGINS__ENABLED": "*",
        "ZHANGGUI_PLUGINS__FOLDERS": str(Path(__file__).parents[3] / "plugins"),
        "ZHANGGUI_THEME__FOLDERS": str(Path(__file__).parents[3] / "themes"),
    }
    environ |= {f"ZHANGGUI_{key.upper()}": str(value) for key, value in more.items()}
    return Config.load(None, environ)


class Databases:
    """Two template databases, and cheap copies of them.

    :param folder: where the instances of this process lie.
    :param shared: where all processes of a test run find the templates, which the first of them makes.
    """

    def __init__(self, folder: Path, postgresql: str, shared: Path) -> None:
        self.folder, self.postgresql, self.shared = folder, postgresql, shared
        self._ready: set[str] = set()
        self._prepared: dict[tuple[str, str], str] = {}  # database or file, by its kind and name

    @cached_property
    def _server(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.postgresql, autocommit=True)

    def _admin(self, statement: str) -> list[Any]:
        done = self._server.execute(statement)
        return done.fetchall() if done.description else []

    def close(self) -> None:
        """Take leave of the server."""
        self._server.close()

    def _template(self, kind: str) -> None:
        if kind in self._ready:
            return
        with one_worker(self.shared / "templates.lock"):
            if kind == "sqlite" and not self._template_file.exists():
                made = self.shared / "made.sqlite3"
                self._upgraded(f"sqlite:///{made}")
                made.rename(self._template_file)
            if kind == "postgresql" and not self._admin("SELECT 1 FROM pg_database WHERE datname = 'template_shop'"):
                self._admin("CREATE DATABASE template_made")
                self._upgraded(self._url(kind, "template_made"))
                self._admin("ALTER DATABASE template_made RENAME TO template_shop")
        self._ready.add(kind)

    @property
    def _template_file(self) -> Path:
        return self.shared / "template.sqlite3"

    def _upgraded(self, url: str) -> None:
        runtime = Runtime(configured(self.folder / "template", url))
        outcome = upgrade(runtime)
        assert not outcome.failed, outcome.failed
        runtime.close()

    def _url(self, kind: str, name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{self.folder}/{name}.sqlite3"
        return make_url(self.postgresql).set(database=name).render_as_string(hide_password=False)

    def empty(self, kind: str, **more: Any) -> Runtime:
        """An instance whose database has no table yet."""
        name = f"empty{WORKER}_{next(_numbers)}"
        if kind == "postgresql":
            self._admin(f"CREATE DATABASE {name}")
        return Runtime(configured(self.folder / name, self._url(kind, name), **more))

    def fresh(self, kind: str, **more: Any) -> Runtime:
        """An upgraded instance with every bundled plugin enabled and nothing in it."""
        self._template(kind)
        return self._copied(kind, "template_shop", self._template_file, more)

    def prepared(self, kind: str, name: str, prepare: Callable[[Runtime], None], **more: Any) -> Runtime:
        """A fresh instance to which ``prepare`` was done: once for each ``name`` in this process, and copied from then on."""
        made = self._prepared.get((kind, name))
        if made is None:
            runtime = self.fresh(kind, **more)
            prepare(runtime)
            runtime.close()
            made = self._prepared[kind, name] = str(make_url(runtime.config["database.url"]).database)
        return self._copied(kind, made, Path(made), more)

    def _copied(self, kind: str, database: str, file: Path, more: Mapping[str, Any]) -> Runtime:
        name = f"shop{WORKER}_{next(_numbers)}"
        if kind == "postgresql":
            # By files: two thirds of the time that it takes through the log.
            self._admin(f'CREATE DATABASE {name} TEMPLATE "{database}" STRATEGY file_copy')
        else:
            copy = shutil.copyfile(file, self.folder / f"{name}.sqlite3")
            copy.chmod(0o600)
        return Runtime(configured(self.folder / name, self._url(kind, name), **more))

    def drop(self, runtime: Runtime) -> None:
        """Close an instance and give back its space."""
        runtime.close()
        url = runtime.engine.url
        if url.get_backend_name() == "postgresql":
            self._admin(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')
        shutil.rmtree(runtime.data, ignore_errors=True)


def environment(config: Mapping[str, Any]) -> dict[str, str]:
    """The variables that give another process the same instance."""
    names = ("instance.data", "database.url", "security.secret_key", "web.trusted_hosts", "plugins.enabled", "plugins.folders", "theme.folders")
    values = {name: config[name] for name in names}
    return {
        f"ZHANGGUI_{name.upper().replace('.', '__')}": ",".join(v) if isinstance(v, list | tuple) else str(v)
        for name, v in values.items()
    }
