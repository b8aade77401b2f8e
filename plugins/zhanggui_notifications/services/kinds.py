"""Kinds as the shop has them: on or off, on which channels, at night, and in whose words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, Invalid, MessageKind, NotFound, StaleRow, _l, message_kinds, record_audit

from .. import rules
from ..models import KindSetting, Template
from ..ways import ways
from .limits import insert_on

k, t = KindSetting.__table__.c, Template.__table__.c


@dataclass(frozen=True)
class Chosen:
    """A kind as it is told here."""

    kind: MessageKind
    enabled: bool
    channels: Sequence[str]
    at_night: str
    ttl: timedelta
    row_version: int  # 0: nothing was chosen yet
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # the shop's own, by locale: subject and body


def for_staff(kind: MessageKind) -> bool:
    """Whether it is for those who work here."""
    return kind.category == "staff"


def chosen(db: Session, ids: Collection[str] | None = None) -> dict[str, Chosen]:
    """Kinds that there are now, with what the shop chose for each: two queries."""
    kinds = {id: kind for id, kind in message_kinds().items() if ids is None or id in ids}
    rows = {row.kind_id: row for row in db.scalars(select(KindSetting).where(k.kind_id.in_(list(kinds))))}
    texts: dict[str, dict[str, tuple[str, str]]] = {}
    for one in db.execute(select(t.kind_id, t.locale, t.subject, t.body).where(t.kind_id.in_(list(kinds)))):
        texts.setdefault(one.kind_id, {})[one.locale] = (one.subject, one.body)
    return {id: _chosen(kind, rows.get(id), texts.get(id, {})) for id, kind in kinds.items()}


def _chosen(kind: MessageKind, row: KindSetting | None, texts: Mapping[str, tuple[str, str]]) -> Chosen:
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


def change_text(db: Session, *, kind_id: str, locale: str, subject: str, body: str, actor: Actor, now: datetime) -> None:
    """The shop's own words in one language; both empty: the words that the kind comes with.

    :raises Invalid: for a word that is no variable, a brace that stands alone, and one text without the other.
    """
    kind = kind_of(kind_id)
    subject, body = subject.strip(), body.strip()
    if not subject and not body:
        db.execute(delete(Template).where(t.kind_id == kind_id, t.locale == locale).execution_options(synchronize_session=False))
    else:
        errors = {f"{name}_{locale}": error for name, text in (("subject", subject), ("body", body)) if (error := wrong_text(kind, text))}
        if errors:
            raise Invalid(errors=errors)
        values = {"subject": subject[:200], "body": body[:2000], "changed_at": now}
        there = update(Template).where(t.kind_id == kind_id, t.locale == locale).values(**values, row_version=t.row_version + 1).returning(t.id)
        if db.scalar(there.execution_options(synchronize_session=False)) is None:
            db.execute(insert_on(db, Template).values(kind_id=kind_id, locale=locale, row_version=1, **values).on_conflict_do_nothing())
    record_audit(
        db, "notifications.text.changed", target=("notifications.Kind", kind_id), label=Code(kind_id), actor=actor, now=now,
        after={"locale": Code(locale), "own": bool(subject)},
    )  # fmt: skip


def wrong_text(kind: MessageKind, text: str) -> Any:
    """Why a text cannot be used; None when it can."""
    if not text:
        return _l("Write both: the title and the text.")
    known = [variable.name for variable in kind.variables]
    try:
        strange = [name for name in rules.places(text) if name not in known]
    except rules.BadText as error:
        return _l("A brace stands alone: “%(brace)s”. Write it twice where you mean the sign.", brace=error.name)
    return _l("{%(name)s} is none of the words that can be used here.", name=strange[0]) if strange else None
