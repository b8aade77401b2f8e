"""The secret of an endpoint, shown once, and the page for who writes the other program."""

from __future__ import annotations

import json
from typing import Any

from flask import make_response

from zhanggui.api import View, _, clock, current_actor, expose, has_access, public_events, unit_of_work

from . import snippets
from .services import endpoints


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
        response = make_response(page)
        response.headers["Cache-Control"] = "private, no-cache, no-store"
        return response


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
