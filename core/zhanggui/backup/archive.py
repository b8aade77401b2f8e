"""What lies in a backup: a tar archive of a few kinds of members, written and read as a stream, compressed by Zstandard.

``head.json`` first, then ``config.json``, ``tables/<table>/<part>.jsonl``, ``files/<path>``, and ``manifest.json`` as the last.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

from ..i18n.texts import lazy_gettext as _l
from .sealing import BackupDamaged

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORMAT = 1
LEVEL = 3
_JSON = re.compile(r"(head|config|manifest)\.json\Z")
_ROWS = re.compile(r"tables/([a-z0-9_]{1,63})/([0-9]{6})\.jsonl\Z")
_FILE = re.compile(r"files/((?:[0-9A-Za-z_][0-9A-Za-z_.-]{0,120}/){0,6}[0-9A-Za-z_][0-9A-Za-z_.-]{0,120})\Z")
_LARGEST = 1 << 26  # of what is held in memory: a part of a table, or the manifest


@dataclass(frozen=True)
class Written:
    """A member to be written: its bytes, in one piece or several that make ``size`` together."""

    name: str
    body: Iterable[bytes]
    size: int


def as_json(name: str, value: Any) -> Written:
    """A member that holds JSON."""
    body = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str).encode()
    return Written(name, [body], len(body))


def _plain(members: Iterable[Written]) -> Iterator[bytes]:
    for member in members:
        info = tarfile.TarInfo(member.name)
        info.size, info.mode = member.size, 0o600
        yield info.tobuf(tarfile.PAX_FORMAT)
        yield from member.body
        yield b"\0" * (-member.size % tarfile.BLOCKSIZE)
    yield b"\0" * 2 * tarfile.BLOCKSIZE


def packed(members: Iterable[Written]) -> Iterator[bytes]:
    """The archive in compressed blocks."""
    compressor = zstd.ZstdCompressor(level=LEVEL)
    for block in _plain(members):
        if out := compressor.compress(block):
            yield out
    yield compressor.flush()


class Body:
    """The bytes of a member. Where they cannot be read on, the backup is damaged."""

    def __init__(self, source: IO[bytes], backup: str) -> None:
        self._source, self._backup = source, backup

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, or all; none at the end."""
        with _unpacking(self._backup):
            return self._source.read(size)


@contextmanager
def _unpacking(backup: str) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, zstd.ZstdError, EOFError, UnicodeDecodeError) as error:
        raise BackupDamaged(name=backup, what=_l("it cannot be unpacked")) from error


@dataclass(frozen=True)
class Member:
    """A member as it is read. ``table`` and ``file`` say what it is of; ``body`` has to be read before the next one."""

    name: str
    size: int
    body: Body
    table: str = ""
    file: str = ""

    def json(self) -> Any:
        """The JSON that it holds."""
        return json.loads(self.body.read())


def members(stream: BinaryIO, name: str) -> Iterator[Member]:
    """Every member in turn.

    :param name: of the backup, for the sentence.
    :raises BackupDamaged: for whatever we do not write: another kind of name, a link, one name twice, a member that is too large.
    """
    seen: set[str] = set()
    with _unpacking(name), zstd.ZstdFile(stream) as plain, tarfile.open(fileobj=plain, mode="r|") as archive:
        for info in archive:
            archive.members = []  # a stream is read once: nothing is looked up in it again
            if info.name in seen:
                raise BackupDamaged(name=name, what=_l("%(member)s is in it twice", member=info.name[:80]))
            seen.add(info.name)
            yield _checked(info, archive, name)
        plain.read()


def _checked(info: tarfile.TarInfo, archive: tarfile.TarFile, name: str) -> Member:
    rows, file = _ROWS.match(info.name), _FILE.match(info.name)
    if not info.isreg() or not (rows or file or _JSON.match(info.name)):
        raise BackupDamaged(name=name, what=_l("%(member)s does not belong into a backup", member=info.name[:80]))
    if not file and info.size > _LARGEST:
        raise BackupDamaged(name=name, what=_l("%(member)s is too large", member=info.name[:80]))
    body = archive.extractfile(info)
    assert body is not None  # a regular file
    return Member(info.name, info.size, Body(body, name), table=rows[1] if rows else "", file=file[1] if file else "")
