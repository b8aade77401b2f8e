"""Tables of customers. Personal text is encrypted; what has to be found has a blind index beside it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, BlindIndex, Model, Pii, SealedJson, UTCDateTime, Versioned, code_string, public_id


class Customer(Versioned, Model):
    """Somebody who buys here."""

    __tablename__ = "customers__customer"
    __table_args__ = (
        Index("ix_customers__customer_created", "created_at", "id"),
        Index("ix_customers__customer_spent", "spent", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(code_string(16), unique=True, default=public_id)
    external_key: Mapped[str | None] = mapped_column(code_string(96), unique=True)  # digest of the key in an import
    source_key: Mapped[str | None] = mapped_column(Pii)  # that key: a number, a phone or a name
    identity: Mapped[str | None] = mapped_column(code_string(160), unique=True)  # of the first release; rows of Identity since
    name: Mapped[str] = mapped_column(Pii)
    name_index: Mapped[str] = mapped_column(BlindIndex, index=True)
    phone: Mapped[str | None] = mapped_column(Pii)
    phone_index: Mapped[str | None] = mapped_column(BlindIndex, index=True)
    phone_tail_index: Mapped[str | None] = mapped_column(BlindIndex, index=True)
    email: Mapped[str | None] = mapped_column(Pii)
    locale: Mapped[str | None] = mapped_column(String(16))  # the language he last signed in with
    gender: Mapped[str | None] = mapped_column(String(8))
    region: Mapped[str | None] = mapped_column(Pii)
    birthday: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str | None] = mapped_column(Pii)
    tags: Mapped[list[str] | None] = mapped_column(SealedJson, default=list)
    source: Mapped[str] = mapped_column(String(32), default="storefront")
    blocked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Kept by order events, so that a list can show and sort them: paid orders that were not given back.
    order_count: Mapped[int] = mapped_column(default=0)
    spent: Mapped[int] = mapped_column(BigInteger, default=0)
    last_order_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Identity(Model):
    """Somebody as a provider outside knows him: an openid, a number of a card. A customer may have several."""

    __tablename__ = "customers__identity"
    __table_args__ = (UniqueConstraint("provider", "subject_index"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers__customer.id"), index=True)
    provider: Mapped[str] = mapped_column(code_string(64))
    # None where the first release knew the digest alone: it is told at the next sign-in.
    subject: Mapped[str | None] = mapped_column(Pii)
    subject_index: Mapped[str] = mapped_column(code_string(40))  # see rules.subject_index
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Address(Model):
    """Where a customer receives parcels."""

    __tablename__ = "customers__address"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(code_string(16), unique=True, default=public_id)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers__customer.id"), index=True)
    name: Mapped[str] = mapped_column(Pii)
    phone: Mapped[str] = mapped_column(Pii)
    region: Mapped[list[str] | None] = mapped_column(SealedJson, default=list)  # names, from the largest to the smallest
    detail: Mapped[str] = mapped_column(Pii)
    is_default: Mapped[bool] = mapped_column(default=False)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class VisitorLink(Model):
    """Whose device a visitor's was, from when to when; it says who left footprints, and changes no count."""

    __tablename__ = "customers__visitor_link"
    __table_args__ = (Index("ix_customers__visitor_link_customer", "customer_id", "since"), UniqueConstraint("visitor", "since"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    visitor: Mapped[str] = mapped_column(code_string(64))
    customer_id: Mapped[int] = mapped_column(BigInteger)  # no foreign key: who looked around only can still be removed
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class BehaviourEvent(Model):
    """Something that a visitor did, as it was received. Kept for some weeks."""

    __tablename__ = "customers__event"
    __table_args__ = (
        Index("ix_customers__event_received", "received_at", "id"),
        Index("ix_customers__event_visitor", "visitor", "tick"),
        Index("ix_customers__event_visit", "visit_id", "tick"),
        Index("ix_customers__event_waits", "id", sqlite_where=text("visit_id IS NULL"), postgresql_where=text("visit_id IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(code_string(64), unique=True)  # made by the client: what comes twice is there once
    name: Mapped[str] = mapped_column(code_string(24))
    at: Mapped[datetime] = mapped_column(UTCDateTime)  # by the client's clock
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)  # days are told by it
    tick: Mapped[int] = mapped_column(BigInteger)  # milliseconds since 1970: the order of events, see rules of behaviour
    visitor: Mapped[str] = mapped_column(code_string(64))
    session: Mapped[str] = mapped_column(code_string(64))  # as the client calls it
    visit_id: Mapped[int | None] = mapped_column(BigInteger)  # as we count it; None: not looked at yet
    page: Mapped[str] = mapped_column(String(200))
    product_id: Mapped[int | None] = mapped_column(BigInteger)
    q: Mapped[str | None] = mapped_column(String(64))
    results: Mapped[int | None]
    props: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    device: Mapped[str] = mapped_column(code_string(16))
    reason: Mapped[str] = mapped_column(code_string(16))  # why it counts nowhere: bot, staff, test; else ""
    personal: Mapped[bool]  # whether its visitor agreed that a person may be seen behind it


class Visit(Model):
    """A session: what one visitor did until half an hour of silence. Those of long ago are folded into one row a day, device and origin."""

    __tablename__ = "customers__visit"
    __table_args__ = (Index("ix_customers__visit_started", "started_at", "id"), Index("ix_customers__visit_visitor", "visitor", "first_tick"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    visitor: Mapped[str | None] = mapped_column(code_string(64))  # None: folded
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)  # when its first event was received: its day
    ended_at: Mapped[datetime] = mapped_column(UTCDateTime)
    first_tick: Mapped[int] = mapped_column(BigInteger)
    last_tick: Mapped[int] = mapped_column(BigInteger)
    entry: Mapped[str] = mapped_column(String(200))
    exit: Mapped[str] = mapped_column(String(200))
    pages: Mapped[int]
    visits: Mapped[int] = mapped_column(default=1)
    bounces: Mapped[int]
    scene: Mapped[str] = mapped_column(String(32))
    campaign: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(code_string(16))
    reason: Mapped[str] = mapped_column(code_string(16))


class Tally(Model):
    """How often something was done in an hour: kept for ever, and without anybody in it."""

    __tablename__ = "customers__tally"
    __table_args__ = (UniqueConstraint("at", "name", "product_id", "q", "reason"), Index("ix_customers__tally_name", "name", "at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)  # the beginning of the hour
    name: Mapped[str] = mapped_column(code_string(24))
    product_id: Mapped[int] = mapped_column(BigInteger, default=0)
    q: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(code_string(16), default="")
    times: Mapped[int]
    empty: Mapped[int] = mapped_column(default=0)  # searches that found nothing
