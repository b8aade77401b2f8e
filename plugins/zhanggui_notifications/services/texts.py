"""The shop's own words: written as a draft, published when they can be filled, kept in every version, tried on oneself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, Invalid, MessageKind, NotFound, _, _l, current_runtime, record_audit, written_in

from .. import rules
from ..models import Message, Template
from ..ways import ways
from . import more_words
from .kinds import ALL, Words, kind_of

DRAFT, PUBLISHED, RETIRED = "draft", "published", "retired"
_TEMPLATE: Any = Template.__table__
t, m = _TEMPLATE.c, Message.__table__.c


@dataclass(frozen=True)
class Preview:
    """How words look when they are filled; ``error`` says why they cannot be, ``warning`` what to look at."""

    subject: str = ""
    body: str = ""
    error: str = ""
    warning: str = ""


def locales() -> list[str]:
    """The languages in which this shop speaks."""
    return list(current_runtime().config["i18n.locales"])


def _rows(kind_id: str, channel: str) -> Any:
    return (t.kind_id == kind_id) & (t.channel == channel)


def in_hand(db: Session, kind_id: str, channel: str) -> dict[str, Words]:
    """What is being written in each language: the draft, else what is published."""
    rows = db.execute(select(t.locale, t.subject, t.body, t.version, t.state).where(_rows(kind_id, channel), t.state != RETIRED).order_by(t.version))
    return {row.locale: Words(row.subject, row.body, row.version) for row in rows}


def drafts(db: Session, kind_id: str, channel: str) -> bool:
    """Whether something is written that is not published."""
    return db.scalar(select(t.id).where(_rows(kind_id, channel), t.state == DRAFT).limit(1)) is not None


def history(db: Session, kind_id: str, channel: str, limit: int = 20) -> Sequence[Any]:
    """Versions that are or were published, the newest first."""
    wanted = select(t.id, t.locale, t.version, t.state, t.subject, t.body, t.changed_at).where(_rows(kind_id, channel), t.state != DRAFT)
    return list(db.execute(wanted.order_by(t.version.desc(), t.locale).limit(limit)))


def save_draft(db: Session, *, kind_id: str, channel: str, locale: str, subject: str, body: str, now: datetime) -> None:
    """Keep what is being written; nobody is told in these words yet."""
    _checked(kind_id, channel, locale)
    values = {"subject": subject.strip()[:200], "body": body.strip()[:2000], "changed_at": now}
    mine = _rows(kind_id, channel) & (t.locale == locale)
    there = update(Template).where(mine, t.state == DRAFT).values(**values, row_version=t.row_version + 1).returning(t.id)
    if db.scalar(there.execution_options(synchronize_session=False)) is not None:
        return
    now_said = db.execute(select(t.subject, t.body).where(mine, t.state == PUBLISHED)).first()
    if (values["subject"], values["body"]) == ((now_said.subject, now_said.body) if now_said else ("", "")):
        return
    following = select(func.coalesce(func.max(t.version), 0) + 1).where(mine).scalar_subquery()
    db.execute(insert(_TEMPLATE).values(kind_id=kind_id, channel=channel, locale=locale, state=DRAFT, version=following, row_version=1, **values))


def publish(db: Session, *, kind_id: str, channel: str, actor: Actor, now: datetime, locale: str | None = None) -> int:
    """From the next message on these words are used; what was said before is kept. How many languages changed.

    :raises Invalid: naming the field, for words that cannot be filled or that the channel does not take.
    """
    kind = kind_of(kind_id)
    waiting = db.execute(select(t.id, t.locale, t.subject, t.body, t.version).where(_rows(kind_id, channel), t.state == DRAFT)).all()
    found = [row for row in waiting if locale in (None, row.locale)]
    errors = {name: error for row in found for name, error in wrong(kind, channel, row.locale, row.subject, row.body).items()}
    if errors:
        raise Invalid(errors=errors)
    for row in found:
        before = update(Template).where(_rows(kind_id, channel), t.locale == row.locale, t.state == PUBLISHED).values(state=RETIRED)
        db.execute(before.execution_options(synchronize_session=False))
        db.execute(update(Template).where(t.id == row.id).values(state=PUBLISHED, changed_at=now).execution_options(synchronize_session=False))
        record_audit(
            db, "notifications.text.changed", target=("notifications.Kind", kind_id), label=Code(kind_id), actor=actor, now=now,
            after={"locale": Code(row.locale), "version": row.version, "own": bool(row.body)},
        )  # fmt: skip
    return len(found)


def bring_back(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Use the words of an earlier version again, as a version of its own.

    :raises NotFound: when there is none.
    """
    row = db.execute(select(t.kind_id, t.channel, t.locale, t.subject, t.body).where(t.id == id, t.state != DRAFT)).first()
    if row is None:
        raise NotFound()
    save_draft(db, kind_id=row.kind_id, channel=row.channel, locale=row.locale, subject=row.subject, body=row.body, now=now)
    publish(db, kind_id=row.kind_id, channel=row.channel, locale=row.locale, actor=actor, now=now)


