"""What is wrong with an instance and is seen only where it runs: its folders, its theme, its queue, its database."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import OperationalError, ProgrammingError

from ..config import identity
from ..db.uow import reading
from ..jobs import backlog
from ..kernel.errors import ConfigError
from ..runtime import Runtime, activated
from .theme import BRAND, load_theme


def findings(runtime: Runtime, *, queue: bool = True) -> list[str]:
    """Each as a sentence that names the setting.

    :param queue: ask the queue server too, where one is configured.
    """
    with activated(runtime):
        return [*_theme(runtime), *_folders(runtime), *(_queue(runtime) if queue else ()), *_database(runtime)]


def _theme(runtime: Runtime) -> Iterator[str]:
    try:
        theme = load_theme(runtime)
    except ConfigError as error:
        yield str(error)
        return
    except (tomllib.TOMLDecodeError, OSError) as error:
        yield f"theme.name: the theme {runtime.config['theme.name']} cannot be read: {error}"
        return
    for key in sorted(set(theme.brand) - BRAND):
        yield f"theme.name: the theme {theme.name} has [brand] {key}, which nothing reads; it may hold {', '.join(sorted(BRAND))}"


def _folders(runtime: Runtime) -> Iterator[str]:
    for name in ("", "files", "backups", "logs"):
        folder = runtime.data / name
        present = next(path for path in (folder, *folder.parents) if path.exists())
        if not present.is_dir() or not os.access(present, os.W_OK | os.X_OK):
            yield f"instance.data: {folder} cannot be written to"
            return
    database = runtime.on_disk[1]
    if database and Path(database).exists() and not os.access(database, os.W_OK):
        yield f"database.url: {database} cannot be written to"


def _queue(runtime: Runtime) -> Iterator[str]:
    if runtime.config["queue.url"] and backlog() is None:
        yield f"queue.url: nobody answers at {_without_password(runtime.config['queue.url'])}"


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _database(runtime: Runtime) -> Iterator[str]:
    database = runtime.on_disk[1]
    if database and not Path(database).exists():
        return
    try:
        with reading() as db:
            yield from identity.changed(db, runtime.config)
    except (OperationalError, ProgrammingError):
        return  # it is away, or has no tables yet: doctor says that by itself
