"""Periods that have a name: days counted from today, where the shop is."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ...i18n.texts import lazy_gettext as _l


@dataclass(frozen=True)
class Period:
    """A word in an address, what people read for it, and its first and last day, seen from ``today``."""

    word: str
    label: Any
    days: Callable[[date], tuple[date, date]]


def _month(today: date) -> tuple[date, date]:
    return today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1])


PERIODS = {
    period.word: period
    for period in (
        Period("today", _l("Today"), lambda today: (today, today)),
        Period("yesterday", _l("Yesterday"), lambda today: (today - timedelta(days=1), today - timedelta(days=1))),
        Period("7d", _l("Last 7 days"), lambda today: (today - timedelta(days=6), today)),
        Period("30d", _l("Last 30 days"), lambda today: (today - timedelta(days=29), today)),
        Period("month", _l("This month"), _month),
        Period("last_month", _l("Last month"), lambda today: _month(today.replace(day=1) - timedelta(days=1))),
    )
}


def period_days(word: str, today: date) -> tuple[date, date]:
    """The first and the last day of a period that has a name, seen from ``today``; the last can lie ahead.

    :raises KeyError: for a word that names none.
    """
    return PERIODS[word].days(today)
