"""How much of a file is held at once, and how far it may unpack.

Each reader gives back row after row and keeps none. What could still fill the memory or run for hours is one
thing without an end (a line, a cell, a row), or a small file that says it is a huge one. These numbers are not
settings: they lie far beyond what shops have, and whoever needs more has a file that is none of a shop.
"""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid

MAX_COLUMNS = 1000  # exports of shops have a few dozen, the widest seen has 300
MAX_CELL = 1_000_000  # characters: a description with pictures pasted into it has 140,000
MAX_ROW = 2_000_000  # characters
MAX_RATIO = 100  # to one: repetitive sheets pack 40 to one, bombs 1000 to one
FREE_CELLS = 2_000_000  # before the size of the file is asked about: seconds of reading
FREE_TEXT = 64 * 1024 * 1024
# A cell of a sheet takes at least its reference, packed; a column of equal values in Parquet nearly nothing.
CELLS_PER_BYTE = {"csv": 2, "xlsx": 1, "parquet": 10}
HEADROOM = 128 * 1024 * 1024  # bytes, for what a library unpacks in one go


class Budget:
    """What one reading of one file may still take."""

    def __init__(self, path: Path, kind: str) -> None:
        self._name, size = path.name, path.stat().st_size
        self.cells = FREE_CELLS + CELLS_PER_BYTE[kind] * size
        self.text = FREE_TEXT + MAX_RATIO * size

    def take(self, number: int, cells: int, text: int) -> None:
        """Count one row.

        :raises Invalid: when it is too wide or too long, or the file holds more than its size can account for.
        """
        if cells > MAX_COLUMNS:
            raise Invalid(_l("%(name)s: row %(row)s has more than %(limit)s columns.", name=self._name, row=number, limit=MAX_COLUMNS))
        if text > MAX_ROW:
            raise too_long(self._name, number)
        self.cells -= cells + 1
        self.text -= text
        if self.cells < 0 or self.text < 0:
            raise unpacks_too_far(self._name)


def too_long(name: str, number: int) -> Invalid:
    """The refusal of a row without an end."""
    return Invalid(_l("%(name)s: row %(row)s is longer than %(limit)s characters; its quotes or line ends may be damaged.",
                      name=name, row=number, limit=MAX_ROW))  # fmt: skip


def unpacks_too_far(name: str) -> Invalid:
    """The refusal of a small file that holds a huge one."""
    return Invalid(_l("%(name)s unpacks to far more than its size can hold (more than %(ratio)s to one).", name=name, ratio=MAX_RATIO))


@contextlib.contextmanager
def within_headroom(name: str) -> Iterator[None]:
    """Run a library that unpacks whole pages and says nothing of their size beforehand.

    The kernel keeps this process from growing by more than the headroom; the library then fails as it does
    when memory is short.

    :raises Invalid: when it would have.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = _private_bytes() + HEADROOM
    ceiling = min([most, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)])
    resource.setrlimit(resource.RLIMIT_DATA, (ceiling, hard))
    try:
        yield
    except MemoryError as error:
        raise unpacks_too_far(name) from error
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _private_bytes() -> int:
    """What this process has asked for so far: the sixth number of statm, in pages (Linux; elsewhere no limit bites)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    except OSError:
        return 2**62
