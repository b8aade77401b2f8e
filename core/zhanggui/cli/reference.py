"""``docs/reference`` is written from the code: hooks, settings, permissions, events, commands.

    python -m zhanggui.cli.reference [--check]
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, cast

import click

from ..config.core_settings import CORE_SETTINGS
from ..config.declare import Setting, plugin_settings
from ..host.core_part import core_part
from ..host.discovery import discover
from ..host.host import CORE_SPECS, Host, build_host
from ..host.permissions import wanted_permissions
from ..host.trial import no_shop
from ..i18n.texts import in_english
from ..web.describe import Field
from ..web.kinds import BUILT_IN
from . import main as command_line
from .of_plugins import group_of

FOLDER = Path("docs/reference")
_MADE = "<!-- Written by `make docs`; change the code instead. -->\n"


def _host() -> Host:
    """Every bundled plugin, built without a database."""
    manifests = discover(["plugins"]).manifests
    with no_shop(None, {"ZHANGGUI_PLUGINS__FOLDERS": "plugins"}):
        host = build_host(manifests, set(manifests), core_part())
    if host.faults:
        fault = next(iter(host.faults.values()))
        raise SystemExit(f"the plugin {fault.plugin} cannot be built: {fault.sentence}")
    return host


def _docstring(thing: Any) -> str:
    return inspect.cleandoc(thing.__doc__ or "")


def hooks(host: Host) -> str:
    """Hooks by theme, with who implements them."""
    table = {row["name"]: row["plugins"] for row in host.hook_table()}
    parts = ["# Hooks\n", "A plugin implements a hook by a function of that name in its `plugin.py`, marked `@hookimpl`.\n"]
    modules = [*CORE_SPECS, *(specs for plugin_id in host.manifests for specs in _offered(host.manager.get_plugin(plugin_id)))]
    for module in modules:
        parts.append(f"## {_docstring(module).splitlines()[0]}\n")
        for name, function in vars(module).items():
            if hasattr(function, "zhanggui_spec"):
                parts += [f"### `{name}`\n", _docstring(function) + "\n", f"Implemented by: {', '.join(table.get(name, ())) or 'nobody yet'}.\n"]
    return "\n".join(parts)


def _offered(plugin: Any) -> Iterable[Any]:
    offered = getattr(plugin, "register_hookspecs", None)
    return offered() if offered else ()


def settings(host: Host) -> str:
    """Every setting with its default."""
    parts = ["# Settings\n", "`zhanggui config explain KEY` says where a value comes from.\n"]
    groups: dict[str, list[Setting]] = {"The core": list(CORE_SETTINGS)}
    for plugin_id, manifest in host.manifests.items():
        found = plugin_settings(plugin_id, manifest.settings)
        if found:
            groups[f"Plugin `{plugin_id}`"] = found
    for title, group in groups.items():
        parts += [f"## {title}\n", "| key | kind | default | |", "|---|---|---|---|"]
        for s in group:
            notes = s.text("help", "en") + (" Run-time." if s.runtime else "")
            parts.append(f"| `{s.key}` | {s.kind} | {'' if s.secret else f'`{s.default!r}`'} | {notes} |")
        parts.append("")
    return "\n".join(parts)


def permissions(host: Host) -> str:
    """Every permission, and which role presets have it."""
    wanted, presets = wanted_permissions(host)
    held: dict[tuple[str, str], set[str]] = {}
    for preset in presets:
        for resource, verbs in preset.grants.items():
            for verb in verbs:
                held.setdefault((f"can_{verb}", resource), set()).add(preset.name)
    lines = ["# Permissions\n", "The role `owner` holds every permission.\n", "| resource | permission | presets |", "|---|---|---|"]
    lines += [f"| `{r}` | `{n}` | {', '.join(sorted(held.get((n, r), ())))} |" for n, r in sorted(wanted, key=lambda p: (p[1], p[0]))]
    return "\n".join(lines) + "\n"


def events(host: Host) -> str:
    """Every event with its fields and its handlers."""
    parts = ["# Events\n", "Handlers name an event as `name@version`; see `register_handlers`.\n"]
    for name, event in sorted(host.events.items()):
        parts += [f"## `{name}`\n", _docstring(event) + "\n"]
        if is_dataclass(event):
            parts += [*(f"- `{f.name}`: {f.type}" for f in fields(event)), ""]
        parts.append(f"Handled by: {', '.join(job.name for job in host.handlers.get(name, ())) or 'nobody'}.\n")
    return "\n".join(parts)


def commands(host: Host) -> str:
    """The command line, and what bundled plugins add to it."""
    parts = ["# Commands\n", "Every command takes `--config FILE` and `--json`. Exit codes: 0 fine, 1 refused or found something, 2 bad usage.\n"]

    def walk(command: click.Command, path: str) -> None:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in sorted(command.list_commands(context)):
                walk(cast(click.Command, command.get_command(context, name)), f"{path} {name}")
            return
        parts.append(f"## `{path}`\n\n{inspect.cleandoc(command.help or '')}\n")
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.name not in ("config", "as_json"):
                parts.append(f"- `{', '.join(parameter.opts)}` {parameter.help or ''}".rstrip())
        parts.append("")

    walk(command_line, "zhanggui")
    for plugin_id, part in sorted(host.parts.items()):
        if part.commands:
            walk(group_of(plugin_id, part.commands, ""), f"zhanggui {plugin_id}")
    return "\n".join(parts)


def kinds(_host: Host) -> str:
    """Every kind of value of the core, and where it may stand."""
    parts = [
        "# Kinds of values\n", "What a `Column`, `Field` or `Filter` names as its `kind`. Plugins add theirs with `register_kinds`.\n",
        "| kind | what it is | column | field | filter | over REST |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, kind in BUILT_IN.items():
        filters = [f"`{name}`"] * kind.equals + [f"`{name}_range`"] * kind.ranged
        told = {"type": "several"} if name in ("rows", "choices", "choice", "status") else kind.schema(Field("x", "X"))
        shape = told.get("format") or told.get("type", "anything")
        row = (f"`{name}`", _docstring(kind).replace("|", ","), "yes" * kind.column, "yes" * kind.field, ", ".join(filters), shape if kind.stored else "")
        parts.append("| " + " | ".join(row) + " |")
    return "\n".join(parts) + "\n"


def metrics(host: Host) -> str:
    """Every figure with its one meaning, and every way to take figures apart."""
    parts = [
        "# Figures\n", "What `/analytics/` and `GET /api/v1/analytics/query/` answer. A figure that is worked out names what it is made of; the others open a list that adds up to them.\n",
        "| figure | | what it is | made of | unit |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for metric in sorted(host.every("metrics"), key=lambda metric: metric.order):
        made = f"`{metric.formula}`" if metric.formula else f"{metric.fact}: {metric.sum}" + (f", different {metric.distinct}" if metric.distinct else "") + (f" ({metric.who})" if metric.who else "")
        parts.append(f"| `{metric.id}` | {in_english(metric.label)} | {in_english(metric.sentence)} | {made} | {metric.unit} |")
    parts += ["\n## Dimensions\n", "Beside these every figure can be taken apart by `day`, `week`, `month`, `quarter`, `year`, `hour`, `weekday` and `currency`.\n", "| dimension | | of |", "|---|---|---|"]
    for dimension in sorted(host.every("dimensions"), key=lambda dimension: dimension.id):
        known = [fact.id for fact in host.every("facts") if (dimension.through or dimension.id) in fact.by]
        parts.append(f"| `{dimension.id}` | {in_english(dimension.label)} | {', '.join(known)} |")
    return "\n".join(parts) + "\n"


PAGES: dict[str, Callable[[Host], str]] = {
    "hooks.md": hooks, "settings.md": settings, "permissions.md": permissions, "events.md": events, "commands.md": commands,
    "kinds.md": kinds, "metrics.md": metrics,
}  # fmt: skip


def main(check: bool) -> int:
    """Write the pages, or say which one is out of date."""
    host = _host()
    stale = []
    for name, write in PAGES.items():
        text = _MADE + write(host)
        path = FOLDER / name
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"docs/reference is out of date ({', '.join(stale)}): run `make docs`")
    elif check:
        print("docs/reference is up to date.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
