"""Looks for texts wherever an instance keeps anything, however they are written down."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from sqlalchemy import inspect, text

from zhanggui.jobs.nudge import connect
from zhanggui.runtime import Runtime


def forms(plain: str) -> Iterator[bytes]:
    """A text as UTF-8, UTF-16, JSON with escapes, hex and base64 at each of its three places."""
    data = plain.encode()
    yield data
    yield plain.encode("utf-16-le")
    yield plain.encode("utf-16-be")
    escaped = json.dumps(plain)[1:-1]
    yield escaped.encode()
    yield escaped.replace("\\u", "\\U").upper().replace("\\U", "\\u").encode()
    yield data.hex().encode()
    yield data.hex().upper().encode()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data)
        yield whole[{0: 0, 1: 2, 2: 3}[before] : len(whole) - {0: 0, 1: 3, 2: 2}[(before + len(data)) % 3]].rstrip(b"=")


def _database(runtime: Runtime) -> Iterator[tuple[str, bytes]]:
    if runtime.engine.dialect.name == "sqlite":
        path = str(runtime.engine.url.database)
        for end in ("", "-wal"):
            if Path(path + end).exists():
                yield f"database{end}", Path(path + end).read_bytes()
        return
    with runtime.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                for value in row:
                    yield f"table {table}", bytes(value) if isinstance(value, bytes | memoryview) else _as_text(value).encode()


def _as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _queue(runtime: Runtime) -> Iterator[tuple[str, bytes]]:
    server = connect(runtime)
    for key in server.scan_iter():
        yield "queue", key
        kind = server.type(key)
        if kind == b"hash":
            for name, value in server.hgetall(key).items():
                yield f"queue {key!r}", name
                yield f"queue {key!r}", zlib.decompress(value) if name == b"data" else value
        elif kind == b"list":
            yield from ((f"queue {key!r}", value) for value in server.lrange(key, 0, -1))


def places(runtime: Runtime, *, queue: bool) -> Iterator[tuple[str, bytes]]:
    """Everything that an instance keeps: its database with the log before it, its data folder, its queue."""
    yield from _joined(_database(runtime))
    for path in sorted(runtime.data.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(runtime.data)), path.name.encode() + path.read_bytes()
    if queue:
        yield from _queue(runtime)


def _joined(values: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """All values of one place in one piece: thousands of texts are looked for in a few pieces, not in each value."""
    for place, pairs in groupby(values, key=itemgetter(0)):
        yield place, b"\n".join(value for _, value in pairs)


def found(runtime: Runtime, texts: dict[str, str], *, queue: bool = False) -> dict[str, str]:
    """``{kind: place}`` of the texts that stand somewhere in clear."""
    wanted = {kind: list(forms(plain)) for kind, plain in texts.items()}
    seen: dict[str, str] = {}
    for place, data in places(runtime, queue=queue):
        for kind, all_forms in wanted.items():
            if any(form in data for form in all_forms):
                seen.setdefault(kind, place)
    return seen
