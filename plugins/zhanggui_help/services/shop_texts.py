"""What the shop published itself, as it is indexed and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import ANONYMOUS, articles

from ..models import Article, Version

if TYPE_CHECKING:
    from .indexing import Text

OWNER = "shop"


def ref_of(public_id: str) -> str:
    """What an article of the shop is called in addresses and in the index."""
    return f"{OWNER}.{public_id}"


def published(db: Session, public_id: str = "") -> list[tuple[Article, Version]]:
    """What is read now; with an id, of that one alone."""
    query = select(Article, Version).join(Version, (Version.article_id == Article.id) & (Version.number == Article.published))
    if public_id:
        query = query.where(Article.public_id == public_id)
    return [(article, version) for article, version in db.execute(query.order_by(Article.id)).tuples()]


def digests(db: Session) -> dict[tuple[str, str], str]:
    """The digest of each text that should be in the index."""
    found = published(db)
    return {(ref_of(a.public_id), locale): f"shop{a.id}.{v.number}" for a, v in found for locale in v.texts}


def texts(db: Session, fresh: set[tuple[str, str]]) -> list[Text]:
    """Those that are to be written."""
    from .indexing import Text

    return [
        Text(
            ref_of(a.public_id), locale, OWNER, v.audience, (), said["title"], said["keywords"].split(), "", articles.plain(said["body"], ANONYMOUS, None),
            lead(said), f"shop{a.id}.{v.number}",
        )
        for a, v in published(db) for locale, said in v.texts.items() if (ref_of(a.public_id), locale) in fresh
    ]  # fmt: skip


def lead(said: Mapping[str, Any]) -> str:
    """The first paragraph in plain words."""
    return articles.plain(str(said["body"]).split("\n\n", 1)[0], ANONYMOUS, None)[:400]
