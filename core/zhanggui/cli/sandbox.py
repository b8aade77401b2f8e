"""``zhanggui sandbox``: payment providers with simulated money, as a process of its own. Nothing of it is imported here."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import click

from ..config import Config
from ..kernel.errors import ConfigError
from .frame import Output, options
from .supervise import Child, die_with_parent


class SandboxForbidden(ConfigError):
    """Simulated money has no place beside real money."""


def command(data: Path, host: str, port: int, *more: str) -> list[str]:
    """What starts it."""
    return [sys.executable, "-m", "zhanggui_sandbox", "--host", host, "--port", str(port), "--data", str(data), *more]


def child(data: Path, host: str, port: int, public_host: str = "") -> Child:
    """A sandbox that is kept running beside the shop, and ends with it.

    :param public_host: stands in codes that a phone scans.
    """
    parent, ask = os.getpid(), die_with_parent(os.getpid())
    whole = command(data, host, port, "--quiet", "--public-host", public_host, "--end-with", str(parent))
    return Child("payment sandbox", lambda: subprocess.Popen(whole, preexec_fn=ask, stdin=subprocess.DEVNULL, start_new_session=True))


def refuse_production(config: Config) -> None:
    """:raises SandboxForbidden: for a shop that others reach and that is no demo."""
    host = urlsplit(config["web.public_url"]).hostname or ""
    if host and not config["instance.demo"] and not _is_this_machine(host):
        sentence = f"web.public_url is {config['web.public_url']}, so this is a shop for real customers: the payment sandbox starts for none."
        raise SandboxForbidden(f"{sentence} On your own machine leave web.public_url out.")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@click.command()
@options
@click.option("--data", default="var/sandbox", show_default=True, help="Where it keeps its keys and books.")
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
def sandbox(out: Output, data: str, host: str, port: int) -> None:
    """WeChat Pay, Alipay and WeChat's sign-in with simulated money, until Ctrl-C."""
    from . import process

    # It opens no shop, so it needs no key of one: only what kind of shop is configured here.
    refuse_production(Config.load(out.config, {**os.environ, "ZHANGGUI_SECURITY__SECRET_KEY": secrets.token_hex(32)}))
    process.check_port(host, port)
    start = command(Path(data), host, port)
    os.execv(start[0], start)  # noqa: S606 - no shell is wanted
