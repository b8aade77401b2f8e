"""The token of the server interface, one for all processes, and what customers allowed to be sent to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import AppendOnly, BigKey, Model, SealedJson, UTCDateTime, code_string


class Token(Model):
    """The token of one mini-program. ``claimed_until`` is set while a process asks for the next one."""

    __tablename__ = "wechat__token"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    app_id: Mapped[str] = mapped_column(code_string(64), unique=True)
    token: Mapped[Any] = mapped_column(SealedJson, nullable=True)
    number: Mapped[int] = mapped_column(default=0)  # counts the tokens: who saw which
    refresh_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Grant(Model):
    """How many messages of one template a customer has allowed and not had yet: the sum of its entries."""

    __tablename__ = "wechat__grant"
    __table_args__ = (
        UniqueConstraint("customer_id", "template_id"),
        Index("ix_wechat__grant_template", "template_id", "balance"),
        CheckConstraint("balance >= 0", name="balance"),
        CheckConstraint("reserved >= 0", name="reserved"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers__customer.id"))
    template_id: Mapped[str] = mapped_column(code_string(64))
    balance: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)  # of these, on their way
    state: Mapped[str] = mapped_column(code_string(8))  # what he answered last: accept | reject | ban | filter
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class GrantEntry(AppendOnly, Model):
    """Why a balance changed, never altered afterwards."""

    __tablename__ = "wechat__grant_entry"
    __table_args__ = (UniqueConstraint("source_key"), Index("ix_wechat__grant_entry_grant", "grant_id", "id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("wechat__grant.id"))
    kind: Mapped[str] = mapped_column(code_string(16))  # reported | sent | unknown | lost
    delta: Mapped[int]
    source_key: Mapped[str] = mapped_column(code_string(160))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class GrantHold(Model):
    """One message on its way, and the grant that it takes when it arrives."""

    __tablename__ = "wechat__grant_hold"
    __table_args__ = (UniqueConstraint("message_id"), Index("ix_wechat__grant_hold_grant", "grant_id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("wechat__grant.id"))
    message_id: Mapped[str] = mapped_column(code_string(120))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
