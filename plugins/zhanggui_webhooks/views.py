"""Secrets that are shown once, of endpoints and of partners' tokens, and the page for who writes the other program."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, make_response, redirect

from zhanggui.api import (
    Choice,
    Field,
    Form,
    View,
    _,
    chosen_scopes,
    clock,
    current_actor,
    expose,
    has_access,
    ngettext,
    programs,
    public_events,
    scope_fields,
    show_form,
    take_form,
    unit_of_work,
)

from . import snippets
from .services import endpoints, partners


class EndpointSecretView(View):
    """What both sides sign and check with."""

    route_base = "/webhook-secrets"
    class_permission_name = "webhooks.Secret"

    @expose("/<int:endpoint_id>", methods=["POST"])
    @has_access
    def show(self, endpoint_id: int) -> Any:
        """This page is the only one that ever shows it, so it is no redirect."""
        with unit_of_work() as db:
            label, secret = endpoints.show_secret(db, id=endpoint_id, actor=current_actor(), now=clock.now())
        page = self.render("webhooks/secret.html", title=_("Secret of “%(label)s”", label=label), secret=secret, endpoint_id=endpoint_id)
        return _kept_nowhere(page)


def _kept_nowhere(page: str) -> Any:
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-cache, no-store"
    return response


class PartnerTokensView(View):
    """Tokens of a partner: made, exchanged, ended."""

    route_base = "/webhook-partner-tokens"
    class_permission_name = "webhooks.PartnerToken"

    @expose("/<key(18):partner_id>/add")
    @has_access
    def ask(self, partner_id: int) -> Any:
        """What the token may do, of what the asker may himself."""
        return show_form(_token_form(), **_words(partner_id, "add", _("New token")))

    @expose("/<key(18):partner_id>/add", methods=["POST"])
    @has_access
    def add(self, partner_id: int) -> Any:
        """Make one. This page is the only one that ever shows it, so it is no redirect."""

        def save(db: Any, **values: Any) -> Any:
            return partners.give_token(db, id=partner_id, scopes=chosen_scopes(values), **values, actor=current_actor(), now=clock.now())

        return take_form(_token_form(), save, show=lambda made: self._shown(partner_id, made), **_words(partner_id, "add", _("New token")))

    @expose("/<key(18):partner_id>/<key(18):token_id>/renew")
    @has_access
    def ask_renew(self, partner_id: int, token_id: int) -> Any:
        """How long the second one is good."""
        return show_form(Form([_life()], key="webhooks.PartnerToken.renew"), **_words(partner_id, f"{token_id}/renew", _("Exchange the token")))

    @expose("/<key(18):partner_id>/<key(18):token_id>/renew", methods=["POST"])
    @has_access
    def renew(self, partner_id: int, token_id: int) -> Any:
        """A second one for the same; the old one stays good until it is revoked."""

        def save(db: Any, **values: Any) -> Any:
            return partners.renew_token(db, id=partner_id, token_id=token_id, **values, actor=current_actor(), now=clock.now())

        form = Form([_life()], key="webhooks.PartnerToken.renew")
        return take_form(form, save, show=lambda made: self._shown(partner_id, made), **_words(partner_id, f"{token_id}/renew", _("Exchange the token")))

    @expose("/<key(18):partner_id>/<key(18):token_id>/revoke", methods=["POST"])
    @has_access
    def revoke(self, partner_id: int, token_id: int) -> Any:
        """End one: the next request that shows it is refused."""
        with unit_of_work() as db:
            partners.revoke_token(db, id=partner_id, token_id=token_id, actor=current_actor(), now=clock.now())
        flash(_("The token was revoked."), "success")
        return redirect(f"/webhook-partners/{partner_id}", 303)

    def _shown(self, partner_id: int, made: programs.Made) -> Any:
        return _kept_nowhere(self.render("webhooks/token.html", title=_("The new token"), secret=made.secret, partner_id=partner_id))

    ask._permission_name = ask_renew._permission_name = renew._permission_name = "add"  # type: ignore[attr-defined]


def _words(partner_id: int, below: str, title: str) -> dict[str, Any]:
    intro = _("Whoever shows this token may do what you choose here, and never more than you may yourself. If you lose a right, the token loses it too.")
    back = f"/webhook-partners/{partner_id}"
    return {"title": title, "action": f"/webhook-partner-tokens/{partner_id}/{below}", "back": back, "intro": intro, "submit": _("Create")}


def _life() -> Field:
    days = [Choice(str(n), ngettext("%(num)s day", "%(num)s days", n)) for n in programs.DAYS]
    return Field("days", _("Ends after"), "choice", required=True, choices=days, default="90")


def _token_form() -> Form:
    fields = [
        _life(),
        Field("networks", _("Only from these addresses"), "long_text", max_length=1000, help=_("One a line, like 203.0.113.7 or 203.0.113.0/24. Empty: from anywhere.")),
        Field("rate_per_minute", _("Requests a minute"), "int", minimum=1, maximum=programs.MOST_RATE, default=programs.RATE),
        *scope_fields(current_actor()),
    ]  # fmt: skip
    return Form(fields, key="webhooks.PartnerToken.add")


class EventsView(View):
    """Every event that can be told, with an example, and how a receiver checks a message."""

    route_base = "/webhook-events"
    class_permission_name = "webhooks.Event"

    @expose("/")
    @has_access
    def list(self) -> Any:
        """Made from what the plugins offer now."""
        events = [
            {
                "name": name, "label": public.label, "example": json.dumps(dict(public.example), ensure_ascii=False, indent=2),
                "fields": [{"name": field, "schema": json.dumps(schema, ensure_ascii=False)} for field, schema in public.schema.items()],
            }
            for name, public in sorted(public_events().items())
        ]  # fmt: skip
        return self.render("webhooks/events.html", title=_("Events"), events=events, snippets=snippets.SNIPPETS)
