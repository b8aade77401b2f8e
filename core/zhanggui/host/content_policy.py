"""What a plugin's own pages may load from elsewhere: ``[csp]`` of its manifest, read before any of its code runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# Scripts and styles come with the plugin: a foreign script would act with the rights of whoever looks at the page.
DIRECTIVES = ("img-src", "media-src", "connect-src", "frame-src")
_ORIGIN = re.compile(r"https://(?=.{1,253}(?::|\Z))(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?(?::[0-9]{1,5})?\Z")
_MOST = 20  # of one directive
_OURS = {
    "default-src": "'self'", "script-src": "'self' 'nonce-{nonce}'", "style-src": "'self'", "img-src": "'self' data: blob:",
    "media-src": "'self'", "connect-src": "'self'", "font-src": "'self'", "worker-src": "'self'", "manifest-src": "'self'",
    "frame-src": "'none'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'self'", "object-src": "'none'",
}  # fmt: skip


def read_csp(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Directives of a manifest with the origins that each adds.

    :raises ValueError: naming what is no exact https origin, or is a directive that nobody may widen.
    """
    found: dict[str, tuple[str, ...]] = {}
    for directive, origins in table.items():
        if directive not in DIRECTIVES:
            raise ValueError(f"csp.{directive} cannot be widened, only {', '.join(DIRECTIVES)}")
        if not isinstance(origins, list) or not 1 <= len(origins) <= _MOST:
            raise ValueError(f"csp.{directive} must be a list of 1 to {_MOST} origins")
        for origin in origins:
            if not isinstance(origin, str) or not _ORIGIN.match(origin):
                raise ValueError(f"csp.{directive}: {origin!r} is no exact origin such as https://tiles.example")
        found[directive] = tuple(dict.fromkeys(origins))
    return found


def policy(more: Mapping[str, Sequence[str]]) -> str:
    """The Content-Security-Policy of pages, with a place for ``{nonce}``, widened by what :func:`read_csp` answered."""
    parts = []
    for directive, sources in _OURS.items():
        added = more.get(directive, ())
        kept = "" if added and sources == "'none'" else sources
        parts.append(" ".join([directive, *([kept] if kept else []), *added]))
    return "; ".join(parts)
