"""Half-sent bodies and unread answers hold a socket, never a thread: one thread serves everybody else meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse

import pytest

from zhanggui.cli import web_server
from zhanggui.cli.web_process import OneProcess
from zhanggui.web import bridge

LARGE = 20 * 1024 * 1024  # more than the kernel keeps for a client that does not read


def app(environ, start_response):
    """Answers with what it was sent, or with as much as is asked for."""
    path = environ["PATH_INFO"]
    if path == "/fails":
        def broken():
            yield b"x" * 3_000_000
            raise RuntimeError("half-way")
        start_response("200 OK", [("Content-Type", "text/plain")])
        return broken()
    if path == "/large":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"%07d" % (number % 10**7) * (64 * 1024 // 7) for number in range(LARGE // (64 * 1024)))
    if path.startswith("/environ"):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [repr({k: v for k, v in environ.items() if k.isupper()}).encode()]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    answer = f"{environ.get('CONTENT_LENGTH')} {len(body)} {hashlib.sha256(body).hexdigest()}".encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


@contextmanager
def serving(threads: int) -> Iterator[int]:
    (listening,) = web_server.listen("127.0.0.1", 0, 1)
    server: list[tuple[OneProcess, asyncio.AbstractEventLoop]] = []
    up = threading.Event()

    async def serve() -> None:
        server.append((OneProcess(bridge.Bridge(app, threads), listening.fileno()), asyncio.get_running_loop()))
        up.set()
        await server[0][0].serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert up.wait(10)
    yield listening.getsockname()[1]
    found, loop = server[0]
    loop.call_soon_threadsafe(found.stop)
    thread.join(20)
    listening.detach()  # the server closed it
    assert not thread.is_alive()


@pytest.fixture
def port() -> Iterator[int]:
    """A server with one single thread for the callable."""
    with serving(threads=1) as port:
        yield port


@pytest.fixture
def connect(port: int) -> Iterator[Callable[..., socket.socket]]:
    """Open a connection and send something; all are closed at the end."""
    opened = []

    def do(sent: bytes, *, receive: int | None = None) -> socket.socket:
        client = socket.socket()
        if receive:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        client.settimeout(10)
        client.connect(("127.0.0.1", port))
        client.sendall(sent)
        opened.append(client)
        return client

    yield do
    for client in opened:
        client.close()


def get(port: int, path: str = "/", body: bytes | None = None, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST" if body is not None else "GET", path, body, headers)
    response = connection.getresponse()
    found = response, response.read()
    connection.close()
    return found


HALF = b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\nhalf"
HALF_CHUNKED = b"POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf"


def test_half_sent_bodies_keep_nobody_waiting(port, connect):
    for _ in range(20):
        connect(HALF)
        connect(HALF_CHUNKED)
    time.sleep(0.2)
    for _ in range(5):
        response, _body = get(port)
        assert response.status == 200


@pytest.mark.parametrize("sent", [HALF, HALF_CHUNKED], ids=["length", "chunked"])
def test_a_body_that_does_not_come_is_given_up(port, connect, sent, monkeypatch):
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.3)
    client = connect(sent)
    assert client.recv(100).startswith(b"HTTP/1.1 408 ")
    while client.recv(1000):
        pass  # the server closes


def test_a_body_that_keeps_coming_has_more_time(port, connect, monkeypatch):
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.4)
    piece = bridge.BYTES_A_SECOND
    client = connect(b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: %d\r\n\r\n" % (4 * piece))
    for _ in range(4):
        client.sendall(b"x" * piece)
        time.sleep(0.3)
    assert b"200 OK" in client.recv(100)


def test_bodies_arrive_whole_and_with_their_length(port):
    body = bytes(range(256)) * 12_000  # through a file
    expected = f"{len(body)} {len(body)} {hashlib.sha256(body).hexdigest()}".encode()
    assert get(port, body=body)[1] == expected
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/", iter([body[:10], body[10:500_000], body[500_000:]]), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    assert connection.getresponse().read() == expected
    connection.close()


def test_a_body_that_is_too_long_is_left_to_the_app_to_refuse_unread(port, connect):
    client = connect(b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 99999999\r\n\r\n")
    answer = client.recv(1000)
    while b"\r\n\r\n" not in answer or not answer.split(b"\r\n\r\n", 1)[1]:
        answer += client.recv(1000)
    assert answer.split(b"\r\n\r\n", 1)[1].startswith(b"99999999 0 ")


def test_too_much_that_is_half_sent_is_refused_with_a_time_to_come_back(port, connect, monkeypatch):
    monkeypatch.setattr(bridge, "_ON_DISK", 10)
    connect(HALF)
    time.sleep(0.2)
    refused = connect(b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\n" + b"x" * 100).recv(200)
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in refused


def test_an_answer_that_nobody_reads_keeps_nobody_waiting_and_is_whole_when_it_is_read(port, connect):
    slow = [connect(b"GET /large HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n", receive=4096) for _ in range(3)]
    time.sleep(0.2)
    for _ in range(5):
        assert get(port)[0].status == 200
    received = 0
    while piece := slow[0].recv(1 << 20):
        received += len(piece)
    assert received > LARGE * 0.99


def test_who_takes_nothing_of_his_answer_is_cut_off(monkeypatch):
    monkeypatch.setattr(web_server, "_UNREAD_MS", 500)
    with serving(threads=1) as port, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(10)
        client.connect(("127.0.0.1", port))
        client.sendall(b"GET /large HTTP/1.1\r\nHost: shop\r\n\r\n")
        time.sleep(2)
        received = 0
        with pytest.raises(ConnectionResetError):
            while piece := client.recv(1 << 20):
                received += len(piece)
    assert received < LARGE / 2


def test_an_answer_that_fails_half_way_is_an_error_and_no_short_answer(port, caplog):
    response, body = get(port, "/fails")
    assert (response.status, body) == (500, b"")
    assert "half-way" in caplog.text


def test_a_header_with_an_underscore_cannot_pass_for_that_of_a_proxy(port, connect):
    client = connect(
        b"GET /environ HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: 198.51.100.7\r\nX_Forwarded_For: 203.0.113.9\r\n"
        b"Cookie: a=1\r\nCookie: b=2\r\nAccept: x\r\nAccept: y\r\nConnection: close\r\n\r\n"
    )
    answer = b""
    while piece := client.recv(10_000):
        answer += piece
    assert b"'HTTP_X_FORWARDED_FOR': '198.51.100.7'" in answer
    assert b"203.0.113.9" not in answer
    assert b"'HTTP_COOKIE': 'a=1; b=2'" in answer
    assert b"'HTTP_ACCEPT': 'x,y'" in answer


def test_paths_arrive_as_their_bytes(port):
    found = get(port, "/environ/%E8%8C%B6%2Fx?q=%E8%8C%B6")[1].decode()
    assert f"'PATH_INFO': {'/environ/茶/x'.encode().decode('latin-1')!r}" in found
    assert "'QUERY_STRING': 'q=%E8%8C%B6'" in found


def test_the_server_does_not_tell_its_version(port):
    assert get(port)[0].headers["Server"] == "granian"
