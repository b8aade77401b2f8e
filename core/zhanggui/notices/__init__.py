"""Staff notices: the messages tab."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from ..db.upsert import insert_for
from ..events import MAX_DEPTH, publish
from ..i18n.formats import fmt
from ..i18n.texts import InLanguages, LazyText, texts_of
from ..i18n.wording import keep_text, kept_text, spoken, stored
from ..kernel.actors import Actor
from ..kernel.errors import NotFound
from ..kernel.ids import Code
from ..kernel.money import Money
from ..kernel.trace import current_trace
from .events import NoticeCreated
from .models import Notice, ReadUpTo

MOST = 100  # the badge says "99+" beyond


@dataclass(frozen=True)
class NoticeLine:
    """One notice for a reader."""

    id: int
    at: datetime
    title: str
    body: str
    href: str
    unread: bool


def notify(
    db: Session, *, kind: str, title: Any, body: Any = "", href: str = "", permission: tuple[str, str] | None = None,
    user_id: int | None = None, now: datetime, key: str | None = None, params: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Tell staff: one user, or whoever holds ``permission``; everybody when neither is given.

    :param title: a msgid (``_l("%(sku)s is running low")`` or plain text) filled with ``params`` for each reader;
        ``Money`` among them is written as that reader writes it.
    :param body: what somebody wrote, a line of :func:`zhanggui.i18n.wording.keep_text`, or a lazy text.
    :param key: a notice of the same key is written once.
    """
    msgid = title.msgid if isinstance(title, LazyText) else str(title)
    filled = {**(title.params if isinstance(title, LazyText) else {}), **(params or {})}
    filled = {name: value.as_json() if isinstance(value, Money) else stored(value) if isinstance(value, LazyText | InLanguages) else value for name, value in filled.items()}
    values = {
        "at": now, "kind": kind, "title": msgid[:300], "params": filled,
        "body": keep_text(body, 500), "href": href, "permission": " ".join(permission) if permission else "", "user_id": user_id, "key": key,
    }  # fmt: skip
    made = db.scalar(insert_for(db, Notice).values(**values).on_conflict_do_nothing().returning(Notice.id))
    # A notice about the end of a circle of events must not be one more of it.
    if made is not None and current_trace().depth <= MAX_DEPTH:
        publish(db, NoticeCreated(made, Code(kind), user_id, Code(values["permission"])))


def _visible(everything: bool) -> ColumnElement[bool]:
    mine = Notice.user_id == bindparam("user_id")
    others = Notice.user_id.is_(None)
    return or_(mine, others if everything else others & Notice.permission.in_(bindparam("held", expanding=True)))


def _reader(actor: Actor) -> dict[str, Any]:
    """What the statements need to know of who reads."""
    held = {} if actor.everything else {"held": ["", *(" ".join(pair) for pair in actor.permissions)]}
    return {"user_id": actor.id, **held}


def _unread(everything: bool) -> Select[Any]:
    read = select(ReadUpTo.notice_id).where(ReadUpTo.user_id == bindparam("user_id")).scalar_subquery()
    some = select(Notice.id).where(Notice.id > func.coalesce(read, 0), _visible(everything)).limit(MOST).subquery()
    return select(func.count()).select_from(some)


_UNREAD = {everything: _unread(everything) for everything in (True, False)}  # asked on every page: made once


def _read_up_to(db: Session, actor: Actor) -> int:
    return db.scalar(select(ReadUpTo.notice_id).where(ReadUpTo.user_id == actor.id)) or 0


def unread_count(db: Session, actor: Actor) -> int:
    """How many notices this user has not read; at most ``MOST`` are counted."""
    return int(db.scalar(_UNREAD[actor.everything], _reader(actor)) or 0)


def latest(db: Session, actor: Actor, *, limit: int = 100) -> list[NoticeLine]:
    """The newest notices for this user, in the language of the reader."""
    read = _read_up_to(db, actor)
    rows = db.scalars(select(Notice).where(_visible(actor.everything)).order_by(Notice.id.desc()).limit(limit), _reader(actor))
    return [_line(n, read) for n in rows]


def read_notice(db: Session, notice_id: int) -> NoticeLine:
    """One notice in the language of the reader, for a handler of ``core.notice.created@1``.

    :raises NotFound: when there is none.
    """
    found = db.get(Notice, notice_id)
    if found is None:
        raise NotFound()
    return _line(found, 0)


def _line(n: Notice, read: int) -> NoticeLine:
    texts = texts_of(n.kind.partition(".")[0])  # a kind begins with the plugin whose words the title is
    return NoticeLine(n.id, n.at, texts.gettext(n.title, **_written(n.params or {})), kept_text(n.body), n.href, n.id > read)


def _written(params: dict[str, Any]) -> dict[str, Any]:
    """What fills a title, with money as the reader writes it."""
    return {
        name: value if not isinstance(value, dict) else fmt.money(value["amount"], value["currency"]) if "amount" in value else spoken(value)
        for name, value in params.items()
    }  # fmt: skip


def mark_read(db: Session, actor: Actor, *, now: datetime) -> None:
    """Everything up to now is read."""
    newest = db.scalar(select(func.max(Notice.id)))
    if newest is None or actor.id is None:
        return
    statement = insert_for(db, ReadUpTo).values(user_id=actor.id, notice_id=newest)
    # Never back: a slower request that saw fewer notices does not make the newest ones unread again.
    later = ReadUpTo.__table__.c.notice_id < newest
    db.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_={"notice_id": newest}, where=later))
