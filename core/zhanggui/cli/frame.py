"""What every command shares: its options, its way to answer, and how it says no."""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from ..kernel.errors import ConfigError, DomainError, WiringError


class Group(click.Group):
    """Refusals are one sentence on stderr and exit code 1; bad usage is 2, as click has it."""

    def invoke(self, ctx: click.Context) -> Any:
        from sqlalchemy.exc import OperationalError, ProgrammingError

        from ..db.trouble import what_to_do

        try:
            return super().invoke(ctx)
        except (DomainError, ConfigError, WiringError) as error:
            click.echo("\n".join(_sentences(error)), err=True)
        except (OperationalError, ProgrammingError) as error:
            sentence = what_to_do(str(error.orig))
            if sentence is None:
                raise
            click.echo(sentence, err=True)
        ctx.exit(1)


def _sentences(error: Exception) -> list[str]:
    """What was wrong: of input each field with its own sentence."""
    found = [f"{field}: {sentence}" for field, sentence in getattr(error, "errors", {}).items()]
    return found or [str(error)]


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

    def plugin_folders(self) -> list[str]:
        """Where the configuration says that plugins lie, for commands that open no instance and so need no key of one."""
        from ..config import Config

        return list(Config.load(self.config, {**os.environ, "ZHANGGUI_SECURITY__SECRET_KEY": secrets.token_hex(32)})["plugins.folders"])

    def runtime(self, **kwargs: Any) -> Any:
        """The instance, not yet opened; its key was tried on its data.

        :raises WrongKey: when that was sealed with another.
        """
        from sqlalchemy.exc import OperationalError

        from ..config import Config
        from ..db.key_check import check_key
        from ..kernel import logs
        from ..runtime import Runtime

        config = Config.load(self.config)
        logs.configure(config["log.level"], config["log.format"])
        runtime = Runtime(config, **kwargs)
        try:
            check_key(runtime)
        except OperationalError:
            # A database that is away is told by whatever asks it next; the web server tries the key again before it serves.
            logging.getLogger(__name__).debug("the database does not answer yet, so the secret key could not be tried")
        finally:
            runtime.close()  # what is forked or started from here opens connections of its own
        return runtime

    @contextmanager
    def instance(self) -> Iterator[Any]:
        """The instance, opened for this command, with its plugins."""
        from ..host import refresh
        from ..host.faults import book_of
        from ..kernel.actors import Actor, acting_as
        from ..runtime import activated, open_runtime

        runtime = open_runtime(self.runtime())
        try:
            with activated(runtime), acting_as(Actor("system", name="command line", everything=True)):
                refresh(runtime)
                yield runtime
                book_of(runtime).write()
        finally:
            runtime.close()


def in_unit_of_work(service: Callable[..., Any], **arguments: Any) -> Any:
    """Call a service in a unit of work of its own, as the command line."""
    from ..db.uow import unit_of_work
    from ..kernel import clock
    from ..kernel.actors import current_actor

    with unit_of_work() as db:
        return service(db, actor=current_actor(), now=clock.now(), **arguments)
