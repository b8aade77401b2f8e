"""``zhanggui <plugin> <command>``: the commands that plugins bring along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ..host.declare import Command
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError
from .frame import Group, Output


class NoCommands(DomainError):
    """This plugin can do nothing here now."""

    code = "no_commands"
    message = _l("The plugin “%(plugin)s” is switched off, or has no commands.")


def commands_of(plugin_id: str, ctx: click.Context) -> click.Command | None:
    """The group of a plugin's commands, its instance open until the command ends; None for what is no plugin.

    :raises NoCommands: for one that is switched off.
    """
    from ..host import current_host
    from ..host.discovery import discover

    out = Output(ctx.params.get("config"), False)
    if plugin_id not in discover(out.plugin_folders()).manifests:
        return None
    ctx.with_resource(out.instance())
    host = current_host()
    part = host.parts.get(plugin_id)
    if part is None or not part.commands:
        raise NoCommands(plugin=plugin_id)
    return group_of(plugin_id, part.commands, host.manifests[plugin_id].text("summary", "en"))


def group_of(plugin_id: str, commands: Sequence[Command], about: str) -> click.Group:
    """Commands as click has them."""
    group = Group(plugin_id, help=about)
    for command in commands:
        group.add_command(_as_click(command))
    return group


def _as_click(command: Command) -> click.Command:
    def call(as_json: bool, **arguments: Any) -> None:
        command.run(Output(None, as_json).say, **arguments)

    shared = [
        click.Option(["--config"], expose_value=False, help="The instance's configuration file."),  # read before the plugin was looked for
        click.Option(["--json", "as_json"], is_flag=True, help="Answer in JSON."),
    ]
    return click.Command(command.name, callback=call, params=[*command.params, *shared], help=command.help)
