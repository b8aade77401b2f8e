"""Which plugins are there: by entry point ``zhanggui.plugins``, or in a folder of the configuration."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from .manifest import Manifest, read_manifest


@dataclass
class Found:
    """The manifests that could be read, in the order of ``requires``, and a sentence for each that could not."""

    manifests: dict[str, Manifest] = field(default_factory=dict)
    broken: dict[str, Any] = field(default_factory=dict)  # by package

    def broken_one(self, plugin_id: str) -> Any:
        """The sentence about a plugin whose manifest cannot be read, by what its id would be; None when there is no such."""
        return next((why for package, why in self.broken.items() if plugin_id in (package, package.removeprefix("zhanggui_"))), None)


@cache
def installed(group: str) -> list[EntryPoint]:
    """The entry points of a group by name, looked up once a process: new code means a restart anyway."""
    return sorted(entry_points(group=group), key=lambda entry: entry.name)


def _packages(folders: Iterable[str | Path]) -> Iterable[tuple[str, Path]]:
    for entry in installed("zhanggui.plugins"):
        package = entry.value.split(":")[0].split(".")[0]
        try:
            spec = importlib.util.find_spec(package)  # does not import a top-level package
        except (ImportError, ValueError):
            spec = None
        if spec and spec.submodule_search_locations:
            yield package, Path(next(iter(spec.submodule_search_locations)))
    for folder in folders:
        folder = Path(folder).resolve()
        if not folder.is_dir():
            continue
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        for path in sorted(folder.iterdir()):
            if (path / "plugin.toml").is_file():
                yield path.name, path


def discover(folders: Iterable[str | Path] = ()) -> Found:
    """Read every manifest there is, importing nothing."""
    found = Found()
    seen: dict[str, Path] = {}
    manifests: dict[str, Manifest] = {}
    for package, path in _packages(folders):
        if seen.get(package) == path.resolve():
            continue
        seen[package] = path.resolve()
        try:
            manifest = read_manifest(path, package)
            if manifest.id in manifests:
                raise WiringError(_l("two plugins call themselves “%(id)s”: %(one)s, %(other)s", id=manifest.id, one=str(manifests[manifest.id].path), other=str(path)))
        except WiringError as error:
            found.broken[package] = error.sentence
        except Exception as error:
            # Whatever stands in the file of one plugin, the others are found.
            found.broken[package] = _l("%(file)s cannot be read: %(error)s", file=f"{path.name}/plugin.toml", error=f"{type(error).__name__}: {error}")
        else:
            manifests[manifest.id] = manifest
    found.manifests = {plugin_id: manifests[plugin_id] for plugin_id in ordered(manifests)}
    return found


def ordered(manifests: Mapping[str, Manifest]) -> list[str]:
    """Ids so that whoever is required comes first, then who is wished for (``after``), and by name among equals.

    Wishes in a circle are let go; those who require each other come last.
    """
    result: list[str] = []
    waiting = sorted(manifests)

    def stands(names: Iterable[str]) -> bool:
        return all(name in result or name not in manifests for name in names)

    while waiting:
        able = [i for i in waiting if stands(manifests[i].requires)]
        if not able:
            return result + waiting
        ready = [i for i in able if stands(manifests[i].after)] or able[:1]
        result += ready
        waiting = [i for i in waiting if i not in ready]
    return result
