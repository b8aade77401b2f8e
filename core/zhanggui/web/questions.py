"""A figure and the list behind it: both come from one :class:`Question`, asked as the list would be."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from ..config.days import shop_zone
from ..host import current_host
from ..i18n.formats import fmt
from ..kernel.reader import Reader
from ..runtime import current_runtime
from .describe import Question, Screen
from .gateway import COUNT_LIMIT, gateway
from .query import parse


def _screen(question: Question, reader: Reader) -> Screen | None:
    """The list, while its plugin runs and for who may see it."""
    screen = current_host().screens.get(question.screen)
    return screen if screen is not None and reader.may("can_list", screen.resource) else None


def address(question: Question, reader: Reader) -> str:
    """Where the rows are listed; "" when there is no such list for this reader."""
    screen = _screen(question, reader)
    if screen is None:
        return ""
    return f"{screen.route}/?{urlencode(question.filters)}" if question.filters else f"{screen.route}/"


def counted(db: Session, reader: Reader, question: Question) -> int:
    """How many rows the list has for this reader, up to ``COUNT_LIMIT + 1``; 0 when there is no such list for him.

    :raises BadRequest: for a filter that the list does not have.
    """
    screen = _screen(question, reader)
    if screen is None:
        return 0
    query = parse(screen, question.filters, reader.actor, zone=shop_zone(), currency=current_runtime().config["instance.currency"])
    return gateway.count(db, screen, reader.actor, query)


def figure(db: Session, reader: Reader, question: Question, kind: str, icon: str) -> dict[str, Any]:
    """What a number or a to-do of the home page is drawn from."""
    screen, many = _screen(question, reader), counted(db, reader, question)
    name = "count" if kind == "todo" else "value"
    text = f"{fmt.number(COUNT_LIMIT)}+" if many > COUNT_LIMIT else fmt.number(many)  # as the list itself says it
    return {name: many, "text": text, "href": address(question, reader), "icon": icon or (screen.icon if screen is not None else "")}
