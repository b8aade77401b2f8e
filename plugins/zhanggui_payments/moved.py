"""What came in and went out, taken apart by day, by method and by state: each part leads to the list that adds up to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from zhanggui.api import Chart, Question, Reader, Series, _, added_up, address_of, fmt, ngettext, row_clauses, shop_zone

from . import words
from .contracts import HISTORY, OFFLINE
from .ledger_screen import effect, flow
from .models import Attempt, Entry
from .services.ledger import clearing
from .states import ATTEMPT_CHOICES, REFUND_CHOICES

Moments = tuple[datetime, datetime]
_STATES = {"payments.Attempt": ("state", ATTEMPT_CHOICES, "payments", "amount"), "payments.Refund": ("state", REFUND_CHOICES, "refunds", "amount")}


def midnight(day: date) -> datetime:
    """When a day of the shop begins."""
    return datetime.combine(day, time(), shop_zone())


def _within(reader: Reader, moments: Moments, currency: str | None = None) -> list[Any]:
    c = Entry.__table__.c
    mine = [c.at >= moments[0], c.at < moments[1], *row_clauses(reader, "payments.Entry")]
    return mine if currency is None else [*mine, c.currency == currency]


def fees(db: Session, reader: Reader, at: Mapping[str, str], currency: str, moments: Moments) -> int | None:
    """What providers took for themselves (below zero); None while nobody knows: they say it in their statements."""
    told = (added_up(db, reader, Question("payments.Entry", {"flow": "fee", **at})).totals or {}).get("net", {}).get(currency)
    if told is not None:
        return int(told)
    c = Entry.__table__.c
    ours = [clearing(OFFLINE), clearing(HISTORY)]  # nobody takes a fee of what was handed over
    theirs = select(c.id).where(c.debit.startswith("clearing:"), c.debit.not_in(ours), *_within(reader, moments, currency)).limit(1)
    return 0 if db.scalar(theirs) is None else None


def has_play_money(db: Session, reader: Reader, moments: Moments) -> bool:
    """Whether something of a period moved in a sandbox."""
    c = Entry.__table__.c
    return db.scalar(select(c.id).where(c.simulated, *_within(reader, moments)).limit(1)) is not None


def by_day(db: Session, reader: Reader, first: date, last: date, currency: str, only: Mapping[str, str], running: bool) -> Chart:
    """In above the line and out below it, a bar a day of the shop."""
    c = Entry.__table__.c
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    ends = [midnight(day + timedelta(days=1)) for day in days]
    place = case(*((c.at < end, n) for n, end in enumerate(ends[:-1])), else_=len(days) - 1) if len(days) > 1 else case((c.at < ends[0], 0), else_=0)
    rows = select(place.label("place"), flow(c).label("flow"), effect(c).label("effect")).where(*_within(reader, (midnight(first), ends[-1]), currency)).subquery()
    sums: dict[tuple[int, str], int] = {}
    for row in db.execute(select(rows.c.place, rows.c.flow, func.sum(rows.c.effect).label("effect")).group_by(rows.c.place, rows.c.flow)):
        sums[row.place, row.flow] = int(row.effect)

    def series(label: str, way: str) -> Series:
        values = [sums.get((n, way), 0) for n in range(len(days))]
        links = [
            address_of(Question("payments.Entry", {"flow": way, "at_from": day.isoformat(), "at_to": day.isoformat(), **only}), reader) if value else ""
            for day, value in zip(days, values, strict=True)
        ]
        return Series(label, values, links)

    came, went = (sum(value for (_place, way), value in sums.items() if way == wanted) for wanted in ("in", "out"))
    told = _("In %(came)s, out %(went)s.", came=fmt.money(came, currency), went=fmt.money(went, currency))
    return Chart("bars", days, [series(_("In"), "in"), series(_("Out (below the line)"), "out")], head=_("Day"), format="money", currency=currency,
                 summary=told, running=running, empty=_("Nothing moved during this time."))  # fmt: skip


def by_method(
    db: Session, reader: Reader, *, way: str, at: Mapping[str, str], moments: Moments, currency: str, only: Mapping[str, str]
) -> Chart:
    """What came or went by each method, the largest first, with how often and its share."""
    c, a = Entry.__table__.c, Attempt.__table__.c
    rows = (
        select(a.provider, a.method, effect(c).label("effect"))
        .select_from(Entry.__table__.outerjoin(Attempt.__table__, a.id == c.attempt_id))
        .where(flow(c) == way, *_within(reader, moments, currency)).subquery()
    )  # fmt: skip
    found = db.execute(
        select(rows.c.provider, rows.c.method, func.count().label("times"), func.sum(rows.c.effect).label("effect"))
        .group_by(rows.c.provider, rows.c.method)
    ).all()  # fmt: skip
    ordered = sorted(found, key=lambda row: -abs(int(row.effect)))
    whole = sum(abs(int(row.effect)) for row in ordered) or 1
    labels, values, links = [], [], []
    for row in ordered:
        name = words.method_name(row.provider, row.method) if row.provider else _("Belongs to no payment")
        times = ngettext("%(num)s time", "%(num)s times", row.times)
        labels.append(f"{name} · {times} · {fmt.number(round(abs(int(row.effect)) * 100 / whole, 1))}%")
        values.append(int(row.effect))
        asked = {"flow": way, "method": f"{row.provider}:{row.method}", **at, **only}
        links.append(address_of(Question("payments.Entry", asked), reader) if row.provider else "")
    return Chart("ranked", labels, [Series(_("Amount"), values, links)], head=_("Method"), format="money", currency=currency)


def by_state(db: Session, reader: Reader, resource: str, at: Mapping[str, str]) -> Mapping[str, Any]:
    """How many payments or refunds of a period stand where, and how much that is."""
    name, choices, count, amount = _STATES[resource]
    groups = dict(added_up(db, reader, Question(resource, at), by=name).groups)
    rows = []
    for choice in choices:
        if choice.value in groups:
            found = groups[choice.value]
            sums = " · ".join(fmt.money(value, currency) for currency, value in sorted(found[amount].items()))
            rows.append(
                {
                    "title": str(choice.label), "sub": fmt.number(found[count].get("", 0)), "end": sums,
                    "href": address_of(Question(resource, {name: choice.value, **at}), reader),
                }
            )  # fmt: skip
    return {"rows": rows}
