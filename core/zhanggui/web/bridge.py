"""Between an ASGI server and our WSGI callable: a thread sees whole requests and never waits for a client.

A body is read by the event loop, within a time that grows with what arrives, and handed over when it
is complete; what the callable answers is taken from it as fast as it comes and sent as fast as the
client reads. However slow a client is, it costs a socket and a little memory or disk, never a thread.
"""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

log = logging.getLogger(__name__)
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

BODY_SECONDS = 15.0  # for a body to come, and one more second for every
BYTES_A_SECOND = 8 * 1024  # that have come
_LONGEST_BODY = 33 * 1024 * 1024  # the app refuses longer ones itself, in the reader's language
_IN_MEMORY = 64 * 1024  # of one body; the rest lies in an unnamed file
_ON_DISK = 1024 * 1024 * 1024  # of all bodies that one process is reading
_WHOLE = 1024 * 1024  # an answer up to this is sent in one piece, a longer one through an unnamed file
_CHUNK = 128 * 1024


class TooSlow(Exception):
    """The body did not come in time."""


class TooMuch(Exception):
    """Too many bodies are being read."""


class Gone(Exception):
    """The client went away before its request was complete."""


class Bridge:
    """An ASGI application that runs a WSGI callable in ``threads`` threads."""

    def __init__(self, wsgi: Wsgi, threads: int) -> None:
        self._wsgi = wsgi
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._reading = 0  # bytes of bodies that are not yet complete

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        try:
            body, length = await self._body(scope, receive)
        except TooSlow:
            return await _refuse(send, 408)
        except TooMuch:
            return await _refuse(send, 503)
        except Gone:
            return None
        answer = _Answer(asyncio.get_running_loop())
        self._pool.submit(answer.make, self._wsgi, environ_of(scope, body, length))
        await answer.send(send)
        return None

    async def _body(self, scope: Mapping[str, Any], receive: Receive) -> tuple[IO[bytes], int | None]:
        """The whole body and its length; nothing of a body that is too long by its own word, which the app refuses."""
        headers = dict(scope["headers"])
        announced = int(headers.get(b"content-length", b"0"))
        if not announced and b"transfer-encoding" not in headers:
            return io.BytesIO(), None
        if announced > _LONGEST_BODY:
            return io.BytesIO(), announced
        loop = asyncio.get_running_loop()
        latest = loop.time() + BODY_SECONDS
        body: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # type: ignore[assignment]  # noqa: SIM115 - outlives this call
        length = 0
        try:
            more = True
            while more and length <= _LONGEST_BODY:
                try:
                    async with asyncio.timeout_at(latest + length / BYTES_A_SECOND):
                        message = await receive()
                except TimeoutError:
                    raise TooSlow from None
                if message["type"] == "http.disconnect":
                    raise Gone
                piece = message.get("body", b"")
                if self._reading + len(piece) > _ON_DISK:
                    raise TooMuch
                body.write(piece)
                length += len(piece)
                self._reading += len(piece)
                more = message.get("more_body", False)
        except BaseException:
            body.close()
            raise
        finally:
            self._reading -= length
        body.seek(0)
        return body, length


class _Answer:
    """What the callable answers: made by a thread, sent by the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._news = asyncio.Event()
        self._status, self._headers = 500, [(b"content-length", b"0")]
        self._whole = b""
        self._file: IO[bytes] | None = None  # of a long answer
        self._lock = threading.Lock()  # of the file
        self._written = 0
        self._done = self._gone = False

    # In the thread.

    def make(self, wsgi: Wsgi, environ: dict[str, Any]) -> None:
        """Run the callable to its end, whatever becomes of the client."""
        try:
            self._run(wsgi, environ)
        except Exception:
            log.exception("unhandled in %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            self._gone = self._file is not None  # a part was sent: only an end without the last chunk says that it is one
        finally:
            environ["wsgi.input"].close()
            self._done = True
            self._tell()

    def _run(self, wsgi: Wsgi, environ: dict[str, Any]) -> None:
        pieces: list[bytes] = []
        size = 0

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], None]:
            head[:] = [(int(status[:3]), [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers])]
            return pieces.append

        head: list[tuple[int, list[tuple[bytes, bytes]]]] = []
        parts = wsgi(environ, start_response)
        try:
            for part in parts:
                if self._file is not None:
                    if self._gone:
                        return
                    self._write(part)
                    continue
                pieces.append(part)
                size += len(part)
                if size > _WHOLE:
                    self._status, self._headers = head[0]
                    self._file = TemporaryFile()  # noqa: SIM115 - outlives this call
                    self._write(b"".join(pieces))
                    pieces.clear()
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        if self._file is None:
            self._status, self._headers = head[0]
            self._whole = b"".join(pieces)

    def _write(self, part: bytes) -> None:
        assert self._file is not None
        with self._lock:
            self._file.seek(0, io.SEEK_END)
            self._file.write(part)
            self._file.flush()
            self._written += len(part)
        self._tell()

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)

    # In the event loop.

    async def send(self, send: Send) -> None:
        """Send what there is until nothing more will come."""
        await self._news.wait()
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        if self._file is None:
            await send({"type": "http.response.body", "body": self._whole})
            return
        try:
            sent = 0
            while True:
                self._news.clear()
                done = self._done
                with self._lock:
                    self._file.seek(sent)
                    piece = self._file.read(_CHUNK)
                if piece:
                    sent += len(piece)
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                elif done:
                    break
                else:
                    await self._news.wait()
            if not self._gone:
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._gone = True  # the thread need not go on when the client does not
            with self._lock:
                self._file.close()


def environ_of(scope: Mapping[str, Any], body: IO[bytes], length: int | None) -> dict[str, Any]:
    """The WSGI environment of a request, whose body is complete."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"], "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"), "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": scope["server"][0], "SERVER_PORT": str(scope["server"][1]), "REMOTE_ADDR": scope["client"][0],
        "wsgi.version": (1, 0), "wsgi.url_scheme": scope["scheme"], "wsgi.input": body, "wsgi.input_terminated": True,
        "wsgi.errors": _Errors(), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip
    for raw, value in scope["headers"]:
        # "X_Forwarded_For" would become the same variable as the header that a proxy sets.
        if b"_" in raw or raw in (b"content-length", b"transfer-encoding"):
            continue
        name, text = raw.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
        key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
        if key in environ:
            text = f"{environ[key]}{'; ' if name == 'COOKIE' else ','}{text}"
        environ[key] = text
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


class _Errors(io.TextIOBase):
    """``wsgi.errors``: lines of the log."""

    def write(self, text: str) -> int:
        if text.strip():
            log.error("%s", text.rstrip())
        return len(text)


async def _refuse(send: Send, status: int) -> None:
    """A short answer to a program that did not get as far as asking; the connection ends with it."""
    headers = [(b"connection", b"close"), (b"content-length", b"0"), (b"retry-after", b"5")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
