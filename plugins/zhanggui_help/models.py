"""Tables: the index that is searched, what was asked and voted, the shop's own articles, and how far somebody is in a tour."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import AppendOnly, BigKey, Model, UTCDateTime, Versioned, code_string

LONGEST_QUESTION = 80


class Entry(Model):
    """An article in one language, as it is found. ``digest`` says of which text it was made."""

    __tablename__ = "help__entry"
    __table_args__ = (UniqueConstraint("ref", "locale", name="uq_help__entry_ref"), Index("ix_help__entry_owner", "owner"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    ref: Mapped[str] = mapped_column(code_string(120))
    locale: Mapped[str] = mapped_column(code_string(16))
    owner: Mapped[str] = mapped_column(code_string(40))
    audience: Mapped[str] = mapped_column(code_string(16))
    rights: Mapped[list[Any]] = mapped_column(JSON, default=list)  # whoever holds one of them may read it; none: everybody
    title: Mapped[str] = mapped_column(String(200))
    lead: Mapped[str] = mapped_column(String(400), default="")
    digest: Mapped[str] = mapped_column(code_string(40))


class Term(Model):
    """That a term stands in an entry, and how much that says. The key covers what a search asks for."""

    __tablename__ = "help__term"

    term: Mapped[str] = mapped_column(code_string(40), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("help__entry.id", ondelete="CASCADE"), primary_key=True, index=True)
    weight: Mapped[int] = mapped_column(SmallInteger, primary_key=True)


class Word(Model):
    """Each term once: in how many entries it stands. What was mistyped is looked for here."""

    __tablename__ = "help__word"

    term: Mapped[str] = mapped_column(code_string(40), primary_key=True)
    entries: Mapped[int]


class Query(Model):
    """What was asked on a day in a language, how often, and how much was found. Nobody knows by whom."""

    __tablename__ = "help__query"
    __table_args__ = (UniqueConstraint("day", "locale", "text", name="uq_help__query_day"), Index("ix_help__query_found", "found", "day"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    locale: Mapped[str] = mapped_column(code_string(16))
    text: Mapped[str] = mapped_column(String(LONGEST_QUESTION))
    asked: Mapped[int] = mapped_column(Integer, default=1)
    found: Mapped[int] = mapped_column(Integer, default=0)


class Vote(Model):
    """Whether a version of an article was clear to somebody: one vote a person a version."""

    __tablename__ = "help__vote"
    __table_args__ = (UniqueConstraint("user_id", "ref", "digest", name="uq_help__vote_user"), Index("ix_help__vote_ref", "ref", "digest"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    user_id: Mapped[int] = mapped_column(Integer)
    ref: Mapped[str] = mapped_column(code_string(120))
    digest: Mapped[str] = mapped_column(code_string(40))
    locale: Mapped[str] = mapped_column(code_string(16))
    clear: Mapped[bool]
    reason: Mapped[str] = mapped_column(code_string(20), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Article(Versioned, Model):
    """An article of the shop's own, as it is being written. What is read is the published version."""

    __tablename__ = "help__article"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(code_string(24), unique=True)
    audience: Mapped[str] = mapped_column(code_string(16))
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    keywords: Mapped[str] = mapped_column(String(200), default="")
    published: Mapped[int | None]  # number of the version that is read; None: nobody reads it
    differs: Mapped[bool] = mapped_column(default=True)  # what is written is not what is read
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Version(AppendOnly, Model):
    """A text as it was published: never changed, so that there is a way back."""

    __tablename__ = "help__version"
    __table_args__ = (UniqueConstraint("article_id", "number", name="uq_help__version_article"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("help__article.id"))
    number: Mapped[int]
    audience: Mapped[str] = mapped_column(code_string(16))
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)  # {locale: {"title", "body", "keywords"}}
    author: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class TourRun(Model):
    """How far somebody is in a tour, or how it ended."""

    __tablename__ = "help__tour_run"

    user_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tour: Mapped[str] = mapped_column(code_string(80), primary_key=True)
    digest: Mapped[str] = mapped_column(code_string(40))
    step: Mapped[int]
    ended: Mapped[str] = mapped_column(code_string(20), default="")  # "", finished, left, moved
    at: Mapped[datetime] = mapped_column(UTCDateTime)
