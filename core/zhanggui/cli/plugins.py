"""``zhanggui plugin``."""

from __future__ import annotations

import os
import sys

import click

from .frame import Output, options


@click.group()
def plugin() -> None:
    """Plugins: what there is, on and off."""


@plugin.command("list")
@options
def plugin_list(out: Output) -> None:
    """Every installed plugin with its state."""
    from ..host import current_host, service

    with out.instance():
        infos = service.list_plugins(current_host())
        rows = [{"id": i.manifest.id, "version": i.manifest.version, "state": i.state, "reason": " ".join(map(str, i.reasons))} for i in infos]
    out.say("\n".join(f"{r['state']:<12} {r['id']} {r['version']} {r['reason']}".rstrip() for r in rows), rows)


@plugin.command("enable")
@options
@click.argument("plugin_id")
def plugin_enable(out: Output, plugin_id: str) -> None:
    """Switch a plugin on, at the next request of every process."""
    _toggle(out, plugin_id, True)


@plugin.command("disable")
@options
@click.argument("plugin_id")
def plugin_disable(out: Output, plugin_id: str) -> None:
    """Switch a plugin off; its data stays."""
    _toggle(out, plugin_id, False)


@plugin.command("check")
@options
@click.argument("plugin_id", metavar="ID", required=False)
def plugin_check(out: Output, plugin_id: str | None) -> None:
    """What is wrong with plugins, with file and line: every one in reach, or one. No instance is needed; exit code 1 when something is."""
    from ..host.trial import check_plugins

    found = check_plugins(out.config, ["plugins"], os.environ, plugin_id)
    rows = [{"plugin": one.plugin, "sentence": str(one.sentence)} for one in found]
    out.say("\n".join(f"{row['plugin']}: {row['sentence']}" for row in rows) or "Nothing is wrong.", rows)
    if found:
        sys.exit(1)


@plugin.command("migration")
@options
@click.argument("plugin_id", metavar="ID")
@click.argument("text")
def plugin_migration(out: Output, plugin_id: str, text: str) -> None:
    """Write the next migration of a plugin: what its models say and its history does not. No instance is needed."""
    from ..migrations import autogenerate

    written = autogenerate.write(plugin_id, text, ["plugins", *out.plugin_folders()])
    if written is None:
        out.say(f"Nothing differs: the history of {plugin_id} makes what its models say.", {"written": None})
        return
    lines = [f"Wrote {written.path}. Read it before you keep it."]
    lines += [
        f"It drops and adds columns of {table}: if one was renamed, say op.alter_column(..., new_column_name=...) instead, or its values are lost."
        for table in written.renamed
    ]
    out.say("\n".join(lines), {"written": str(written.path), "perhaps_renamed": list(written.renamed)})


def _toggle(out: Output, plugin_id: str, on: bool) -> None:
    from ..host import service
    from ..kernel import clock
    from ..kernel.actors import current_actor

    with out.instance():
        (service.enable_plugin if on else service.disable_plugin)(plugin_id, actor=current_actor(), now=clock.now())
    out.say(f"{plugin_id} is {'enabled' if on else 'disabled'}.", {"id": plugin_id, "enabled": on})