def change_text(db: Session, *, kind_id: str, locale: str, subject: str, body: str, actor: Actor, now: datetime, channel: str = ALL) -> None:
    """Write and publish at once; both empty: the words that the kind comes with.

    :raises Invalid: for words that cannot be filled.
    """
    save_draft(db, kind_id=kind_id, channel=channel, locale=locale, subject=subject, body=body, now=now)
    publish(db, kind_id=kind_id, channel=channel, locale=locale, actor=actor, now=now)


def _checked(kind_id: str, channel: str, locale: str) -> MessageKind:
    if locale not in locales() or (channel != ALL and channel not in ways()):
        raise NotFound()
    return kind_of(kind_id)


def wrong(kind: MessageKind, channel: str, locale: str, subject: str, body: str) -> dict[str, Any]:
    """What is wrong with the words of one language, by the field of the form; both empty is right."""
    if not subject and not body:
        return {}
    errors = {f"{name}_{locale}": error for name, text in (("subject", subject), ("body", body)) if (error := wrong_text(kind, text))}
    way = ways().get(channel)
    if way is not None and f"body_{locale}" not in errors and len(body) > way.channel.longest:
        errors[f"body_{locale}"] = _l("This channel takes %(most)s characters, and the text has %(count)s.", most=way.channel.longest, count=len(body))
    return errors


def wrong_text(kind: MessageKind, text: str) -> Any:
    """Why a text cannot be used; None when it can."""
    if not text:
        return _l("Write both: the title and the text.")
    types = {variable.name: variable.type for variable in more_words.variables(kind)}
    try:
        strange = [name for name in rules.places(text) if name not in types]
    except rules.BadText as error:
        return _l("A brace stands alone: “%(brace)s”. Write it twice where you mean the sign.", brace=error.name)
    if strange:
        return _l("{%(name)s} is none of the words that can be used here.", name=strange[0])
    for name, one in rules.filters(text):
        if types[name] not in rules.FILTERS.get(one, ()):
            return _l("“%(filter)s” cannot be used with {%(name)s}.", filter=one, name=name)
    return None


def preview(kind: MessageKind, channel: str, locale: str, subject: str, body: str, values: Mapping[str, Any] | None = None) -> Preview:
    """Words filled with samples, or with ``values``; what is wrong is said in its place, never an empty page."""
    errors = wrong(kind, channel, locale, subject.strip(), body.strip())
    if errors:
        return Preview(error=str(next(iter(errors.values()))))
    given = {variable.name: variable.sample for variable in more_words.variables(kind)} if values is None else values
    with written_in(locale):
        own = bool(body.strip())
        try:
            filled_in = rules.written(more_words.variables(kind), given)
            said = [rules.filled(text, filled_in).strip() for text in ((subject, body) if own else (str(kind.subject), str(kind.body)))]
        except rules.BadText as error:
            return Preview(error=str(_("{%(name)s} is empty: such a message is not sent.", name=error.name)))
    way, warning = ways().get(channel), "" if own else str(_("The words that it comes with are used."))
    if way is not None and len(said[1]) > way.channel.longest:
        warning = str(_("The channel takes %(most)s characters: the rest is cut.", most=way.channel.longest))
    return Preview(said[0][:200], said[1], "", warning)


def last_values(db: Session, kind: MessageKind, locale: str) -> tuple[int, Mapping[str, Any]] | None:
    """Of the last real message of a kind: its id, and what its words were filled with. Whoever calls asks for the right and writes it down."""
    row = db.execute(select(m.id, Message.data).where(m.kind_id == kind.id, m.recipient_kind != "plan").order_by(m.id.desc()).limit(1)).first()
    if row is None or row[1] is None:
        return None
    try:
        with written_in(locale):
            return row[0], more_words.load(db, kind, row[1], locale)
    except NotFound:
        return None
