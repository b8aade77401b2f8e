"""What was asked, without saying by whom; and whether an article was clear."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Invalid, _l, clock, get_setting, one_at_a_time, shop_day, words

from ..models import LONGEST_QUESTION, Query, Vote

REASONS = {"missing": _l("What I look for is not in it"), "unclear": _l("I do not understand it"), "wrong": _l("It is not so here"), "long": _l("It is too long")}
_DIGITS = re.compile(r"\d")
_MOST_DIGITS = 6  # more of them may be a phone number, an order or a card: never kept
_AT = re.compile(r"\S@\S")
_MOST_A_DAY = 2000


def note_question(db: Session, question: str, *, locale: str, found: int, now: datetime) -> bool:
    """Count a question; False where it may be about a person and is not kept."""
    text = words.fold(question)[:LONGEST_QUESTION]
    if not text or len(_DIGITS.findall(text)) > _MOST_DIGITS or _AT.search(text):
        return False
    one_at_a_time(db, "help.query")
    day = shop_day(now)
    mine = (Query.day == day, Query.locale == locale, Query.text == text)
    if db.execute(update(Query).where(*mine).values(asked=Query.asked + 1, found=found)).rowcount == 0:  # type: ignore[attr-defined] # a result of an update has it
        if (db.scalar(select(func.count()).where(Query.day == day)) or 0) >= _MOST_A_DAY:
            return False
        db.add(Query(day=day, locale=locale, text=text, found=found))
    return True


def in_vain(db: Session) -> list[tuple[str, str, int]]:
    """``(question, language, how often)`` of what found nothing, the most asked first."""
    rows = select(Query.text, Query.locale, func.sum(Query.asked)).where(Query.found == 0).group_by(Query.text, Query.locale)
    return [(text, locale, int(asked)) for text, locale, asked in db.execute(rows.order_by(func.sum(Query.asked).desc(), Query.text).limit(100)).tuples()]


def forget(db: Session) -> int:
    """Delete what is older than the shop keeps it."""
    last = shop_day(clock.now()) - timedelta(days=get_setting("plugin.help.keep_questions"))
    return int(db.execute(delete(Query).where(Query.day < last)).rowcount)  # type: ignore[attr-defined] # a result of a delete has it


def vote(db: Session, *, ref: str, digest: str, locale: str, clear: bool, reason: str, actor: Actor, now: datetime) -> None:
    """One vote a person a version: another one takes the place of the first."""
    if actor.id is None:
        raise Invalid(_l("Only somebody of the staff can say that."))
    if reason and (clear or reason not in REASONS):
        raise Invalid(_l("Choose from the list."))
    one_at_a_time(db, f"help.vote.{actor.id}")
    mine = db.scalar(select(Vote).where(Vote.user_id == actor.id, Vote.ref == ref, Vote.digest == digest))
    if mine is None:
        mine = Vote(user_id=actor.id, ref=ref, digest=digest, locale=locale)
        db.add(mine)
    mine.clear, mine.reason, mine.at = clear, reason, now


def vote_of(db: Session, *, ref: str, digest: str, actor: Actor) -> Vote | None:
    """What somebody said of a version."""
    return db.scalar(select(Vote).where(Vote.user_id == (actor.id or 0), Vote.ref == ref, Vote.digest == digest))


def unclear(db: Session) -> list[tuple[str, int, int]]:
    """``(ref, clear, all)`` of articles whose present readers are not content: fewer than six in ten of ten or more."""
    clear = func.sum(case((Vote.clear, 1), else_=0))
    rows = select(Vote.ref, Vote.digest, clear, func.count()).group_by(Vote.ref, Vote.digest).having(func.count() >= 10)
    return [(ref, int(yes), int(total)) for ref, _digest, yes, total in db.execute(rows).tuples() if yes < total * 0.6]
