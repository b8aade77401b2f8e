"""Files of an instance are for the user who runs it, and for nobody else on the machine."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private() -> None:
    """From now on, what this process and its children make is readable by their owner alone."""
    os.umask(0o077)


def exposed(folder: Path, database: str | None = None) -> Iterator[Path]:
    """Every path of an instance that others may enter, read or write. Links are not followed.

    :param database: the file of an SQLite database, which may lie elsewhere.
    """
    paths = [Path(f"{database}{end}") for end in ("", "-wal", "-shm")] if database else []
    for where, _folders, files in os.walk(folder):
        paths += [Path(where), *(Path(where, name) for name in files)]
    yield from sorted(path for path in set(paths) if (_mode(path) or 0) & _OTHERS)


def close(folder: Path, database: str | None = None) -> None:
    """Take the rights of others away from everything that an instance has on disk."""
    for path in exposed(folder, database):
        with contextlib.suppress(FileNotFoundError):  # a log that is gone by now is readable by nobody
            path.chmod((_mode(path) or 0) & ~_OTHERS)


def _mode(path: Path) -> int | None:
    """The mode of a path of ours; None for a link, and for what is gone again or belongs to somebody else."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return None if stat.S_ISLNK(found.st_mode) or found.st_uid != os.getuid() else stat.S_IMODE(found.st_mode)
