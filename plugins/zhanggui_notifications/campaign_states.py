"""States of campaigns and of those who are in them, and the moves between them."""

from __future__ import annotations

from enum import StrEnum

from zhanggui.api import Choice, _l

from .states import MessageState


class CampaignState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELED = "canceled"


class Progress(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"
    CONTROL = "control"


C, P, S = CampaignState, Progress, MessageState
MOVES: dict[CampaignState, set[CampaignState]] = {
    C.DRAFT: {C.SCHEDULED, C.RUNNING, C.CANCELED},
    C.SCHEDULED: {C.RUNNING, C.PAUSED, C.CANCELED},
    C.RUNNING: {C.PAUSED, C.FINISHED, C.CANCELED},
    C.PAUSED: {C.RUNNING, C.CANCELED},
    C.FINISHED: set(),
    C.CANCELED: set(),
}
# What a message that ended makes of its recipient. One of which nobody knows may not have arrived: it is no success.
BECOMES: dict[MessageState, Progress] = {
    S.SENT: P.SENT, S.DELIVERED: P.SENT, S.BOUNCED: P.FAILED, S.UNKNOWN: P.FAILED, S.FAILED: P.FAILED, S.SKIPPED: P.SKIPPED, S.EXPIRED: P.SKIPPED,
    S.CANCELED: P.SKIPPED,
}  # fmt: skip


def before(after: CampaignState) -> tuple[CampaignState, ...]:
    """The states that a campaign may come from."""
    return tuple(state for state, following in MOVES.items() if after in following)


STATE_CHOICES = (
    Choice("draft", _l("Draft"), "neutral"),
    Choice("scheduled", _l("Planned"), "info"),
    Choice("running", _l("Running"), "info"),
    Choice("paused", _l("Paused"), "warn"),
    Choice("finished", _l("Finished"), "good"),
    Choice("canceled", _l("Canceled"), "neutral"),
)
PROGRESS_WORDS = {
    "waiting": _l("Waiting"),
    "sending": _l("On its way"),
    "sent": _l("Sent"),
    "skipped": _l("Left out"),
    "failed": _l("Not sent"),
    "control": _l("Not written to, to compare"),
}
PAUSED_BECAUSE = {
    "audience": _l("Who is meant could not be found out: the plugin of this audience failed or is switched off."),
    "by_hand": _l("Somebody paused it."),
    "failures": _l("More than 20 of the last 100 were not sent. Look at the reasons before you go on."),
}
