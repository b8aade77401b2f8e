"""New connections are shared out among the web processes that are there, and a port is one server's."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from zhanggui.cli.web_server import WebProcess, WebServer, listen, share_out


@pytest.fixture
def listening() -> Iterator[list[socket.socket]]:
    sockets = listen("127.0.0.1", 0, 2)
    yield sockets
    for one in sockets:
        one.close()


def waiting(listening: list[socket.socket], count: int) -> list[int]:
    """How many of ``count`` connections wait on each socket."""
    taken = [0] * len(listening)
    latest = time.monotonic() + 10
    while sum(taken) < count and time.monotonic() < latest:
        for place, one in enumerate(listening):
            if select.select([one], [], [], 0)[0]:
                one.accept()[0].close()
                taken[place] += 1
    return taken


def burst(listening: list[socket.socket]) -> list[int]:
    """How many of 64 connections arrive at each socket."""
    clients = [socket.create_connection(listening[0].getsockname()) for _ in range(64)]
    taken = waiting(listening, len(clients))
    for client in clients:
        client.close()
    assert sum(taken) == 64
    return taken


@pytest.mark.parametrize("chosen", [None, (0, 1)])
def test_a_burst_does_not_end_with_one_process(listening: list[socket.socket], chosen: tuple[int, ...] | None) -> None:
    assert len({one.fileno() for one in listening}) == 2  # two queues, not one twice
    if chosen:
        share_out(listening, chosen)
    assert min(burst(listening)) >= 8


def test_who_comes_while_a_process_is_not_there_goes_to_another(listening: list[socket.socket]) -> None:
    share_out(listening, (1,))
    assert burst(listening) == [0, 64]
    share_out(listening, (0,))
    assert burst(listening) == [64, 0]


def test_a_port_that_another_server_has_is_refused(listening: list[socket.socket]) -> None:
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", listening[0].getsockname()[1], 2)


@pytest.mark.parametrize(("served", "age", "pauses"), [(True, 0, [1.0] * 3), (False, 0, [1.0, 2.0, 4.0]), (False, 6, [1.0] * 3)])
def test_pauses_grow_for_a_process_that_dies_young_and_never_served(served: bool, age: float, pauses: list[float]) -> None:
    def start() -> subprocess.Popen[bytes]:
        ready, said = os.pipe()
        process.listens_to(ready)
        if served:
            os.write(said, b"1")
        os.close(said)
        return subprocess.Popen(["true"])

    process, found = WebProcess("web process", start), []
    for _ in range(3):
        process.again_at = 0.0
        process.keep()
        assert process.process is not None
        process.is_ready()
        process.process.wait()
        process.started -= age
        process.keep()
        found.append(process.wait)
    assert found == pauses


def test_the_server_sends_nobody_to_a_process_that_does_not_serve(listening: list[socket.socket]) -> None:
    server = WebServer(None, "127.0.0.1", 0, 2, safe_mode=False)
    server._listening = listening
    processes = [subprocess.Popen(["sleep", "60"]) for _ in range(2)]
    try:
        for place, (kept, process) in enumerate(zip(server._processes, processes, strict=True)):
            ready, said = os.pipe()
            kept.process, kept.ready, kept.started = process, ready, time.monotonic()
            os.write(said, b"01"[place : place + 1])
            os.close(said)
        server._share_out()
        assert burst(listening) == [0, 64]
    finally:
        for process in processes:
            process.kill()
            process.wait()
