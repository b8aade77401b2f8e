"""``zhanggui demo``: a tea shop with a year's habits, on one data folder, for nobody's real money."""

from __future__ import annotations

import logging
import os
import random
import secrets
import shutil
import socket
import sys
import time
from pathlib import Path

import click
import segno
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from ..auth import service as accounts
from ..config import Config, settings
from ..db.uow import unit_of_work
from ..files import save_image
from ..host import current_host, refresh
from ..host.faults import book_of
from ..host.service import upgrade
from ..kernel import clock, logs
from ..kernel.actors import SYSTEM, acting_as
from ..migrations.runner import UpgradeFailed
from ..notices.models import Notice, ReadUpTo
from ..runtime import Runtime, activated, open_runtime
from ..web.theme import load_theme
from . import process, sandbox

log = logging.getLogger(__name__)
# Known to everybody who reads this line; Config warns when a demo is given a https address.
LOGINS = {
    "owner": "owner-tea-2026", "clerk": "clerk-tea-2026", "warehouse": "warehouse-tea-2026", "viewer": "viewer-tea-2026",
}  # fmt: skip
NAMES = {"owner": "陈掌柜", "clerk": "小林", "warehouse": "老周", "viewer": "会计李"}
_SEED = 20260101
_EVERYWHERE = ("0.0.0.0", "::")
_UNREAD = 6
_LAST_PORT = 65535


def run(data: Path, host: str, port: int, sandbox_port: int) -> int:
    """Make the demo when it is not there yet, then run it until Ctrl-C, its payments at a sandbox. Answers the exit code."""
    # The shop calls it on this machine, whatever address phones use.
    sandbox_host = host if host in ("127.0.0.1", "localhost", *_EVERYWHERE) else "0.0.0.0"
    process.check_port(host, port)
    process.check_port(sandbox_host, sandbox_port)
    mail_port = sandbox.free_port(sandbox_host, sandbox_port + 1 if sandbox_port < _LAST_PORT else 0)
    given = sandbox.prepare(data / "sandbox")
    environ = _environment(data, host, port) | sandbox.as_settings(given, f"http://127.0.0.1:{sandbox_port}", mail_port)
    os.environ.update(environ)
    config = Config.load(None)
    logs.configure("WARNING", "plain")
    runtime = open_runtime(Runtime(config))
    if not (data / "ready").exists():
        with sandbox.meanwhile(data / "sandbox", sandbox_port):  # some customers of the demo have paid there already
            _make(runtime, data)
    else:
        _upgrade(runtime)
    runtime.close()
    public_host = next(iter(_own_addresses()), "") if host in _EVERYWHERE else host
    beside = [sandbox.child(data / "sandbox", sandbox_host, sandbox_port, mail_port, public_host)]
    return process.up(runtime, host=host, port=port, beside=beside, ready=lambda: _tell(host, port, sandbox_port))


def _environment(data: Path, host: str, port: int) -> dict[str, str]:
    data.mkdir(parents=True, exist_ok=True)
    key = data / "secret.key"
    if not key.exists():
        with open(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(48))
    hosts = ["localhost", "127.0.0.1"]
    if host not in hosts:
        hosts += _own_addresses() if host in _EVERYWHERE else [host]
    return {
        # Whatever shop this shell is set up for: the demo stays in its own folder.
        "ZHANGGUI_CONFIG": "", "ZHANGGUI_DATABASE__URL": f"sqlite:///{data / 'db.sqlite3'}", "ZHANGGUI_QUEUE__URL": "",
        "ZHANGGUI_SECURITY__SECRET_KEY": "",
        "ZHANGGUI_INSTANCE__DATA": str(data), "ZHANGGUI_INSTANCE__ID": "demo", "ZHANGGUI_INSTANCE__DEMO": "true",
        "ZHANGGUI_INSTANCE__NAME": "山间茶铺", "ZHANGGUI_SECURITY__SECRET_KEY_FILE": str(key),
        "ZHANGGUI_PLUGIN__ORDERS__AUTO_CLOSE_MINUTES": "1440",  # unpaid orders are there to be looked at
        "ZHANGGUI_PLUGIN__NOTIFICATIONS__QUIET_FROM": "0", "ZHANGGUI_PLUGIN__NOTIFICATIONS__QUIET_UNTIL": "0",  # whatever the hour, what is told arrives
        "ZHANGGUI_WEB__TRUSTED_HOSTS": ",".join(hosts), "ZHANGGUI_WEB__HOST": host, "ZHANGGUI_WEB__PORT": str(port),
        "ZHANGGUI_LOG__LEVEL": os.environ.get("ZHANGGUI_LOG__LEVEL", "WARNING"),  # each call of the sandbox is no news
        "ZHANGGUI_OUTSIDE__ALLOWED": "127.0.0.1",  # the payment sandbox
    }  # fmt: skip


