"""The one way to call somebody outside: bounded in time and size, to checked addresses, never inside a transaction.

Redirects are not followed: they are an answer like any other. Nothing of an address but its host is logged,
because paths, queries and headers hold keys.
"""

from __future__ import annotations

import json as _json
import logging
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import Headers

from .. import __version__
from ..db.uow import in_transaction
from ..i18n.texts import gettext as _
from ..kernel.errors import ProviderError
from ..runtime import current_runtime
from .rules import Allowed, Target, dial, read_url, refused

log = logging.getLogger(__name__)
SECONDS, CONNECT_SECONDS = 10.0, 5.0
LARGEST = 1024 * 1024  # bytes of an answer
_PASSING = (408, 425, 429, 500, 502, 503, 504)


class CalledInTransaction(RuntimeError):
    """Somebody outside was called while a transaction was open: others wait for it meanwhile. A bug, never a refusal.

    Claim the work and commit; call; store what was answered in a transaction of its own.
    """

    retry = False


@dataclass(frozen=True)
class Answer:
    """What was answered. ``headers`` are found in any spelling of their names."""

    host: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON.

        :raises ProviderError: when it is none.
        """
        try:
            return _json.loads(self.body)
        except (ValueError, RecursionError):
            raise ProviderError(_("%(host)s gave an answer that cannot be read.", host=self.host), retry=False, sent=True) from None

    def expected(self) -> Answer:
        """This answer, when it is one of success (2xx).

        :raises ProviderError: otherwise; trying again can help after 408, 425, 429 and 5xx.
        """
        if 200 <= self.status < 300:
            return self
        raise ProviderError(_("%(host)s refused: status %(status)s.", host=self.host, status=self.status), retry=self.status in _PASSING, sent=True)


def check(url: str) -> None:
    """Ask of an address that somebody enters whether it may be called, without calling anybody: a name is looked up at the call.

    :raises ProviderError: when it never may.
    """
    why = refused(url, Allowed.read(current_runtime().config["outside.allowed"]))
    if why:
        raise ProviderError(why, retry=False)


def connect(host: str, port: int, *, ports: Sequence[int], seconds: float = CONNECT_SECONDS) -> socket.socket:
    """A connection for what is not spoken by http, such as mail: to a public address at one of these ports, or to what ``outside.allowed`` names.

    :raises ProviderError: when nobody is there, or it may not be called.
    :raises CalledInTransaction: inside a unit of work.
    """
    _not_in_transaction()
    return dial(host, port, ports, Allowed.read(current_runtime().config["outside.allowed"]), seconds)


def is_allowed(host: str) -> bool:
    """Whether a file of the configuration names this host: a machine of one's own, which need not be public."""
    return Allowed.read(current_runtime().config["outside.allowed"]).names_host(host)


def get(url: str, **more: Any) -> Answer:
    """:func:`request` with GET."""
    return request("GET", url, **more)


def post(url: str, **more: Any) -> Answer:
    """:func:`request` with POST."""
    return request("POST", url, **more)


def request(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", json: Any = None,
    seconds: float = SECONDS, connect_seconds: float = CONNECT_SECONDS, at_most: int = LARGEST,
) -> Answer:  # fmt: skip
    """Call somebody outside, once: nothing is repeated here, because only the caller knows what may happen twice.

    :param body: sent as it is; ``json`` in its place is sent as JSON.
    :param seconds: for all of the call, from looking the name up to the last byte of the answer.
    :param at_most: bytes of the answer.
    :raises ProviderError: when no whole answer came; ``sent`` says whether they may have acted on it all the same.
    :raises CalledInTransaction: inside a unit of work.
    """
    _not_in_transaction()
    target = read_url(url)
    given = {"User-Agent": f"zhanggui/{__version__}", "Accept": "*/*", **(headers or {}), "Accept-Encoding": "identity"}
    if json is not None:
        body = _json.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
        given.setdefault("Content-Type", "application/json")
    began = time.monotonic()
    outcome = "failed"
    try:
        answer = _exchange(method, target, given, body, seconds, connect_seconds, at_most)
        outcome = str(answer.status)
        return answer
    finally:
        log.info("%s %s: %s after %d ms", method, target.host, outcome, (time.monotonic() - began) * 1000)


def _not_in_transaction() -> None:
    if in_transaction():
        raise CalledInTransaction("nobody outside is called inside a transaction: claim, commit, call, then store the answer in another one")


def _exchange(method: str, target: Target, headers: Mapping[str, str], body: bytes, seconds: float, connect: float, at_most: int) -> Answer:
    import httpcore  # only in processes that call somebody: it takes memory and time to load

    from .wire import calling, pool_of

    url = httpcore.URL(scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode())
    limits = {"connect": min(connect, seconds), "read": seconds, "write": seconds, "pool": seconds}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    try:
        with calling(target, seconds), pool_of(current_runtime()).stream(
            method, url, headers=pairs, content=body, extensions={"timeout": limits}
        ) as response:
            read = bytearray()
            for piece in response.iter_stream():
                read += piece
                if len(read) > at_most:
                    raise ProviderError(_("%(host)s gave a longer answer than is read.", host=target.host), retry=False, sent=True)
            found = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers])
            return Answer(target.host, response.status, found, bytes(read))  # type: ignore[arg-type] # finds names by any case
    except httpcore.LocalProtocolError:
        # Its text repeats what cannot be sent, which may be a key.
        raise ValueError("a header or the method of this request cannot be sent") from None
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise _trouble(error, target, seconds) from None


def _trouble(error: Exception, target: Target, seconds: float) -> ProviderError:
    import httpcore

    sent = not isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout | httpcore.PoolTimeout)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ProviderError(_("The certificate of %(host)s is not valid.", host=target.host), retry=False)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.TimeoutException):
        return ProviderError(_("%(host)s did not answer within %(seconds)g seconds.", host=target.host, seconds=seconds), retry=True, sent=sent)
    if not sent:
        return ProviderError(_("%(host)s cannot be reached.", host=target.host), retry=True)
    return ProviderError(_("%(host)s broke off before its answer was complete.", host=target.host), retry=True, sent=True)


__all__ = ["Answer", "CalledInTransaction", "check", "connect", "get", "is_allowed", "post", "request"]
