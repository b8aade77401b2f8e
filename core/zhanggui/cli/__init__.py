"""``zhanggui``: the command line. Each command is thin: it opens the instance and calls a service."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ..kernel.errors import ConfigError, DomainError, WiringError


class Group(click.Group):
    """Refusals are one sentence on stderr and exit code 1; bad usage is 2, as click has it."""

    def invoke(self, ctx: click.Context) -> Any:
        from sqlalchemy.exc import OperationalError, ProgrammingError

        try:
            return super().invoke(ctx)
        except (DomainError, ConfigError, WiringError) as error:
            click.echo(str(error), err=True)
        except (OperationalError, ProgrammingError) as error:
            if not _no_tables(str(error.orig)):
                raise
            click.echo("The database is not there or has no tables yet: run zhanggui upgrade.", err=True)
        ctx.exit(1)


def _no_tables(message: str) -> bool:
    return any(sign in message for sign in ("no such table", "unable to open database file", "core__")) and "locked" not in message


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--config`` and ``--json``, as every command takes them."""

    @click.option("--config", type=click.Path(dir_okay=False), help="The instance's configuration file.")
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    @click.pass_context
    @wraps(function)
    def command(ctx: click.Context, config: str | None, as_json: bool, **arguments: Any) -> Any:
        shared = ctx.find_root().obj or {}
        return function(Output(config or shared.get("config"), as_json), **arguments)

    return command


class Output:
    """Which instance, and how to answer."""

    def __init__(self, config: str | None, as_json: bool) -> None:
        self.config, self.as_json = config, as_json

    def say(self, text: str, data: Any = None) -> None:
        """A line for people, or the data for programs."""
        click.echo(json.dumps(data if data is not None else {"message": text}, default=str, ensure_ascii=False) if self.as_json else text)

    def runtime(self, **kwargs: Any) -> Any:
        """The instance, not yet opened."""
        from ..config import Config
        from ..kernel import logs
        from ..runtime import Runtime

        config = Config.load(self.config)
        logs.configure(config["log.level"], config["log.format"])
        return Runtime(config, **kwargs)

    @contextmanager
    def instance(self) -> Iterator[Any]:
        """The instance, opened for this command, with its plugins."""
        from ..host import refresh
        from ..kernel.actors import Actor, acting_as
        from ..runtime import activated, open_runtime

        runtime = open_runtime(self.runtime())
        try:
            with activated(runtime), acting_as(Actor("system", name="command line", everything=True)):
                refresh(runtime)
                yield runtime
        finally:
            runtime.close()


@click.group(cls=Group)
@click.option("--config", type=click.Path(dir_okay=False), help="The instance's configuration file.")
@click.version_option(package_name="zhanggui")
@click.pass_context
def main(ctx: click.Context, config: str | None) -> None:
    """The back office of a shop."""
    ctx.obj = {"config": config}


@main.command()
@options
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="Web processes.")
@click.option("--safe-mode", is_flag=True, help="Start the core alone, without plugins.")
def up(out: Output, host: str | None, port: int | None, workers: int | None, safe_mode: bool) -> None:
    """Web, worker, scheduler and the bundled queue server in one."""
    from . import process

    sys.exit(process.up(out.runtime(safe_mode=safe_mode), config=out.config, host=host, port=port, workers=workers, safe_mode=safe_mode))


@main.command()
@options
@click.option("--host")
@click.option("--port", type=click.IntRange(1, 65535))
@click.option("--workers", type=click.IntRange(1, 64))
@click.option("--safe-mode", is_flag=True)
def web(out: Output, host: str | None, port: int | None, workers: int | None, safe_mode: bool) -> None:
    """The web server alone."""
    from . import process

    process.web(out.runtime(safe_mode=safe_mode), host=host, port=port, workers=workers)


@main.command()
@options
@click.option("--burst", is_flag=True, help="Stop when nothing is left to do.")
def worker(out: Output, burst: bool) -> None:
    """A job worker alone."""
    from . import process

    process.worker(out.runtime(pooled=False), burst=burst)


@main.command()
@options
def scheduler(out: Output) -> None:
    """The scheduler alone; any number may run, one leads."""
    from . import process

    process.scheduler(out.runtime())


