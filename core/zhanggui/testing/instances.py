"""Throw-away instances on real databases, made from a template that was upgraded once a test run."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from ..config import Config
from ..host.service import upgrade
from ..runtime import Runtime

SECRET = "only-for-tests-0123456789-abcdefghijklmnop"
_numbers = itertools.count(1)


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
    """Two template databases, and cheap copies of them."""

    def __init__(self, folder: Path, postgresql: str | None) -> None:
        self.folder = folder
        self.postgresql = postgresql
        self._ready: set[str] = set()

    def _admin(self, statement: str) -> None:
        assert self.postgresql
        engine = create_engine(make_url(self.postgresql).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _template(self, kind: str) -> None:
        if kind in self._ready:
            return
        url = self._url(kind, "template")
        if kind == "postgresql":
            self._admin("CREATE DATABASE template_shop")
        runtime = Runtime(configured(self.folder / "template", url))
        outcome = upgrade(runtime)
        assert not outcome.failed, outcome.failed
        runtime.close()
        self._ready.add(kind)

    def _url(self, kind: str, name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{self.folder}/{name}.sqlite3"
        assert self.postgresql
        database = "template_shop" if name == "template" else name
        return make_url(self.postgresql).set(database=database).render_as_string(hide_password=False)

    def empty(self, kind: str, **more: Any) -> Runtime:
        """An instance whose database has no table yet."""
        name = f"empty{next(_numbers)}"
        if kind == "postgresql":
            self._admin(f"CREATE DATABASE {name}")
        return Runtime(configured(self.folder / name, self._url(kind, name), **more))

    def fresh(self, kind: str, **more: Any) -> Runtime:
        """An upgraded instance with every bundled plugin enabled and nothing in it."""
        self._template(kind)
        name = f"shop{next(_numbers)}"
        if kind == "postgresql":
            self._admin(f"CREATE DATABASE {name} TEMPLATE template_shop")
        else:
            copy = shutil.copyfile(self.folder / "template.sqlite3", self.folder / f"{name}.sqlite3")
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
