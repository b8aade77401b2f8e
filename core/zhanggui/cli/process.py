"""The processes of an instance, and the supervisor that keeps them running."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from gunicorn.app.base import BaseApplication

from ..host.declare import DEFAULT_LANE, IO_LANE, LANES
from ..jobs import queue_server
from ..kernel import privacy
from ..kernel.errors import ConfigError
from ..runtime import Runtime

log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1
_SUPERVISOR = "ZHANGGUI_SUPERVISOR"
_STOP_SECONDS = 25
_SLOWEST_RESTART = 30.0


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


class WebServer(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings; every worker process builds its own app."""

    def __init__(self, runtime: Runtime, host: str, port: int, workers: int) -> None:
        self.runtime, self.host, self.port, self.workers = runtime, host, port, workers
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}", "workers": self.workers,
            "worker_class": "gthread", "threads": self.runtime.config["web.threads"], "graceful_timeout": 20, "timeout": 60,
            "keepalive": 5, "max_requests": 20000, "max_requests_jitter": 2000, "accesslog": None, "loglevel": "warning",
            "preload_app": False, "proc_name": "zhanggui-web", "control_socket_disable": True,
        }  # fmt: skip
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        from ..app import Site

        return Site(Runtime(self.runtime.config, safe_mode=self.runtime.safe_mode))


def web(runtime: Runtime, *, host: str | None = None, port: int | None = None, workers: int | None = None) -> None:
    """Serve HTTP until told to stop.

    :raises PortTaken: at once, in one sentence.
    """
    host, port = host or runtime.config["web.host"], port or runtime.config["web.port"]
    check_port(host, port)
    end_with_supervisor()
    WebServer(runtime, host, port, workers or runtime.config["web.workers"]).run()


def worker(runtime: Runtime, *, burst: bool = False, lanes: Sequence[str] = LANES) -> None:
    """Run jobs of these lanes until told to stop, or with ``burst`` until nothing is left. The runtime is not pooled: it forks."""
    from ..jobs.worker import work

    end_with_supervisor()
    work(runtime, burst=burst, lanes=lanes)


def scheduler(runtime: Runtime) -> None:
    """Run the clock until told to stop."""
    from ..jobs import scheduler as clockwork

    end_with_supervisor()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    clockwork.run(runtime, stop)


def end_with_supervisor() -> None:
    """Called by a process that ``up`` started, where the kernel cannot tell it: ends it when ``up`` is gone."""
    supervisor = int(os.environ.get(_SUPERVISOR, "0"))
    if not supervisor or sys.platform == "linux":
        return

    def watch() -> None:
        while os.getppid() == supervisor:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()


def _die_with_parent(parent: int) -> Callable[[], None]:
    """For the child between fork and exec: a supervisor that is killed outright takes it along (Linux)."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

    def ask() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it died before we could ask
                os._exit(0)

    return ask


@dataclass
class Child:
    """One supervised process and how to start it again."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = 0.5
    again_at: float = 0.0

    def keep(self) -> None:
        """Start it when it does not run and its pause is over; pauses double while it keeps dying.

        :raises ConfigError: when it cannot be started the very first time.
        """
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            if now - self.started > 20:
                self.wait = 0.5
            return
        if self.process is not None:
            self._later(f"ended with {self.process.returncode}", now)
        if now >= self.again_at:
            try:
                self.process, self.started = self.start(), now
            except (ConfigError, OSError) as error:
                if not self.started:
                    raise
                self._later(f"cannot be started ({error})", now)

    def _later(self, why: str, now: float) -> None:
        log.warning("%s %s; it is started again in %.1f s", self.name, why, self.wait)
        self.process, self.again_at = None, now + self.wait
        self.wait = min(self.wait * 2, _SLOWEST_RESTART)


def _command(config: str | None, *arguments: str) -> Callable[[], subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "zhanggui.cli", *(["--config", config] if config else []), *arguments]
    environ = {**os.environ, _SUPERVISOR: str(os.getpid())}
    ask = _die_with_parent(os.getpid())
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
    safe_mode: bool = False, ready: Callable[[], None] = lambda: None,
) -> int:  # fmt: skip
    """Web, worker, scheduler and queue server; each started again when it dies, all ended together.

    :param ready: called once the web server answers.
    :returns: the exit code.
    """
    host, port = host or runtime.config["web.host"], port or runtime.config["web.port"]
    check_port(host, port)
    children = _children(runtime, config, host, port, workers, safe_mode)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    told = False
    with only_one(runtime):
        privacy.close(*runtime.on_disk)
        try:
            while not stopping.is_set():
                for child in children:
                    child.keep()
                if not told and _answers(host, port):
                    told = True
                    ready()
                stopping.wait(0.2)
        finally:
            _stop(children)
    return 0


def _children(runtime: Runtime, config: str | None, host: str, port: int, workers: int | None, safe_mode: bool) -> list[Child]:
    web_arguments = ["web", "--host", host, "--port", str(port), *(["--workers", str(workers)] if workers else [])]
    children = [Child("web", _command(config, *web_arguments, *(["--safe-mode"] if safe_mode else [])))]
    if not safe_mode:
        some, io = runtime.config["jobs.workers"], runtime.config["jobs.io_workers"]
        lane = ["--lane", DEFAULT_LANE] if io else []  # without workers for the other lane they serve it as well
        children += [Child(f"worker {n + 1}", _command(config, "worker", *lane)) for n in range(some)]
        children += [Child(f"{IO_LANE} worker {n + 1}", _command(config, "worker", "--lane", IO_LANE)) for n in range(io)]
        children.append(Child("scheduler", _command(config, "scheduler")))
    if not runtime.config["queue.url"]:
        ask = _die_with_parent(os.getpid())
        children.insert(0, Child("queue server", lambda: queue_server.start(runtime, preexec_fn=ask)))
    return children


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
    queue = [c for c in running if c.name == "queue server"]
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
