"""What one process holds for one instance: configuration, engine, keys. No Flask in here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from .db import crypto
from .db.engine import open_engine

if TYPE_CHECKING:
    from .config import Config


@dataclass
class Runtime:
    """One instance, opened by one process. ``pooled=False`` for a process that forks."""

    config: Config
    pooled: bool = True
    safe_mode: bool = False
    shared: dict[str, Any] = field(default_factory=dict)  # per-process caches, keyed by their owner

    @cached_property
    def engine(self) -> Engine:
        return open_engine(self.config["database.url"], pooled=self.pooled, write_wait=self.config["database.write_wait_seconds"])

    @cached_property
    def read_bind(self) -> Engine:
        """For reading alone: connections of its own, on which the database refuses to write."""
        return open_engine(self.config["database.url"], pooled=self.pooled, read_only=True)

    @cached_property
    def write_bind(self) -> Engine:
        return self.engine.execution_options(writes=True)

    @cached_property
    def keyring(self) -> crypto.Keyring:
        return crypto.Keyring(self.config["security.secret_key"])

    @property
    def data(self) -> Path:
        """The instance's data folder: ``db.sqlite3``, ``files/``, ``backups/``, ``logs/``, ``redis/``."""
        return Path(self.config["instance.data"]).absolute()

    @property
    def on_disk(self) -> tuple[Path, str | None]:
        """The data folder, and the file of the database where it is one."""
        return self.data, self.engine.url.database if self.engine.dialect.name == "sqlite" else None

    def close(self) -> None:
        """Give back connections; the runtime may be used again afterwards."""
        for name in ("engine", "read_bind"):
            if name in self.__dict__:
                getattr(self, name).dispose()

    def forget_connections(self) -> None:
        """In a child just forked: leave the parent's connections alone and open others."""
        for name in ("engine", "read_bind"):
            if name in self.__dict__:
                getattr(self, name).dispose(close=False)


_current: ContextVar[Runtime | None] = ContextVar("zhanggui_runtime", default=None)
_process: Runtime | None = None


def current_runtime() -> Runtime:
    """The instance that this code runs for.

    :raises RuntimeError: outside of any.
    """
    runtime = _current.get() or _process
    if runtime is None:
        raise RuntimeError("no instance is open in this process")
    return runtime


def has_runtime() -> bool:
    """Whether this code runs for an instance at all."""
    return (_current.get() or _process) is not None


def open_runtime(runtime: Runtime) -> Runtime:
    """Make ``runtime`` the instance of this process: its threads see it too."""
    global _process
    _process = runtime
    crypto.use_keyring(runtime.keyring)
    return runtime


@contextmanager
def activated(runtime: Runtime) -> Iterator[Runtime]:
    """Run the block for ``runtime``, whatever the process otherwise serves."""
    token = _current.set(runtime)
    try:
        with crypto.with_keyring(runtime.keyring):
            yield runtime
    finally:
        _current.reset(token)
