"""Figures: what a plugin's rows add up to, what that is called, and how it may be taken apart. Whoever asks and shows them is another plugin.

A plugin offers facts and metrics whether somebody asks for figures here or not; without, they are never read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Text = Any  # a text, or one that is read in the language of whoever reads
UNITS = ("int", "money", "percent", "decimal")
AREAS = ("sales", "money", "customers", "products", "cost", "stock", "behaviour")
GOOD = ("up", "down", "neutral")
TILES = ("number", "line", "bars", "ranked", "heat")
TIMES = ("day", "week", "month", "quarter", "year", "hour", "weekday")  # every fact can be taken apart by these


@dataclass(frozen=True)
class Fact:
    """Rows that figures are made of, each at one moment.

    ``rows()`` is a ``Select`` with a column ``at`` (that moment), one named by each of ``sums`` (a whole number, money in minor units) and by
    each value of ``by`` (a text or a number, or nothing), and ``currency`` where there is money. It is added up in SQL, never read row by row;
    the table of ``screen``, whose row rule holds here too, stands in its FROM. ``kept`` are the sets of dimensions that are kept ready for each day.
    ``changed_by`` names the events after which a day adds up to something else, and their fields with the day or moment (two: from the one to the other; none: that of the event).
    """

    id: str  # "orders.paid"
    label: Text
    rows: Callable[[], Any]
    sums: Sequence[str]
    by: Mapping[str, str]  # dimension -> column
    screen: str  # "orders.Order"
    kept: Sequence[Sequence[str]] = ((),)
    changed_by: Mapping[str, Sequence[str]] = field(default_factory=dict)  # "orders.order.paid@1" -> ("at",)


@dataclass(frozen=True)
class Drill:
    """The list behind a figure: ``screen`` narrowed by ``filters``, by the time in its filter ``at`` and by ``by`` (dimension -> filter).

    ``measure`` is the figure above that list which is the same number; ``sign`` -1 where the list shows it with the other sign. Without a
    measure the list shows whom or what was counted, and adds up nothing.
    """

    screen: str
    at: str
    measure: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    by: Mapping[str, str] = field(default_factory=dict)
    sign: int = 1


@dataclass(frozen=True)
class Metric:
    """One figure with one meaning.

    Either ``sum`` names a column of ``fact``; or ``distinct`` a dimension of it, and the figure is how many different ones there are among rows whose
    ``sum`` is above zero (``who`` "new": those that had none before, "returning": those that had); or ``formula`` works it out of other metrics:
    ``(sales.gross + sales.discount) / orders.paid``. A name with ``?`` behind it is nothing where no plugin offers it.
    ``area`` is the right: ``can_see`` on ``analytics.<Area>``; who sees it also lists ``screen`` of its fact, and holds ``permission`` there.
    """

    id: str  # "sales.net"
    label: Text
    sentence: Text  # what is counted, when, and what is not
    fact: str = ""
    sum: str = ""
    distinct: str = ""
    who: str = ""
    formula: str = ""
    unit: str = "int"  # one of UNITS
    good: str = "up"  # one of GOOD
    area: str = "sales"  # one of AREAS
    permission: str | None = None
    drill: Drill | None = None
    order: int = 100


@dataclass(frozen=True)
class Dimension:
    """A way to take figures apart.

    ``words(db, reader, values) -> {value: text}`` names the values (always texts); ``choices`` does where there are few that are known. ``through`` is
    another dimension whose values lead to this one's as they are now, by the pairs that ``pairs()`` selects (``key``, ``value``).
    """

    id: str
    label: Text
    words: Callable[..., Mapping[str, Text]] | None = None
    choices: Sequence[Any] = ()
    through: str = ""
    pairs: Callable[[], Any] | None = None
    none: Text = ""  # what stands where a row has no value


@dataclass(frozen=True)
class Tile:
    """A part of a dashboard: ``metrics`` of the period as a number, over time, in ranks or as a table of two dimensions."""

    id: str
    title: Text
    metrics: Sequence[str]
    kind: str = "number"  # one of TILES
    by: Sequence[str] = ()
    limit: int = 10
    order: int = 100


@dataclass(frozen=True)
class Dashboard:
    """A page of tiles under one period. Tiles whose metrics are not offered here, or not for this reader, are left out.

    ``more(reader, first, last)`` gives blocks of its own for the days of that period, beside the tiles.
    """

    id: str
    title: Text
    tiles: Sequence[Tile]
    order: int = 100
    more: Callable[..., Sequence[Any]] | None = None
