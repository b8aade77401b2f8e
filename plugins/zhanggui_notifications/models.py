"""Tables of messages: what was to be told to whom, each try to reach him, and what the shop and he himself chose."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import AppendOnly, BigKey, Model, Pii, SealedJson, UTCDateTime, Versioned, code_string


class Message(Model):
    """One kind told to one recipient of one business fact. What it says is written once, when it is first sent or shown."""

    __tablename__ = "notifications__message"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("dedupe_key"),
        Index("ix_notifications__message_due", "state", "not_before", "id"),
        Index("ix_notifications__message_leased", "state", "lease_until"),
        Index("ix_notifications__message_recipient", "recipient_kind", "recipient_id", "id"),
        Index("ix_notifications__message_shown", "recipient_id", "shown_at"),
        Index("ix_notifications__message_newest", "created_at", "id"),
        Index("ix_notifications__message_fact", "fact"),
        Index("ix_notifications__message_kind", "kind_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(code_string(24))
    kind_id: Mapped[str] = mapped_column(code_string(80))
    category: Mapped[str] = mapped_column(String(16))
    recipient_kind: Mapped[str] = mapped_column(String(16))  # customer | user | group
    recipient_id: Mapped[int] = mapped_column(BigKey, default=0)  # 0: a group
    fact: Mapped[str] = mapped_column(code_string(120))  # order:81:shipment:2
    dedupe_key: Mapped[str] = mapped_column(code_string(240))
    event_id: Mapped[int | None] = mapped_column(BigKey)
    data: Mapped[Any | None] = mapped_column(SealedJson)  # the event's own fields; None once the person was erased
    pinned: Mapped[str | None] = mapped_column(code_string(40))  # a channel that somebody chose for it, and no other is tried
    passed: Mapped[Any] = mapped_column(JSON, default=list)  # channels that could not take it, in order
    locale: Mapped[str | None] = mapped_column(String(16))
    version: Mapped[int | None]  # of the shop's own words in the customer's list; None: the words that the kind comes with
    state: Mapped[str] = mapped_column(String(16), default="queued")
    reason: Mapped[str | None] = mapped_column(String(24))
    detail: Mapped[str | None] = mapped_column(code_string(80))  # what the reason is about: a variable, a code of a provider
    channel: Mapped[str | None] = mapped_column(code_string(40))  # that has it, or had it last
    tries: Mapped[int] = mapped_column(default=0)  # at this channel
    counted: Mapped[datetime | None] = mapped_column(UTCDateTime)  # the day whose cap it uses
    subject: Mapped[str | None] = mapped_column(Pii)
    body: Mapped[str | None] = mapped_column(Pii)
    href: Mapped[str | None] = mapped_column(Pii)
    shown_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # since when it stands in the customer's list
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    not_before: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease: Mapped[str | None] = mapped_column(code_string(24))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Attempt(Model):
    """How one channel did with a message, or why it was passed over."""

    __tablename__ = "notifications__attempt"
    __table_args__ = (UniqueConstraint("message_id", "n"), Index("ix_notifications__attempt_ref", "channel", "provider_ref"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("notifications__message.id"))
    n: Mapped[int]
    channel: Mapped[str] = mapped_column(code_string(40))
    state: Mapped[str] = mapped_column(String(16))  # passed | sending | sent | refused | later | unknown
    reason: Mapped[str | None] = mapped_column(String(24))
    code: Mapped[str | None] = mapped_column(code_string(80))  # of the far end
    provider_ref: Mapped[str | None] = mapped_column(code_string(120))
    rendered: Mapped[Any | None] = mapped_column(SealedJson)  # what was handed over, to which address
    version: Mapped[int | None]  # of the shop's own words; None: the words that the kind comes with
    cost: Mapped[int] = mapped_column(default=0)  # minor units of the shop's currency
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    milliseconds: Mapped[int | None]


class KindSetting(Versioned, Model):
    """What the shop chose for a kind; None: as the kind comes."""

    __tablename__ = "notifications__kind_setting"

    kind_id: Mapped[str] = mapped_column(code_string(80), primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    channels: Mapped[Any | None] = mapped_column(JSON)  # in the order in which they are tried
    at_night: Mapped[str] = mapped_column(String(8), default="hold")  # hold | send
    ttl_minutes: Mapped[int | None]


class Template(Versioned, Model):
    """A version of the shop's own words for a kind in one language, for one channel or (``*``) for all that have none of their own.

    An empty one that is published says that the words are used again that the kind comes with.
    """

    __tablename__ = "notifications__template"
    __table_args__ = (UniqueConstraint("kind_id", "channel", "locale", "version"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind_id: Mapped[str] = mapped_column(code_string(80))
    locale: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(code_string(40), server_default="*", default="*")
    version: Mapped[int] = mapped_column(server_default="1", default=1)
    state: Mapped[str] = mapped_column(String(16), server_default="published", default="published")  # draft | published | retired
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(String(2000))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Address(Model):
    """An address of a channel from which messages came back. It is known by a digest alone: the address itself stays with whoever has it."""

    __tablename__ = "notifications__address"
    __table_args__ = (Index("ix_notifications__address_who", "recipient_kind", "recipient_id"),)

    channel: Mapped[str] = mapped_column(code_string(40), primary_key=True)
    index: Mapped[str] = mapped_column(code_string(40), primary_key=True)
    recipient_kind: Mapped[str] = mapped_column(String(16))
    recipient_id: Mapped[int] = mapped_column(BigKey)
    state: Mapped[str] = mapped_column(String(16))  # active | bounced | expired
    code: Mapped[str | None] = mapped_column(code_string(80))  # of the far end
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Preference(Model):
    """What somebody wants to hear, and where. Of staff ``category`` is the id of a kind; channel ``*`` is all of a category."""

    __tablename__ = "notifications__preference"
    __table_args__ = (UniqueConstraint("recipient_kind", "recipient_id", "category", "channel"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    recipient_kind: Mapped[str] = mapped_column(String(16))
    recipient_id: Mapped[int] = mapped_column(BigKey)
    category: Mapped[str] = mapped_column(code_string(80))
    channel: Mapped[str] = mapped_column(code_string(40))
    allowed: Mapped[bool]
    source: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Consent(AppendOnly, Model):
    """Each time somebody said yes or no, as it was said: never changed."""

    __tablename__ = "notifications__consent"
    __table_args__ = (Index("ix_notifications__consent_who", "recipient_kind", "recipient_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    recipient_kind: Mapped[str] = mapped_column(String(16))
    recipient_id: Mapped[int] = mapped_column(BigKey)
    category: Mapped[str] = mapped_column(code_string(80))
    channel: Mapped[str] = mapped_column(code_string(40))
    allowed: Mapped[bool]
    wording: Mapped[int] = mapped_column(default=1)  # version of the sentence that was agreed to
    source: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Rate(Model):
    """How often something was done in a stretch of time: limits of channels, and caps of people."""

    __tablename__ = "notifications__rate"

    scope: Mapped[str] = mapped_column(code_string(80), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    used: Mapped[int] = mapped_column(default=0)


class Breaker(Model):
    """A channel that failed again and again is left alone for a while; then one message tries."""

    __tablename__ = "notifications__breaker"

    channel: Mapped[str] = mapped_column(code_string(40), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    opened: Mapped[int] = mapped_column(default=0)  # times in a row
    probe_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # None: it is closed


class Campaign(Versioned, Model):
    """One text, told to many at a rate."""

    __tablename__ = "notifications__campaign"
    __table_args__ = (Index("ix_notifications__campaign_state", "state", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    audience_id: Mapped[str] = mapped_column(code_string(80))
    texts: Mapped[Any] = mapped_column(JSON)  # by locale: title and text
    channels: Mapped[Any] = mapped_column(JSON)  # in the order in which they are tried
    href: Mapped[str] = mapped_column(String(200), default="")
    rate_per_minute: Mapped[int] = mapped_column(default=600)
    hour_from: Mapped[int] = mapped_column(default=9)
    hour_until: Mapped[int] = mapped_column(default=21)
    budget: Mapped[int] = mapped_column(BigKey, default=0)  # minor units for all that costs; 0: nothing that costs is sent
    spent: Mapped[int] = mapped_column(BigKey, default=0)  # of it, with what is on its way
    holdout_bp: Mapped[int] = mapped_column(default=0)  # so many of ten thousand are left out, to compare with
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(16), default="draft")
    reason: Mapped[str | None] = mapped_column(String(24))  # why it pauses
    freezing: Mapped[bool] = mapped_column(default=False)
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # since when it is known who is in it
    forecast: Mapped[Any | None] = mapped_column(JSON)  # what would become of it, counted when it was frozen
    ticked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # up to when its rate is used
    watched_from: Mapped[datetime | None] = mapped_column(UTCDateTime)  # failures before this were looked at by somebody
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class CampaignRecipient(Model):
    """One of those it goes to. ``sending``: there is a message for him that has not ended yet."""

    __tablename__ = "notifications__campaign_recipient"
    __table_args__ = (
        Index("ix_notifications__campaign_recipient_state", "campaign_id", "state", "customer_id"),
        Index("ix_notifications__campaign_recipient_ended", "campaign_id", "ended_at"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("notifications__campaign.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16))  # waiting | sending | sent | skipped | failed | control
    reason: Mapped[str | None] = mapped_column(String(24))
    channel: Mapped[str | None] = mapped_column(code_string(40))
    message_id: Mapped[int | None] = mapped_column(BigKey, unique=True)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
