"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from zhanggui.api import AuditWords, Choice, Column, _l

from . import queries

NIGHT = (Choice("hold", _l("Wait for the morning"), "neutral"), Choice("send", _l("Send at night too"), "neutral"))


def _channels(row: object) -> str:
    return " → ".join(queries.channel_words(one) for one in getattr(row, "channels", None) or ())


WORDS = [
    AuditWords(
        "notifications.kind.changed", _l("Message changed"),
        [Column("enabled", _l("On"), "bool"), Column("channels", _l("Channels"), value=_channels), Column("at_night", _l("At night"), "choice", choices=NIGHT)],
    ),
    AuditWords(
        "notifications.text.changed", _l("Words of a message changed"), [Column("locale", _l("Language"), "code"), Column("version", _l("Version"), "number"), Column("own", _l("In the shop's own words"), "bool")],
    ),
    AuditWords("notifications.text.tried", _l("Words of a message tried on oneself")),
    AuditWords("notifications.message.sent_again", _l("Message sent again")),
    AuditWords("notifications.message.sent_twice", _l("Message sent once more")),
    AuditWords("notifications.message.canceled", _l("Message called off")),
    AuditWords("notifications.message.revealed", _l("Text of a message read")),
]  # fmt: skip
