"""What a chart says: labels and numbers first; the drawing is made from them, and whoever cannot see it reads the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

Text = Any  # str or a lazy translation of one
Number = int | Decimal

CHART_KINDS = ("line", "bars", "ranked", "heat")
FORMATS = ("int", "money", "decimal", "percent")
_MOST_SERIES = 4
_MOST_COLUMNS = 31
_MOST_LABELS = 400


@dataclass(frozen=True)
class Series:
    """Numbers under one name, one for each label of the chart; None is a gap, which is not zero.

    ``links`` are addresses of what a number is made of, one for each number or none at all. ``dashed`` is for what others
    are compared with.
    """

    label: Text
    values: Sequence[Number | None]
    links: Sequence[str] = ()
    dashed: bool = False


@dataclass(frozen=True)
class Band:
    """Labels from the place ``first`` to ``last`` that have something in common: a festival."""

    label: Text
    first: int
    last: int


@dataclass(frozen=True)
class Chart:
    """Numbers to look at. Each series has as many numbers as there are labels.

    line, bars: up to four series over days or other steps; ``running`` says that the last step is not over,
    ``bands`` shade some of them and are named below. ranked: rows with a bar, the
    largest first as they are given, one series. heat: a table, labels are its rows and series its columns.
    Money is in minor units of ``currency`` (the instance's unless it is said), a percent is the number before its sign.

    :raises ValueError: for numbers without a label, too many of them, and kinds that there are not.
    """

    kind: str  # one of CHART_KINDS
    labels: Sequence[date | Text]
    series: Sequence[Series]
    head: Text = ""  # what the labels are: "Day"
    format: str = "int"  # one of FORMATS
    currency: str | None = None
    summary: Text = ""  # one sentence that says what is to be seen
    empty: Text = ""  # what is said when there is no number at all
    running: bool = False
    bands: Sequence[Band] = ()

    def __post_init__(self) -> None:
        if self.kind not in CHART_KINDS:
            raise ValueError(f"there is no chart {self.kind!r}; there are {', '.join(CHART_KINDS)}")
        if self.format not in FORMATS:
            raise ValueError(f"a chart does not write {self.format!r}; it writes {', '.join(FORMATS)}")
        most = {"ranked": 1, "heat": _MOST_COLUMNS}.get(self.kind, _MOST_SERIES)
        if len(self.series) > most or len(self.labels) > _MOST_LABELS:
            raise ValueError(f"{len(self.series)} series of {len(self.labels)} numbers are too many for a chart of the kind {self.kind}")
        for one in self.series:
            if len(one.values) != len(self.labels) or len(one.links) not in (0, len(self.labels)):
                raise ValueError(f"the series {one.label} has {len(one.values)} numbers and {len(one.links)} links for {len(self.labels)} labels")

        for band in self.bands:
            if not 0 <= band.first <= band.last < len(self.labels):
                raise ValueError(f"the band {band.label} goes from {band.first} to {band.last} in a chart of {len(self.labels)} labels")

    @property
    def bare(self) -> bool:
        """Whether there is no number in it."""
        return all(value is None for one in self.series for value in one.values)
