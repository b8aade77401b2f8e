"""What a reader finds on the shelf: articles of the core, of plugins that run, and of the shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from zhanggui.api import Actor, InLanguages, Reader, _, articles, plugin_name

from .services import shop_texts

_SHOP = "shop"


@dataclass(frozen=True)
class Line:
    """One article in a list."""

    ref: str
    title: str
    lead: str
    href: str


@dataclass(frozen=True)
class Group:
    """The articles of one owner."""

    owner: str
    name: str
    lines: Sequence[Line]


def readable(reader: Reader, audience: str = "staff") -> list[articles.Article]:
    """Every bundled article for this audience that he may read, in his language."""
    shelf = articles.library()
    found = [article for ref in shelf.articles if (article := shelf.article(ref, reader.locale)) is not None]
    return sorted((a for a in found if a.audience == audience and a.may_be_read_by(reader.actor)), key=lambda a: (a.order, a.title))


def groups(reader: Reader) -> list[Group]:
    """What the index shows: the shop's own first is the business of whoever asks, then the core, then plugins as they come."""
    by_owner: dict[str, list[articles.Article]] = {}
    for article in readable(reader):
        by_owner.setdefault(article.owner, []).append(article)
    order = {owner: place for place, owner in enumerate(articles.library().owners)}
    owners = sorted(by_owner, key=lambda owner: order.get(owner, 0))
    return [Group(owner, owner_name(owner), [line(a, reader.actor) for a in by_owner[owner]]) for owner in owners]


def of_shop(db: Session, reader: Reader) -> list[Group]:
    """What the shop published itself, for staff and for customers."""
    lines = []
    for article, version in shop_texts.published(db):
        said = InLanguages("", {code: text["title"] for code, text in version.texts.items()}).of(reader.locale) or article.title
        ref = shop_texts.ref_of(article.public_id)
        lines.append(Line(ref, said, "", f"/help/a/{ref}"))
    return [Group(_SHOP, owner_name(_SHOP), lines)] if lines else []


def digest_of(db: Session, ref: str, reader: Reader) -> str:
    """Of the text that somebody reads now; "" where there is none for him."""
    if ref.startswith(f"{_SHOP}."):
        return next((str(version.number) for _article, version in shop_texts.published(db, ref.partition(".")[2])), "")
    found = articles.library().article(ref, reader.locale)
    return found.digest if found is not None and found.may_be_read_by(reader.actor) else ""


def owner_name(owner: str) -> str:
    """Whose articles they are, in words."""
    return _("The shop as a whole") if owner == "core" else _("Of this shop") if owner == _SHOP else plugin_name(owner)


def line(article: articles.Article, actor: Actor) -> Line:
    """An article in a list."""
    return Line(article.id, article.title, lead_of(article, actor), f"/help/a/{article.id}")


def lead_of(article: articles.Article, actor: Actor) -> str:
    """Its first paragraph as plain words."""
    first = article.body.split("\n\n", 1)[0]
    return "" if first.startswith("#") else articles.plain(first, actor, articles.library().labeled)


def of_screen(reader: Reader, key: str) -> list[articles.Article]:
    """Articles about a screen, the nearest first: those that name the verb's screen, then those of the same plugin."""
    resource = key.rpartition(".")[0] if key.count(".") > 1 else key
    mine = readable(reader)
    near = [a for a in mine if resource in a.screens]
    plugin = resource.partition(".")[0]
    near += [a for a in mine if a.owner == plugin and a not in near] if not near else []
    return near


def tours_for(reader: Reader, resource: str = "") -> list[articles.Tour]:
    """Tours that he may start; with a resource, those that have a step there."""
    found = [t for t in articles.library().tours.values() if reader.actor.may(*t.permission)]
    if resource:
        found = [t for t in found if any(f":{resource}." in step.target for step in t.steps)]
    return sorted(found, key=lambda t: (t.order, t.id))
