"""States of messages and of tries, the moves between them, and every reason there is."""

from __future__ import annotations

from enum import StrEnum

from zhanggui.api import Choice, _l


class MessageState(StrEnum):
    QUEUED = "queued"
    HELD = "held"  # until the night is over
    SENDING = "sending"
    SENT = "sent"  # a provider said so, or it stands in the customer's list
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    UNKNOWN = "unknown"  # the request left, and nobody knows what became of it
    FAILED = "failed"
    SKIPPED = "skipped"  # nobody wanted it, or it was one too many
    EXPIRED = "expired"
    CANCELED = "canceled"


class AttemptState(StrEnum):
    PASSED = "passed"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    UNKNOWN = "unknown"


S = MessageState
MOVES: dict[MessageState, set[MessageState]] = {
    S.QUEUED: {S.HELD, S.SENDING, S.SENT, S.FAILED, S.SKIPPED, S.EXPIRED, S.CANCELED},
    S.HELD: {S.QUEUED, S.EXPIRED, S.CANCELED},
    S.SENDING: {S.SENT, S.QUEUED, S.FAILED, S.UNKNOWN},
    S.SENT: {S.DELIVERED, S.BOUNCED},
    S.UNKNOWN: {S.SENT, S.FAILED, S.DELIVERED, S.BOUNCED},
    # By hand, which asks everything anew.
    S.FAILED: {S.QUEUED},
    S.SKIPPED: {S.QUEUED},
    S.EXPIRED: {S.QUEUED},
    S.CANCELED: {S.QUEUED},
    S.DELIVERED: set(),
    S.BOUNCED: set(),
}
WAITING = (S.QUEUED, S.HELD)
AGAIN = (S.FAILED, S.SKIPPED, S.EXPIRED, S.CANCELED)  # can be sent again as they are
ARRIVED = (S.SENT, S.DELIVERED, S.BOUNCED, S.UNKNOWN)  # left once: another time is a message of its own
NOT_REACHED = (S.FAILED, S.BOUNCED, S.EXPIRED, S.UNKNOWN)


def before(after: MessageState) -> tuple[MessageState, ...]:
    """The states that a message may come from."""
    return tuple(state for state, following in MOVES.items() if after in following)


STATE_CHOICES = (
    Choice("queued", _l("Waiting"), "info"),
    Choice("held", _l("Waits for the morning"), "info"),
    Choice("sending", _l("Being sent"), "info"),
    Choice("sent", _l("Sent"), "good"),
    Choice("delivered", _l("Arrived"), "good"),
    Choice("bounced", _l("Came back"), "bad"),
    Choice("unknown", _l("Nobody knows"), "warn"),
    Choice("failed", _l("Not sent"), "bad"),
    Choice("skipped", _l("Left out"), "neutral"),
    Choice("expired", _l("Too late"), "warn"),
    Choice("canceled", _l("Canceled"), "neutral"),
)
ATTEMPT_CHOICES = (
    Choice("passed", _l("Passed over"), "neutral"),
    Choice("sending", _l("Being sent"), "info"),
    Choice("sent", _l("Taken"), "good"),
    Choice("refused", _l("Refused"), "bad"),
    Choice("later", _l("Not now"), "warn"),
    Choice("unknown", _l("Nobody knows"), "warn"),
)
# A reason that a channel answers with and that is not among these is kept as provider_refused.
REASONS = {
    "no_address": _l("There is no address of this recipient for this channel."),
    "bounced": _l("A message to this address came back."),
    "no_consent": _l("The customer has not agreed to such messages."),
    "muted": _l("The recipient does not want these messages on this channel."),
    "no_grant": _l("The customer has not allowed this message, or has used it up."),
    "grant_lost": _l("The customer took back what he had allowed."),
    "quiet_hours": _l("It was night where the recipient is."),
    "refused_here": _l("A rule of this shop holds it back."),
    "capped": _l("The recipient has had enough such messages for now."),
    "duplicate": _l("The recipient has had this message already."),
    "expired": _l("It is too late for this message."),
    "stale": _l("It is no longer true."),
    "switched_off": _l("This message is switched off, or the plugin whose it is."),
    "over_budget": _l("The budget of the campaign is used up."),
    "no_channel": _l("No channel is chosen that could reach this recipient."),
    "not_ready": _l("This channel is not set up yet."),
    "blocked": _l("The recipient is blocked, was erased, or left."),
    "bad_value": _l("A value is missing or cannot be sent."),
    "template_missing": _l("The provider has no template for this message."),
    "provider_refused": _l("The provider refused it."),
    "provider_down": _l("The provider cannot be reached."),
    "out_of_window": _l("The customer has been away too long: the platform allows no message now."),
    "too_many": _l("The channel takes no more messages for now."),
    "by_hand": _l("Somebody canceled it."),
    "kind_failed": _l("The plugin whose message it is failed."),
    "unknown": _l("The request left, and no answer came. It is not sent again where that could cost money or patience."),
}
REASON_CHOICES = tuple(Choice(code, words, "neutral") for code, words in REASONS.items())
