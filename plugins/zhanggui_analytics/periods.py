"""Periods of questions, what each is compared with, and the steps it is shown in. Days are the shop's, from midnight to midnight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zhanggui.api import BadRequest, _l

WORDS = {
    "today": _l("Today"), "yesterday": _l("Yesterday"), "last_7_days": _l("Last 7 days"), "last_30_days": _l("Last 30 days"),
    "last_90_days": _l("Last 90 days"), "this_week": _l("This week"), "last_week": _l("Last week"), "this_month": _l("This month"),
    "last_month": _l("Last month"), "this_quarter": _l("This quarter"), "last_quarter": _l("Last quarter"), "this_year": _l("This year"),
    "last_year": _l("Last year"),
}  # fmt: skip
COMPARED = {
    "none": _l("With nothing"), "previous": _l("With the time before"), "previous_calendar": _l("With the unit before"),
    "previous_year": _l("With the year before"), "previous_year_weekday": _l("With the same weekdays a year before"),
}  # fmt: skip
MOST_DAYS = 3700
_ONE_DAY = timedelta(days=1)
_MONTH, _RANGE = re.compile(r"(\d{4})-(\d\d)\Z"), re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)\Z")


@dataclass(frozen=True)
class Span:
    """Days from ``first`` to ``last``, both in it. ``until`` cuts it off at a moment of its last day; None: that day counts whole.

    ``unit`` is the calendar unit that it is (part of): day, week, month, quarter, year; "" for days by number.
    """

    first: date
    last: date
    until: datetime | None = None
    unit: str = ""

    @property
    def days(self) -> int:
        """How many days it touches."""
        return (self.last - self.first).days + 1

    def each(self) -> Iterator[date]:
        """Its days."""
        return (self.first + timedelta(days=n) for n in range(self.days))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day of the shop begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def first_of(unit: str, day: date) -> date:
    """The first day of the unit that a day lies in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def next_of(unit: str, first: date) -> date:
    """The first day of the unit after the one that begins with ``first``."""
    return first_of(unit, first + timedelta(days={"week": 7, "month": 31, "quarter": 92, "year": 366}.get(unit, 1)))


def span_of(word: str, now: datetime, zone: ZoneInfo) -> Span:
    """The days that a word of an address means: one of ``WORDS``, ``2026-11`` or ``2026-11-01..2026-11-07``. What is to come is not in it.

    :raises BadRequest: for any other word.
    """
    today = now.astimezone(zone).date()
    if word in ("today", "yesterday"):
        day = today if word == "today" else today - _ONE_DAY
        return Span(day, day, unit="day")
    if found := re.match(r"last_(7|30|90)_days\Z", word):
        return Span(today - timedelta(days=int(found[1]) - 1), today)
    if found := re.match(r"(this|last)_(week|month|quarter|year)\Z", word):
        first = first_of(found[2], today)
        if found[1] == "this":
            return Span(first, today, unit=found[2])
        return Span(first_of(found[2], first - _ONE_DAY), first - _ONE_DAY, unit=found[2])
    return _dates(word, today)


def _dates(word: str, today: date) -> Span:
    try:
        if found := _MONTH.match(word):
            first = date(int(found[1]), int(found[2]), 1)
            return Span(first, max(first, min(next_of("month", first) - _ONE_DAY, today)), unit="month")
        if found := _RANGE.match(word):
            first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2])
            if first <= last and (last - first).days < MOST_DAYS:
                return Span(first, last)
    except ValueError:  # the 30th of February
        pass
    raise BadRequest(_l("“%(word)s” is no period. It is like last_30_days, this_month, 2026-11 or 2026-11-01..2026-11-07.", word=word), field="period")


def compared(span: Span, how: str, now: datetime, zone: ZoneInfo) -> Span | None:
    """What a period is compared with: like for like, so of a day that is not over the same part of the other one.

    :raises BadRequest: for a word that is none of ``COMPARED``.
    """
    if how not in COMPARED:
        raise BadRequest(_l("“%(word)s” is no comparison.", word=how), field="compare")
    if how == "none":
        return None
    first, last, whole = _before(span, how, now, zone)
    local = now.astimezone(zone)
    if span.last < local.date() or whole:
        return Span(first, last, unit=span.unit)
    # A clock that is changed between them: the same time of the clock.
    until = datetime.combine(last, local.time(), zone).astimezone(UTC)
    return Span(first, last, until, span.unit)


def _before(span: Span, how: str, now: datetime, zone: ZoneInfo) -> tuple[date, date, bool]:
    """First and last day, and whether the last one is whole although ours is not over."""
    if how == "previous_year_weekday":
        return span.first - timedelta(days=364), span.last - timedelta(days=364), False
    if how == "previous_year":
        return _year_before(span.first), _year_before(span.last), False
    if how == "previous_calendar" or span.unit:
        unit = span.unit or "day"
        ours = first_of(unit, span.first)
        first = first_of(unit, ours - _ONE_DAY)
        end = ours - _ONE_DAY
        if next_of(unit, ours) - _ONE_DAY == span.last and span.last < now.astimezone(zone).date():
            return first, end, True  # the whole unit, however many days it has
        last = first + (span.last - ours)
        return first, min(last, end), last > end  # on the 31st all of a shorter month
    return span.first - timedelta(days=span.days), span.first - _ONE_DAY, False


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # the 29th of February is compared with the 28th
        return day.replace(year=day.year - 1, day=28)


@dataclass(frozen=True)
class Step:
    """A label of a time dimension with the days that stand behind it."""

    label: str
    first: date
    end: date  # the day after


def steps(span: Span, by: str) -> list[Step]:
    """A period in the steps of a time dimension, cut off at its ends; of weekdays each day by itself; without a dimension one step."""
    if by in ("", "hour"):
        return [Step("", span.first, span.last + _ONE_DAY)]
    if by == "weekday":
        return [Step(str(day.isoweekday()), day, day + _ONE_DAY) for day in span.each()]
    found, at = [], first_of(by, span.first)
    while at <= span.last:
        after = next_of(by, at)
        found.append(Step(at.isoformat(), max(at, span.first), min(after, span.last + _ONE_DAY)))
        at = after
    return found
