"""The shop's own articles: written, published as a version that never changes, and taken back to the one before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import (
    KEEP,
    Actor,
    IllegalMove,
    Invalid,
    NotFound,
    StaleRow,
    _l,
    one_at_a_time,
    public_id,
    record_audit,
    translations,
)

from ..models import Article, Version
from ..permissions import ARTICLE
from . import indexing

LOCK = "help.article"
FIELDS = ("title", "body")
AUDIENCES = ("customer", "staff")
Texts = str | Mapping[str, str]


def create(db: Session, *, actor: Actor, now: datetime, title: Texts, body: Texts, audience: str = "customer", keywords: str = "") -> int:
    """Write an article. Nobody reads it before it is published."""
    article = Article(public_id=public_id(), audience=audience, keywords=keywords or "", changed_at=now, title="", body="", differs=True)
    _fill(db, article, {"title": title, "body": body, "audience": audience, "keywords": keywords}, now)
    record_audit(db, "help.article.created", target=article, label=article.title, actor=actor, now=now, after=_facts(article))
    return article.id


def change(
    db: Session, *, id: int, row_version: int | None, actor: Actor, now: datetime, title: Texts = KEEP, body: Texts = KEEP,
    audience: str = KEEP, keywords: str = KEEP,
) -> None:  # fmt: skip
    """Change what is written; what is read stays until it is published again.

    :raises StaleRow: when somebody saved it since the form was opened.
    """
    article = _article(db, id)
    if row_version is not None and article.row_version != row_version:
        raise StaleRow()
    before = _facts(article)
    given = {name: value for name, value in (("title", title), ("body", body), ("audience", audience), ("keywords", keywords)) if value is not KEEP}
    article.differs = True
    _fill(db, article, given, now)
    record_audit(db, "help.article.changed", target=article, label=article.title, actor=actor, now=now, before=before, after=_facts(article))


def publish(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """What is written becomes what is read, as a version of its own."""
    article = _article(db, id)
    if article.published is not None and not article.differs:
        raise IllegalMove(_l("Nothing was changed since it was published."))
    number = (db.scalar(select(func.max(Version.number)).where(Version.article_id == id)) or 0) + 1
    texts = _texts(db, article)
    db.add(Version(article_id=id, number=number, audience=article.audience, texts=texts, author=actor.name, at=now))
    article.published, article.differs, article.changed_at = number, False, now
    _done(db, "help.article.published", article, number, actor, now)


def take_back(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """The version before is read again, and stands in the form; without one, nobody reads it."""
    article = _article(db, id)
    if article.published is None:
        raise IllegalMove(_l("It is not published."))
    before = db.scalar(select(Version).where(Version.article_id == id, Version.number < article.published).order_by(Version.number.desc()).limit(1))
    article.published, article.changed_at = (before.number if before else None), now
    article.differs = before is None
    if before is not None:
        source = translations.source_locale()
        said = {name: {locale: text[name] for locale, text in before.texts.items()} for name in FIELDS}
        _fill(db, article, {**said, "audience": before.audience, "keywords": before.texts[source]["keywords"]}, now)
    _done(db, "help.article.taken_back", article, article.published, actor, now)


def withdraw(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Nobody reads it from now on; what is written stays."""
    article = _article(db, id)
    if article.published is None:
        raise IllegalMove(_l("It is not published."))
    article.published, article.differs, article.changed_at = None, True, now
    _done(db, "help.article.withdrawn", article, None, actor, now)


def _done(db: Session, act: str, article: Article, number: int | None, actor: Actor, now: datetime) -> None:
    db.flush()
    record_audit(db, act, target=article, label=article.title, actor=actor, now=now, after={"published": number})
    indexing.bring_up(db)


def _article(db: Session, article_id: int) -> Article:
    one_at_a_time(db, LOCK)
    found = db.get(Article, article_id, populate_existing=True)
    if found is None:
        raise NotFound(_l("There is no such article."))
    return found


def _fill(db: Session, article: Article, given: Mapping[str, Any], now: datetime) -> None:
    others: dict[str, tuple[Mapping[str, str] | None, str]] = {}
    for name in FIELDS:
        if name in given:
            source, rest = translations.split(given[name] or "")
            if not source.strip():
                raise Invalid(errors={name: _l("An article needs this in the language of the shop.")})
            setattr(article, name, source.strip())
            others[name] = (rest, source.strip())
    if "audience" in given:
        if given["audience"] not in AUDIENCES:
            raise Invalid(errors={"audience": _l("Choose from the list.")})
        article.audience = given["audience"]
    if "keywords" in given:
        article.keywords = (given["keywords"] or "").strip()
    article.changed_at = now
    db.add(article)
    db.flush()
    translations.set_texts(db, ARTICLE, article.id, others)


def _texts(db: Session, article: Article) -> dict[str, Any]:
    said = {name: translations.all_texts(db, ARTICLE, article.id, name, source=getattr(article, name)) for name in FIELDS}
    # A language is published when it has both: half an article is none.
    return {
        locale: {"title": title, "body": said["body"][locale], "keywords": article.keywords}
        for locale, title in said["title"].items() if title.strip() and said["body"].get(locale, "").strip()
    }  # fmt: skip


def _facts(article: Article) -> dict[str, Any]:
    return {"title": article.title, "audience": article.audience}
