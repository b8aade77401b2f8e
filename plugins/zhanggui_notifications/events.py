"""What happened to campaigns."""

from __future__ import annotations

from dataclasses import dataclass

from zhanggui.api import Event, _l


@dataclass(frozen=True)
class CampaignStarted(Event, name="notifications.campaign.started", version=1, key="campaign_id", words=_l("Campaign started")):
    """A campaign sends from now on."""

    campaign_id: int


@dataclass(frozen=True)
class CampaignFinished(Event, name="notifications.campaign.finished", version=1, key="campaign_id", words=_l("Campaign finished")):
    """Nobody of a campaign waits any more."""

    campaign_id: int
