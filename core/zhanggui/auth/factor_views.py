"""Signing in with a second factor, and looking after one's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import segno
from flask import Flask, flash, make_response, redirect, render_template, request, session
from markupsafe import Markup

from ..db.uow import reading, unit_of_work
from ..i18n.texts import gettext as _
from ..kernel import clock
from ..kernel.actors import current_actor
from . import factors, known, service
from .fresh import require_fresh
from .headers import safe_next
from .permissions import expose, signed_in
from .principal import Principal, find_principal
from .sessions import zone_of
from .throttle import TooManyTries

_HALF = "half"  # in the signed cookie of who is not signed in yet
_PATIENCE = timedelta(minutes=5)
ENROLL = "must_set_up"  # in a session: nothing but setting up the factor
_OPEN_TO_ALL = ("/me/factor", "/logout/", "/static/", "/me/language", "/healthz", "/readyz", "/brand")


def ask_code(principal: Principal) -> Any:
    """The password was right; who it is stands in the signed cookie until the code comes."""
    session[_HALF] = {"user": principal.id, "at": clock.now().isoformat(), "since": principal.credentials_since.isoformat()}
    follow = safe_next(request.values.get("next"), default="")
    return redirect("/login/code" + (f"?next={follow}" if follow else ""), 303)


def half() -> Principal | None:
    """Who gave a right password within five minutes; None also when it was changed since."""
    told = session.get(_HALF)
    if not told or not timedelta() <= clock.now() - datetime.fromisoformat(told["at"]) < _PATIENCE:
        return None
    principal = find_principal(told["user"])
    return principal if principal is not None and principal.credentials_since.isoformat() == told["since"] else None


def take_code(back: Callable[..., Any]) -> Any:
    """The second question answered."""
    principal = half()
    if principal is None:
        flash(_("That took too long. Please sign in again."), "warning")
        return redirect("/login/", 303)
    try:
        factors.check(principal.id, request.form.get("code", ""), actor=principal.actor(request.remote_addr), now=clock.now())
    except factors.WrongCode as error:
        return code_form(str(error.errors["code"])), 401
    except TooManyTries as error:
        return code_form(error.text()), 429, {"Retry-After": "300"}
    return let_in(principal, back)


def code_form(error: str = "") -> str:
    """The page that asks for a code."""
    return render_template("auth/code.html", title=_("Second factor"), error=error, next=safe_next(request.values.get("next"), default=""))


def let_in(principal: Principal, back: Callable[..., Any]) -> Any:
    """Start a session under a new id.

    :raises WrongCredentials: when the password was changed, or the account disabled, meanwhile.
    """
    with unit_of_work() as db:
        token = known.token_for(db, known.cookie_of(request))
        row_id, session_id = service.start_session(
            db, principal, ip=request.remote_addr, device=request.user_agent.string, now=clock.now(), token=token,
            replaces=session.row_id, zone=zone_of(request),  # type: ignore[attr-defined] # our own session
        )  # fmt: skip
        must = factors.is_required(principal.roles) and not factors.has_factor(db, principal.id)
    session.start(principal.id, row_id, session_id)  # type: ignore[attr-defined] # our own session
    if must:
        session[ENROLL] = True
    response = redirect("/me/factor", 303) if must else back("/")
    known.keep_cookie(response, token)
    return response


def guard(app: Flask) -> None:
    """Who may not work without a second factor comes nowhere until he has one."""

    @app.before_request
    def set_up_first() -> Any:
        if session.get(ENROLL) and not request.path.startswith(_OPEN_TO_ALL):
            return redirect("/me/factor", 303)
        return None


def register(builder: Any) -> None:
    """Add the pages to an app."""
    # Here and not above: the view kit imports the guards of this package.
    from ..web.views import View

    class FactorView(View):
        """One's own second factor."""

        route_base = "/me/factor"
        class_permission_name = "core.Factor"

        @expose("")
        @signed_in
        def show(self) -> str:
            """Whether there is one, and what can be done with it."""
            return _page()

        @expose("/begin", methods=["POST"])
        @signed_in
        def begin(self) -> Any:
            """A new secret, for the app."""
            with unit_of_work() as db:
                factors.begin(db, actor=current_actor(), now=clock.now())
            return redirect("/me/factor", 303)

        @expose("/finish", methods=["POST"])
        @signed_in
        def finish(self) -> Any:
            """The first code: the recovery codes are shown this once, so it is no redirect."""
            try:
                codes = factors.finish(code=request.form.get("code", ""), actor=current_actor(), now=clock.now())
            except factors.WrongCode as error:
                return _page(str(error.errors["code"])), 422
            session.pop(ENROLL, None)
            return _codes(codes)

        @expose("/codes", methods=["POST"])
        @signed_in
        def codes(self) -> Any:
            """New recovery codes; the old ones end."""
            require_fresh()
            with unit_of_work() as db:
                made = factors.new_codes(db, actor=current_actor(), now=clock.now())
            return _codes(made)

        @expose("/remove", methods=["POST"])
        @signed_in
        def remove(self) -> Any:
            """Take it away."""
            require_fresh()
            with unit_of_work() as db:
                factors.remove(db, actor=current_actor(), now=clock.now())
            flash(_("Your second factor was taken away."), "success")
            return redirect("/me/factor", 303)

    def _page(error: str = "") -> str:
        who = current_actor()
        with reading() as db:
            there = factors.has_factor(db, who.id)
            begun = None if there else factors.pending(db, actor=who)
            left = factors.left(db, who.id or 0)
        drawn = Markup(segno.make(begun[1], error="m", micro=False).svg_inline(scale=5, border=2, dark="#000", light="#fff", svgclass=None, lineclass=None)) if begun else ""  # noqa: S704 - drawn by us
        return render_template("auth/factor.html", title=_("Second factor"), there=there, secret=begun[0] if begun else "", drawn=drawn, left=left,
                               must=bool(session.get(ENROLL)), error=error)  # fmt: skip

    def _codes(codes: list[str]) -> Any:
        response = make_response(render_template("auth/recovery.html", title=_("Recovery codes"), codes=codes))
        response.headers["Cache-Control"] = "private, no-cache, no-store"
        return response

    builder.add_view_no_menu(FactorView)
