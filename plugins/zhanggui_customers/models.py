"""Tables of customers. Personal text is encrypted; what has to be found has a blind index beside it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, UniqueConstraint
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
