"""The page on which the money of a period adds up: each figure is the sum of a list, and opens it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from zhanggui.api import (
    Block,
    Page,
    Question,
    Reader,
    View,
    _,
    added_up,
    address_of,
    counted,
    current_actor,
    expose,
    fmt,
    get_setting,
    has_access,
    period_days,
    reader_at_work,
    reading,
    shop_day,
    show_page,
)

from . import moved, widgets

PERIODS = ("7d", "30d", "month", "last_month")


@dataclass(frozen=True)
class Span:
    """A period by its word, its days up to today, and the days before that it is compared with."""

    word: str
    first: date
    last: date
    before: tuple[date, date]
    running: bool

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Its beginning and its end: midnights of the shop."""
        return moved.midnight(self.first), moved.midnight(self.last + timedelta(days=1))

    def at(self, field: str = "at") -> dict[str, str]:
        """The period as a list is asked for it."""
        return {field: self.word}

    def at_before(self) -> dict[str, str]:
        """The time before, by its dates."""
        return {"at_from": self.before[0].isoformat(), "at_to": self.before[1].isoformat()}


def span_of(word: str, today: date) -> Span:
    """As many days before are compared with it; of a month, the same days of the month before."""
    first, last = period_days(word, today)
    running, last = last >= today, min(last, today)
    if word in ("month", "last_month"):
        began = (first - timedelta(days=1)).replace(day=1)
        ended = first - timedelta(days=1) if not running else min(began + (last - first), first - timedelta(days=1))
        return Span(word, first, last, (began, ended), running)
    days = (last - first).days + 1
    return Span(word, first, last, (first - timedelta(days=days), first - timedelta(days=1)), running)


class FinanceView(View):
    """One page, read from the ledger."""

    route_base = "/finance"
    class_permission_name = "payments.Finance"

    @expose("/")
    @has_access
    def index(self) -> str:
        """A period, up to now."""
        given = request.args.get("period", "")
        reader = reader_at_work(current_actor())
        span = span_of(given if given in PERIODS else "30d", shop_day(reader.now))
        with reading() as db:
            blocks = overview(db, reader, span)
        return show_page(Page("payments.Finance", "/finance", _("Finance"), blocks))


def overview(db: Session, reader: Reader, span: Span) -> list[Block]:
    """What stands on the page of a period."""
    names = {"7d": _("Last 7 days"), "30d": _("Last 30 days"), "month": _("This month"), "last_month": _("Last month")}
    blocks = [Block("period", "links", _("Period"), lambda db, reader: [(names[w], f"/finance/?period={w}", w == span.word) for w in PERIODS], order=0)]
    now, before = (added_up(db, reader, Question("payments.Entry", asked)).totals or {} for asked in (span.at(), span.at_before()))
    own = str(get_setting("instance.currency"))
    currencies = sorted({own, *now.get("net", {})}, key=lambda code: (code != own, code))
    for place, currency in enumerate(currencies):
        only = {"currency": currency} if len(currencies) > 1 else {}
        blocks += _of_currency(db, reader, span, currency, only, now, before, place * 10)
    blocks += [
        Block("waiting", "list", _("Waiting for somebody"), _waiting, order=200),
        Block("states", "list", _("Payments by state"), lambda db, reader: moved.by_state(db, reader, "payments.Attempt", span.at("created_at")), order=210),
        Block("refund_states", "list", _("Refunds by state"), lambda db, reader: moved.by_state(db, reader, "payments.Refund", span.at("requested_at")), order=220),
        Block("latest", "list", _("Latest transactions"), screen="payments.Entry", filters=span.at(), limit=6, order=230),
    ]
    if moved.has_play_money(db, reader, span.moments):
        blocks.append(Block("play", "text", "", lambda db, reader: _("Among this is play money of the sandbox."), order=100))
    return blocks


def _of_currency(
    db: Session, reader: Reader, span: Span, currency: str, only: Mapping[str, str], now: Mapping[str, Any], before: Mapping[str, Any], place: int
) -> list[Block]:
    """Its figures, its days and its methods."""
    fees = moved.fees(db, reader, span.at(), currency, span.moments)
    titles = {"net": _("Net") if fees is not None else _("Net before fees"), "in": _("In"), "out": _("Out")}
    fees_title, days_title = _("Fees"), _("By day")
    mark = f" {currency}" if only else ""
    suffix = f"_{currency.lower()}" if only else ""

    def tile(name: str) -> Block:
        asked = {**({"flow": name} if name != "net" else {}), **span.at(), **only}
        data = {
            "value": now.get(name, {}).get(currency, 0), "was": before.get(name, {}).get(currency, 0), "kind": "money", "currency": currency,
            "before": True, "href": address_of(Question("payments.Entry", asked), reader),
        }  # fmt: skip
        return Block(f"{name}{suffix}", "number", f"{titles[name]}{mark}", lambda db, reader: data, order=place + list(titles).index(name))

    fee = {
        "value": fees or 0, "kind": "money", "currency": currency, "words": "" if fees is not None else _("not known yet"),
        "href": address_of(Question("payments.Entry", {"flow": "fee", **span.at(), **only}), reader) if fees is not None else "",
    }  # fmt: skip
    blocks = [*(tile(name) for name in titles), Block(f"fee{suffix}", "number", f"{fees_title}{mark}", lambda db, reader: fee, order=place + 5)]
    days = Block(f"days{suffix}", "chart", f"{days_title}{mark}", lambda db, reader: moved.by_day(db, reader, span.first, span.last, currency, only, span.running), order=20 + place)
    blocks.append(days)
    if fees is None:
        said = _("Providers tell their fees in their statements. Until those are read, fees are not known, and net is what it is before them.")
        blocks.append(Block(f"fees_text{suffix}", "text", "", lambda db, reader: said, order=25 + place))
    for way, title in (("in", _("In by method")), ("out", _("Out by method"))):
        if now.get(way, {}).get(currency):
            block = Block(
                f"{way}_by_method{suffix}", "chart", f"{title}{mark}",
                partial(moved.by_method, way=way, at=span.at(), moments=span.moments, currency=currency, only=only), order=30 + place + (way == "out"),
            )  # fmt: skip
            blocks.append(block)
    return blocks


def _waiting(db: Session, reader: Reader) -> Mapping[str, Any]:
    lines = ((_("Cases"), widgets.CASES), (_("Refunds due"), widgets.REFUNDS_DUE), (_("Refunds on their way"), widgets.ON_THE_WAY))
    return {"rows": [{"title": label, "end": fmt.number(counted(db, reader, asked)), "href": address_of(asked, reader)} for label, asked in lines]}
