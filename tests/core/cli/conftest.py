"""Commands run as a shop's owner types them, on a fresh instance."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from zhanggui import cli, runtime
from zhanggui.runtime import Runtime
from zhanggui.testing.instances import environment

Run = Callable[..., Result]


@pytest.fixture
def command_line() -> Iterator[Callable[..., Result]]:
    """``command_line("plugin", "list", env={...})``; what a command changes of the process is put back."""
    process, root, mask = runtime._process, logging.getLogger(), os.umask(0o022)
    handlers, level = root.handlers[:], root.level

    def run(*arguments: str, env: dict[str, str] | None = None, **more: str) -> Result:
        return CliRunner().invoke(cli.main, list(arguments), env=env, catch_exceptions=False, **more)

    yield run
    os.umask(mask)
    runtime._process = process
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def zhanggui(instance: Runtime, command_line: Run) -> Run:
    """``zhanggui("plugin", "list")`` on the fresh shop."""
    return lambda *arguments, **more: command_line(*arguments, env=environment(instance.config), **more)
