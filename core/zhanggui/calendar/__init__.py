"""The shop's calendar: which days are off, which festival is when, and what of it is not decreed yet.

Days off are decreed for one year at a time. What is shipped knows the years in ``china.DECREED``; every other year is worked out
by the rule and marked *estimated*. The merchant's own days count before both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..i18n.texts import lazy_gettext as _l
from .china import DECREED, LUNAR
from .models import CalendarDay

OFF, WORK, NAMED = "off", "work", "named"
_ONE_DAY = timedelta(days=1)
_LUNAR_NAMES = (
    ("spring", _l("Spring Festival")), ("lantern", _l("Lantern Festival")), ("dragon_boat", _l("Dragon Boat Festival")), ("qixi", _l("Qixi")),
    ("mid_autumn", _l("Mid-Autumn Festival")), ("double_ninth", _l("Double Ninth Festival")), ("qingming", _l("Qingming")),
)  # fmt: skip
_FIXED = (("new_year", _l("New Year"), 1, 1), ("labor", _l("Labor Day"), 5, 1), ("national", _l("National Day"), 10, 1))
_TRADE = (("38", 3, 8), ("520", 5, 20), ("618", 6, 18), ("88", 8, 8), ("99", 9, 9), ("1111", 11, 11), ("1212", 12, 12))
# By the rule of 2025: so many days off from the first on, and so many before it.
_RULE = {"spring": (1, 3), "qingming": (0, 1), "dragon_boat": (0, 1), "mid_autumn": (0, 1), "new_year": (0, 1), "labor": (0, 2), "national": (0, 3)}


@dataclass(frozen=True)
class Day:
    """Whether people work on a day; ``estimated`` where no decree says so yet, ``own`` where the merchant does."""

    day: date
    working: bool
    name: str = ""  # as the merchant calls it
    estimated: bool = False
    own: bool = False


@dataclass(frozen=True)
class Festival:
    """A festival or a day of trade, with the days off around it; these are ``estimated`` where they are not decreed yet."""

    id: str
    label: Any
    day: date
    first: date
    last: date
    estimated: bool = False


class Calendar:
    """The days of a time. ``Calendar.load(db, first, last)`` reads what the merchant said of them, in one statement."""

    def __init__(self, first: date, last: date, own: Mapping[date, tuple[str, str]] | None = None) -> None:
        self.first, self.last, self._own = first, last, own or {}

    @classmethod
    def load(cls, db: Session, first: date, last: date) -> Calendar:
        """With the merchant's own days."""
        c = CalendarDay.__table__.c
        rows = db.execute(select(c.day, c.kind, c.name).where(c.day >= first, c.day <= last))
        return cls(first, last, {row.day: (row.kind, row.name) for row in rows})

    def day(self, day: date) -> Day:
        """What is known of one day."""
        kind, name = self._own.get(day, ("", ""))
        if kind in (OFF, WORK):
            return Day(day, kind == WORK, name, own=True)
        off, work = _decreed(day.year) if day.year in DECREED else (_by_rule(day.year), frozenset())
        return Day(day, day in work or (day not in off and day.weekday() < 5), name, day.year not in DECREED, bool(kind))

    def is_working(self, day: date) -> bool:
        """Whether people work on it, as far as that is known."""
        return self.day(day).working

    def festivals(self) -> list[Festival]:
        """Those with a day in this time, by the first of them; what the merchant named is among them."""
        found = [one for year in range(self.first.year - 1, self.last.year + 2) for one in _of_year(year)]
        found += [Festival("own", name, day, day, day) for day, (_kind, name) in self._own.items() if name]
        return sorted((one for one in found if one.first <= self.last and one.last >= self.first), key=lambda one: (one.first, one.day, one.id))


def spring_festival(year: int) -> date:
    """The first day of the moon's year.

    :raises KeyError: for a year that is not shipped (2000 to 2060 are).
    """
    return _days(year, LUNAR[year])[0]


def _days(year: int, text: str) -> list[date]:
    return [date(year, int(part[:2]), int(part[2:])) for part in text.split()]


@lru_cache(maxsize=128)
def _decreed(year: int) -> tuple[frozenset[date], frozenset[date]]:
    off, work = DECREED[year]
    return frozenset(_days(year, off)), frozenset(_days(year, work))


@lru_cache(maxsize=128)
def _named(year: int) -> tuple[tuple[str, Any, date], ...]:
    lunar = zip(_LUNAR_NAMES, _days(year, LUNAR[year]), strict=True) if year in LUNAR else ()
    return (*((id, label, day) for (id, label), day in lunar), *((id, label, date(year, month, day)) for id, label, month, day in _FIXED))


@lru_cache(maxsize=128)
def _by_rule(year: int) -> frozenset[date]:
    """Days off of a year that nobody decreed yet: those of the rule alone, without the weekends that are moved for them."""
    return frozenset(day + timedelta(days=n) for id, _label, day in _named(year) if id in _RULE for n in range(-_RULE[id][0], _RULE[id][1]))


@lru_cache(maxsize=128)
def _of_year(year: int) -> tuple[Festival, ...]:
    known = year in DECREED
    off = _decreed(year)[0] if known else _by_rule(year)
    found = []
    for id, label, day in _named(year):
        first = last = day
        while first - _ONE_DAY in off:
            first -= _ONE_DAY
        while last + _ONE_DAY in off:
            last += _ONE_DAY
        found.append(Festival(id, label, day, first, last, not known and id in _RULE))
    trade = [Festival(f"trade_{id}", _l("Trade day %(day)s", day=f"{month}.{day}"), date(year, month, day), date(year, month, day), date(year, month, day)) for id, month, day in _TRADE]
    return (*found, *trade)
