"""Who is there and what he may do."""

from __future__ import annotations

from flask import Flask, Request, g
from flask_jwt_extended import verify_jwt_in_request
from flask_login import current_user

from ..kernel import actors
from ..kernel.actors import ANONYMOUS, Actor
from . import api_tokens, programs
from .sessions import WITHOUT, DatabaseSessions


def install_sessions(app: Flask) -> None:
    """Sessions of the database in place of Flask's cookie."""
    app.session_interface = DatabaseSessions()

    @app.teardown_request
    def nobody(_error: BaseException | None) -> None:
        # Threads serve many requests: the next one must not start as this one's user.
        actors._current.set(ANONYMOUS)


def act_for_request(request: Request) -> None:
    """Make the user of the cookie, or of the bearer token, the author of this request's changes."""
    actors._current.set(_actor(request))


def _actor(request: Request) -> Actor:
    if request.path.startswith("/static/"):
        return ANONYMOUS
    if request.path.startswith(WITHOUT):
        return Actor("anonymous", name="anonymous", ip=request.remote_addr)
    if request.path.startswith("/api/") and "Authorization" in request.headers and not request.path.endswith("/security/refresh"):
        secret = api_tokens.secret_of(request)
        if secret is not None:
            g.user, actor = api_tokens.whose(secret, request.remote_addr)
            return actor
        secret = programs.secret_of(request)
        if secret is not None:
            g.user, actor = programs.whose(secret, request.remote_addr)
            return actor
        verify_jwt_in_request()
        principal = g.user
        return Actor("token", principal.id, principal.username, principal.permissions, principal.everything, request.remote_addr)
    if current_user.is_authenticated:
        found: Actor = current_user.actor(request.remote_addr)
        return found
    return Actor("anonymous", name="anonymous", ip=request.remote_addr)


__all__ = ["act_for_request", "install_sessions"]
