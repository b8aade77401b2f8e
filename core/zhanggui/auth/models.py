"""Sessions, tokens, throttles, profiles, idempotency keys, and which rights a role was offered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, Pii, SealedJson, UTCDateTime, code_string


class UserSession(Model):
    """One signed-in device. Only a digest of the cookie's id is kept."""

    __tablename__ = "core__session"
    __table_args__ = (
        Index("ix_core__session_user", "user_id", "revoked_at"),
        Index("ix_core__session_expires", "expires_at"),
        Index("ix_core__session_known", "known_as", "user_id"),
        Index("ix_core__session_place", "user_id", "ip"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True, nullable=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ip: Mapped[str | None] = mapped_column(String(45))
    device: Mapped[str] = mapped_column(String(200), nullable=False, default="")
    data: Mapped[Any] = mapped_column(SealedJson, nullable=True, default=dict)  # a message that waits there can name somebody
    known_as: Mapped[str | None] = mapped_column(String(64))  # digest of the device's own cookie, which outlives the session
    zone: Mapped[str | None] = mapped_column(String(64))  # of the device's clock


class TakenName(Model):
    """What a user or a role may be taken for: no two of them share one. See ``kernel.names``."""

    __tablename__ = "core__name"
    __table_args__ = (Index("ix_core__name_row", "kind", "row_id"),)

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)  # user | role
    folded: Mapped[str] = mapped_column(String(400), primary_key=True)
    row_id: Mapped[int] = mapped_column(Integer, nullable=False)


class Throttle(Model):
    """Tries in a window: by user, address, the two together, and device. See ``throttle``."""

    __tablename__ = "core__throttle"

    bucket: Mapped[str] = mapped_column(String(80), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    count: Mapped[int] = mapped_column(Integer, nullable=False)


class Profile(Model):
    """What a user set for himself, and since when his credentials are what they are."""

    __tablename__ = "core__profile"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    locale: Mapped[str | None] = mapped_column(String(16))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    appearance: Mapped[str | None] = mapped_column(String(8))
    credentials_since: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)


class Factor(Model):
    """The secret from which the codes of a user's app come. It counts once it was confirmed by its first code. See ``factors``."""

    __tablename__ = "core__factor"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[Any] = mapped_column(SealedJson, nullable=False)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_step: Mapped[int] = mapped_column(BigKey, nullable=False)  # of the last code that was taken: none is good twice


class RecoveryCode(Model):
    """A code for when the phone is lost; good once. Only a digest is kept."""

    __tablename__ = "core__recovery_code"
    __table_args__ = (Index("ix_core__recovery_code_user", "user_id"),)

    digest: Mapped[str] = mapped_column(code_string(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class IdempotencyKey(Model):
    """A creation that was asked for under a key, with its answer, so that a retry gets the same one."""

    __tablename__ = "core__idempotency"
    __table_args__ = (Index("ix_core__idempotency_created", "created_at"),)

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), nullable=False)
    status: Mapped[int] = mapped_column(Integer, nullable=False)
    body: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)


class OfferedGrant(Model):
    """A right that a preset has given to a role once; taking it away again is the merchant's business."""

    __tablename__ = "core__offered_grant"

    role: Mapped[str] = mapped_column(String(64), primary_key=True)
    permission: Mapped[str] = mapped_column(String(100), primary_key=True)
    resource: Mapped[str] = mapped_column(String(128), primary_key=True)


class Token(Model):
    """What a program or a device shows in place of a password. See ``tokens``."""

    __tablename__ = "core__token"
    __table_args__ = (
        Index("ix_core__token_owner", "owner", "kind"),
        Index("ix_core__token_expires", "expires_at"),
        Index("ix_core__token_prefix", "prefix", unique=True),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str] = mapped_column(code_string(40), nullable=False)
    owner: Mapped[str] = mapped_column(code_string(120), nullable=False)  # "customers.Customer:7"
    name: Mapped[str | None] = mapped_column(Pii)
    scopes: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))  # [["can_ship", "orders.Order"], ...]
    digest: Mapped[str] = mapped_column(code_string(64), unique=True, nullable=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_ip: Mapped[str | None] = mapped_column(String(45))
    # Of programs of others, see ``programs``:
    prefix: Mapped[str | None] = mapped_column(code_string(16))  # the beginning of the secret, by which people name it
    made_by: Mapped[int | None] = mapped_column(Integer)  # the user beyond whose rights it never goes
    ip_allow: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))  # networks; None: from anywhere
    rate_per_minute: Mapped[int | None] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
