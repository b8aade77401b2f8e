"""``zhanggui``: the command line. Each command is thin: it opens the instance and calls a service."""

from __future__ import annotations

import click

from ..kernel import privacy
from . import inspection, people, plugins, rows, running, sandbox, staff, work
from .frame import Group


@click.group(cls=Group)
@click.option("--config", type=click.Path(dir_okay=False), help="The instance's configuration file.")
@click.version_option(package_name="zhanggui")
@click.pass_context
def main(ctx: click.Context, config: str | None) -> None:
    """The back office of a shop."""
    privacy.keep_private()
    ctx.obj = {"config": config}


for command in (
    running.up, running.web, running.worker, running.scheduler, running.upgrade, running.demo, sandbox.sandbox,
    plugins.plugin, staff.user, work.jobs, work.outbox, inspection.config_group, inspection.doctor, inspection.hooks,
    rows.import_, rows.export, people.pii,
):  # fmt: skip
    main.add_command(command)