@main.command()
@options
def upgrade(out: Output) -> None:
    """Bring the tables of the core and of every installed plugin up to date."""
    from ..host import service
    from ..runtime import open_runtime

    lines: list[str] = []
    outcome = service.upgrade(open_runtime(out.runtime()), lines.append if out.as_json else click.echo)
    out.say("Everything is up to date." if not outcome.upgraded and not outcome.failed else "Done.",
            {"upgraded": outcome.upgraded, "failed": outcome.failed, "copy": str(outcome.copy or "") or None})  # fmt: skip
    if outcome.failed:
        sys.exit(1)


@main.command()
@options
@click.option("--data", default="var/demo", show_default=True, help="Where the demo keeps its data.")
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="PORT", default=8000, show_default=True, type=click.IntRange(1, 65535))
def demo(out: Output, data: str, host: str, port: int) -> None:
    """A Chinese tea shop to try everything on."""
    from .demo import run

    sys.exit(run(Path(data), host, port))


@main.group()
def plugin() -> None:
    """Plugins: what there is, on and off."""


@plugin.command("list")
@options
def plugin_list(out: Output) -> None:
    """Every installed plugin with its state."""
    from ..host import current_host, service

    with out.instance():
        infos = service.list_plugins(current_host())
        rows = [{"id": i.manifest.id, "version": i.manifest.version, "state": i.state, "reason": i.reason} for i in infos]
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


def _toggle(out: Output, plugin_id: str, on: bool) -> None:
    from ..host import service
    from ..kernel import clock
    from ..kernel.actors import current_actor

    with out.instance():
        (service.enable_plugin if on else service.disable_plugin)(plugin_id, actor=current_actor(), now=clock.now())
    out.say(f"{plugin_id} is {'enabled' if on else 'disabled'}.", {"id": plugin_id, "enabled": on})


@main.group()
def user() -> None:
    """Staff accounts."""


@user.command("create")
@options
@click.argument("username")
@click.option("--role", "roles", multiple=True, help="May be given several times.")
@click.option("--name", default="")
@click.password_option()
def user_create(out: Output, username: str, roles: tuple[str, ...], name: str, password: str) -> None:
    """A new member of staff."""
    from ..auth import service

    with out.instance():
        user_id = _in_unit_of_work(service.create_user, username=username, password=password, roles=roles, display_name=name)
    out.say(f"{username} was created.", {"id": user_id, "username": username})


@user.command("password")
@options
@click.argument("username")
@click.password_option()
def user_password(out: Output, username: str, password: str) -> None:
    """Give a user a new password; he is signed out everywhere."""
    from ..auth import service

    with out.instance():
        _in_unit_of_work(service.set_password, id=_user_id(username), password=password)
    out.say(f"The password of {username} was changed.", {"username": username})


@user.command("disable")
@options
@click.argument("username")
def user_disable(out: Output, username: str) -> None:
    """Lock an account and sign it out everywhere."""
    from ..auth import service

    with out.instance():
        _in_unit_of_work(service.disable_user, id=_user_id(username))
    out.say(f"{username} is disabled.", {"username": username})


def _in_unit_of_work(service: Callable[..., Any], **arguments: Any) -> Any:
    from ..db.uow import unit_of_work
    from ..kernel import clock
    from ..kernel.actors import current_actor

    with unit_of_work() as db:
        return service(db, actor=current_actor(), now=clock.now(), **arguments)


def _user_id(username: str) -> int:
    from flask_appbuilder.security.sqla.models import User
    from sqlalchemy import select

    from ..db.uow import reading
    from ..kernel.errors import NotFound

    with reading() as db:
        found = db.scalar(select(User.id).where(User.username == username))
    if found is None:
        raise NotFound("There is no user %(name)s.", name=username)
    return int(found)


@main.group()
def jobs() -> None:
    """Jobs: what waits, what was given up."""


@jobs.command("status")
@options
def jobs_status(out: Output) -> None:
    """How many jobs are in which state."""
    from .. import jobs as service
    from ..db.uow import reading

    with out.instance(), reading() as db:
        found = service.status(db)
    out.say("\n".join(f"{state:<8} {count}" for state, count in found["counts"].items()), found)


@jobs.command("dead")
@options
def jobs_dead(out: Output) -> None:
    """The jobs that were given up; exit code 1 when there are any."""
    from .. import jobs as service
    from ..db.uow import reading

    with out.instance(), reading() as db:
        rows = [{"id": r.id, "name": r.name, "error": r.last_error, "since": r.finished_at} for r in service.dead(db)]
    out.say("\n".join(f"{r['id']} {r['name']}: {r['error']}" for r in rows) or "None.", rows)
    if rows:
        sys.exit(1)


