"""Figures over what a list finds: descriptions, like the screen that they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Text = Any  # str or a lazy translation of one

MEASURES = ("count", "sum", "average")


@dataclass(frozen=True)
class Measure:
    """A figure above a list, of all rows that it finds: how many there are, or the sum or average of a column.

    ``only`` narrows it by filters of the screen as they stand in an address (``{"payment_status": "paid"}``); the figure
    then opens the list narrowed so. Money of several currencies is never added: each has its own sum.
    """

    name: str
    label: Text
    of: str = "count"  # one of MEASURES
    column: str | None = None  # of a sum or average: a column of the source, or of the screen with ``expr``
    kind: str = "int"  # a kind of numbers: int, money, decimal, percent
    currency: str | None = None  # money: the column with the currency; the instance's otherwise
    decimals: int | None = None  # decimal, percent, average: so many are shown
    only: Mapping[str, str] = field(default_factory=dict)
    permission: str | None = None  # field rule: shown only to who holds it on the screen's resource
    order: int = 100


@dataclass(frozen=True)
class GroupBy:
    """Takes the figures above a list apart by the choices of a filter; each part opens the list narrowed to it."""

    filter: str  # the name of a filter of the screen, of a fixed list of choices
    label: Text
    order: int = 100
