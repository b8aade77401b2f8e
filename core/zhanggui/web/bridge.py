"""Between an ASGI server and our WSGI callable: a thread sees whole requests and never waits for a client.

A body is read by the event loop, within a time that grows with what arrives, and handed over when it
is complete; what the callable answers is taken from it whole, and sent as fast as the client reads.
However slow a client is, it costs a socket and a little memory or disk, never a thread.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
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
_ANSWER_IN_MEMORY = 1024 * 1024  # of one answer; a longer one lies in an unnamed file
_CHUNK = 256 * 1024


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
        self.leaving = False  # from then on every answer is the last one of its connection

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        try:
            body, length = await self._body(scope, receive)
        except TooSlow:
            return await _refuse(send, 408)
        except TooMuch:
            return await _refuse(send, 503)
        except Gone:
            return None
        answer = _Answer()
        self._pool.submit(answer.make, self._wsgi, environ_of(scope, body, length))
        await answer.done
        return await answer.send(send, last=self.leaving)

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
    """What the callable answers: made whole by a thread, then sent by the event loop."""

    def __init__(self) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._status, self._headers = 500, [(b"content-length", b"0")]
        self._body = SpooledTemporaryFile(_ANSWER_IN_MEMORY)  # noqa: SIM115 - outlives this call

    def make(self, wsgi: Wsgi, environ: dict[str, Any]) -> None:
        """Run the callable to its end. One that fails half-way has sent nothing yet, so it can still be told."""
        try:
            self._run(wsgi, environ)
        except Exception:
            log.exception("unhandled in %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            self._status, self._headers = 500, [(b"content-length", b"0")]
            self._body.seek(0)
            self._body.truncate()
        finally:
            environ["wsgi.input"].close()
            self.done.get_loop().call_soon_threadsafe(self.done.set_result, None)

    def _run(self, wsgi: Wsgi, environ: dict[str, Any]) -> None:
        head: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], int]:
            head[:] = [(status, headers)]
            return self._body.write

        parts = wsgi(environ, start_response)
        try:
            for part in parts:
                self._body.write(part)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        status, headers = head[0]
        self._status = int(status[:3])
        self._headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if environ["REQUEST_METHOD"] != "HEAD" and self._status not in (204, 304) and all(name != b"content-length" for name, _value in self._headers):
            self._headers.append((b"content-length", str(self._body.tell()).encode()))

    async def send(self, send: Send, *, last: bool) -> None:
        """Send it as fast as the client reads; ``last`` tells him to ask elsewhere from now on."""
        if last:
            self._headers.append((b"connection", b"close"))
        with self._body as body:
            length = body.tell()
            body.seek(0)
            await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
            for _place in range(0, length - _CHUNK, _CHUNK):
                await send({"type": "http.response.body", "body": body.read(_CHUNK), "more_body": True})
            await send({"type": "http.response.body", "body": body.read(_CHUNK)})


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
