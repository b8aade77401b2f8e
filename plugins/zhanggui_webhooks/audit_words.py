"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from typing import Any

from zhanggui.api import AuditWords, Column, _l

from . import queries


def _events(row: Any) -> str:
    return queries.event_words(list(row.events or ()))


_SHOWN = [
    Column("host", _l("Address"), "code"), Column("events", _l("Is told"), value=_events), Column("rate_per_minute", _l("At most a minute"), "int"),
    Column("seconds", _l("Time for an answer (seconds)"), "int"), Column("ordered", _l("One after another"), "bool"),
]  # fmt: skip
WORDS = [
    AuditWords("webhooks.endpoint.created", _l("Webhook added"), _SHOWN),
    AuditWords("webhooks.endpoint.changed", _l("Webhook changed"), _SHOWN),
    AuditWords("webhooks.endpoint.removed", _l("Webhook removed"), _SHOWN),
    AuditWords("webhooks.endpoint.paused", _l("Webhook paused")),
    AuditWords("webhooks.endpoint.resumed", _l("Webhook switched on")),
    AuditWords("webhooks.endpoint.switched_off", _l("Webhook switched off: it does not answer")),
    AuditWords("webhooks.endpoint.tested", _l("Test of a webhook sent")),
    AuditWords("webhooks.endpoint.secret_shown", _l("Secret of a webhook seen")),
    AuditWords("webhooks.endpoint.secret_changed", _l("Secret of a webhook exchanged"), [Column("both_for_hours", _l("Both for so many hours"), "int")]),
    AuditWords("webhooks.endpoint.old_secret_ended", _l("Old secret of a webhook ended")),
    AuditWords("webhooks.endpoint.missed_sent", _l("Missed events sent"), [Column("count", _l("Number"), "int")]),
    AuditWords("webhooks.partner.created", _l("Partner added")),
    AuditWords("webhooks.partner.changed", _l("Partner changed")),
    AuditWords("webhooks.partner.removed", _l("Partner removed")),
    AuditWords("webhooks.partner.stopped", _l("Partner stopped"), [Column("tokens", _l("Tokens revoked"), "int")]),
    AuditWords("webhooks.partner.allowed", _l("Partner let in again")),
    AuditWords("webhooks.delivery.sent_again", _l("Event sent again")),
    AuditWords("webhooks.delivery.sent_as_new", _l("Event sent as new")),
]  # fmt: skip
