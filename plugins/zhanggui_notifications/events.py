"""What happened to messages and campaigns."""

from __future__ import annotations

from dataclasses import dataclass

from zhanggui.api import Code, Event, _l


@dataclass(frozen=True)
class MessageSent(Event, name="notifications.message.sent", version=1, key="message_id", words=_l("Message sent")):
    """A provider took a message. Those of a campaign are told by its own events, and the customer's list is no provider."""

    message_id: int
    kind: Code
    channel: Code


@dataclass(frozen=True)
class MessageFailed(Event, name="notifications.message.failed", version=1, key="message_id", words=_l("Message failed")):
    """No channel could take a message, or it came back. ``reason`` is one of the closed list, ``channel`` empty where there was none."""

    message_id: int
    kind: Code
    channel: Code
    reason: Code


@dataclass(frozen=True)
class AddressBounced(Event, name="notifications.address.bounced", version=1, words=_l("Address is none any more")):
    """A message came back, because nobody is there: further ones pass this address over. ``recipient_kind`` is customer or user."""

    recipient_kind: Code
    recipient_id: int
    channel: Code


@dataclass(frozen=True)
class CampaignStarted(Event, name="notifications.campaign.started", version=1, key="campaign_id", words=_l("Campaign started")):
    """A campaign sends from now on."""

    campaign_id: int


@dataclass(frozen=True)
class CampaignFinished(Event, name="notifications.campaign.finished", version=1, key="campaign_id", words=_l("Campaign finished")):
    """Nobody of a campaign waits any more."""

    campaign_id: int
