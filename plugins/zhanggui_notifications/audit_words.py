"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from zhanggui.api import AuditWords, Choice, Column, _l

from . import campaign_queries, queries
from .campaign_states import STATE_CHOICES

NIGHT = (Choice("hold", _l("Wait for the morning"), "neutral"), Choice("send", _l("Send at night too"), "neutral"))


def _channels(row: object) -> str:
    return " → ".join(queries.channel_words(one) for one in getattr(row, "channels", None) or ())


CAMPAIGN = [
    Column("state", _l("State"), "choice", choices=STATE_CHOICES), Column("audience_id", _l("To whom"), value=campaign_queries.audience_words),
    Column("channels", _l("Channels"), value=_channels), Column("rate_per_minute", _l("Messages a minute"), "int"),
    Column("holdout_bp", _l("Left out, of 10,000"), "int"), Column("budget", _l("Budget, in the smallest coin"), "int"),
]  # fmt: skip
WORDS = [
    AuditWords(
        "notifications.kind.changed", _l("Message changed"),
        [Column("enabled", _l("On"), "bool"), Column("channels", _l("Channels"), value=_channels), Column("at_night", _l("At night"), "choice", choices=NIGHT)],
    ),
    AuditWords(
        "notifications.text.changed", _l("Words of a message changed"), [Column("locale", _l("Language"), "code"), Column("version", _l("Version"), "number"), Column("own", _l("In the shop's own words"), "bool")],
    ),
    AuditWords("notifications.campaign.created", _l("Campaign written"), CAMPAIGN),
    AuditWords("notifications.campaign.changed", _l("Campaign changed"), CAMPAIGN),
    AuditWords("notifications.campaign.frozen", _l("Counting of a campaign begun"), CAMPAIGN),
    AuditWords("notifications.campaign.started", _l("Campaign started"), CAMPAIGN),
    AuditWords("notifications.campaign.paused", _l("Campaign paused"), CAMPAIGN),
    AuditWords("notifications.campaign.resumed", _l("Campaign goes on"), CAMPAIGN),
    AuditWords("notifications.campaign.canceled", _l("Campaign called off"), CAMPAIGN),
    AuditWords("notifications.text.tried", _l("Words of a message tried on oneself")),
    AuditWords("notifications.message.sent_again", _l("Message sent again")),
    AuditWords("notifications.message.sent_twice", _l("Message sent once more")),
    AuditWords("notifications.message.canceled", _l("Message called off")),
    AuditWords("notifications.message.revealed", _l("Text of a message read")),
]  # fmt: skip
