"""Layers of configuration, and which of them a value came from.

Core defaults, plugin defaults, ``base.toml``, the instance's file, ``ZHANGGUI_*`` environment; the
database comes last, at run time (``config.settings``). A file may lock keys against later layers.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..kernel.errors import ConfigError
from . import checks
from .core_settings import CORE_SETTINGS
from .declare import Setting, plugin_settings

if TYPE_CHECKING:
    from ..host.manifest import Manifest

PREFIX = "ZHANGGUI_"
ENVIRONMENT = "environment"
# Variables of the project that are no settings.
_NO_SETTINGS = {"CONFIG", "SUPERVISOR", "RETAIL_PARQUET"}
# A password inside an address is as secret as any other.
_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@/\s]*@")


@dataclass(frozen=True)
class Layer:
    """One source of values, flattened to dotted keys."""

    name: str
    values: Mapping[str, Any]
    locked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Explained:
    """Where a value comes from: ``layers`` lists every layer that has one, the winning one last."""

    key: str
    value: Any
    layer: str
    layers: tuple[tuple[str, Any], ...]
    locked_by: str | None = None


@dataclass
class Config(Mapping[str, Any]):
    """The checked configuration of one instance, as a mapping of dotted keys."""

    settings: dict[str, Setting]
    layers: list[Layer]
    settled: dict[str, Any] = field(default_factory=dict)
    locked: dict[str, str] = field(default_factory=dict)  # key -> the file that locks it
    path: Path | None = None
    kept: dict[str, str] = field(default_factory=dict)  # settings of plugins that are not installed, with their layer
    installed: frozenset[str] = frozenset()

    @classmethod
    def load(cls, path: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
        """Read and check every layer.

        :raises ConfigError: naming the key and the layer that is wrong.
        """
        environ = os.environ if environ is None else environ
        path = Path(path or environ.get(PREFIX + "CONFIG", "") or "config/instances/default.toml")
        explicit = path.is_file()
        if not explicit and path != Path("config/instances/default.toml"):
            raise ConfigError(f"there is no configuration file {path}")
        layers = [_file(base) for base in _base_files(path)] + ([_file(path)] if explicit else [])
        layers.append(_environment(environ))
        settings = {s.key: s for s in CORE_SETTINGS}
        config = cls(settings, layers, path=path if explicit else None)
        config._declare_plugins()
        config._settle()
        config._fill_in()
        return config

    def _declare_plugins(self) -> None:
        from ..host.discovery import discover

        found = discover(self._raw("plugins.folders") or []).manifests
        self.installed = frozenset(found)
        for manifest in found.values():
            self.settings |= {setting.key: setting for setting in plugin_settings(manifest.id, manifest.settings)}

    def learn(self, manifest: Manifest) -> None:
        """Take up the settings of a plugin that came while the process runs, as the layers have them.

        :raises ConfigError: naming the setting and the layer that is wrong.
        """
        self.installed |= {manifest.id}
        settings = {setting.key: setting for setting in plugin_settings(manifest.id, manifest.settings)}
        settled = {key: setting.default for key, setting in settings.items()}
        for layer in self.layers:
            for key in [key for key in layer.values if key.startswith(f"plugin.{manifest.id}.")]:
                if key not in settings:
                    self._unknown(key, layer)
                settled[key] = self._value(settings[key], layer.values[key], layer)
        self.settings |= settings
        self.settled |= settled
        self.locked |= {key: layer.name for layer in reversed(self.layers) for key in layer.locked if key in settings}
        self.kept = {key: layer for key, layer in self.kept.items() if not key.startswith(f"plugin.{manifest.id}.")}

    def _raw(self, key: str) -> Any:
        value = None
        for layer in self.layers:
            if key in layer.values:
                raw = layer.values[key]
                value = self._value(self.settings[key], raw, layer)
        return value

    def _value(self, setting: Setting, raw: Any, layer: Layer) -> Any:
        try:
            value = setting.parse(raw) if layer.name == ENVIRONMENT else setting.check(raw)
        except ValueError as error:
            raise ConfigError(f"{setting.key} (in {layer.name}) {error}") from None
        if setting.secret and value and layer.name != ENVIRONMENT:
            # Configuration files are committed, copied and mailed.
            raise ConfigError(f"{setting.key} (in {layer.name}) is a secret: give it by {variable(setting.key)} or a file of its own")
        return value

    def _settle(self) -> None:
        self.settled = {key: setting.default for key, setting in self.settings.items()}
        locked: dict[str, str] = {}
        for layer in self.layers:
            for key, raw in layer.values.items():
                setting = self.settings.get(key)
                if setting is None:
                    self._unknown(key, layer)
                    continue
                if key in locked:
                    raise ConfigError(f"{key} (in {layer.name}) is locked by {locked[key]}")
                self.settled[key] = self._value(setting, raw, layer)
            for key in layer.locked:
                if key not in self.settings:
                    self._unknown(key, layer)
                locked.setdefault(key, layer.name)
        self.locked = locked

    def _unknown(self, key: str, layer: Layer) -> None:
        parts = key.split(".")
        if parts[0] == "plugin" and len(parts) > 2 and parts[1] not in self.installed:
            self.kept[key] = layer.name
            return
        near = difflib.get_close_matches(key, self.settings, n=1)
        raise ConfigError(f"there is no setting {key} (in {layer.name})" + (f"; is {near[0]} meant?" if near else ""))

    def _fill_in(self) -> None:
        if not self.settled["database.url"]:
            self.settled["database.url"] = f"sqlite:///{Path(self.settled['instance.data']) / 'db.sqlite3'}"
        named = self.settled["security.secret_key_file"]
        if named and not self.settled["security.secret_key"]:
            try:
                self.settled["security.secret_key"] = Path(named).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"security.secret_key_file: {named} cannot be read ({getattr(error, 'strerror', 'it is no text')})") from None
            layer = named
        else:
            layer = self.explain("security.secret_key").layer
        checks.refuse_weak_secret(self.settled["security.secret_key"], layer)
        checks.refuse_contradictions(self)

    def __getitem__(self, key: str) -> Any:
        return self.settled[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.settled)

    def __len__(self) -> int:
        return len(self.settled)

    def explain(self, key: str) -> Explained:
        """Where a value comes from.

        :raises ConfigError: when there is no such setting.
        """
        setting = self.settings.get(key)
        if setting is None:
            raise ConfigError(f"there is no setting {key}")
        given = [(layer.name, layer.values[key]) for layer in self.layers if key in layer.values]
        found = [(name, _shown(setting, value)) for name, value in [("default", setting.default), *given]]
        return Explained(key, _shown(setting, self.settled[key]), found[-1][0], tuple(found), self.locked.get(key))

    def source_of_secret(self) -> str:
        """Which setting brought the secret key, and from where, for people who look for a mix-up."""
        layer = self.explain("security.secret_key").layer
        named = self.settled["security.secret_key_file"]
        return f"security.secret_key_file: {named}" if layer == "default" and named else f"security.secret_key, from {layer}"

    def warnings(self) -> list[str]:
        """What is allowed but unwise, a sentence each."""
        return list(checks.warnings(self))


def variable(key: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + key.upper().replace(".", "__")


def _shown(setting: Setting, value: Any) -> Any:
    if setting.secret:
        return "<secret>" if value else ""
    return _PASSWORD.sub(r"\1:***@", value) if isinstance(value, str) else value


def _base_files(path: Path) -> list[Path]:
    for folder in (path.parent, path.parent.parent):
        base = folder / "base.toml"
        if base.is_file() and base.resolve() != path.resolve():
            return [base]
    return []


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _file(path: Path) -> Layer:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML file: {error}") from None
    locked = table.pop("locked", [])
    if not isinstance(locked, list) or not all(isinstance(key, str) for key in locked):
        raise ConfigError(f"locked (in {path}) must be a list of keys")
    return Layer(str(path), dict(_flatten(table)), frozenset(locked))


def _environment(environ: Mapping[str, str]) -> Layer:
    values = {}
    for name, text in environ.items():
        key = name.removeprefix(PREFIX)
        if key == name or key in _NO_SETTINGS:
            continue
        if "__" not in key:
            # Left alone, a variable with one underscore too few would be a setting that nobody reads.
            raise ConfigError(f"{name} (in {ENVIRONMENT}) is no setting: a dot of a key is written __, as in {PREFIX}DATABASE__URL")
        values[key.lower().replace("__", ".")] = text
    return Layer(ENVIRONMENT, values)
