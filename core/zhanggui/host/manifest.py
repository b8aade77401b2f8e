"""``plugin.toml``: what a plugin says of itself, read before any of its code is imported."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import API_LEVEL
from ..config.declare import plugin_settings
from ..kernel.errors import WiringError
from .content_policy import read_csp

_ID = re.compile(r"[a-z][a-z0-9_]{1,30}\Z")
# Each key with what it may hold.
_KINDS: Mapping[str, tuple[type[Any], ...]] = {
    "id": (str,), "name": (str, dict), "summary": (str, dict), "version": (str,), "api_level": (int,), "requires": (list,),
    "conflicts": (list,), "category": (str,), "icon": (str,), "settings": (dict,), "data": (dict,), "permissions": (list, dict),
    "authors": (str, list), "license": (str,), "csp": (dict,),
}  # fmt: skip
_WORDS = {str: "a text", int: "a whole number", list: "a list", dict: "a table"}
CATEGORIES = ("catalog", "sales", "payment", "notify", "analytics", "content", "integration", "system")


@dataclass(frozen=True)
class Manifest:
    """A plugin's own words. ``name`` and ``summary`` map a locale to a text; English is always there."""

    id: str
    version: str
    api_level: int
    path: Path
    package: str
    name: Mapping[str, str]
    summary: Mapping[str, str]
    requires: Sequence[str] = ()
    conflicts: Sequence[str] = ()
    category: str = "system"
    icon: str = "puzzle"
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    csp: Mapping[str, Sequence[str]] = field(default_factory=dict)  # origins that its own pages may load from, by directive

    def text(self, which: str, locale: str) -> str:
        """``name`` or ``summary`` in a language, else in English."""
        texts: Mapping[str, str] = getattr(self, which)
        return texts.get(locale) or texts.get(locale.split("_")[0]) or texts["en"]

    @property
    def migrations(self) -> Path:
        """Where its migration history lies, whether there is one or not."""
        return self.path / "migrations"

    @property
    def compatible(self) -> bool:
        """Whether this core speaks the API level that the plugin was written for."""
        return self.api_level <= API_LEVEL


def _check_kinds(raw: Mapping[str, Any], where: Path) -> None:
    unknown = set(raw) - set(_KINDS)
    if unknown:
        raise WiringError(f"{where}: unknown key {sorted(unknown)[0]!r}")
    for key, value in raw.items():
        if type(value) not in _KINDS[key]:
            raise WiringError(f"{where}: {key} must be {' or '.join(_WORDS[kind] for kind in _KINDS[key])}, not {value!r}"[:300])
    for key in ("requires", "conflicts"):
        if not all(isinstance(one, str) for one in raw.get(key, ())):
            raise WiringError(f"{where}: {key} must be a list of texts")
    for key, table in raw.get("settings", {}).items():
        if not isinstance(table, dict):
            raise WiringError(f"{where}: settings.{key} must be a table")


def _texts(value: Any, key: str, where: Path) -> dict[str, str]:
    texts = {"en": value} if isinstance(value, str) else dict(value or {})
    if not texts.get("en"):
        raise WiringError(f"{where}: {key} needs an English text")
    if not all(isinstance(text, str) for text in texts.values()):
        raise WiringError(f"{where}: {key} must hold texts")
    return texts


def read_manifest(path: Path, package: str) -> Manifest:
    """Read and check the manifest in a plugin's folder.

    :raises WiringError: with the file and the key that is wrong.
    """
    where = path / "plugin.toml"
    try:
        raw = tomllib.loads(where.read_text(encoding="utf-8"))
    except OSError as error:
        raise WiringError(f"{where} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WiringError(f"{where}: {error}") from error
    _check_kinds(raw, where)
    plugin_id = raw.get("id")
    if not isinstance(plugin_id, str) or not _ID.match(plugin_id) or plugin_id in ("core", "ab"):
        raise WiringError(f"{where}: id must be lower-case letters, digits and underscores, not {plugin_id!r}")
    if "version" not in raw or "api_level" not in raw:
        raise WiringError(f"{where}: version (text) and api_level (number) are needed")
    category = raw.get("category", "system")
    if category not in CATEGORIES:
        raise WiringError(f"{where}: category {category!r} is none of {', '.join(CATEGORIES)}")
    try:
        plugin_settings(plugin_id, raw.get("settings", {}))
    except (ValueError, TypeError, AttributeError) as error:
        raise WiringError(f"{where}: settings: {error}") from None
    try:
        csp = read_csp(raw.get("csp", {}))
    except ValueError as error:
        raise WiringError(f"{where}: {error}") from None
    return Manifest(
        id=plugin_id, version=raw["version"], api_level=raw["api_level"], path=path, package=package,
        name=_texts(raw.get("name"), "name", where), summary=_texts(raw.get("summary"), "summary", where),
        requires=tuple(raw.get("requires", ())), conflicts=tuple(raw.get("conflicts", ())), category=category,
        icon=raw.get("icon", "puzzle"), settings=raw.get("settings", {}), data=raw.get("data", {}), csp=csp,
    )  # fmt: skip
