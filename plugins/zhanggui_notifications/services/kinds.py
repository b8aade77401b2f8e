"""Kinds as the shop has them: on or off, on which channels, at night, and in whose words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, MessageKind, NotFound, StaleRow, message_kinds, record_audit

from .. import rules
from ..models import KindSetting, Template
from ..ways import ways
from .limits import insert_on

k, t = KindSetting.__table__.c, Template.__table__.c


ALL = "*"  # every channel that has no words of its own


@dataclass(frozen=True)
class Words:
    """A title and a text; ``version`` is None where they come with the kind."""

    subject: str
    body: str
    version: int | None


@dataclass(frozen=True)
class Chosen:
    """A kind as it is told here."""

    kind: MessageKind
    enabled: bool
    channels: Sequence[str]
    at_night: str
    ttl: timedelta
    row_version: int  # 0: nothing was chosen yet
    texts: Mapping[tuple[str, str], Words] = field(default_factory=dict)  # the shop's own, by channel and locale

    def words(self, channel: str, locale: str) -> Words:
        """What a channel says in a language: words of its own, else those of all channels, else those that the kind comes with."""
        return self.texts.get((channel, locale)) or self.texts.get((ALL, locale)) or Words(str(self.kind.subject), str(self.kind.body), None)


def for_staff(kind: MessageKind) -> bool:
    """Whether it is for those who work here."""
    return kind.category == "staff"


def chosen(db: Session, ids: Collection[str] | None = None) -> dict[str, Chosen]:
    """Kinds that there are now, with what the shop chose for each: two queries."""
    kinds = {id: kind for id, kind in message_kinds().items() if ids is None or id in ids}
    rows = {row.kind_id: row for row in db.scalars(select(KindSetting).where(k.kind_id.in_(list(kinds))))}
    texts: dict[str, dict[tuple[str, str], Words]] = {}
    own = select(t.kind_id, t.channel, t.locale, t.subject, t.body, t.version).where(t.kind_id.in_(list(kinds)), t.state == "published", t.body != "")
    for one in db.execute(own):
        texts.setdefault(one.kind_id, {})[(one.channel, one.locale)] = Words(one.subject, one.body, one.version)
    return {id: _chosen(kind, rows.get(id), texts.get(id, {})) for id, kind in kinds.items()}


def _chosen(kind: MessageKind, row: KindSetting | None, texts: Mapping[tuple[str, str], Words]) -> Chosen:
    at_night = "send" if kind.category in ("staff", "security") or kind.urgent else "hold"
    if row is None:
        return Chosen(kind, True, tuple(kind.channels), at_night, kind.ttl, 0, texts)
    channels = tuple(kind.channels if row.channels is None else row.channels)
    ttl = timedelta(minutes=row.ttl_minutes) if row.ttl_minutes else kind.ttl
    return Chosen(kind, row.enabled, channels, row.at_night, ttl, row.row_version, texts)


def kind_of(kind_id: str) -> MessageKind:
    """:raises NotFound: for a kind that is none, or whose plugin is off."""
    found = message_kinds().get(kind_id)
    if found is None:
        raise NotFound()
    return found


def in_order(channels: Collection[str], kind: MessageKind) -> list[str]:
    """Channels in the order in which they are tried: the kind's own, then others, the customer's list last."""
    own = [*kind.channels, *ways()]
    known = sorted(set(channels), key=lambda one: own.index(one) if one in own else len(own))
    return [one for one in known if one != rules.INBOX] + [one for one in known if one == rules.INBOX]


def change_kind(
    db: Session, *, kind_id: str, row_version: int | None = None, actor: Actor, now: datetime, enabled: bool | None = None,
    channels: Collection[str] | None = None, at_night: str | None = None, ttl_minutes: int | None = None,
) -> None:  # fmt: skip
    """Choose how a kind is told. What is not given stays; it counts from the next message on, and for those that wait.

    :raises StaleRow: when somebody changed it since.
    """
    kind = kind_of(kind_id)
    before = chosen(db, [kind_id])[kind_id]
    if row_version is not None and before.row_version != row_version:
        raise StaleRow()
    values: dict[str, Any] = {
        "enabled": before.enabled if enabled is None else enabled, "at_night": at_night or before.at_night,
        "channels": list(before.channels) if channels is None else in_order(channels, kind),
        "ttl_minutes": ttl_minutes or round(before.ttl.total_seconds() / 60),
    }  # fmt: skip
    made = insert_on(db, KindSetting).values(kind_id=kind_id, row_version=1, **values)
    db.execute(made.on_conflict_do_update(index_elements=["kind_id"], set_={**values, "row_version": k.row_version + 1}))
    record_audit(
        db, "notifications.kind.changed", target=("notifications.Kind", kind_id), label=Code(kind_id), actor=actor, now=now,
        before={"enabled": before.enabled, "channels": [Code(one) for one in before.channels], "at_night": Code(before.at_night)},
        after={"enabled": values["enabled"], "channels": [Code(one) for one in values["channels"]], "at_night": Code(values["at_night"])},
    )  # fmt: skip


def switch_channel(db: Session, *, kind_id: str, channel: str, on: bool, actor: Actor, now: datetime) -> None:
    """Take a channel among those that a kind is tried on, or out of them.

    :raises NotFound: for a channel that is none.
    """
    if channel not in ways():
        raise NotFound()
    before = set(chosen(db, [kind_of(kind_id).id])[kind_id].channels)
    change_kind(db, kind_id=kind_id, channels=before | {channel} if on else before - {channel}, actor=actor, now=now)
