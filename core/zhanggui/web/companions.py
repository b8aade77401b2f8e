"""A script of a plugin that goes along from page to page of one session, such as that of a tour that is under way."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import session

from ..host import current_host

_KEY = "zg_companion"


def accompany(path: str | None) -> None:
    """From now on each page of this session loads ``<plugin>/<file>`` of a plugin's ``static/``; None: no more."""
    if path is None:
        session.pop(_KEY, None)
    else:
        session[_KEY] = path


def companion() -> str:
    """The address of the script that goes along; "" for none, and while its plugin is off."""
    path = str(session.get(_KEY, ""))
    plugin, _slash, name = path.partition("/")
    manifest = current_host().manifests.get(plugin)
    if manifest is None:
        return ""
    digest = _digest(manifest.path / "static" / plugin / name)
    return f"/static/{plugin}/{name}?v={digest}" if digest else ""


@lru_cache(maxsize=8)
def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else ""
