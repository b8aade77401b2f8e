"""What comes in and what goes out, as it stands on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl


class Cut(Exception):
    """The connection ends here, after these bytes of the answer."""

    def __init__(self, partial: bytes = b"") -> None:
        super().__init__("cut")
        self.partial = partial


class Flood(Exception):
    """The answer has so many megabytes, of which nobody wants one."""

    def __init__(self, megabytes: int) -> None:
        super().__init__("flood")
        self.megabytes = megabytes


@dataclass
class Call:
    """A request. ``target`` is path and query exactly as sent: that is what was signed."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    remote: str = "127.0.0.1"
    # What the log shows, filled in on the way.
    operation: str = ""
    trouble: str = ""
    signed_text: str = ""
    arguments: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Without the query."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> dict[str, str]:
        """The query, decoded once; of a repeated name the first value."""
        return _first(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """A form's fields. An encoding that is none gives signs that no signature covers."""
        return _first(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def json(self) -> Any:
        """The body as JSON.

        :raises ValueError: when it is none.
        """
        return json.loads(self.body.decode("utf-8"))

    @property
    def base(self) -> str:
        """The address under which the caller reached us."""
        return f"http://{self.headers.get('Host', 'localhost')}"


def _first(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


@dataclass
class Reply:
    """An answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200) -> Reply:
        """JSON, Chinese as it is."""
        return cls(status, json.dumps(value, ensure_ascii=False).encode())
