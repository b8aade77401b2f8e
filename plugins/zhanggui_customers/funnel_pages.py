"""The funnel on the screen: its steps under a period, and who took each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import (
    BadRequest,
    Block,
    Page,
    Reader,
    View,
    _,
    _l,
    current_actor,
    expose,
    fmt,
    has_access,
    permission_name,
    reader_at_work,
    reading,
    shop_day,
    shop_zone,
    show_page,
)

from . import funnels
from .funnels import Asked
from .models import Visit

RESOURCE = "customers.Funnel"
MAY_SEE = ("can_show", RESOURCE)
_ONE_DAY = timedelta(days=1)
_MOST_DAYS = 92
WINDOWS = {24: _l("Within 24 hours"), 72: _l("Within 3 days"), 168: _l("Within 7 days"), 720: _l("Within 30 days")}
_visit = Visit.__table__.c
_PAGE = 50


@dataclass(frozen=True)
class Chosen:
    """What is chosen on the page."""

    first: date
    last: date
    unit: str = "visit"
    hours: int = 24

    def asked(self) -> Asked:
        """The same as it is asked of the database."""
        start, end = (datetime.combine(day, datetime.min.time(), shop_zone()) for day in (self.first, self.last + _ONE_DAY))
        return Asked(start, end, self.unit, timedelta(hours=self.hours))

    def address(self, path: str = "", **more: Any) -> str:
        """Where it stands."""
        given = {"from": self.first, "to": self.last, "unit": self.unit, "hours": self.hours, **more}
        return f"/funnel/{path}?" + "&".join(f"{name}={value}" for name, value in given.items())


def _chosen(given: Mapping[str, str], reader: Reader) -> Chosen:
    today = shop_day(reader.now)
    last = _day(given, "to") or today
    first = _day(given, "from") or last - timedelta(days=29)
    if not first <= last or (last - first).days >= _MOST_DAYS:
        raise BadRequest(_l("The days go from the first to the last, and are at most %(days)s.", days=_MOST_DAYS), field="from")
    unit, hours = given.get("unit") or "visit", given.get("hours") or "24"
    if unit not in {choice.value for choice in funnels.UNITS}:
        raise BadRequest(_l("“%(word)s” is not counted here. There are visit and visitor.", word=unit[:40]), field="unit")
    if not hours.isdecimal() or int(hours) not in WINDOWS:
        raise BadRequest(_l("“%(word)s” is no time for a funnel. There are %(choices)s hours.", word=hours[:40], choices=", ".join(map(str, WINDOWS))), field="hours")
    return Chosen(first, last, unit, int(hours))


def _day(given: Mapping[str, str], name: str) -> date | None:
    if not given.get(name):
        return None
    try:
        return date.fromisoformat(given[name])
    except ValueError:
        raise BadRequest(_l("“%(word)s” is no day. Write it as 2026-11-27.", word=given[name][:40]), field=name) from None


def rows(db: Session, reader: Reader, chosen: Chosen) -> Mapping[str, Any]:
    """The steps, each with how many took it, which share of the step before and of all, and who still may."""
    steps, listed = funnels.count(db, chosen.asked(), reader.now), []
    for number, step in enumerate(steps, 1):
        before = steps[number - 2] if number > 1 else step
        said = []
        if number > 1:
            share, whole = funnels.rate(step.count, before.count), funnels.rate(step.count, steps[0].count)
            said.append(_("%(share)s of the step before, %(whole)s of all", share=_percent(share), whole=_percent(whole)))
        if step.open and number < len(steps):
            said.append(_("%(count)s of them still open", count=fmt.number(step.open)))
        listed.append({"title": funnels.WORDS[step.name], "sub": said, "end": fmt.number(step.count), "href": chosen.address("people", step=number)})
    return {"rows": listed, "href": chosen.address()}


def _percent(value: Any) -> str:
    return "–" if value is None else str(fmt.percent(value))


def on_board(reader: Reader, first: date, last: date) -> Sequence[Block]:
    """The funnel beside the figures of visits, over the days of their period that it can be asked for."""
    chosen = Chosen(max(first, last - timedelta(days=_MOST_DAYS - 1)), last)
    return [Block("funnel", "list", _("From coming to paying"), lambda db, reader: rows(db, reader, chosen), permission=MAY_SEE, order=205)]


class FunnelView(View):
    """Funnels for people."""

    route_base = "/funnel"
    class_permission_name = RESOURCE
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str:
        """The steps of a period."""
        reader = reader_at_work(current_actor())
        chosen = _chosen(request.args, reader)
        return show_page(Page(RESOURCE, "/funnel", _("From coming to paying"), list(_blocks(chosen))))

    @expose("/people")
    @has_access
    @permission_name("show")
    def people(self) -> str:
        """Who took a step: visits, or devices; nobody is named."""
        reader = reader_at_work(current_actor())
        chosen = _chosen(request.args, reader)
        step = request.args.get("step", "1")
        if not step.isdecimal() or not 1 <= int(step) <= len(funnels.STEPS):
            raise BadRequest(_l("There is no step “%(word)s”.", word=step[:40]), field="step")
        after = _after(request.args.get("after", ""))
        title = _("Who came as far as: %(step)s", step=funnels.WORDS[funnels.STEPS[int(step) - 1]])
        with reading() as db:
            blocks = list(_people(db, chosen, int(step), after))
        return show_page(Page(RESOURCE, "/funnel", title, blocks))


def _after(text: str) -> tuple[int, str] | None:
    tick, _dot, who = text.partition(".")
    return (int(tick), who) if tick.isdecimal() and len(tick) < 16 and who else None


def _blocks(chosen: Chosen) -> Iterator[Block]:
    selects = [
        ("unit", _("Counted by"), [(choice.value, choice.label) for choice in funnels.UNITS], chosen.unit, ""),
        ("hours", _("Within"), [(str(hours), label) for hours, label in WINDOWS.items()], str(chosen.hours), ""),
    ]
    dates = [("from", _("From"), chosen.first.isoformat()), ("to", _("To"), chosen.last.isoformat())]
    yield Block("period", "choose", _("Period"), lambda db, reader: {"action": "/funnel/", "selects": selects, "dates": dates}, order=10)
    yield Block("steps", "list", _("From coming to paying"), lambda db, reader: {"rows": rows(db, reader, chosen)["rows"]}, order=20)
    said = _("Each is counted once, on the day of the first step, and took all steps before in this order. Whose time is not over yet may still go on. Orders are known of visitors who agreed to it and signed in.")
    yield Block("said", "text", "", lambda db, reader: said, order=30)


def _people(db: Session, chosen: Chosen, step: int, after: tuple[int, str] | None) -> Iterator[Block]:
    steps = funnels.count(db, chosen.asked(), reader_at_work().now)
    found = funnels.people(db, chosen.asked(), step, _PAGE + 1, after)
    ids = [int(one.who) for one in found] if chosen.unit == "visit" else []
    entries = {row.id: row.entry for row in db.execute(select(_visit.id, _visit.entry).where(_visit.id.in_(ids)))} if ids else {}
    listed = [
        {
            "title": fmt.datetime(datetime.fromtimestamp(one.began / 1000, UTC)),
            "sub": [_("as far as: %(step)s", step=funnels.WORDS[funnels.STEPS[one.reached - 1]]), *filter(None, [entries.get(int(one.who)) if ids else one.who[:12]])],
            "href": f"/visits/{one.who}" if ids else None,
        }
        for one in found[:_PAGE]
    ]
    links = [(_("All steps"), chosen.address(), False)]
    if len(found) > _PAGE:
        links.append((_("Show more"), chosen.address("people", step=step, after=f"{found[_PAGE - 1].began}.{found[_PAGE - 1].who}"), False))
    yield Block("ways", "links", "", lambda db, reader: links, order=0)
    yield Block("people", "list", _("%(count)s in all", count=fmt.number(steps[step - 1].count)), lambda db, reader: {"rows": listed}, order=10)
