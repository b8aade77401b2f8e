"""From a chart to its drawing: places in hundredths, so that one drawing fits every width, and words that keep their size.

Attributes and classes alone: the policy of the page allows no style in markup.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import format_compact_decimal

from ..i18n.formats import fmt, reader_locale
from ..kernel.money import exponent
from .charts import Band, Chart, Number

_STEPS = (1, 2, Decimal("2.5"), 5, 10)
_GRID = 4  # lines, about so many
_HEAT = 10  # classes h0 to h9
_WORDS = 5  # labels below the axis, at most


@dataclass(slots=True)
class Mark:
    """One number of a drawing: its words, and where it stands, in hundredths from the left and the top."""

    words: str
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    shade: int = 0
    href: str = ""
    empty: bool = False
    below: bool = False


@dataclass(slots=True)
class Strip:
    """The part of a drawing above one label: what is read where it is touched. Places as those of a mark; ``at`` is the number's own."""

    words: str
    left: float
    width: float
    at: float
    href: str = ""


@dataclass(slots=True)
class Drawn:
    """A series as it is drawn; ``runs`` are the unbroken pieces of a line, in thousandths."""

    label: str
    marks: Sequence[Mark]
    dashed: bool = False
    runs: Sequence[str] = ()
    areas: Sequence[str] = ()


@dataclass(slots=True)
class Drawing:
    """What ``zg/chart.html`` prints."""

    kind: str
    head: str
    labels: Sequence[str]
    series: Sequence[Drawn]
    summary: str
    empty: str = ""
    bare: bool = False
    running: bool = False
    grid: Sequence[tuple[float, str]] = ()  # (from the top, words)
    zero: float = 100.0
    axis: Sequence[tuple[float, str, str]] = ()  # (from the left, words, anchor)
    strips: Sequence[Strip] = ()
    bands: Sequence[tuple[float, float, str]] = ()  # (from the left, width, words)


def draw(chart: Chart, currency: str) -> Drawing:
    """The drawing of a chart in the reader's language.

    :param currency: of money for which the chart names none.
    """
    money = chart.currency or currency
    words = _writer(chart, money)
    labels = [fmt.date(label) if isinstance(label, date) else str(label) for label in chart.labels]
    drawing = Drawing(
        chart.kind, str(chart.head), labels, [], str(chart.summary), str(chart.empty), chart.bare, chart.running and chart.kind in ("line", "bars")
    )  # fmt: skip
    values = [value for one in chart.series for value in one.values if value is not None]
    if chart.kind == "heat":
        low, high = min(values, default=0), max(values, default=0)
        place: Callable[[int, int, Number], dict[str, Any]] = lambda _s, _n, value: {"shade": _shade(value, low, high)}  # noqa: E731
    elif chart.kind == "ranked":
        largest = max((abs(value) for value in values), default=0)
        place = lambda _s, _n, value: {"width": _round(100 * abs(value) / largest) if largest else 0.0, "below": value < 0}  # noqa: E731
    else:
        place = _axes(drawing, chart, values, money)
    for s, one in enumerate(chart.series):
        marks = []
        for n, value in enumerate(one.values):
            href = one.links[n] if one.links else ""
            marks.append(Mark("–", empty=True) if value is None else Mark(words(value), href=href, **place(s, n, value)))
        drawing.series = [*drawing.series, Drawn(str(one.label), marks, one.dashed, *(_lines(marks, drawing.zero) if chart.kind == "line" else ()))]
    if chart.kind in ("line", "bars") and chart.labels:
        drawing.strips = _strips(drawing)
        drawing.bands = [_band(chart, drawing.labels, band) for band in chart.bands]
    return drawing


def _writer(chart: Chart, money: str) -> Callable[[Any], str]:
    return {
        "money": lambda value: fmt.money(value, money), "int": fmt.number, "decimal": fmt.decimal, "percent": fmt.percent,
    }[chart.format]  # fmt: skip


def _round(value: Any) -> float:
    return round(float(value), 2)


def _shade(value: Number, low: Number, high: Number) -> int:
    """h0 for the least and h9 for the most; zero is always h0 where nothing is below it."""
    low = min(low, 0) if low >= 0 else low
    return 0 if high == low else min(_HEAT - 1, int((value - low) * _HEAT / (high - low)))