def _own_addresses() -> list[str]:
    """The addresses under which a phone in the same network reaches this machine."""
    found = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # No packet is sent: the kernel only says which of our addresses it would use.
            probe.connect(("192.0.2.1", 9))
            found.add(probe.getsockname()[0])
        except OSError:
            log.info("no route leads out of this machine")
    return sorted(str(address) for address in found if not str(address).startswith("127."))


def _upgrade(runtime: Runtime) -> None:
    outcome = upgrade(runtime)
    if "core" in outcome.failed:
        raise UpgradeFailed(outcome.sentence)


def _make(runtime: Runtime, data: Path) -> None:
    """Upgrade, staff, rows. The mark comes last, so a first run that was killed starts over."""
    for leftover in ("db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"):
        (data / leftover).unlink(missing_ok=True)
    shutil.rmtree(data / "files", ignore_errors=True)
    started = time.monotonic()
    click.echo("Making the demo shop ...")
    # The queue server starts after the rows are there; until then jobs wait in the database, as they may.
    logging.getLogger("zhanggui.jobs.nudge").setLevel(logging.ERROR)
    _upgrade(runtime)
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        with unit_of_work() as db:
            for name, password in LOGINS.items():
                accounts.create_user(
                    db, username=name, password=password, roles=[name], display_name=NAMES[name], actor=SYSTEM, now=clock.now()
                )
        _hang_out_the_sign(runtime)
        rng = random.Random(_SEED)
        for part in current_host().every("demo"):
            part.fill(clock.now(), rng)
        book = book_of(runtime)
        for watch in (watch for watch in book.pending.values() if watch.sentence):  # one that was only slow made its rows
            click.echo(f"{watch.place.plugin} made no demo data: {watch.sentence}")
        book.write()
        _read_old_notices()
    (data / "ready").write_text("made\n")
    click.echo(f"Made in {time.monotonic() - started:.0f} s.")


def _hang_out_the_sign(runtime: Runtime) -> None:
    """The demo's logo is the app icon of its theme; its name is in its configuration."""
    theme = load_theme(runtime)
    icon = theme.files["app-192.png"].rpartition("/")[2]
    path = next(folder / "static" / icon for folder in theme.chain if (folder / "static" / icon).is_file())
    with path.open("rb") as stream, unit_of_work() as db:
        logo = save_image(db, stream, filename="logo.png", actor=SYSTEM, now=clock.now())
        settings.set(db, "instance.logo", logo.id, actor=SYSTEM, now=clock.now())


def _read_old_notices() -> None:
    """The staff has read what came before today's last few."""
    with unit_of_work() as db:
        newest = db.scalars(select(Notice.id).order_by(Notice.id.desc()).offset(_UNREAD).limit(1)).first() or 0
        db.add_all(ReadUpTo(user_id=user_id, notice_id=newest) for user_id in db.scalars(select(User.id)))


def _tell(host: str, port: int, sandbox_port: int) -> None:
    click.echo(f"\nZhanggui is ready:  http://127.0.0.1:{port}\n")
    for name, password in LOGINS.items():
        click.echo(f"  {name:<10} {password}")
    click.echo(f"\nThe shop as customers see it:  http://127.0.0.1:{port}/shop/")
    click.echo(f"Payments are simulated:  http://127.0.0.1:{sandbox_port}/_sim/openapi.json")
    click.echo(f"Messages end on a phone: http://127.0.0.1:{sandbox_port}/_sim/phone")
    if host in _EVERYWHERE:
        for address in _own_addresses()[:1]:
            url = f"http://{address}:{port}"
            click.echo(f"On a phone in this network:  {url}\n")
            segno.make(url).terminal(out=sys.stdout, compact=True)
    click.echo("\nCtrl-C stops everything; the data stays in its folder.")
    sys.stdout.flush()
