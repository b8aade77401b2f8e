"""Articles for the mini-program and the web shop: those that are for customers, published, in the language that was asked for."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate
from sqlalchemy.orm import Session

from zhanggui.api import ANONYMOUS, NotFound, Operation, Reader, _l, articles, shop_zone, translations

from .services import searching, shop_texts

_ID = "shop-m7k2qw9d4tbx0zra"


class ShopArticleLine(Schema):
    id = fields.String(required=True)
    title = fields.String(required=True)
    lead = fields.String(required=True, metadata={"description": "Its beginning, as plain text."})


class ShopArticles(Schema):
    items = fields.List(fields.Nested(ShopArticleLine), required=True)
    next = fields.String(required=True, allow_none=True)


class ShopArticle(ShopArticleLine):
    html = fields.String(required=True, metadata={"description": "Paragraphs, headings, lists, tables and links, cleaned; nothing in it runs."})
    lang = fields.String(required=True)


class ArticlesQuery(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=80), metadata={"description": "What is looked for; without it, all of them."})

    class Meta:
        unknown = EXCLUDE


def _id(ref: str) -> str:
    return ref.replace(".", "-", 1)


def _all(db: Session, locale: str) -> list[dict[str, Any]]:
    found = []
    for article, version in shop_texts.published(db):
        if version.audience == "customer":
            said = said_in(version.texts, locale)[1]
            found.append({"id": _id(shop_texts.ref_of(article.public_id)), "title": said["title"], "lead": shop_texts.lead(said)})
    shelf = articles.library()
    for ref in shelf.articles:
        bundled = shelf.article(ref, locale)
        if bundled is not None and bundled.audience == "customer":
            lead = articles.plain(bundled.body.split("\n\n", 1)[0], ANONYMOUS, shelf.labeled)
            found.append({"id": _id(ref), "title": bundled.title, "lead": lead})
    return found


def said_in(texts: dict[str, Any], locale: str) -> tuple[str, dict[str, Any]]:
    """A text in this language, else in the nearest, else in the shop's own, with the language that it is in."""
    near = [code for code in texts if code.partition("_")[0] == locale.partition("_")[0]]
    code = next((one for one in (locale, *near, translations.source_locale(), *texts) if one in texts), "")
    return code, texts[code]


def list_articles(request: Any) -> dict[str, Any]:
    """All of them, or what answers a question."""
    if request.query["q"].strip():
        reader = Reader(ANONYMOUS, shop_zone(), request.locale, request.now)
        found = searching.search(request.db, reader, request.query["q"], audience="customer")
        return {"items": [{"id": _id(one.ref), "title": one.title, "lead": one.lead} for one in found], "next": None}
    return {"items": _all(request.db, request.locale), "next": None}


def show_article(request: Any) -> dict[str, Any]:
    """One article.

    :raises NotFound: when there is none, or none for customers.
    """
    owner, _dash, rest = request.path["id"].partition("-")
    missing = NotFound(_l("There is no such article."))
    if owner == shop_texts.OWNER:
        for _article, version in shop_texts.published(request.db, rest):
            if version.audience == "customer":
                code, said = said_in(version.texts, request.locale)
                html = articles.render(said["body"], ANONYMOUS, None).html
                return {"id": request.path["id"], "title": said["title"], "lead": shop_texts.lead(said), "html": str(html), "lang": code.replace("_", "-")}
        raise missing
    shelf = articles.library()
    found = shelf.article(f"{owner}.{rest}", request.locale)
    if found is None or found.audience != "customer":
        raise missing
    html, lead = articles.render(found.body, ANONYMOUS, shelf.named).html, articles.plain(found.body.split("\n\n", 1)[0], ANONYMOUS, shelf.labeled)
    return {"id": _id(found.id), "title": found.title, "lead": lead, "html": str(html), "lang": found.locale.replace("_", "-")}


_LINE = {"id": _ID, "title": "How long does delivery take?", "lead": "Two to four days within China."}
OPERATIONS = (
    Operation("GET", "/articles", list_articles, "What the shop explains to its customers", auth="public", query=ArticlesQuery, answer=ShopArticles,
              example={"response": {"items": [_LINE], "next": None}}),
    Operation("GET", "/articles/{id}", show_article, "One article", auth="public", answer=ShopArticle, refuses=[NotFound],
              example={"response": {**_LINE, "html": "<p>Two to four days within China.</p>\n", "lang": "en"}}),
)  # fmt: skip
