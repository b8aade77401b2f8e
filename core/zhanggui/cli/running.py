"""Commands that start the processes of an instance, and the one that must come before."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..host.declare import LANES
from .frame import Output, options


@click.command()
@options
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="Web processes.")
@click.option("--safe-mode", is_flag=True, help="Start the core alone, without plugins.")
def up(out: Output, host: str | None, port: int | None, workers: int | None, safe_mode: bool) -> None:
    """Web, worker, scheduler and the bundled queue server in one."""
    from . import process

    sys.exit(process.up(out.runtime(safe_mode=safe_mode), config=out.config, host=host, port=port, workers=workers, safe_mode=safe_mode))


@click.command()
@options
@click.option("--host")
@click.option("--port", type=click.IntRange(1, 65535))
@click.option("--workers", type=click.IntRange(1, 64))
@click.option("--safe-mode", is_flag=True)
def web(out: Output, host: str | None, port: int | None, workers: int | None, safe_mode: bool) -> None:
    """The web server alone."""
    from . import process

    process.web(out.runtime(safe_mode=safe_mode), config=out.config, host=host, port=port, workers=workers)


@click.command()
@options
@click.option("--burst", is_flag=True, help="Stop when nothing is left to do.")
@click.option("--lane", "lanes", multiple=True, type=click.Choice(LANES), help="Only jobs of this lane; may be repeated. Without: of every lane.")
def worker(out: Output, burst: bool, lanes: tuple[str, ...]) -> None:
    """A job worker alone."""
    from . import process

    process.worker(out.runtime(pooled=False), burst=burst, lanes=lanes or LANES)


@click.command()
@options
def scheduler(out: Output) -> None:
    """The scheduler alone; any number may run, one leads."""
    from . import process

    process.scheduler(out.runtime())


@click.command()
@options
def upgrade(out: Output) -> None:
    """Bring the tables of the core and of every installed plugin up to date."""
    from ..host import service
    from ..kernel import privacy
    from ..runtime import open_runtime

    lines: list[str] = []
    runtime = open_runtime(out.runtime())
    outcome = service.upgrade(runtime, lines.append if out.as_json else click.echo)
    privacy.close(*runtime.on_disk)
    said = "Done." if outcome.upgraded else "Everything is up to date."
    if not outcome.failed or out.as_json:
        out.say(said, {"upgraded": outcome.upgraded, "failed": outcome.failed, "copy": str(outcome.copy or "") or None})
    if outcome.failed:
        click.echo(outcome.sentence, err=True)
        sys.exit(1)


@click.command()
@options
@click.option("--data", default="var/demo", show_default=True, help="Where the demo keeps its data.")
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="PORT", default=8000, show_default=True, type=click.IntRange(1, 65534))
@click.option("--sandbox-port", type=click.IntRange(1, 65535), help="Where payments are simulated; without: the port after the shop's.")
def demo(out: Output, data: str, host: str, port: int, sandbox_port: int | None) -> None:
    """A Chinese tea shop to try everything on."""
    from .demo import run

    sys.exit(run(Path(data), host, port, sandbox_port or port + 1))
