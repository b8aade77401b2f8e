"""Log-in, log-out, and what a user looks after himself."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, session
from flask_jwt_extended import JWTManager
from flask_login import current_user

from ..config import settings
from ..db.uow import reading, unit_of_work
from ..i18n.texts import gettext as _
from ..i18n.zones import find_zones, read_zone, zone_label, zone_time
from ..kernel import clock
from ..kernel.actors import current_actor
from ..kernel.errors import Invalid
from ..runtime import current_runtime
from . import factor_views, factors, fresh, known, service
from .browsers import device_name
from .headers import safe_next
from .permissions import expose, public, signed_in
from .throttle import TooManyTries, throttled


def _back(default: str = "/me/") -> Any:
    return redirect(safe_next(request.values.get("next"), default=default), 303)


def register(builder: Any) -> None:
    """Add the pages to an app, and our answers to bad tokens."""
    # Here and not above: the view kit imports the guards of this package.
    from ..web.page import FormField, FormPage
    from ..web.views import View

    class LoginView(View):
        """The way in and the way out."""

        route_base = ""
        class_permission_name = "core.Login"

        @expose("/login/")
        @public("nobody is signed in yet")
        def login(self) -> Any:
            """The form."""
            if current_actor().kind == "user":
                return _back("/")
            return _form()

        @expose("/login/", methods=["POST"])
        @public("nobody is signed in yet")
        def enter(self) -> Any:
            """Check name and password, then start a session under a new id."""
            username, password = request.form.get("username", "").replace("\0", "").strip(), request.form.get("password", "")
            try:
                principal = service.authenticate(username, password, request.remote_addr, known.cookie_of(request))
                if factors.asked(principal.id):
                    return factor_views.ask_code(principal)
                return factor_views.let_in(principal, _back)
            except service.WrongCredentials as error:
                return _form(error.text(), username), 401
            except TooManyTries as error:
                return _form(error.text(), username), 429, {"Retry-After": "300"}

        @expose("/login/code")
        @public("nobody is signed in yet")
        def code(self) -> Any:
            """The second question: a code of the app, or a recovery code."""
            return factor_views.code_form() if factor_views.half() is not None else _back("/login/")

        @expose("/login/code", methods=["POST"])
        @public("nobody is signed in yet")
        def enter_code(self) -> Any:
            """Check it, then start a session under a new id."""
            return factor_views.take_code(_back)

        @expose("/logout/", methods=["POST"])
        @public("signing out twice does no harm")
        def leave(self) -> Any:
            """End the session here and in the database."""
            row_id = session.row_id  # type: ignore[attr-defined]
            if row_id is not None:
                with unit_of_work() as db:
                    service.log_out(db, row_id, actor=current_actor(), now=clock.now())
            session.end()  # type: ignore[attr-defined]
            response = redirect("/login/", 303)
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
            return response

    class AccountView(View):
        """One's own password, devices, language and look."""

        route_base = "/me"
        class_permission_name = "core.Account"

        @expose("/password")
        @signed_in
        def password(self) -> str:
            """The form."""
            return render_template("auth/password.html", title=_("Change password"), errors={})

        @expose("/password", methods=["POST"])
        @signed_in
        def change_password(self) -> Any:
            """Change it; other devices are signed out."""
            try:
                if request.form.get("password", "") != request.form.get("again", ""):
                    raise Invalid(errors={"again": _("The two new passwords differ.")})
                guesses = throttled(f"password:{current_actor().id}", counts=service.WrongPassword)
                with guesses, unit_of_work() as db:
                    service.change_own_password(
                        db, old=request.form.get("old", ""), new=request.form.get("password", ""),
                        session_row=session.row_id, actor=current_actor(), now=clock.now(),  # type: ignore[attr-defined]
                    )  # fmt: skip
            except Invalid as error:
                errors = {name: str(text) for name, text in error.errors.items()}
                return render_template("auth/password.html", title=_("Change password"), errors=errors), 422
            flash(_("Your password was changed. Other devices were signed out."), "success")
            return redirect("/me/", 303)

        @expose("/confirm")
        @signed_in
        def ask_confirm(self) -> str:
            """Who is asked once more who he is, before what cannot be undone."""
            return _confirm_form({})

        @expose("/confirm", methods=["POST"])
        @signed_in
        def confirm(self) -> Any:
            """What it was asked for may be done for ten minutes."""
            try:
                fresh.confirm(request.form.get("password", ""), request.form.get("code", ""), actor=current_actor())
            except (fresh.NotYou, factors.WrongCode) as error:
                return _confirm_form({name: str(text) for name, text in error.errors.items()}), 422
            return _back("/")

        @expose("/devices")
        @signed_in
        def devices(self) -> str:
            """Where one is signed in."""
            with reading() as db:
                rows = [
                    {"id": row.id, "name": device_name(row.device), "zone": zone_time(row.zone) if row.zone else "", "ip": row.ip or "", "seen": row.last_seen_at}
                    for row in service.sessions_of(db, current_actor().id or 0)
                ]  # fmt: skip
            return render_template("auth/devices.html", title=_("Devices"), devices=rows, here=session.row_id)  # type: ignore[attr-defined]

        @expose("/devices/<key(18):row_id>/revoke", methods=["POST"])
        @signed_in
        def revoke(self, row_id: int) -> Any:
            """Sign a device out from afar."""
            actor = current_actor()
            with unit_of_work() as db:
                service.revoke_session(db, row_id, user_id=actor.id or 0, actor=actor, now=clock.now())
            flash(_("The device was signed out."), "success")
            return redirect("/me/devices", 303)

        @expose("/appearance", methods=["POST"])
        @signed_in
        def appearance(self) -> Any:
            """Light, dark, or as the device says."""
            _set_one("appearance", ("auto", "light", "dark"))
            return Response(status=204) if request.headers.get("X-Requested-With") else _back()

        @expose("/language", methods=["POST"])
        @public("a stranger may choose the language of the log-in page")
        def language(self) -> Any:
            """The language of every page."""
            wanted = request.form.get("language", "")
            if wanted not in current_runtime().config["i18n.locales"]:
                raise Invalid(_("There is no such language."))
            session["locale"] = wanted
            if current_actor().kind == "user":
                _set_one("language", (wanted,), "locale")
            return _back("/me/" if current_actor().kind == "user" else "/login/")

        @expose("/time-zone")
        @signed_in
        def time_zone(self) -> str:
            """The form: the shop's zone, or one's own."""
            return _zone_form(current_user.time_zone or "")

        @expose("/time-zone", methods=["POST"])
        @signed_in
        def choose_time_zone(self) -> Any:
            """The zone in which times are shown; nothing: the shop's."""
            typed = next((text for text in request.form.getlist("time_zone") if text.strip()), "")[:100]
            try:
                zone = read_zone(typed) if typed else None
            except ValueError as error:
                return _zone_form("", str(error)), 422
            with unit_of_work() as db:
                service.set_preferences(db, actor=current_actor(), now=clock.now(), time_zone=zone)
            flash(_("Saved."), "success")
            return redirect("/me/", 303)

        @expose("/zones")
        @signed_in
        def zones(self) -> Any:
            """Places with their zones, for a field that looks one up."""
            found = find_zones(request.args.get("q", "")[:60], str(settings.get("instance.time_zone")))
            return {"items": [{"id": name, "label": label} for name, label in found]}

    def _confirm_form(errors: dict[str, str]) -> str:
        return render_template("auth/confirm.html", title=_("Confirm that it is you"), errors=errors, asks_code=factors.asked(current_actor().id or 0),
                               next=safe_next(request.values.get("next"), default="/"))  # fmt: skip

    def _zone_form(own: str, error: str = "") -> str:
        shops = str(settings.get("instance.time_zone"))
        field = FormField(
            "time_zone", "f-time_zone", _("Time zone"), "lookup", value=own, lookup_href="/me/zones", lookup_label=zone_label(own) if own else "",
            lookup_empty=_("As the shop: %(zone)s", zone=zone_label(shops)), lookup_typed=True, errors=[error] if error else [],
            help=_("Search for a city. Times are shown in this zone; the shop's days end at the shop's midnight."),
        )  # fmt: skip
        return render_template("zg/form.html", page=FormPage(_("Time zone"), "/me/time-zone", [field], _("Save"), "/me/"))

    def _set_one(name: str, choices: tuple[str, ...], column: str | None = None, none: str = "") -> None:
        value = request.form.get(name, "")
        if value not in choices:
            raise Invalid(_("Choose from the list."))
        with unit_of_work() as db:
            service.set_preferences(db, actor=current_actor(), now=clock.now(), **{column or name: None if value == none else value})

    builder.add_view_no_menu(LoginView)
    builder.add_view_no_menu(AccountView)
    factor_views.register(builder)
    _answer_bad_tokens(builder.sm.jwt_manager)


def _form(error: str = "", username: str = "") -> str:
    return render_template(
        "auth/login.html", title=_("Sign in"), error=error, username=username, next=safe_next(request.values.get("next"), default="")
    )


def _answer_bad_tokens(manager: JWTManager) -> None:
    from ..web.errors import problem

    def refuse(*_details: Any) -> Response:
        return problem(401, "invalid_token", _("This token is not valid. Please sign in again."))

    for loader in (
        manager.invalid_token_loader, manager.expired_token_loader, manager.unauthorized_loader, manager.user_lookup_error_loader,
        manager.revoked_token_loader, manager.needs_fresh_token_loader, manager.token_verification_failed_loader,
    ):  # fmt: skip
        loader(refuse)
