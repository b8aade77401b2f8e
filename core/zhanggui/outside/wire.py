"""Connections to others: made to an address that was checked, kept by a process, each call within one time in all."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import certifi
import httpcore

from ..runtime import Runtime
from .rules import Allowed, Target, resolve

_MOST, _IDLE, _IDLE_SECONDS = 20, 10, 30.0  # connections, of them unused, for so long
_call: ContextVar[tuple[Target, float]] = ContextVar("zhanggui_outside_call")  # whom this thread calls, and until when


@contextmanager
def calling(target: Target, seconds: float) -> Iterator[None]:
    """All that is sent and read in this block is of one call, which ends after so many seconds."""
    token = _call.set((target, time.monotonic() + seconds))
    try:
        yield
    finally:
        _call.reset(token)


def _left(timeout: float | None, late: type[Exception]) -> float:
    """Seconds for the next step: a far end that sends a byte now and then must not stretch a call."""
    rest = _call.get()[1] - time.monotonic()
    if rest <= 0:
        raise late("the time of this call is over")
    return rest if timeout is None else min(timeout, rest)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout, httpcore.ConnectTimeout)))

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Checked(httpcore.NetworkBackend):
    """Looks a name up once, and connects to what was looked at and nothing else. Certificates are asked for the name."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed, self._inner = allowed, httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        trouble: Exception = httpcore.ConnectError("no address")
        for address in resolve(_call.get()[0], self._allowed):
            try:
                wait = _left(timeout, httpcore.ConnectTimeout)
                return _Stream(self._inner.connect_tcp(address, port, wait, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble


def pool_of(runtime: Runtime) -> httpcore.ConnectionPool:
    """The connections of this process; a child that was forked makes its own."""
    pid, pool = runtime.shared.get("outside", (0, None))
    if pool is None or pid != os.getpid():
        trust = ssl.create_default_context()
        trust.load_verify_locations(certifi.where())
        pool = httpcore.ConnectionPool(
            ssl_context=trust, max_connections=_MOST, max_keepalive_connections=_IDLE, keepalive_expiry=_IDLE_SECONDS,
            network_backend=_Checked(Allowed.read(runtime.config["outside.allowed"])),
        )  # fmt: skip
        _pid, pool = runtime.shared["outside"] = (os.getpid(), pool)
    return pool
