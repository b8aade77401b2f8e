"""Tables of the storefront."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, UTCDateTime, code_string


class Token(Model):
    """A customer is signed in on a device. Of the token itself only a digest is kept."""

    __tablename__ = "storefront__token"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    digest: Mapped[str] = mapped_column(code_string(64), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers__customer.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
