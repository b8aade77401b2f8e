"""``zhanggui sandbox``: payment providers with simulated money, as a process of its own. Nothing of it is imported here."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from ..config import Config
from ..config.loader import variable
from ..kernel.errors import ConfigError
from .frame import Output, options
from .supervise import Child, die_with_parent

_STARTS_IN = 20.0  # seconds, on a machine with much to do


class SandboxForbidden(ConfigError):
    """Simulated money has no place beside real money."""


def command(data: Path, host: str, port: int, *more: str) -> list[str]:
    """What starts it, with ``--mail-port`` among ``more`` where it takes mail."""
    return [sys.executable, "-m", "zhanggui_sandbox", "--host", host, "--port", str(port), "--data", str(data), *more]


def child(data: Path, host: str, port: int, mail_port: int, public_host: str = "") -> Child:
    """A sandbox that is kept running beside the shop, and ends with it.

    :param public_host: stands in codes that a phone scans.
    """
    parent, ask = os.getpid(), die_with_parent(os.getpid())
    whole = command(data, host, port, "--quiet", "--mail-port", str(mail_port), "--public-host", public_host, "--end-with", str(parent))
    return Child("payment sandbox", lambda: subprocess.Popen(whole, preexec_fn=ask, stdin=subprocess.DEVNULL, start_new_session=True))


@contextmanager
def meanwhile(data: Path, port: int) -> Iterator[None]:
    """A sandbox on this machine, for as long as this lasts."""
    with subprocess.Popen([*command(data, "127.0.0.1", port, "--quiet", "--end-with", str(os.getpid()))], stdin=subprocess.DEVNULL) as running:
        try:
            until = time.monotonic() + _STARTS_IN
            while not _listens(port) and running.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            yield
        finally:
            running.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def prepare(data: Path) -> Mapping[str, Any]:
    """Make the keys of both sides where there are none; answers what a merchant gets from the consoles of the providers."""
    made = subprocess.run([sys.executable, "-m", "zhanggui_sandbox", "--data", str(data), "--prepare"], check=True, capture_output=True, text=True)
    given: Mapping[str, Any] = json.loads(Path(made.stdout.strip()).read_text(encoding="utf-8"))
    return given


def free_port(host: str, wanted: int) -> int:
    """This port, or another one where somebody has it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            probe.bind((host, 0))
        return int(probe.getsockname()[1])


def as_settings(given: Mapping[str, Any], address: str, mail_port: int = 0) -> dict[str, str]:
    """The environment of a shop that pays and tells at a sandbox, as its merchant would enter what the consoles gave him; mail where it takes some."""
    wechatpay, alipay, wechat = given["wechatpay"], given["alipay"], given["wechat"]
    values = _channels(given, address) | (_mail(given["mail"], mail_port) if mail_port else {}) | {
        "wechat.sandbox": address, "wechat.app_id": wechat["app_id"], "wechat.app_secret": wechat["app_secret"],
        "wechatpay.sandbox": address, "wechatpay.mchid": wechatpay["mchid"], "wechatpay.app_id": wechatpay["app_id"],
        "wechatpay.serial": wechatpay["merchant_serial"], "wechatpay.private_key": wechatpay["merchant_private_key"],
        "wechatpay.api_v3_key": wechatpay["api_v3_key"], "wechatpay.public_key_id": wechatpay["public_key_id"],
        "wechatpay.public_key": wechatpay["public_key"],
        "webhooks.sandbox": address,
        "alipay.gateway": f"{address}/gateway.do", "alipay.app_id": alipay["app_id"], "alipay.seller_id": alipay["seller_id"],
        "alipay.private_key": alipay["app_private_key"], "alipay.alipay_public_key": alipay["alipay_public_key"],
    }  # fmt: skip
    return {variable(f"plugin.{key}"): value for key, value in values.items()}


# What each template of the sandbox is filled with, by the kind of message: as the merchant binds them.
_TEMPLATES = {
    "wechat.templates": (
        "orders.shipped: SBXshippedTemplate0000000000000000000000001 character_string1=number thing2=goods thing3=carrier",
        "orders.confirmed: SBXpaidTemplate0000000000000000000000002 character_string1=number amount2=total thing3=goods",
        "payments.refunded: SBXrefundTemplate00000000000000000000000003 character_string1=number amount2=amount",
    ),
    "channels.tencent_templates": ("orders.shipped: 1000001 number carrier", "orders.confirmed: 1000002 number", "payments.refunded: 1000003 number amount"),
    "channels.aliyun_templates": ("orders.shipped: SMS_100000001 number carrier", "orders.confirmed: SMS_100000002 number", "payments.refunded: SMS_100000003 number amount"),
}


def _mail(given: Mapping[str, str], port: int) -> dict[str, str]:
    return {
        "channels.smtp_host": "127.0.0.1", "channels.smtp_port": str(port), "channels.smtp_security": "none", "channels.smtp_user": given["user"],
        "channels.smtp_password": given["password"], "channels.mail_from": given["user"],
    }  # fmt: skip


def _channels(given: Mapping[str, Any], address: str) -> dict[str, str]:
    robots, tencent, aliyun = given["robots"], given["sms"]["sms_tencent"], given["sms"]["sms_aliyun"]
    return {
        **{f"channels.{name}_address": f"{address}{robot['address']}" for name, robot in robots.items()},
        **{f"channels.{name}_secret": robot["secret"] for name, robot in robots.items() if "secret" in robot},
        "channels.tencent_endpoint": address, "channels.tencent_id": tencent["id"], "channels.tencent_key": tencent["key"],
        "channels.tencent_app": tencent["app"], "channels.tencent_sign": tencent["sign"],
        "channels.aliyun_endpoint": address, "channels.aliyun_id": aliyun["id"], "channels.aliyun_key": aliyun["key"], "channels.aliyun_sign": aliyun["sign"],
        **{name: "\n".join(lines) for name, lines in _TEMPLATES.items()},
    }  # fmt: skip


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
@click.option("--mail-port", type=click.IntRange(0, 65535), default=0, help="Where it takes mail; without: nowhere.")
def sandbox(out: Output, data: str, host: str, port: int, mail_port: int) -> None:
    """WeChat Pay, Alipay and WeChat's sign-in with simulated money, robots, SMS and mail, until Ctrl-C."""
    from . import process

    # It opens no shop, so it needs no key of one: only what kind of shop is configured here.
    refuse_production(Config.load(out.config, {**os.environ, "ZHANGGUI_SECURITY__SECRET_KEY": secrets.token_hex(32)}))
    process.check_port(host, port)
    start = command(Path(data), host, port, "--mail-port", str(mail_port))
    os.execv(start[0], start)  # noqa: S606 - no shell is wanted
