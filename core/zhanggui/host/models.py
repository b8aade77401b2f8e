"""What the host keeps: generations, the state of plugins, repairs, faults."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import Pii, UTCDateTime


class Generation(Model):
    """One row: counters that every process compares with what it has built and cached."""

    __tablename__ = "core__generation"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    plugins: Mapped[int] = mapped_column(Integer, default=1, nullable=False)
    security: Mapped[int] = mapped_column(Integer, default=1, nullable=False)
    settings: Mapped[int] = mapped_column(Integer, default=1, nullable=False)
    faults: Mapped[int] = mapped_column(Integer, default=1, server_default="1", nullable=False)


class PluginState(Model):
    """A plugin of this instance: ``enabled`` is the merchant's wish, ``quarantine`` why it is not heeded."""

    __tablename__ = "core__plugin"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False, nullable=False)
    version: Mapped[str] = mapped_column(String(32), nullable=False)
    schema_revision: Mapped[str | None] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)


class Repair(Model):
    """Something that needs a person: a plugin that cannot be imported, migrated or built."""

    __tablename__ = "core__repair"

    id: Mapped[str] = mapped_column(String(160), primary_key=True)  # "plugin:loyalty:import"
    plugin: Mapped[str | None] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200), nullable=False)
    detail: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)


class PluginFault(Model):
    """A place at which a plugin failed while it ran, and how often; ``paused_at``: since when it is not called any more."""

    __tablename__ = "core__plugin_fault"

    id: Mapped[str] = mapped_column(String(200), primary_key=True)  # "gifts:column:orders.Order points"
    plugin: Mapped[str] = mapped_column(String(64), index=True, nullable=False)
    kind: Mapped[str] = mapped_column(String(20), nullable=False)
    name: Mapped[str] = mapped_column(String(160), nullable=False)
    label: Mapped[str] = mapped_column(String(120), nullable=False)  # source texts: each reader is told in his language
    screen: Mapped[str] = mapped_column(String(120), nullable=False)
    times: Mapped[int] = mapped_column(Integer, nullable=False)
    strikes: Mapped[int] = mapped_column(Integer, nullable=False)
    longest_ms: Mapped[int] = mapped_column(Integer, nullable=False)
    # Sealed: what an exception says can hold a name or a phone.
    sentence: Mapped[str | None] = mapped_column(Pii)
    detail: Mapped[str | None] = mapped_column(Pii)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
