"""The token of the server interface, one for all processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, SealedJson, UTCDateTime, code_string


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
