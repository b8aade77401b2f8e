"""What waits for a second person, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, Pii, SealedJson, UTCDateTime, code_string


class Approval(Model):
    """A request as it was made: nothing in it changes but its state and who decided, when and why."""

    __tablename__ = "core__approval"
    __table_args__ = (
        Index("ix_core__approval_state", "state", "permission"),
        Index("ix_core__approval_target", "target_type", "target_id"),
        Index("ix_core__approval_requester", "requested_by"),
        Index("ix_core__approval_subject", "subject"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    action: Mapped[str] = mapped_column(code_string(120), nullable=False)  # "payments.refund_much"
    permission: Mapped[str] = mapped_column(code_string(220), nullable=False)  # "can_approve_refund payments.Payment"
    target_type: Mapped[str] = mapped_column(code_string(100), nullable=False)
    target_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    subject: Mapped[str | None] = mapped_column(code_string(165))  # the person whom it is about, "customers.Customer:7"
    row_version: Mapped[int] = mapped_column(Integer, nullable=False)
    label: Mapped[str | None] = mapped_column(Pii)
    frozen: Mapped[Any] = mapped_column(SealedJson, nullable=False)
    state: Mapped[str] = mapped_column(code_string(16), nullable=False)
    requested_by: Mapped[int] = mapped_column(Integer, nullable=False)
    requester: Mapped[str] = mapped_column(String(128), nullable=False)
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    request_reason: Mapped[str | None] = mapped_column(Pii)
    decider: Mapped[str | None] = mapped_column(String(128))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decision_reason: Mapped[str | None] = mapped_column(Pii)
