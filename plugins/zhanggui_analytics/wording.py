"""Values of dimensions and figures as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Metric, Reader, _, _l, dimensions, fmt

from .asks import CURRENCY, HOUR, TIMES
from .catalogue import BUYER_KIND, FIRST_MONTH
from .services.asking import Answer

_AT_ONCE = 500  # values that are named by one statement
WEEKDAYS = {str(n): label for n, label in enumerate((_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday")), 1)}
SHORT_WEEKDAYS = {str(n): label for n, label in enumerate((_l("Mon"), _l("Tue"), _l("Wed"), _l("Thu"), _l("Fri"), _l("Sat"), _l("Sun")), 1)}
BUYER_KINDS = {"new": _l("New buyers"), "returning": _l("Returning buyers"), "guest": _l("Guests")}
NAMES = {
    "day": _l("Day"), "week": _l("Week"), "month": _l("Month"), "quarter": _l("Quarter"), "year": _l("Year"), HOUR: _l("Hour"), "weekday": _l("Weekday"),
    CURRENCY: _l("Currency"), BUYER_KIND: _l("New or returning"), FIRST_MONTH: _l("Month of the first order"),
}  # fmt: skip


def name_of(dimension: str) -> str:
    """What a dimension is called."""
    known = dimensions().get(dimension)
    return str(known.label if known is not None else NAMES.get(dimension, dimension))


def labels(db: Session, reader: Reader, found: Answer) -> dict[str, Mapping[str, str]]:
    """By dimension, what its values in an answer are called: one query a dimension."""
    values = {name: list(dict.fromkeys(key[place] for key in found.rows)) for place, name in enumerate(found.ask.by)}
    return {name: {value: str(text) for value, text in _labels(db, reader, name, some).items()} for name, some in values.items()}


def _labels(db: Session, reader: Reader, name: str, values: list[str]) -> Mapping[str, Any]:
    if name in TIMES and name != "weekday":
        return {value: step_name(name, date.fromisoformat(value)) for value in values}
    if name == "weekday":
        return WEEKDAYS
    if name == BUYER_KIND:
        return BUYER_KINDS
    if name == FIRST_MONTH:
        return {value: step_name("month", date.fromisoformat(value)) if value else _("No customer") for value in values}
    if name == HOUR:
        return {value: f"{int(value):02d}:00" for value in values}
    known = dimensions().get(name)
    if known is None:
        return {}
    said = {choice.value: choice.label for choice in known.choices}
    if known.words is not None:
        named = [value for value in values if value]
        for start in range(0, len(named), _AT_ONCE):
            said |= known.words(db, reader, named[start : start + _AT_ONCE])
    return {**said, "": known.none or _("None")}


def step_name(unit: str, first: date) -> str:
    """A step of time in words."""
    if unit == "month":
        return f"{first:%Y-%m}"
    if unit == "quarter":
        return f"{first.year} Q{(first.month + 2) // 3}"
    if unit == "year":
        return str(first.year)
    if unit == "week":
        return _("from %(first)s", first=fmt.short_date(first))
    return str(fmt.date(first))


def beside(metric: Metric, value: Decimal | None, was: Decimal | None, currency: str) -> str:
    """What a figure was in the time before, and the change; from nothing or less a share says nothing."""
    if was is None:
        return _("nothing to compare with")
    former = _("before: %(was)s", was=written(metric, was, currency))
    if value is None or was <= 0:
        return former
    share = round((value - was) * 100 / was)
    return f"{former} · {'+' if share > 0 else ''}{fmt.number(share)} %"


def written(metric: Metric, value: Decimal | None, currency: str) -> str:
    """A figure as it is read; what is not there is a dash."""
    if value is None:
        return "–"
    if metric.unit == "money":
        return str(fmt.money(int(value), currency))
    return f"{fmt.number(value)} %" if metric.unit == "percent" else str(fmt.number(value))