@jobs.command("requeue")
@options
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True)
def jobs_requeue(out: Output, ids: tuple[int, ...], everything: bool) -> None:
    """Give dead jobs another set of tries."""
    from .. import jobs as service

    if not ids and not everything:
        raise click.UsageError("name the jobs, or give --all")
    with out.instance():
        count = _in_unit_of_work(service.requeue, ids=None if everything else list(ids))
    out.say(f"{count} requeued.", {"requeued": count})


@main.group()
def outbox() -> None:
    """Events on their way."""


@outbox.command("status")
@options
def outbox_status(out: Output) -> None:
    """How many events nobody was told of yet."""
    from ..db.uow import reading
    from ..events.relay import waiting_count

    with out.instance(), reading() as db:
        count = waiting_count(db)
    out.say(f"{count} waiting.", {"waiting": count})


@main.group("config")
def config_group() -> None:
    """Configuration: check it, explain it."""


@config_group.command("check")
@options
def config_check(out: Output) -> None:
    """Read every layer; exit code 1 when one is wrong."""
    from ..config import Config

    warnings = Config.load(out.config).warnings()
    out.say("\n".join(["The configuration is fine.", *warnings]), {"ok": True, "warnings": warnings})


@config_group.command("explain")
@options
@click.argument("key")
def config_explain(out: Output, key: str) -> None:
    """Where the value of a setting comes from."""
    from ..config import settings
    from ..runtime import open_runtime

    found = settings.explain(open_runtime(out.runtime()), key)
    lines = [f"{found.key} = {found.value!r} (from {found.layer})", *(f"  {name}: {value!r}" for name, value in found.layers)]
    if found.locked_by:
        lines.append(f"  locked by {found.locked_by}")
    out.say("\n".join(lines), {"key": found.key, "value": found.value, "layer": found.layer, "layers": found.layers, "locked_by": found.locked_by})


@main.command()
@options
def doctor(out: Output) -> None:
    """Look the instance over: configuration, tables, plugins, queue. Exit code 1 when something is wrong."""
    from ..host import current_host
    from ..web.health import readiness

    with out.instance() as runtime:
        parts = readiness()
        faults = [{"plugin": f.plugin, "stage": f.stage, "sentence": f.sentence} for f in current_host().faults.values()]
        warnings = runtime.config.warnings()
    lines = [f"{name}: {part['status']}" for name, part in parts.items()]
    lines += [f"plugin {f['plugin']}: {f['sentence']}" for f in faults] + [f"note: {w}" for w in warnings]
    out.say("\n".join(lines), {"parts": parts, "faults": faults, "warnings": warnings})
    if faults or parts["database"]["status"] != "ok":
        sys.exit(1)


@main.command()
@options
def hooks(out: Output) -> None:
    """Every hook, what it is for, and which plugins implement it."""
    from ..host import current_host

    with out.instance():
        rows = current_host().hook_table()
    out.say("\n".join(f"{r['name']}: {r['doc']} [{', '.join(r['plugins'])}]" for r in rows), rows)


@main.command("import")
@options
@click.argument("kind")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--map", "mapping", type=click.Path(exists=True, dir_okay=False), help="Which column is which, as TOML.")
@click.option("--zone", help="Time zone of the times in the file.")
@click.option("--currency", help="Currency of the prices in the file.")
@click.option("--source", help="Short name of where the rows come from; the same number from another source is another order.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, keep nothing.")
def import_(
    out: Output, kind: str, file: str, mapping: str | None, zone: str | None, currency: str | None, source: str | None, dry_run: bool
) -> None:
    """Read rows of a KIND (products, customers, orders) from CSV, XLSX or Parquet."""
    from .importing import run_import

    with out.instance() as runtime:
        report = run_import(
            runtime, kind, Path(file), mapping=mapping, zone=zone, currency=currency, source=source, dry_run=dry_run, quiet=out.as_json
        )
    out.say(report.text(), report.as_dict())


@main.command()
@options
@click.argument("resource")
@click.argument("file", type=click.Path(dir_okay=False))
def export(out: Output, resource: str, file: str) -> None:
    """Write the rows of a screen (orders.Order) to a CSV file."""
    from .exporting import export_csv

    with out.instance():
        count = export_csv(resource, Path(file))
    out.say(f"{count} bytes were written to {file}.", {"bytes": count, "file": file})
