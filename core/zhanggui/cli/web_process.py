"""One web process: ``python -m zhanggui.cli.web_process``, started by ``web_server`` with its listening socket."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from ..app import create_wsgi
from ..kernel import logs
from ..web.bridge import Bridge
from .supervise import end_with_supervisor

BACKLOG = 4096
_CONNECTIONS = 2048  # open at once in one process; more wait in the backlog
_HEAD_MS = 10_000  # for a head to come complete, and for a connection to lie idle between two requests
_LONGEST_HEAD = 64 * 1024
_FAREWELL = 0.5  # from SIGTERM on: answers say that they are the last, before connections without a request are closed


class OneProcess(Server):
    """granian in this process, on a socket that was opened by another."""

    def __init__(self, app: Bridge, listening: int) -> None:
        super().__init__(
            app, interface=Interfaces.ASGINL, http=HTTPModes.http1, websockets=False, backlog=BACKLOG, backpressure=_CONNECTIONS,
            http1_settings=HTTP1Settings(header_read_timeout=_HEAD_MS, max_buffer_size=_LONGEST_HEAD),
            log_level=LogLevels.error, log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
        )  # fmt: skip
        self._listening = listening

    def _init_shared_socket(self) -> None:
        self._shd = SocketHolder(self._listening, False, self.backlog)


async def _serve(app: Bridge, listening: int, ready: int) -> None:
    server = OneProcess(app, listening)
    loop = asyncio.get_running_loop()

    def leave() -> None:
        if not app.leaving:  # whoever stops a service tells every process of it, as the server does
            app.leaving = True
            loop.call_later(_FAREWELL, server.stop)

    loop.add_signal_handler(signal.SIGTERM, leave)
    os.write(ready, b"1")
    os.close(ready)
    await server.serve()


def main() -> None:
    """Build the app, then serve until SIGTERM; what was begun is finished."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config")
    parser.add_argument("--safe-mode", action="store_true")
    parser.add_argument("--listening", type=int, required=True)
    parser.add_argument("--ready", type=int, required=True)
    arguments = parser.parse_args()
    # Ctrl-C in a terminal reaches every process; the one that started this one says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_supervisor()
    site = create_wsgi(arguments.config, safe_mode=arguments.safe_mode)
    config = site.runtime.config
    logs.configure(config["log.level"], config["log.format"])
    site.warm()
    asyncio.run(_serve(Bridge(site, config["web.threads"]), arguments.listening, arguments.ready))


if __name__ == "__main__":
    main()
