"""A figure and the list behind it: both come from one :class:`Question`, asked as the list would be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select
from sqlalchemy.orm import Session

from ..config.days import shop_zone
from ..host import current_host
from ..i18n.formats import fmt
from ..kernel.reader import Reader
from ..runtime import current_runtime
from .describe import Question, Screen
from .gateway import COUNT_LIMIT, gateway
from .query import parse
from .strip import Figures, figures


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
    statement = counting_of(reader, question)
    return int(db.scalar(statement) or 0) if statement is not None else 0


def counting_of(reader: Reader, question: Question) -> Select[Any] | None:
    """The statement behind :func:`counted`; None when there is no such list for this reader."""
    screen = _screen(question, reader)
    if screen is None:
        return None
    query = parse(screen, question.filters, reader.actor, zone=shop_zone(), currency=current_runtime().config["instance.currency"])
    return gateway.count_of(screen, reader.actor, query)


def added_up(db: Session, reader: Reader, question: Question, *, by: str = "") -> Figures:
    """What the measures above the list say of all its rows, however many: ``totals[measure][currency]``, and ``groups`` by a filter of the list.

    Nothing (``totals`` is None) when there is no such list for this reader, or no figure above it.

    :raises BadRequest: for a filter or a grouping that the list does not have.
    """
    screen = _screen(question, reader)
    if screen is None:
        return Figures()
    currency, arguments = current_runtime().config["instance.currency"], {**question.filters, **({"by": by} if by else {})}
    query = parse(screen, arguments, reader.actor, zone=shop_zone(), currency=currency, now=reader.now)
    return figures(db, screen, reader.actor, query, zone=shop_zone(), currency=currency, bounded=False) or Figures()


def measured(db: Session, reader: Reader, question: Question, *, yesterday: bool = False) -> dict[str, Any]:
    """A measure of the list as a number of the home page: ``{"value", "kind", "currency"?}``, as it stands above the list.

    :param yesterday: of the same question as it was asked a day before, at the same time of the shop's clock.
    """
    screen = _screen(question, reader)
    if screen is None:
        return {"value": 0, "kind": "int"}
    zone, currency = shop_zone(), current_runtime().config["instance.currency"]
    asked_at = reader.now
    if yesterday:
        asked_at = (reader.now.astimezone(zone) - timedelta(days=1)).astimezone(UTC)  # a day of the clock, where clocks are changed too
    query = parse(screen, question.filters, reader.actor, zone=zone, currency=currency, now=asked_at)
    if yesterday:
        ends = {name: (query.filters[name][0], asked_at) for name, word in question.filters.items() if word == "today" and name in query.filters}
        query = replace(query, filters={**query.filters, **ends})
    found = figures(db, screen, reader.actor, query, zone=zone, currency=currency, bounded=False, keep=not yesterday)
    measure = next((m for m in found.measures if m.name == question.measure), None) if found is not None else None
    if found is None or found.totals is None or measure is None:
        return {"value": 0, "kind": "int"}
    amounts = found.totals[measure.name]
    if measure.kind == "money" and measure.of != "count":
        return {"value": amounts.get(currency, amounts.get("", 0)), "kind": "money", "currency": currency}
    return {"value": amounts.get("", 0), "kind": "int"}


def figure(db: Session, reader: Reader, question: Question, kind: str, icon: str, *, since_yesterday: bool = False) -> dict[str, Any]:
    """What a number or a to-do of the home page is drawn from."""
    if question.measure:
        found = {**measured(db, reader, question), "href": address(question, reader)}
        if since_yesterday:
            found |= {"was": measured(db, reader, question, yesterday=True)["value"], "same_time": True}
        return found
    screen, many = _screen(question, reader), counted(db, reader, question)
    name = "count" if kind == "todo" else "value"
    text = f"{fmt.number(COUNT_LIMIT)}+" if many > COUNT_LIMIT else fmt.number(many)  # as the list itself says it
    return {name: many, "text": text, "href": address(question, reader), "icon": icon or (screen.icon if screen is not None else "")}
