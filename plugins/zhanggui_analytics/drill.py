"""From a figure to the list that adds up to it: asked by the same filters, under the same rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from zhanggui.api import Metric, Question, Reader, address_of, clock

from .asks import TIMES, Ask
from .periods import Span, next_of


@dataclass(frozen=True)
class Narrowed:
    """The days and values of one cell of an answer."""

    first: date
    last: date
    values: Mapping[str, str]


def narrowed(ask: Ask, span: Span, key: Sequence[str]) -> Narrowed | None:
    """What stands behind a row; None where no list can be narrowed to it: to an hour, or to all Mondays."""
    first, last, values = span.first, span.last, {}
    for name, value in zip(ask.by, key, strict=False):
        if name == "weekday":
            return None
        if name in TIMES:
            began = date.fromisoformat(value)
            first, last = max(first, began), min(last, next_of(name, began) - timedelta(days=1))
        else:
            values[name] = value
    for name, chosen in ask.where.items():
        if name in values:
            continue
        if len(chosen) != 1:
            return None
        values[name] = chosen[0]
    return Narrowed(first, last, values)


def question(metric: Metric, cell: Narrowed | None) -> Question | None:
    """The list behind a figure, as it is asked for; None where there is none."""
    drill = metric.drill
    if drill is None or cell is None:
        return None
    filters = dict(drill.filters)
    for name, value in cell.values.items():
        if name not in drill.by or not value:
            return None
        filters[drill.by[name]] = value
    filters |= {f"{drill.at}_from": cell.first.isoformat(), f"{drill.at}_to": cell.last.isoformat()}
    return Question(drill.screen, filters, drill.measure)


def address(reader: Reader, ask: Ask, span: Span, metric: Metric, key: Sequence[str] = ()) -> str:
    """Where a figure opens: its list, or what it is made of; "" for one that opens nothing."""
    if span.until is not None and span.until < clock.now():
        return ""  # a day that is cut off at an hour: lists know whole days
    cell = narrowed(ask, span, key) if key else narrowed(Ask(ask.metrics, where=ask.where), span, ())
    asked = question(metric, cell)
    if asked is not None:
        return address_of(asked, reader)
    if metric.formula and cell is not None:
        whole = (cell.first, cell.last) == (span.first, span.last)
        return Ask((metric.id,), ask.period if whole else f"{cell.first}..{cell.last}", where={n: (v,) for n, v in cell.values.items() if v}, compare=ask.compare).of_parts()
    return ""
