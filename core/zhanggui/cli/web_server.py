"""The web server: a listening socket for each process, held here, so that none is lost with a process.

``zhanggui web`` becomes this program once it has read the configuration: it loads nothing of the shop.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from ctypes import addressof, create_string_buffer

from ..kernel import logs
from ..kernel.signals import STOP, Signals
from .supervise import SUPERVISOR, Child, die_with_parent, end_with_supervisor

log = logging.getLogger(__name__)
_BACKLOG = 4096
_READY_SECONDS = 120.0
_STOP_SECONDS = 20.0  # less than the supervisor waits
_UNREAD_MS = 30_000  # a client that takes nothing for so long is cut off
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_SO_ATTACH_REUSEPORT_CBPF = 51
_A_RANDOM_NUMBER = 0xFFFFF038  # where a filter reads one (SKF_AD_OFF + SKF_AD_RANDOM)
_FILES = 16_384
_FAREWELL = 1.0  # a process that was told to leave takes connections for half of it


def listen(host: str, port: int, workers: int) -> list[socket.socket]:
    """Sockets that listen there, one for each process; what is set here holds for every connection that they take.

    Linux shares new connections out among them (``SO_REUSEPORT``). From one common queue the first process to
    wake takes a whole burst, and the other ones have nothing to do. Elsewhere all processes have one socket.

    :raises OSError: when somebody listens there already.
    """
    if sys.platform != "linux":
        return [_listening(host, port, [])] * workers
    shared = [socket.SO_REUSEPORT]
    _listening(host, port, []).close()  # sockets of another server that share the port as well would be no error
    first = _listening(host, port, shared)
    return [first, *(_listening(host, first.getsockname()[1], shared) for _ in range(workers - 1))]


def _listening(host: str, port: int, options: list[int]) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    for option in (socket.SO_REUSEADDR, *options):
        listening.setsockopt(socket.SOL_SOCKET, option, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if sys.platform == "linux":
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    listening.bind((host, port))
    listening.listen(_BACKLOG)
    return listening


def take_no_more(listening: socket.socket) -> None:
    """New connections are no longer answered, while those in the queue are still there to be taken (Linux).

    Closing a socket resets what waits in its queue. So a filter drops packets that open a connection
    (SYN without ACK, in the flags at byte 13 of the header); the client asks again a second later.
    """
    if sys.platform != "linux":
        return
    program = ((0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
    _attach(listening, _SO_ATTACH_FILTER, program)


def take_again(listening: socket.socket) -> None:
    """New connections are answered again."""
    if sys.platform == "linux":
        listening.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)


def share_out(listening: Sequence[socket.socket], places: Sequence[int]) -> None:
    """New connections go to the sockets at these places alone, to each as often as to another (Linux).

    Left to itself the kernel goes on filling the queue of a process that is not there, and who stands in
    it waits for the next one. The program takes a random number modulo the number of places, and answers
    with the place of that number: sockets of a port are counted in the order in which they began to listen.
    """
    if sys.platform != "linux":
        return
    chosen = [step for number, place in enumerate(places) for step in ((0x15, 0, 1, number), (0x06, 0, 0, place))]
    program = ((0x20, 0, 0, _A_RANDOM_NUMBER), (0x94, 0, 0, len(places)), *chosen, (0x06, 0, 0, places[0]))
    _attach(listening[0], _SO_ATTACH_REUSEPORT_CBPF, program)


def _attach(listening: socket.socket, kind: int, program: Sequence[tuple[int, int, int, int]]) -> None:
    """Give the kernel a program of the classic packet filter: (code, jump if true, jump if false, value) of each step."""
    code = create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    listening.setsockopt(socket.SOL_SOCKET, kind, struct.pack("HP", len(program), addressof(code)))


class WebProcess(Child):
    """A web process that says when its app is built."""

    ready: int = -1
    _said: bytes = b""

    def is_ready(self) -> bool:
        """Whether it takes connections by now."""
        if self.ready >= 0 and select.select([self.ready], [], [], 0)[0]:
            self._said = os.read(self.ready, 1)
            os.close(self.ready)
            self.ready = -1
        return self._said == b"1" and self.process is not None and self.process.poll() is None

    def listens_to(self, ready: int) -> None:
        """It is another process from now on, which says there when it is ready."""
        if self.ready >= 0:  # of the one before
            os.close(self.ready)
        if self._said == b"1":
            self.wait = self.SHORTEST  # pauses grow for one that cannot start, not for one that served and was lost
        self.ready, self._said = ready, b""


class WebServer:
    """Keeps ``workers`` processes, replaces them one by one on SIGHUP, and lets them finish on SIGTERM."""

    def __init__(self, config: str | None, host: str, port: int, workers: int, *, safe_mode: bool) -> None:
        self._signals: Signals
        self._listening = listen(host, port, workers)
        self._command = [
            sys.executable, "-m", "zhanggui.cli.web_process",
            *(["--config", config] if config else []), *(["--safe-mode"] if safe_mode else []),
        ]  # fmt: skip
        self._processes = [self._process(place) for place in range(workers)]
        self._serving: tuple[int, ...] = ()
        self._leaving: list[tuple[float, subprocess.Popen[bytes]]] = []

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        _open_many_files()
        signals = self._signals = Signals(*STOP, signal.SIGHUP)
        try:
            while not signals.came(*STOP):
                self._keep()
                if signals.came(signal.SIGHUP):
                    signals.forget(signal.SIGHUP)
                    self._replace_all()
                signals.wait(0.1)
        finally:
            self._stop()

    def _process(self, place: int) -> WebProcess:
        process = WebProcess(f"web process {place + 1}", lambda: self._start(process, self._listening[place].fileno()))
        return process

    def _start(self, process: WebProcess, listening: int) -> subprocess.Popen[bytes]:
        ready, said = os.pipe()
        process.listens_to(ready)
        try:
            return subprocess.Popen(
                [*self._command, "--listening", str(listening), "--ready", str(said)], stdin=subprocess.DEVNULL,
                pass_fds=(listening, said), preexec_fn=die_with_parent(os.getpid()),
                env={**os.environ, SUPERVISOR: str(os.getpid())},
            )  # fmt: skip
        finally:
            os.close(said)

    def _keep(self) -> None:
        for process in self._processes:
            process.keep()
        self._share_out()
        self._let_go()

    def _share_out(self) -> None:
        """New connections are for the processes that serve; while none does they wait for the first one."""
        serving = tuple(place for place, process in enumerate(self._processes) if process.is_ready()) or (0,)
        if serving != self._serving and len(self._listening) > 1:
            share_out(self._listening, serving)
        self._serving = serving

    def _replace_all(self) -> None:
        """A new process for each, the old one leaving when the new one serves; nothing changes if it never does."""
        for place, old in enumerate(self._processes):
            new = self._process(place)
            new.keep()
            assert new.process is not None
            latest = time.monotonic() + _READY_SECONDS
            while not new.is_ready():
                if self._signals.came(*STOP) or new.process.poll() is not None or time.monotonic() > latest:
                    log.error("%s does not come up; the running ones go on as they are", new.name)
                    new.process.kill()
                    new.process.wait()
                    return
                self._keep()
                self._signals.wait(0.05)
            self._processes[place] = new
            if old.process is not None and old.process.poll() is None:
                self._leave_alone(place, old.process)

    def _leave_alone(self, place: int, process: subprocess.Popen[bytes]) -> None:
        """Two processes have one socket: the one that leaves would close what it took in its last moment, so nothing comes then.

        Others take the new connections meanwhile; where there are none, clients ask again a second later.
        """
        others = tuple(n for n, one in enumerate(self._processes) if n != place and one.is_ready())
        if others:
            share_out(self._listening, others)
        take_no_more(self._listening[place])
        self._leave(process)
        time.sleep(_FAREWELL)
        take_again(self._listening[place])
        self._serving = ()
        self._share_out()

    def _leave(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        self._leaving.append((time.monotonic() + _STOP_SECONDS, process))

    def _let_go(self) -> None:
        """Forget those that have ended, and kill those that do not."""
        for latest, process in self._leaving[:]:
            if process.poll() is None and time.monotonic() > latest:
                log.warning("a web process does not finish; it is killed")
                process.kill()
                process.wait()
            if process.poll() is not None:
                self._leaving.remove((latest, process))

    def _stop(self) -> None:
        """Every request that was taken is answered; no other one is taken."""
        for listening in self._listening:
            take_no_more(listening)
            listening.close()  # its process has it still, and empties its queue
        for found in self._processes:
            if found.process is not None and found.process.poll() is None:
                self._leave(found.process)
        while self._leaving:
            self._let_go()
            time.sleep(0.02)


def _open_many_files() -> None:
    """Every connection is one; many systems give a process 1,024 until it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))



def main() -> None:
    """Serve HTTP until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--config")
    parser.add_argument("--safe-mode", action="store_true")
    parser.add_argument("--log-level", default="INFO")
    parser.add_argument("--log-format", default="plain")
    given = parser.parse_args()
    logs.configure(given.log_level, given.log_format)
    end_with_supervisor()
    WebServer(given.config, given.host, given.port, given.workers, safe_mode=given.safe_mode).run()


if __name__ == "__main__":
    main()
