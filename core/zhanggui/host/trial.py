"""Every plugin in reach, switched on and mounted on trial: no instance is needed, nothing is kept."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config
from ..runtime import Runtime, activated
from . import hosted
from .core_part import core_part
from .discovery import discover
from .host import Fault, Host, build_host, fault_of
from .names import missing_plugins
from .spots import find, said_at

CORE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Finding:
    """What is wrong with a plugin, as a sentence in the reader's language."""

    plugin: str
    sentence: Any


@contextmanager
def no_shop(config: str | None, environ: Mapping[str, str]) -> Iterator[Runtime]:
    """What is configured, for plugins that look at their settings when they are loaded; there is no database behind it."""
    with tempfile.TemporaryDirectory() as empty:
        runtime = Runtime(Config.load(config, {
            **environ, "ZHANGGUI_SECURITY__SECRET_KEY": secrets.token_hex(32), "ZHANGGUI_INSTANCE__DATA": empty,
            "ZHANGGUI_DATABASE__URL": f"sqlite:///{Path(empty) / 'none.sqlite3'}",
        }))  # fmt: skip
        try:
            with activated(runtime):
                yield runtime
        finally:
            runtime.close()


def check_plugins(config: str | None, folders: Sequence[str], environ: Mapping[str, str], only: str | None = None) -> list[Finding]:
    """What is wrong with the plugins that are installed, or lie in ``folders`` beside those that the configuration names.

    :param only: the id of the one that is asked for; the others are there beside it.
    """
    with no_shop(config, environ) as runtime:
        found = list(_findings(runtime, [*folders, *runtime.config["plugins.folders"]]))
    names = (only, f"zhanggui_{only}")
    return [one for one in dict.fromkeys(found) if only is None or one.plugin in names]


def _findings(runtime: Runtime, folders: Sequence[str]) -> Iterator[Finding]:
    from ..articles import checks as help_checks
    from ..web.theme import icon_names
    from ..web.unworded import without_any

    found = discover(folders)
    for package, sentence in found.broken.items():
        yield Finding(package, sentence)
    host = build_host(found.manifests, set(found.manifests), core_part(), icons=icon_names(runtime))
    for plugin_id, error in missing_plugins(host, found.manifests):
        yield _said(fault_of(found.manifests[plugin_id], "check", error))
    yield from map(_said, host.faults.values())
    while (fault := mounted(runtime, host)) is not None:
        yield _said(fault)
        host = build_host(found.manifests, set(host.manifests) - {fault.plugin}, core_part(), icons=icon_names(runtime))
    yield from map(_said, host.findings)
    with hosted(host):
        for plugin_id, error in help_checks.findings(host):
            yield Finding(plugin_id, error.sentence)
        for error in without_any(host, "core", CORE, CORE.name):
            yield Finding("core", said_at(error.sentence, find(CORE, error.at)))
        for plugin_id, manifest in host.manifests.items():
            for error in without_any(host, plugin_id, manifest.path, plugin_id):
                yield _said(fault_of(manifest, "check", error))


def _said(fault: Fault) -> Finding:
    return Finding(fault.plugin, fault.sentence)


def mounted(runtime: Runtime, host: Host) -> Fault | None:
    """What is wrong with the first plugin whose views cannot be added, where no process serves the host yet."""
    from ..app import PluginFailed, create_app

    try:
        with hosted(host):
            create_app(runtime, host)
    except PluginFailed as failed:
        return fault_of(host.manifests[failed.plugin], "build", failed.error)
    return None
