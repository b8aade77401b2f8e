"""Statements of lists: those that many people ask are kept, because building one costs more than running it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, func, select, tuple_

from ..db.types import Decimals
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import BadRequest
from .describe import Screen
from .query import ListQuery

_KEPT = 200  # questions a screen
Order = Sequence[tuple[ColumnElement[Any], bool]]  # each with whether it goes down


class Asked(NamedTuple):
    """The statements of a list: its rows (one more than are shown), their number, and by how many columns they are ordered."""

    rows: Select[Any]
    count: Select[Any]
    keys: int


class Kept:
    """Statements by their screen and question; rows are never kept."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[Screen, dict[Any, Any]]] = {}

    def of(self, screen: Screen, question: Any, make: Callable[[], Any]) -> Any:
        """The statements of a question, made when it is asked for the first time."""
        kept_for, kept = self._of.get(id(screen), (None, {}))
        if kept_for is not screen:  # an id is given away again when another generation of the host replaces this one
            kept = {}
            self._of[id(screen)] = (screen, kept)
        found = kept.get(question)
        if found is None:
            if len(kept) >= _KEPT:
                kept.clear()
            found = kept[question] = make()
        return found

    def forget(self) -> None:
        """Drop those of a generation of the host that is gone."""
        self._of.clear()


def beyond(order: Order, place: tuple[Any, ...], backwards: bool) -> ColumnElement[bool]:
    """The rows behind a place, or before it.

    :raises BadRequest: for a place of another list.
    """
    if len(place) != len(order) or any(down != order[0][1] for _, down in order):
        raise _no_place()
    for value, (expression, _) in zip(place, order, strict=True):
        try:
            expected = expression.type.python_type
        except NotImplementedError:
            continue
        if isinstance(expression.type, Decimals) and isinstance(value, Decimal) and not expression.type.fits(value):
            raise _no_place()
        if value is None or (not isinstance(value, expected) and not (expected is float and isinstance(value, int))):
            raise _no_place()
    left = tuple_(*(e for e, _ in order))
    right = tuple_(*place, types=[e.type for e, _ in order])
    return left < right if order[0][1] != backwards else left > right


def _no_place() -> BadRequest:
    return BadRequest(_l("%(name)s is not a valid cursor for this list."), name="cursor", field="cursor")


def skipping(statement: Select[Any], key: ColumnElement[Any], clauses: Sequence[Any], order: Order, query: ListQuery) -> Select[Any]:
    """Skip pages over the index alone, then fetch only the rows that are shown."""
    ids = (
        select(key)
        .where(*clauses)
        .order_by(*(e.desc() if down else e.asc() for e, down in order))
        .limit(query.size + 1)
        .offset((query.page - 1) * query.size)
    ).subquery()
    return statement.where(key.in_(select(ids.c[0])))


def some_of(key: ColumnElement[Any], clauses: Sequence[Any], most: int) -> Select[Any]:
    """How many rows there are, at most one more than ``most``."""
    return select(func.count()).select_from(select(key).where(*clauses).limit(most + 1).subquery())


@lru_cache(maxsize=64)
def counting(table: Table, key: str, column: str, values: tuple[Any, ...], limit: int, *allowed: Any) -> Select[Any]:
    """How many rows have each of some values, at most ``limit`` of each."""

    def some(value: Any) -> Any:
        rows = select(table.c[key]).where(table.c[column] == value, *allowed).limit(limit).subquery()
        return select(func.count()).select_from(rows).scalar_subquery()

    return select(*map(some, values))
