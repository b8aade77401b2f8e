"""Filters for what is missing: each filter over a column that may be empty brings one that finds the rows where it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, String, Table, inspect, or_

from ..db.types import BlindIndex
from ..i18n.texts import lazy_gettext as _l
from .describe import Filter, Screen

SUFFIX = "_empty"


def with_empty(screen: Screen) -> Screen:
    """The screen with ``<name>_empty`` beside each of its own filters over a column that may be empty."""
    table: Table = screen.source if isinstance(screen.source, Table) else inspect(screen.source).local_table
    taken = {f.name for f in screen.filters}
    more = [
        _empty(f, f.column or f.name)
        for f in screen.filters
        if f.clause is None and not f.tabs and (f.column or f.name) in table.c and table.c[f.column or f.name].nullable
        and not isinstance(table.c[f.column or f.name].type, BlindIndex) and f.name + SUFFIX not in taken
    ]  # fmt: skip
    return replace(screen, filters=(*screen.filters, *more)) if more else screen


def _empty(f: Filter, column: str) -> Filter:
    def clause(value: Any, c: Any) -> ColumnElement[bool]:
        kept = c[column]
        nothing: ColumnElement[bool] = or_(kept.is_(None), kept == "") if isinstance(kept.type, String) else kept.is_(None)
        return nothing if value else ~nothing

    label = _l("%(field)s is empty", field=f.label)
    return Filter(f.name + SUFFIX, label, "bool", column=column, clause=clause, permission=f.permission, order=f.order)
