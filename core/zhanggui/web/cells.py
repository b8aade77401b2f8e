"""Values of a row as markup, by the kind of their column. The hot path of every list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from markupsafe import Markup

from ..host.contain import UNAVAILABLE, Missing, watch_of
from .describe import Column
from .kinds import Show, kind_of

_NOTHING = Markup('<span class="muted">–</span>')


def reader(column: Column, extra: Mapping[Any, Any] | None, key: str) -> Callable[[Any], Any]:
    """A function that takes this column's plain value out of a row."""
    if column.value is not None:
        value = column.value
        if watch_of(value) is None:
            return value
        return lambda row: None if (found := value(row)) is UNAVAILABLE else found
    if column.load is not None:
        loaded = extra or {}
        return lambda row: loaded.get(getattr(row, key))
    return attrgetter(column.name)


def printer(column: Column, currency: str, extra: Mapping[Any, Any] | None, key: str, *, whole: bool = False) -> Callable[[Any], Markup]:
    """A function from a row to the finished markup of this column; ``whole``: as the page of one row shows it."""
    if isinstance(extra, Missing):
        return lambda row: Markup(UNAVAILABLE.__html__())  # noqa: S704 - escaped there
    kind = kind_of(column.kind)
    show = (kind.present if whole else kind.cell)(column, currency, extra)
    if watch_of(column.value) is not None:
        return _guarded(column, show)
    read = reader(column, extra, key)

    def cell(row: Any) -> Markup:
        value = read(row)
        return _NOTHING if value is None or value == "" else show(value, row)

    return cell


def _guarded(column: Column, show: Show) -> Callable[[Any], Markup]:
    read = column.value
    assert read is not None

    def cell(row: Any) -> Markup:
        value = read(row)
        if value is UNAVAILABLE:
            return Markup(UNAVAILABLE.__html__())  # noqa: S704 - escaped there
        return _NOTHING if value is None or value == "" else show(value, row)

    return cell
