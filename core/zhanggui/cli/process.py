"""The processes of an instance, and the supervisor that keeps them running."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import NoReturn

from ..host.declare import DEFAULT_LANE, IO_LANE, LANES
from ..jobs import queue_server
from ..kernel import privacy
from ..kernel.errors import ConfigError
from ..kernel.signals import STOP, Signals
from ..runtime import Runtime
from .supervise import SUPERVISOR, Child, die_with_parent, end_with_supervisor

log = logging.getLogger(__name__)
_STOP_SECONDS = 25
WEB, QUEUE_SERVER = "web", "queue server"  # names of children


class PortTaken(ConfigError):
    """Somebody else listens there already."""


def check_port(host: str, port: int) -> None:
    """:raises PortTaken: when the port cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(f"Port {port} is taken by another program; choose another one with PORT=.") from None
            raise ConfigError(f"{host}:{port} cannot be listened on: {error.strerror}") from None


def web(
    runtime: Runtime, *, config: str | None = None, host: str | None = None, port: int | None = None, workers: int | None = None
) -> NoReturn:
    """Become the web server, which knows nothing of the shop and stays small.

    :param config: the file that ``runtime`` was read from; every web process reads it anew.
    :raises PortTaken: at once, in one sentence.
    """
    host, port = host or runtime.config["web.host"], port or runtime.config["web.port"]
    check_port(host, port)
    command = [
        sys.executable, "-m", "zhanggui.cli.web_server", "--host", host, "--port", str(port),
        "--workers", str(workers or runtime.config["web.workers"]), *(["--config", config] if config else []),
        *(["--safe-mode"] if runtime.safe_mode else []),
        "--log-level", runtime.config["log.level"], "--log-format", runtime.config["log.format"],
    ]  # fmt: skip
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def worker(runtime: Runtime, *, burst: bool = False, lanes: Sequence[str] = LANES) -> None:
    """Run jobs of these lanes until told to stop, or with ``burst`` until nothing is left. The runtime is not pooled: it forks."""
    from ..jobs.worker import work

    end_with_supervisor()
    work(runtime, burst=burst, lanes=lanes)


def scheduler(runtime: Runtime) -> None:
    """Run the clock until told to stop."""
    from ..jobs import scheduler as clockwork

    end_with_supervisor()
    clockwork.run(runtime, Signals(*STOP))


def _command(config: str | None, *arguments: str) -> Callable[[], subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "zhanggui.cli", *(["--config", config] if config else []), *arguments]
    environ = {**os.environ, SUPERVISOR: str(os.getpid())}
    ask = die_with_parent(os.getpid())
    return lambda: subprocess.Popen(command, preexec_fn=ask, stdin=subprocess.DEVNULL, start_new_session=True, env=environ)


@contextmanager
def only_one(runtime: Runtime) -> Iterator[None]:
    """Hold the data folder: two supervisors would fight over its queue server.

    :raises ConfigError: while another one holds it.
    """
    runtime.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(runtime.data / "up.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"This shop runs already: another `zhanggui up` holds {runtime.data}.") from None
        yield


def up(
    runtime: Runtime, *, config: str | None = None, host: str | None = None, port: int | None = None, workers: int | None = None,
    safe_mode: bool = False, beside: Sequence[Child] = (), ready: Callable[[], None] = lambda: None,
) -> int:  # fmt: skip
    """Web, worker, scheduler and queue server; each started again when it dies, all ended together.

    SIGHUP brings new code and a new configuration in without a request that fails: web processes are replaced one by one, workers and
    the scheduler finish what they do and begin anew. The queue server stays.

    :param beside: what else is kept running.
    :param ready: called once the web server answers.
    :returns: the exit code.
    """
    host, port = host or runtime.config["web.host"], port or runtime.config["web.port"]
    check_port(host, port)
    children = [*_children(runtime, config, host, port, workers, safe_mode), *beside]
    signals, told = Signals(*STOP, signal.SIGHUP), False
    with only_one(runtime):
        privacy.close(*runtime.on_disk)
        try:
            while not signals.came(*STOP):
                if signals.came(signal.SIGHUP):
                    signals.forget(signal.SIGHUP)
                    _begin_anew(children)
                for child in children:
                    child.keep()
                if not told and _answers(host, port):
                    told = True
                    ready()
                signals.wait(0.2)
        finally:
            _stop(children)
    return 0


def _children(runtime: Runtime, config: str | None, host: str, port: int, workers: int | None, safe_mode: bool) -> list[Child]:
    web_arguments = ["web", "--host", host, "--port", str(port), *(["--workers", str(workers)] if workers else [])]
    children = [Child(WEB, _command(config, *web_arguments, *(["--safe-mode"] if safe_mode else [])))]
    if not safe_mode:
        some, io = runtime.config["jobs.workers"], runtime.config["jobs.io_workers"]
        lane = ["--lane", DEFAULT_LANE] if io else []  # without workers for the other lane they serve it as well
        children += [Child(f"worker {n + 1}", _command(config, "worker", *lane)) for n in range(some)]
        children += [Child(f"{IO_LANE} worker {n + 1}", _command(config, "worker", "--lane", IO_LANE)) for n in range(io)]
        children.append(Child("scheduler", _command(config, "scheduler")))
    if not runtime.config["queue.url"]:
        ask = die_with_parent(os.getpid())
        children.insert(0, Child(QUEUE_SERVER, lambda: queue_server.start(runtime, preexec_fn=ask)))
    return children


def _begin_anew(children: list[Child]) -> None:
    log.info("everything but the queue server begins anew")
    for child in children:
        if child.process is not None and child.process.poll() is None and child.name != QUEUE_SERVER:
            _signal(child, signal.SIGHUP if child.name == WEB else signal.SIGTERM)


def _answers(host: str, port: int) -> bool:
    """Whether a web process has built its app: the port alone is open long before."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = HTTPConnection(target, port, timeout=1)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop(children: list[Child]) -> None:
    """End everything, the queue server last, so that workers can give back what they hold."""
    running = [c for c in children if c.process is not None and c.process.poll() is None]
    queue = [c for c in running if c.name == QUEUE_SERVER]
    for group in ([c for c in running if c not in queue], queue):
        for child in group:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        for child in group:
            assert child.process is not None
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("%s does not stop; it is killed", child.name)
                _signal(child, signal.SIGKILL)
                child.process.wait(5)


def _signal(child: Child, number: signal.Signals) -> None:
    assert child.process is not None
    try:
        if number == signal.SIGKILL:
            os.killpg(child.process.pid, number)
        else:
            child.process.send_signal(number)
    except ProcessLookupError:
        return