def ticks(low: Number, high: Number) -> list[Decimal]:
    """Round numbers from below the least to above the most, zero among them."""
    low, high = min(Decimal(low), Decimal(0)), max(Decimal(high), Decimal(0))
    if low == high:
        return [Decimal(0), Decimal(1)]
    rough = (high - low) / _GRID
    unit = Decimal(10) ** math.floor(rough.log10())
    step = next(unit * times for times in _STEPS if unit * times >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * n for n in range(first, last + 1)]


def _axes(drawing: Drawing, chart: Chart, values: Sequence[Number], money: str) -> Callable[[int, int, Number], dict[str, Any]]:
    """Grid, axis and the place of each number, over a scale that always has zero in it."""
    unit = Decimal(10) ** (exponent(money) if chart.format == "money" else 0)
    marks = ticks(min(values, default=0) / unit, max(values, default=0) / unit)
    low, span = marks[0], marks[-1] - marks[0]

    def top(value: Any) -> float:
        return _round(100 - 100 * (Decimal(value) - low) / span)

    sign = "%" if chart.format == "percent" else ""
    drawing.grid = [(top(mark), _short(mark) + sign) for mark in marks]
    drawing.zero = top(0)
    count, bars = max(len(chart.labels), 1), chart.kind == "bars"
    slot = 100 / count

    def across(n: int) -> float:
        return slot * (n + 0.5) if bars or count == 1 else 100 * n / (count - 1)

    each = max(1, math.ceil(count / _WORDS))
    for n in range(0, count if chart.labels else 0, each):
        label = chart.labels[n]
        anchor = "middle" if bars else "start" if n == 0 else "end" if n == count - 1 else "middle"
        drawing.axis = [*drawing.axis, (_round(across(n)), fmt.short_date(label) if isinstance(label, date) else str(label), anchor)]

    def place(s: int, n: int, value: Number) -> dict[str, Any]:
        y = top(value / unit)
        if not bars:
            return {"x": _round(across(n)), "y": y}
        width = slot * 0.7 / max(len(chart.series), 1)
        left = slot * n + slot * 0.15 + width * s
        return {"x": _round(left), "width": _round(width), "y": min(y, drawing.zero), "height": _round(abs(y - drawing.zero)), "below": value < 0}

    return place


def _short(value: Decimal) -> str:
    """A number for an axis: 15K, 1.5万."""
    return str(format_compact_decimal(value, locale=reader_locale(), fraction_digits=1)) if abs(value) >= 1000 else fmt.decimal(value)


def _lines(marks: Sequence[Mark], zero: float) -> tuple[list[str], list[str]]:
    """The unbroken pieces of a line, and the areas between them and zero."""
    pieces: list[list[Mark]] = [[]]
    for mark in marks:
        if mark.empty:
            pieces.append([])
        else:
            pieces[-1].append(mark)
    runs, areas = [], []
    for piece in filter(None, pieces):
        run = " ".join(f"{mark.x * 10:g},{mark.y * 10:g}" for mark in piece)
        runs.append(run)
        areas.append(f"{piece[0].x * 10:g},{zero * 10:g} {run} {piece[-1].x * 10:g},{zero * 10:g}")
    return runs, areas


def _strips(drawing: Drawing) -> list[Strip]:
    """One for each label that has a number."""
    count = len(drawing.labels)
    line = drawing.kind == "line" and count > 1
    width = 100 / (count - 1 if line else count)
    strips = []
    for n, label in enumerate(drawing.labels):
        there = [one for one in drawing.series if not one.marks[n].empty]
        if not there:
            continue
        said = [f"{one.label} {one.marks[n].words}" if len(drawing.series) > 1 else one.marks[n].words for one in there]
        href = next((one.marks[n].href for one in there if one.marks[n].href), "")
        left, right = (max(width * (n - 0.5), 0), min(width * (n + 0.5), 100)) if line else (width * n, width * (n + 1))
        strips.append(Strip("  ".join([label, *said]), _round(left), _round(right - left), there[0].marks[n].x, href))
    return strips


def _band(chart: Chart, labels: Sequence[str], band: Band) -> tuple[float, float, str]:
    """Where a band stands, and its name with its first and last label."""
    count = len(labels)
    line = chart.kind == "line" and count > 1
    width = 100 / (count - 1 if line else count)
    left, right = (max(width * (band.first - 0.5), 0), min(width * (band.last + 0.5), 100)) if line else (width * band.first, width * (band.last + 1))
    ends = [fmt.short_date(chart.labels[n]) if isinstance(chart.labels[n], date) else labels[n] for n in dict.fromkeys((band.first, band.last))]
    return _round(left), _round(right - left), f"{band.label} {'–'.join(ends)}"
