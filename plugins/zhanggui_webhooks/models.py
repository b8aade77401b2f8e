"""Tables of webhooks: who is told, what each was told, and how each try went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, Pii, SealedJson, UTCDateTime, Versioned, code_string


class Partner(Versioned, Model):
    """A company or a person outside whose programs ask, and are told. Its tokens are the core's."""

    __tablename__ = "webhooks__partner"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    label: Mapped[str] = mapped_column(String(80))
    contact: Mapped[str | None] = mapped_column(Pii)
    state: Mapped[str] = mapped_column(String(16), default="active")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Endpoint(Versioned, Model):
    """An address of a program outside. Address, headers and secrets are sealed: each may hold a key."""

    __tablename__ = "webhooks__endpoint"
    __table_args__ = (UniqueConstraint("public_id"), Index("ix_webhooks__endpoint_state", "state", "probe_at"), Index("ix_webhooks__endpoint_partner", "partner_id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(code_string(24))
    partner_id: Mapped[int | None] = mapped_column(BigKey)  # no foreign key: see the migration
    label: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(Pii)
    host: Mapped[str] = mapped_column(String(255))  # of the address, which may be shown
    events: Mapped[Any] = mapped_column(JSON)  # patterns
    headers: Mapped[Any | None] = mapped_column(SealedJson)
    state: Mapped[str] = mapped_column(String(16), default="active")
    secret: Mapped[str] = mapped_column(Pii)
    secret_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    old_secret: Mapped[str | None] = mapped_column(Pii)
    old_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rate_per_minute: Mapped[int] = mapped_column(default=0)  # 0: as fast as it answers
    seconds: Mapped[int] = mapped_column(default=10)
    ordered: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)  # deliveries in a row of which the first try failed
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    told: Mapped[int] = mapped_column(default=0)  # how often staff was told of it
    probes: Mapped[int] = mapped_column(default=0)
    probe_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_ok_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Delivery(Model):
    """One event for one endpoint: the bytes are made once and sent at every try."""

    __tablename__ = "webhooks__delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhooks__delivery_due", "endpoint_id", "state", "next_at", "id"),
        Index("ix_webhooks__delivery_key", "endpoint_id", "key", "sequence"),
        Index("ix_webhooks__delivery_leased", "state", "lease_until"),
        Index("ix_webhooks__delivery_newest", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhooks__endpoint.id"))
    event_id: Mapped[int | None] = mapped_column(BigKey)  # row of the outbox; None: a test, or sent as new
    public_id: Mapped[str] = mapped_column(code_string(40))  # its name outside, the same for all endpoints
    type: Mapped[str] = mapped_column(code_string(110))
    key: Mapped[str] = mapped_column(code_string(180))
    sequence: Mapped[int] = mapped_column(default=1)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16), default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease: Mapped[str | None] = mapped_column(code_string(24))
    last_status: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Try(Model):
    """How one try went."""

    __tablename__ = "webhooks__try"
    __table_args__ = (Index("ix_webhooks__try_delivery", "delivery_id", "id"), Index("ix_webhooks__try_endpoint", "endpoint_id", "at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhooks__delivery.id"))
    endpoint_id: Mapped[int] = mapped_column(BigKey)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    status: Mapped[int | None]
    milliseconds: Mapped[int]
    trouble: Mapped[str | None] = mapped_column(Pii)  # a sentence, where no answer came
    answer: Mapped[str | None] = mapped_column(Pii)  # its beginning
    cause: Mapped[str] = mapped_column(String(16))  # schedule | hand | probe | test
