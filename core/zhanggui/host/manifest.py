"""``plugin.toml``: what a plugin says of itself, read before any of its code is imported."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from .. import API_LEVEL
from ..config.declare import plugin_settings
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from .content_policy import read_csp
from .spots import in_manifest, said_at

# Two underscores part a plugin's id from its names (tables, what it adds to screens of others), so none has two.
_ID = re.compile(r"(?=.{2,31}\Z)[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
# Each key with what it may hold.
_KINDS: Mapping[str, tuple[type[Any], ...]] = {
    "id": (str,), "name": (str, dict), "summary": (str, dict), "version": (str,), "api_level": (int,), "requires": (list,),
    "after": (list,), "conflicts": (list,), "category": (str,), "icon": (str,), "settings": (dict,), "data": (dict,), "permissions": (list, dict),
    "authors": (str, list), "license": (str,), "csp": (dict,),
}  # fmt: skip
_WORDS = {str: _l("a text"), int: _l("a whole number"), list: _l("a list"), dict: _l("a table")}
CATEGORIES = ("catalog", "sales", "payment", "notify", "analytics", "content", "integration", "system")


@dataclass(frozen=True)
class Manifest:
    """A plugin's own words. ``name`` and ``summary`` map a locale to a text; English is always there.

    ``requires`` are ids of plugins that must run, ``versions`` the ranges of those that are asked for in some
    (``requires = ["orders>=0.1,<2"]``); ``after`` are plugins that come before this one when they are there.
    """

    id: str
    version: str
    api_level: int
    path: Path
    package: str
    name: Mapping[str, str]
    summary: Mapping[str, str]
    requires: Sequence[str] = ()
    versions: Mapping[str, SpecifierSet] = field(default_factory=dict)
    after: Sequence[str] = ()
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


class _Reading:
    """One manifest while it is read: what is wrong is said with its line."""

    def __init__(self, path: Path) -> None:
        self.path, self.text = path / "plugin.toml", ""

    def wrong(self, what: Any, key: str = "") -> WiringError:
        return WiringError(said_at(what, in_manifest(self.path, self.text, key)))

    def parse(self) -> dict[str, Any]:
        try:
            self.text = self.path.read_text(encoding="utf-8")
            return tomllib.loads(self.text)
        except OSError as error:
            raise WiringError(_l("%(file)s cannot be read: %(error)s", file=str(self.path), error=error.strerror)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise WiringError(_l("%(file)s is no TOML file: %(error)s", file=f"{self.path.parent.name}/{self.path.name}", error=str(error))) from error

    def check_kinds(self, raw: Mapping[str, Any]) -> None:
        unknown = set(raw) - set(_KINDS)
        if unknown:
            key = min(unknown)
            raise self.wrong(_l("plugin.toml: there is no key “%(key)s”", key=key), key)
        for key, value in raw.items():
            if type(value) not in _KINDS[key]:
                kinds = [_WORDS[kind] for kind in _KINDS[key]]
                if len(kinds) == 1:
                    raise self.wrong(_l("plugin.toml: %(key)s must be %(kind)s, not %(value)s", key=key, kind=kinds[0], value=repr(value)[:200]), key)
                raise self.wrong(
                    _l("plugin.toml: %(key)s must be %(kind)s or %(other)s, not %(value)s", key=key, kind=kinds[0], other=kinds[1], value=repr(value)[:200]), key
                )
        for key in ("requires", "after", "conflicts"):
            if not all(isinstance(one, str) for one in raw.get(key, ())):
                raise self.wrong(_l("plugin.toml: %(key)s must be a list of texts", key=key), key)
        for key, table in raw.get("settings", {}).items():
            if not isinstance(table, dict):
                raise self.wrong(_l("plugin.toml: %(key)s must be a table", key=f"settings.{key}"), key)

    def texts(self, value: Any, key: str) -> dict[str, str]:
        texts = {"en": value} if isinstance(value, str) else dict(value or {})
        if not texts.get("en"):
            raise self.wrong(_l("plugin.toml: %(key)s needs an English text", key=key), key)
        if not all(isinstance(text, str) for text in texts.values()):
            raise self.wrong(_l("plugin.toml: %(key)s must hold texts", key=key), key)
        return texts

    def version(self, text: str) -> str:
        try:
            Version(text)
        except InvalidVersion:
            raise self.wrong(_l("plugin.toml: “%(version)s” is no version; one is like 1.2.0", version=text), "version") from None
        return text

    def requirements(self, given: Sequence[str]) -> dict[str, SpecifierSet]:
        """What is required, with the versions that will do."""
        found = {}
        for text in given:
            try:
                one = Requirement(text)
                strange = bool(one.extras or one.url or one.marker)
            except InvalidRequirement:
                strange = True
            if strange:
                raise self.wrong(_l("plugin.toml: “%(text)s” is no requirement; one is like orders or orders>=0.1,<2", text=text), "requires")
            found[one.name] = one.specifier
        return found


def read_manifest(path: Path, package: str) -> Manifest:
    """Read and check the manifest in a plugin's folder.

    :raises WiringError: with the file, the line and the key that is wrong.
    """
    reading = _Reading(path)
    raw = reading.parse()
    reading.check_kinds(raw)
    plugin_id = raw.get("id")
    if not isinstance(plugin_id, str) or not _ID.match(plugin_id) or plugin_id in ("core", "ab"):
        raise reading.wrong(_l("plugin.toml: id must be lower-case letters, digits and single underscores, not %(id)s", id=repr(plugin_id)), "id")
    if "version" not in raw or "api_level" not in raw:
        raise reading.wrong(_l("plugin.toml: version (text) and api_level (number) are needed"), "version")
    category = raw.get("category", "system")
    if category not in CATEGORIES:
        raise reading.wrong(_l("plugin.toml: category “%(category)s” is none of %(known)s", category=category, known=", ".join(CATEGORIES)), "category")
    try:
        plugin_settings(plugin_id, raw.get("settings", {}))
    except (ValueError, TypeError, AttributeError) as error:
        raise reading.wrong(_l("plugin.toml: %(error)s", error=str(error)), "settings") from None
    try:
        csp = read_csp(raw.get("csp", {}))
    except ValueError as error:
        raise reading.wrong(_l("plugin.toml: %(error)s", error=str(error)), "csp") from None
    requires = reading.requirements(raw.get("requires", ()))
    return Manifest(
        id=plugin_id, version=reading.version(raw["version"]), api_level=raw["api_level"], path=path, package=package,
        name=reading.texts(raw.get("name"), "name"), summary=reading.texts(raw.get("summary"), "summary"),
        requires=tuple(requires), versions={name: range_ for name, range_ in requires.items() if range_}, after=tuple(raw.get("after", ())),
        conflicts=tuple(raw.get("conflicts", ())), category=category,
        icon=raw.get("icon", "puzzle"), settings=raw.get("settings", {}), data=raw.get("data", {}), csp=csp,
    )  # fmt: skip
