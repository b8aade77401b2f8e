"""Addresses of lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode


def url(route: str, args: Mapping[str, Any]) -> str:
    """A list's address with its arguments, empty ones left out."""
    kept = {k: v for k, v in args.items() if v not in ("", None)}
    return f"{route}/?{urlencode(kept)}" if kept else f"{route}/"
