"""Articles that the shop writes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import ANONYMOUS, Action, Card, Choice, Column, Field, Filter, Reader, Screen, Search, Section, _l, articles, translations

from .models import Article, Version
from .permissions import ARTICLE
from .services import own

AUDIENCES = (Choice("customer", _l("Customers"), "info"), Choice("staff", _l("Staff"), "neutral"))


def _texts(name: str) -> Callable[[Session, Any], Mapping[str, str]]:
    return lambda db, row: translations.all_texts(db, ARTICLE, row.id, name, source=getattr(row, name))


def _state(row: Any) -> str:
    return "draft" if row.published is None else "changed" if row.differs else "published"


STATES = (Choice("draft", _l("Nobody reads it yet"), "neutral"), Choice("published", _l("Published"), "good"), Choice("changed", _l("Changed since it was published"), "warn"))


def shown(text: str) -> Markup:
    """A text of the shop: Markdown, cleaned, naming nothing."""
    return articles.render(text, ANONYMOUS, None).html


def _reading(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    return {"html": shown(row.body)}


def _versions(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    found = db.scalars(select(Version).where(Version.article_id == row.id).order_by(Version.number.desc()).limit(50)).all()
    return {"versions": found, "published": row.published}


OWN = Screen(
    resource=ARTICLE,
    source=Article,
    route="/help-articles",
    title=_l("Articles of the shop"),
    singular=_l("Article"),
    icon="file-text",
    label="title",
    columns=(
        Column("title", _l("Title"), sortable=True, order=10),
        Column("audience", _l("For whom"), "choice", choices=AUDIENCES, order=20),
        Column("state", _l("State"), "choice", choices=STATES, value=_state, order=30),
        Column("published", _l("Version that is read"), "int", order=40),
        Column("changed_at", _l("Changed"), "datetime", sortable=True, order=50),
        Column("keywords", _l("Also found by"), wide=False, order=60),
    ),
    always=("published", "differs", "body"),
    card=Card(title="title", end="changed_at", badge="state", sub=("audience",)),
    filters=(Filter("audience", _l("For whom"), choices=AUDIENCES, tabs=True),),
    search=Search(contains=("title",), hint=_l("Title")),
    default_sort=("-changed_at", "-id"),
    fields=(
        Field("title", _l("Title"), "translations", required=True, max_length=120, get=_texts("title"), order=10),
        Field(
            "body", _l("Text"), "translations", required=True, max_length=20_000, get=_texts("body"), order=20,
            help=_l("Headings with ## in front, lists with -, links as [words](https://...). HTML is shown as text."),
        ),
        Field("audience", _l("For whom"), "choice", required=True, choices=AUDIENCES, default="customer", order=30),
        Field("keywords", _l("Also found by"), max_length=200, help=_l("Words that people use for it and that do not stand in it."), order=40),
    ),
    sections=(
        Section("reads", _l("How it reads"), template="help/own_text.html", load=_reading, order=10),
        Section("versions", _l("Versions"), template="help/own_versions.html", load=_versions, aside=True, order=20),
    ),
    actions=(
        Action("publish", _l("Publish"), own.publish, icon="check", tone="primary", when=lambda row: row.published is None or row.differs, needs=("published", "differs"), done=_l("Published.")),
        Action("take_back", _l("Back to the version before"), own.take_back, icon="history", when=lambda row: row.published is not None, needs=("published",), done=_l("The version before is read again.")),
        Action(
            "withdraw", _l("Withdraw"), own.withdraw, icon="eye-off", tone="danger", when=lambda row: row.published is not None, needs=("published",),
            confirm=lambda row: _l("Withdraw “%(title)s”?", title=row.title), follows=_l("Nobody reads it any more; the text stays here."), stays=_l("Leave it published"),
            done=_l("Withdrawn."),
        ),
    ),
    create=own.create,
    update=own.change,
    empty=_l("The shop has written nothing of its own yet. Delivery times, returns, how to reach you: customers ask that first."),
)  # fmt: skip
