"""What every answer carries, what every unsafe request must bring, and where a redirect may lead."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from ..host.content_policy import policy

_OWNERS, _POLICIES = "zhanggui_owners", "zhanggui_policies"  # in app.extensions
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def csp_nonce() -> str:
    """This answer's nonce, the same in the header and in the page."""
    if "zg_nonce" not in g:
        g.zg_nonce = secrets.token_urlsafe(16)
    nonce: str = g.zg_nonce
    return nonce


def safe_next(target: str | None, *, default: str) -> str:
    """``target`` when it is a plain path of this site, else ``default``.

    Anything a browser may read as another host is refused: ``//host``, ``/\\host``, schemes, control
    characters, and what becomes one of these when tabs and newlines are dropped.
    """
    if not target or len(target) > 2000 or not target.startswith("/"):
        return default
    if target[1:2] in ("/", "\\") or "\\" in target or any(ord(ch) < 33 or ord(ch) == 127 for ch in target):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else target


def own_pages(app: Flask, plugin: str, endpoints: Iterable[str], csp: Mapping[str, Sequence[str]]) -> None:
    """These endpoints are pages of ``plugin``: what its manifest declares holds on them, and nowhere else."""
    if csp:
        app.extensions[_POLICIES][plugin] = policy(csp)
        app.extensions[_OWNERS].update(dict.fromkeys(endpoints, plugin))


def _policy(app: Flask, endpoint: str | None) -> str:
    owner = app.extensions[_OWNERS].get(endpoint)
    found: str = app.extensions[_POLICIES][owner]
    return found


def install(app: Flask) -> None:
    """CSRF protection for every form, and the headers."""
    app.extensions[_OWNERS] = {}
    app.extensions[_POLICIES] = {None: policy({})}
    app.config.setdefault("WTF_CSRF_HEADERS", ["X-CSRFToken"])
    CSRFProtect(app)
    app.jinja_env.globals["csp_nonce"] = csp_nonce

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> Any:
        from ..i18n.texts import gettext as _
        from ..web.errors import answer

        return answer(400, "csrf", _("This form is too old or was sent from elsewhere. Please go back, reload and send it again."))

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _FIXED.items():
            response.headers.setdefault(name, value)
        if response.mimetype == "text/html":
            response.vary.update(("Cookie", "HX-Request"))
            # Set, not proposed: a plugin widens the policy by its manifest alone.
            response.headers["Content-Security-Policy"] = _policy(app, request.endpoint).format(nonce=csp_nonce())
            response.headers.setdefault("Cache-Control", "private, no-cache, no-store" if request.path.startswith("/login") else "private, no-cache")
        elif "Content-Security-Policy" not in response.headers:
            response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        if response.mimetype in ("application/json", "application/problem+json", "text/csv"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        if app.config["ZHANGGUI_HTTPS"]:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response
