"""Themes: where templates and built assets come from, and how their addresses are made.

A theme is a package found by entry point ``zhanggui.themes`` (or a folder of the configuration) with a
``theme.toml``; it may extend another one and then carries only what differs.
"""

from __future__ import annotations

import difflib
import importlib.util
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache, ChoiceLoader, FileSystemLoader, PrefixLoader
from jinja2.bccache import Bucket
from markupsafe import Markup

from ..host.discovery import installed
from ..host.host import Host
from ..kernel.errors import ConfigError
from ..runtime import Runtime

CORE_TEMPLATES = Path(__file__).parent / "templates"


class _Compiled(BytecodeCache):
    """The compiled templates of this process: a toggle builds another app, which need not compile them again."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


BRAND = frozenset({"color", "css", "icon", "logo"})  # what [brand] of a theme may hold


@dataclass(frozen=True)
class Theme:
    """A theme and what it builds on: ``chain`` starts with the most specific folder."""

    name: str
    chain: Sequence[Path]
    files: Mapping[str, str] = field(default_factory=dict)  # logical name -> URL
    brand: Mapping[str, str] = field(default_factory=dict)

    def asset(self, name: str) -> str:
        """The address of a built file, with its content's hash in it.

        :raises KeyError: when the theme has no such file.
        """
        return self.files[name]


def _folder(name: str, folders: Sequence[str]) -> Path:
    for folder in folders:
        path = Path(folder) / name
        if (path / "theme.toml").is_file():
            return path
    for entry in installed("zhanggui.themes"):
        if entry.name == name:
            spec = importlib.util.find_spec(entry.value.split(":")[0])
            if spec and spec.submodule_search_locations:
                return Path(next(iter(spec.submodule_search_locations)))
    known = sorted({entry.name for entry in installed("zhanggui.themes")} | {path.parent.name for one in folders for path in Path(one).glob("*/theme.toml")})
    near = difflib.get_close_matches(name, known, 1)
    raise ConfigError(f"theme.name: there is no theme {name!r}" + (f"; is {near[0]} meant?" if near else f", only {', '.join(known)}"))


def load_theme(runtime: Runtime) -> Theme:
    """The instance's theme with everything it extends; read once a process."""
    found: Theme | None = runtime.shared.get("theme")
    if found is None:
        found = runtime.shared["theme"] = _read(runtime.config["theme.name"], runtime.config["theme.folders"])
    return found


def _read(name: str, folders: Sequence[str]) -> Theme:
    chain: list[Path] = []
    files: dict[str, str] = {}
    brand: dict[str, str] = {}
    wanted: str | None = name
    while wanted:
        path = _folder(wanted, folders)
        if path in chain:
            raise ConfigError(f"theme.name: theme {name!r} extends itself")
        chain.append(path)
        described = tomllib.loads((path / "theme.toml").read_text(encoding="utf-8"))
        manifest = path / "static" / "manifest.json"
        if manifest.is_file():
            built = json.loads(manifest.read_text(encoding="utf-8"))
            files = {logical: f"/static/{path.name}/{built_name}" for logical, built_name in built.items()} | files
        brand = dict(described.get("brand", {})) | brand
        wanted = described.get("extends")
    return Theme(name, chain, files, brand)


def install(app: Flask, runtime: Runtime, host: Host) -> None:
    """Give the app its template loaders and the globals that every template may use."""
    theme = load_theme(runtime)
    # A theme may dress anything; a plugin brings what lies in the folder of its own name, and nobody else's page.
    plugins = {m.id: FileSystemLoader(m.path / "templates" / m.id) for m in host.manifests.values()}
    dressed = FileSystemLoader([path / "templates" for path in theme.chain])
    app.jinja_loader = ChoiceLoader([dressed, PrefixLoader(plugins), FileSystemLoader(CORE_TEMPLATES)])
    app.jinja_env.auto_reload = False
    app.jinja_env.bytecode_cache = _compiled
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    sprite = theme.files.get("icons.svg", "")
    icons: dict[str, Markup] = {}

    def icon(name: str) -> Markup:
        if name not in icons:
            icons[name] = Markup('<svg class="zg-icon" aria-hidden="true"><use href="%s#%s"></use></svg>') % (sprite, name)
        return icons[name]

    app.jinja_env.globals.update(asset=theme.asset, icon=icon)


def icon_names(runtime: Runtime) -> frozenset[str]:
    """The icons that the instance's theme has; read once a process."""
    found: frozenset[str] | None = runtime.shared.get("icons")
    if found is None:
        theme = load_theme(runtime)
        sprites = [path / "static" / theme.files["icons.svg"].rpartition("/")[2] for path in theme.chain if "icons.svg" in theme.files]
        texts = [sprite.read_text(encoding="utf-8") for sprite in sprites if sprite.is_file()][:1]
        found = runtime.shared["icons"] = frozenset(re.findall(r'<symbol id="([^"]+)"', "".join(texts)))
    return found


def static_folders(runtime: Runtime) -> dict[str, Path]:
    """URL prefix to folder, for every theme in the chain."""
    return {f"/static/{path.name}": path / "static" for path in load_theme(runtime).chain if (path / "static").is_dir()}


def plugin_static(manifests: Mapping[str, Any]) -> dict[str, Path]:
    """URL prefix to folder, for the plugins that bring files of their own."""
    return {
        f"/static/{plugin_id}": manifest.path / "static" / plugin_id
        for plugin_id, manifest in manifests.items()
        if (manifest.path / "static" / plugin_id).is_dir()
    }
