"""The certificates with which WeChat Pay signs, for merchants without its public key and while one changes to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, UTCDateTime, code_string


class Certificate(Model):
    """One certificate of theirs: no secret, and kept until it expires."""

    __tablename__ = "wechatpay__certificate"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    serial: Mapped[str] = mapped_column(code_string(64), unique=True)
    text: Mapped[str] = mapped_column(Text)
    effective_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    fetched_at: Mapped[datetime] = mapped_column(UTCDateTime)
