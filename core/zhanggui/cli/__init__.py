"""``zhanggui``: the command line. Each command is thin: it opens the instance and calls a service."""

from __future__ import annotations

import importlib
from typing import Any

import click

from .frame import Group

# Name of the command: where it lies. A module is loaded when its command is called, so that a process that stands in this
# package (the web server holds sockets and nothing else) carries none of the others.
COMMANDS = {
    "up": "running:up", "web": "running:web", "worker": "running:worker", "scheduler": "running:scheduler",
    "upgrade": "running:upgrade", "demo": "running:demo", "sandbox": "sandbox:sandbox", "plugin": "plugins:plugin", "user": "staff:user", "jobs": "work:jobs",
    "outbox": "work:outbox", "config": "inspection:config_group", "doctor": "inspection:doctor", "hooks": "inspection:hooks",
    "import": "rows:import_", "export": "rows:export", "pii": "people:pii", "backup": "backups:backup", "audit": "trail:audit",
}  # fmt: skip


class Commands(Group):
    """The commands above, and below its id those of each plugin."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the alphabet."""
        return sorted(COMMANDS)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """A plugin has to be looked for in an instance, which may be named behind its command."""
        if "--config" in args[:-1]:
            ctx.params["config"] = args[args.index("--config") + 1]
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        module, _, name = COMMANDS.get(cmd_name, "").partition(":")
        if not module:
            from .of_plugins import commands_of

            return commands_of(cmd_name, ctx)
        found: Any = getattr(importlib.import_module(f".{module}", __name__), name)
        return found


@click.group(cls=Commands)
@click.option("--config", type=click.Path(dir_okay=False), help="The instance's configuration file.")
@click.version_option(package_name="zhanggui")
@click.pass_context
def main(ctx: click.Context, config: str | None) -> None:
    """The back office of a shop."""
    from ..kernel import privacy

    privacy.keep_private()
    ctx.obj = {"config": config}
