"""Every error as an answer: a page for people, RFC 9457 for programs, and never a traceback."""

from __future__ import annotations

import logging
from urllib.parse import quote

from flask import Flask, Response, g, json, redirect, render_template, request
from markupsafe import escape
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from ..auth.fresh import NotFresh
from ..auth.throttle import WINDOW
from ..i18n.texts import gettext as _
from ..i18n.texts import reader
from ..kernel.errors import DomainError, Invalid, StaleRow
from ..kernel.methods import SAFE
from ..kernel.trace import current_trace
from . import context
from .shell import without_plugins

log = logging.getLogger(__name__)
_MOST_ERRORS, _NAME = 20, 80
_CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
          409: "conflict", 413: "too_large", 415: "unsupported_media_type", 422: "invalid", 429: "too_many_requests",
          500: "server_error", 503: "unavailable"}  # fmt: skip


# What is left when nothing can be drawn: no template, no database, no plugin.
_BARE = """<!doctype html><html lang="%s"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>%s</title><h1>%s</h1><p>%s</p></html>"""


def problem(status: int, code: str, detail: str, *, errors: dict[str, str] | None = None, **members: object) -> Response:
    """An ``application/problem+json`` answer with a stable ``code``."""
    body: dict[str, object] = {
        "type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": detail,
        "correlation": current_trace().correlation, **members,
    }  # fmt: skip
    if errors:
        # An answer is no echo of what was sent: the first faults, their names cut.
        body["errors"] = {name[:_NAME]: sentence for name, sentence in list(errors.items())[:_MOST_ERRORS]}
    return Response(json.dumps(body), status, mimetype="application/problem+json")


def answer(status: int, code: str, detail: str, *, errors: dict[str, str] | None = None, **members: object) -> BaseResponse:
    """The error in the form that the client can read."""
    if context.wants_json():
        return problem(status, code, detail, errors=errors, **members)
    without_plugins()
    title = {403: _("Not allowed"), 404: _("Not found"), 409: _("Not now"), 500: _("Something broke"), 503: _("One moment")}.get(
        status, _("That did not work")
    )
    try:
        body = render_template("zg/message.html", title=title, status=status, code=code, detail=detail, errors=errors or {},
                               correlation=current_trace().correlation)  # fmt: skip
    except Exception:
        # A theme's template, or a database that is away: the reader is told all the same.
        log.exception("the page for an error could not be drawn")
        body = _BARE % (reader().locale.replace("_", "-"), escape(title), escape(title), escape(detail))
    return Response(body, status, mimetype="text/html")


def install(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(DomainError)
    def refused(error: DomainError) -> BaseResponse:
        g.zg_refusal = error.code
        if isinstance(error, NotFresh) and not context.wants_json():
            return _ask_who(error)
        if request.method == "POST" and not context.wants_json() and error.status in (409, 422):
            return _back_with(error)
        errors = {k: str(v) for k, v in error.errors.items()} if isinstance(error, Invalid) else None
        if error.field is not None and context.wants_json():  # a program finds the field where it finds those of a body
            errors = {error.field: error.text(), **(errors or {})}
        response = answer(error.status, error.code, error.text(), errors=errors, **error.members())
        wait = error.retry_after or (int(WINDOW.total_seconds()) if error.status == 429 else None)
        if wait is not None:
            response.headers["Retry-After"] = str(wait)
        return response

    @app.errorhandler(StaleDataError)
    def stale(_error: StaleDataError) -> BaseResponse:
        return answer(409, StaleRow.code, StaleRow().text())

    @app.errorhandler(OperationalError)
    def database_away(error: OperationalError) -> BaseResponse:
        log.error("the database did not answer: %s", error.orig)
        return _unavailable()

    @app.errorhandler(DBAPIError)
    def database_refused(error: DBAPIError) -> BaseResponse:
        log.exception("the database refused a statement")
        if error.connection_invalidated:
            return _unavailable()
        return answer(500, "server_error", _("Something broke on our side. It has been written down."))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> BaseResponse:
        if error.response is not None:
            return error.response
        status = error.code or 500
        response = answer(status, _CODES.get(status, "error"), _sentence(status))
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def broken(_error: Exception) -> BaseResponse:
        log.exception("unhandled in %s %s", request.method, request.path)
        return answer(500, "server_error", _("Something broke on our side. It has been written down."))


def _unavailable() -> BaseResponse:
    response = answer(503, "unavailable", _("The shop's database does not answer. Please try again in a moment."))
    response.headers["Retry-After"] = "5"
    return response


def _sentence(status: int) -> str:
    return {
        400: _("This request cannot be understood."), 401: _("Please sign in."), 403: _("You are not allowed to do this."),
        404: _("There is no such page."), 405: _("This cannot be done here."), 413: _("This is too large."),
        415: _("This kind of content is not taken."), 429: _("Too many tries. Please wait a few minutes."),
    }.get(status, _("That did not work."))  # fmt: skip


def _ask_who(error: NotFresh) -> BaseResponse:
    """Whoever sits at a browser says that it is he, and comes back to the page on which he asked."""
    came = request.full_path if request.method in SAFE else request.referrer or ""
    back = came.removeprefix(request.host_url.rstrip("/"))
    return redirect(f"/me/confirm?next={quote(back.rstrip('?') or '/')}", 303)


def _back_with(error: DomainError) -> BaseResponse:
    """A refused button: the page it stood on, with the sentence; 409 stays the status for programs."""
    from flask import flash

    came = request.referrer or ""
    if came.startswith(request.host_url):
        flash(error.text(), "danger")
        if request.headers.get("Sec-Fetch-Mode") == "navigate":
            return redirect(came, 303)
    return answer(error.status, error.code, error.text())
