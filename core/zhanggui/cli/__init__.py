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
    "import": "rows:import_", "export": "rows:export", "pii": "people:pii",
}  # fmt: skip


class Commands(Group):
    """The commands above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the alphabet."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        module, _, name = COMMANDS.get(cmd_name, "").partition(":")
        found: Any = getattr(importlib.import_module(f".{module}", __name__), name) if module else None
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
