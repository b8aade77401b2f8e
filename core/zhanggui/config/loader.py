"""Layers of configuration, and which of them a value came from.

Core defaults, plugin defaults, ``base.toml``, the instance's file, ``ZHANGGUI_*`` environment; the
database comes last, at run time (``config.settings``). A file may lock keys against later layers.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..kernel.errors import ConfigError
from .core_settings import CORE_SETTINGS
from .declare import Setting, plugin_settings

PREFIX = "ZHANGGUI_"
MIN_SECRET = 32
# Published in tutorials and other people's repositories: as good as no secret.
KNOWN_SECRETS = ("changeme", "secret", "password", "insecure", "thisismyscretkey", "your-secret-key", "dev-secret", "zhanggui")


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

        for manifest in discover(self._raw("plugins.folders") or []).manifests.values():
            try:
                for setting in plugin_settings(manifest.id, manifest.settings):
                    self.settings[setting.key] = setting
            except ValueError as error:
                raise ConfigError(f"plugin {manifest.id}: {error}") from None

    def _raw(self, key: str) -> Any:
        value = None
        for layer in self.layers:
            if key in layer.values:
                raw = layer.values[key]
                value = self.settings[key].parse(raw) if layer.name == "environment" else raw
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
                try:
                    value = setting.parse(raw) if layer.name == "environment" else setting.check(raw)
                except ValueError as error:
                    raise ConfigError(f"{key} (in {layer.name}) {error}") from None
                self.settled[key] = value
            for key in layer.locked:
                if key not in self.settings:
                    raise ConfigError(f"locked: there is no setting {key} (in {layer.name})")
                locked.setdefault(key, layer.name)
        self.locked = locked

    def _unknown(self, key: str, layer: Layer) -> None:
        parts = key.split(".")
        if parts[0] == "plugin" and not any(k.startswith(f"plugin.{parts[1]}.") for k in self.settings):
            self.kept[key] = layer.name
            return
        raise ConfigError(f"there is no setting {key} (in {layer.name})")

    def _fill_in(self) -> None:
        if not self.settled["database.url"]:
            self.settled["database.url"] = f"sqlite:///{Path(self.settled['instance.data']) / 'db.sqlite3'}"
        named = self.settled["security.secret_key_file"]
        if named and not self.settled["security.secret_key"]:
            try:
                self.settled["security.secret_key"] = Path(named).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigError(f"security.secret_key_file: {named} cannot be read ({error.strerror})") from None
        where = self.explain("security.secret_key").layer
        _check_secret(self.settled["security.secret_key"], where)

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
        found = [("default", setting.default)] + [(layer.name, layer.values[key]) for layer in self.layers if key in layer.values]
        if setting.secret:
            found = [(name, "<secret>" if value else "") for name, value in found]
        value = "<secret>" if setting.secret else self.settled[key]
        return Explained(key, value, found[-1][0], tuple(found), self.locked.get(key))

    def warnings(self) -> list[str]:
        """What is allowed but unwise, a sentence each."""
        found = [f"{key} (in {layer}) belongs to a plugin that is not installed; it is kept" for key, layer in self.kept.items()]
        if self["web.public_url"] and not self["web.public_url"].startswith("https:") and not self["instance.demo"]:
            found.append("web.public_url is not https: passwords and cookies travel in the open")
        if self["instance.demo"] and self["web.public_url"].startswith("https:"):
            found.append("instance.demo is on while web.public_url is https: its passwords are known to everybody")
        if "*" in self["web.trusted_hosts"]:
            found.append("web.trusted_hosts has *: any Host header is taken")
        return found


def _check_secret(secret: str, layer: str) -> None:
    if not secret:
        raise ConfigError(
            "security.secret_key is not set: give ZHANGGUI_SECURITY__SECRET_KEY or security.secret_key_file, 32 random characters or more"
        )
    if len(secret) < MIN_SECRET:
        raise ConfigError(f"security.secret_key (in {layer}) is too short: {MIN_SECRET} characters are needed")
    if secret.lower().strip("-_0123456789") in KNOWN_SECRETS or len(set(secret)) < 8:
        raise ConfigError(f"security.secret_key (in {layer}) is a known or guessable secret: make a random one")


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
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    locked = table.pop("locked", [])
    return Layer(str(path), dict(_flatten(table)), frozenset(locked))


def _environment(environ: Mapping[str, str]) -> Layer:
    values = {}
    for name, text in environ.items():
        if name.startswith(PREFIX) and "__" in name:
            values[name.removeprefix(PREFIX).lower().replace("__", ".")] = text
    return Layer("environment", values)
