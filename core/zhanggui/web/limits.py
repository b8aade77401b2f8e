"""How often one address may ask for what is public: counted in memory, before any work is done.

Each address has an allowance that fills up evenly; a tenth of a minute's worth may be spent at once.
What a request claims to be (a cookie, a token) is not known yet when it is counted: it is given back
when it turns out to be true. Every process counts for itself.

`limits`, which the base brings along, keeps every address that ever came and starts a thread for each
window; one number an address is enough here.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from html import escape
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from flask import request as current_request
from werkzeug.wrappers import Request

from ..i18n.readers import best_language, core_catalog
from ..i18n.texts import lazy_gettext as _l
from ..kernel.addresses import network
from .context import for_programs

KNOWN = "zhanggui.known"  # in the environ: the request is from somebody who has signed in
_MOST_ADDRESSES = 20_000
_network = lru_cache(maxsize=4096)(network)
_SENTENCE = _l("Too many requests came from your address. Please wait a moment.")
_PAGE = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{text}</title><p>{text}</p></html>"
)


def visitor_is_known() -> None:
    """Whoever sent this request has signed in: it does not count as one of the public's."""
    current_request.environ[KNOWN] = True


class Allowance:
    """``per_minute`` requests for each key, evenly; a tenth of them at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 60.0 / per_minute
        self._ahead = self._interval * max(per_minute // 10 - 1, 0)
        self._clock = clock
        self._next: OrderedDict[Any, float] = OrderedDict()  # when a key's requests so far would be due, the latest used last
        self._lock = threading.Lock()

    def take(self, key: Any) -> float:
        """Nothing when the request is within the allowance, else the seconds to wait."""
        now = self._clock()
        with self._lock:
            due = max(self._next.pop(key, now), now)
            wait = due - self._ahead - now
            self._next[key] = due if wait > 0 else due + self._interval
            if len(self._next) > _MOST_ADDRESSES:
                self._next.popitem(last=False)
        return max(wait, 0.0)

    def give_back(self, key: Any) -> None:
        """The last request did not count after all."""
        with self._lock:
            if key in self._next:
                self._next[key] -= self._interval


class PublicLimits:
    """The limits of one process, from its configuration."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        per_minute = config["web.public_requests_per_minute"]
        self._allowance = Allowance(per_minute) if per_minute else None
        self._free = [ip_network(text) for text in config["web.unlimited_addresses"]]
        self._locales, self._default = list(config["i18n.locales"]), config["i18n.default_locale"]

    def enter(self, environ: dict[str, Any]) -> tuple[Any, float]:
        """The key under which a request counts (None: it does not), and the seconds to wait before it may be sent again."""
        key = self._key(environ)
        return key, self._allowance.take(key) if key is not None and self._allowance else 0.0

    def leave(self, key: Any, environ: Mapping[str, Any]) -> None:
        """The request was answered; it does not count when it was from somebody who has signed in."""
        if key is not None and self._allowance and environ.get(KNOWN):
            self._allowance.give_back(key)

    def _key(self, environ: Mapping[str, Any]) -> Any:
        try:
            address = ip_address(environ.get("REMOTE_ADDR", ""))
        except ValueError:  # a socket without addresses
            return None
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if self._allowance is None or any(address in network for network in self._free):
            return None
        # Strangers use up nothing of those who show something, and who shows something false nothing of the strangers.
        return _network(str(address)), "HTTP_AUTHORIZATION" in environ or "zg_session=s." in environ.get("HTTP_COOKIE", "")

    def refusal(self, environ: dict[str, Any], start_response: Callable[..., Any], wait: float) -> Iterable[bytes]:
        """429 in the reader's language, as a page or for programs."""
        request = Request(environ)
        code = best_language(request.accept_languages, self._locales, self._default)
        text = core_catalog(code).gettext(_SENTENCE.msgid)
        if for_programs(request):
            kind = "application/problem+json"
            body = json.dumps({"type": "about:blank", "title": "too many requests", "status": 429, "code": "too_many_requests", "detail": text})
        else:
            kind, body = "text/html; charset=utf-8", _PAGE.format(lang=code.replace("_", "-"), text=escape(text))
        raw = body.encode()
        start_response("429 Too Many Requests", [
            ("Content-Type", kind), ("Content-Length", str(len(raw))), ("Retry-After", str(math.ceil(wait))), ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ])  # fmt: skip
        return [raw]
