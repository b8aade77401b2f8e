"""``python -m zhanggui_sandbox``: the sandbox alone, until Ctrl-C."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from .keys import CREDENTIALS, Keyring
from .server import Sandbox
from .world import Options

FORBIDDEN = "ZHANGGUI_SANDBOX_FORBIDDEN"


def main() -> int:
    """Serve; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m zhanggui_sandbox", description="WeChat Pay, Alipay and WeChat's sign-in with simulated money; robots, SMS and mail.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--mail-port", type=int, default=0, help="where mail is taken; 0: nowhere")
    parser.add_argument("--data", type=Path, default=Path("var/sandbox"), help="where keys and books are kept")
    parser.add_argument("--public-host", default="", help="the host in codes that are scanned")
    parser.add_argument("--open-control", action="store_true", help="the control API answers other machines too")
    parser.add_argument("--quiet", action="store_true", help="print nothing when ready")
    parser.add_argument("--end-with", type=int, default=0, metavar="PID", help="end when this parent process is gone")
    parser.add_argument("--prepare", action="store_true", help="make the keys, print where the credentials lie, and end")
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if os.environ.get(FORBIDDEN):
        return _refuse(f"The payment sandbox does not start here: {FORBIDDEN} is set, as for every shop that takes real money.")
    os.umask(0o077)
    if given.prepare:
        given.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        Keyring.of(given.data).save(given.data)  # written anew: a later release hands out more than the one that made the keys
        print(given.data / CREDENTIALS)
        return 0
    try:
        sandbox = Sandbox(given.data, host=given.host, port=given.port, options=Options(given.public_host, open_control=given.open_control),
                          mail_port=given.mail_port or None)  # fmt: skip
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _refuse(f"Port {given.port} is taken by another program; choose another one with --port.")
        return _refuse(f"The payment sandbox cannot start at {given.host}:{given.port} with {given.data}: {error.strerror}.")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=sandbox.end).start())  # not here: it takes locks
    if given.end_with:
        _end_with(given.end_with, sandbox)
    if not given.quiet:
        print(f"Payment sandbox (simulated money): {sandbox.url}\nCredentials: {sandbox.url}/_sim/credentials\nMessages: {sandbox.url}/_sim/phone\nControl: {sandbox.url}/_sim/openapi.json\nCtrl-C ends it.", flush=True)
    sandbox.run()
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _end_with(parent: int, sandbox: Sandbox) -> None:
    """Whoever started this may be killed outright."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        sandbox.end()

    threading.Thread(target=watch, name="parent", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
