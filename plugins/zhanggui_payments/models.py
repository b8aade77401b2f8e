"""Tables of payments. Amounts are minor units of the currency beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import AppendOnly, BigKey, Model, Pii, SealedJson, UTCDateTime, Versioned, code_string


class Attempt(Versioned, Model):
    """One try to pay one amount at one provider."""

    __tablename__ = "payments__attempt"
    __table_args__ = (
        UniqueConstraint("number"),
        # The same transaction of a provider, or the same transfer, is money only once.
        UniqueConstraint("provider", "provider_number"),
        UniqueConstraint("provider", "reference_index"),
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("reserved <= amount OR amount < 0", name="not_more_than_there_is"),
        CheckConstraint("refunded <= reserved", name="refunded"),
        Index("ix_payments__attempt_order", "order_id", "id"),
        Index("ix_payments__attempt_customer", "customer_id", "created_at", "id"),
        Index("ix_payments__attempt_newest", "created_at", "id"),
        Index("ix_payments__attempt_state", "state", "created_at", "id"),
        Index("ix_payments__attempt_due", "ask_at", "id"),
        Index("ix_payments__attempt_captured", "captured_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    number: Mapped[str] = mapped_column(code_string(32))  # ours at the provider, and the payment_id of the storefront
    order_id: Mapped[int] = mapped_column(ForeignKey("orders__order.id"))
    order_number: Mapped[str] = mapped_column(code_string(32))
    customer_id: Mapped[int | None] = mapped_column(BigKey)
    provider: Mapped[str] = mapped_column(code_string(32))
    method: Mapped[str] = mapped_column(code_string(32))
    scene: Mapped[str] = mapped_column(String(16), default="")
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(16))
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)  # of the amount: asked back and not failed
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)  # of that: gone back
    provider_number: Mapped[str | None] = mapped_column(code_string(64))
    reference: Mapped[str | None] = mapped_column(Pii)  # what the payer wrote on a transfer can stand in it
    reference_index: Mapped[str | None] = mapped_column(code_string(96))  # its digest
    payer: Mapped[str | None] = mapped_column(Pii)
    action: Mapped[Any | None] = mapped_column(SealedJson)  # what the client was told to do
    usable_until: Mapped[datetime | None] = mapped_column(UTCDateTime)  # of the action
    code: Mapped[str] = mapped_column(code_string(64), default="", server_default="")  # the provider's, of a failure
    simulated: Mapped[bool] = mapped_column(default=False, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    captured_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    close_wanted: Mapped[bool] = mapped_column(default=False, server_default="0")
    asked: Mapped[int] = mapped_column(default=0)
    ask_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when to ask the provider again; None: not any more


class Refund(Versioned, Model):
    """One way back, under one number for ever."""

    __tablename__ = "payments__refund"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("provider", "provider_number"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_payments__refund_order", "order_id", "id"),
        Index("ix_payments__refund_attempt", "attempt_id", "id"),
        Index("ix_payments__refund_state", "state", "requested_at", "id"),
        Index("ix_payments__refund_due", "ask_at", "id"),
        Index("ix_payments__refund_succeeded", "succeeded_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    number: Mapped[str] = mapped_column(code_string(64))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("payments__attempt.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders__order.id"))
    order_number: Mapped[str] = mapped_column(code_string(32))
    customer_id: Mapped[int | None] = mapped_column(BigKey)
    provider: Mapped[str] = mapped_column(code_string(32))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(Pii)
    provider_number: Mapped[str | None] = mapped_column(code_string(64))
    code: Mapped[str] = mapped_column(code_string(64), default="", server_default="")
    simulated: Mapped[bool] = mapped_column(default=False, server_default="0")
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    succeeded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    asked: Mapped[int] = mapped_column(default=0)
    ask_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RefundLine(Model):
    """What of an order line goes back with a refund. The parts of all lines are the amount of the refund."""

    __tablename__ = "payments__refund_line"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("payments__refund.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("orders__order_line.id"), index=True)
    quantity: Mapped[int] = mapped_column(default=0)
    goods: Mapped[int] = mapped_column(BigInteger, default=0)
    freight: Mapped[int] = mapped_column(BigInteger, default=0)
    fee: Mapped[int] = mapped_column(BigInteger, default=0)


class ProviderEvent(AppendOnly, Model):
    """What a provider said, and how we came to hear it: asked, answered, notified, or told by a person."""

    __tablename__ = "payments__provider_event"
    __table_args__ = (
        UniqueConstraint("event_key"),
        Index("ix_payments__provider_event_attempt", "attempt_id", "id"),
        Index("ix_payments__provider_event_refund", "refund_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    event_key: Mapped[str] = mapped_column(code_string(128))
    provider: Mapped[str] = mapped_column(code_string(32))
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("payments__attempt.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("payments__refund.id"))
    source: Mapped[str] = mapped_column(String(16))  # answered | asked | notified | person
    state: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    provider_number: Mapped[str | None] = mapped_column(code_string(64))
    code: Mapped[str] = mapped_column(code_string(64), default="", server_default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Entry(AppendOnly, Model):
    """An amount moved from one account to another one: a row is in balance, so every key is."""

    __tablename__ = "payments__entry"
    __table_args__ = (
        UniqueConstraint("entry_key", "debit", "credit"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit <> credit", name="sides"),
        Index("ix_payments__entry_debit", "debit", "at", "id"),
        Index("ix_payments__entry_credit", "credit", "at", "id"),
        Index("ix_payments__entry_order", "order_id", "id"),
        Index("ix_payments__entry_customer", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    entry_key: Mapped[str] = mapped_column(code_string(96))  # "attempt:7", "refund:3"
    debit: Mapped[str] = mapped_column(code_string(48))  # the account that gets it
    credit: Mapped[str] = mapped_column(code_string(48))  # the account that gives it
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    attempt_id: Mapped[int | None] = mapped_column(BigKey)
    refund_id: Mapped[int | None] = mapped_column(BigKey)
    order_id: Mapped[int | None] = mapped_column(BigKey)
    customer_id: Mapped[int | None] = mapped_column(BigKey)
    simulated: Mapped[bool] = mapped_column(default=False, server_default="0")
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Case(Versioned, Model):
    """What a person has to decide about money."""

    __tablename__ = "payments__case"
    __table_args__ = (
        UniqueConstraint("case_key"),
        Index("ix_payments__case_state", "state", "opened_at", "id"),
        Index("ix_payments__case_order", "order_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    case_key: Mapped[str] = mapped_column(code_string(128))  # "paid_twice:attempt:7": opened once
    kind: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(16))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders__order.id"))
    order_number: Mapped[str | None] = mapped_column(code_string(32))
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("payments__attempt.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("payments__refund.id"))
    provider: Mapped[str] = mapped_column(code_string(32))
    provider_number: Mapped[str | None] = mapped_column(code_string(64))
    amount: Mapped[int] = mapped_column(BigInteger)  # what came or went
    expected: Mapped[int | None] = mapped_column(BigInteger)  # what was asked for
    currency: Mapped[str] = mapped_column(String(3))
    owner_id: Mapped[int | None] = mapped_column(BigKey)
    owner: Mapped[str | None] = mapped_column(Pii)
    note: Mapped[str | None] = mapped_column(Pii)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
