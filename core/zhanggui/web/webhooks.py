"""``/notify/``: what providers tell us. No session, no CSRF token: a message says itself whom it is from."""

from __future__ import annotations

import logging
import re

from flask import Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotFound

from ..auth.permissions import public
from ..db.uow import unit_of_work
from ..host.declare import Arrival, Webhook, WebhookReply
from ..host.watch import PluginTrouble
from ..kernel import clock
from ..kernel.errors import NotGenuine
from ..webhooks import keep
from .errors import problem
from .limits import visitor_is_known

log = logging.getLogger(__name__)
_AGAIN = 60  # seconds after which a provider may repeat what a plugin failed to read
_FILLED = re.compile(r"[0-9A-Za-z_-]{1,64}\Z")


def mount_webhook(app: Flask, webhook: Webhook) -> None:
    """Add the route of a webhook."""

    @public("the message is signed by whom it is from, and the plugin checks that")
    def arrive(**path: str) -> Response:
        return receive(webhook, path)

    rule = f"/notify/{webhook.id}{webhook.path}"
    app.add_url_rule(rule, re.sub(r"\W", "_", rule), arrive, methods=["POST"])
    app.extensions["csrf"].exempt(f"{arrive.__module__}.{arrive.__name__}")


def receive(webhook: Webhook, path: dict[str, str]) -> Response:
    """Check a message outside of any transaction, keep it once with its job, and say what the provider wants to hear."""
    if not all(_FILLED.match(value) for value in path.values()):
        raise NotFound()
    request.max_content_length = webhook.cap
    body = request.get_data()
    arrival = Arrival(Headers(request.headers), body, path, request.args.to_dict(), clock.now())  # type: ignore[arg-type] # finds names by any case
    try:
        found = webhook.verify(arrival)
    except NotGenuine:
        log.warning("a message to the webhook %s was not genuine", webhook.id)
        raise
    except PluginTrouble as trouble:
        answer = problem(503, trouble.code, trouble.text())
        answer.headers["Retry-After"] = str(_AGAIN)
        return answer
    if isinstance(found, WebhookReply):
        return _said(found)
    visitor_is_known()
    with unit_of_work() as db:
        keep(db, webhook, found, body, arrival.at)
    return _said(found.reply or webhook.reply)


def _said(reply: WebhookReply) -> Response:
    return Response(reply.body, reply.status, mimetype=reply.mimetype)
