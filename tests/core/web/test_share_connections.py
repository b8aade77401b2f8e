"""New connections are shared out among the web processes, and a port is one server's."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator

import pytest

from zhanggui.cli.web_server import listen


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


def test_a_burst_does_not_end_with_one_process(listening: list[socket.socket]) -> None:
    assert len({one.fileno() for one in listening}) == 2  # two queues, not one twice
    address = listening[0].getsockname()
    clients = [socket.create_connection(address) for _ in range(64)]
    taken = waiting(listening, len(clients))
    for client in clients:
        client.close()
    assert sum(taken) == 64
    assert min(taken) >= 8, taken


def test_a_port_that_another_server_has_is_refused(listening: list[socket.socket]) -> None:
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", listening[0].getsockname()[1], 2)
