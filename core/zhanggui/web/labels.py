"""What rows are called, and rows found by what somebody typed: under the rules of whoever reads.

A name can be personal. Wherever a row of another list is named, it is named by these functions, and who may not see
the row is told so instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, false, null, select
from sqlalchemy.orm import Session

from ..host.faults import PluginTrouble
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.reader import Reader
from .describe import Screen
from .gateway import gateway
from .query import ListQuery, hidden_columns
from .searching import keys, ways

NOT_SHOWN = _l("not visible to you")


class Veiled:
    """A row as who may not see all of its columns is shown it: nothing stands in those that are kept from him."""

    __slots__ = ("_hidden", "_row")

    def __init__(self, row: Any, hidden: Collection[str]) -> None:
        self._row, self._hidden = row, hidden

    def __getattr__(self, name: str) -> Any:
        return None if name in self._hidden else getattr(self._row, name)


def veiled(screen: Screen, actor: Actor, row: Any) -> Any:
    """The row itself, or what an actor with less than every column may see of it."""
    hidden = hidden_columns(screen, actor)
    return Veiled(row, hidden) if hidden else row


def namer(screen: Screen, actor: Actor) -> Callable[[Any], str]:
    """A function that says what a row of this screen, which the actor may see, is called."""
    label, hidden = screen.label, hidden_columns(screen, actor)
    if not isinstance(label, str):
        return (lambda row: str(label(Veiled(row, hidden)))) if hidden else lambda row: str(label(row))
    if label in hidden:
        return lambda row: f"#{getattr(row, screen.key)}"
    return lambda row: str(getattr(row, label))


def may_read(screen: Screen, actor: Actor) -> bool:
    """Whether an actor may see rows of this screen at all."""
    return actor.may("can_list", screen.resource) or actor.may("can_show", screen.resource)


def labels(db: Session, screen: Screen, actor: Actor, ids: Collection[Any]) -> dict[Any, str]:
    """What rows are called, by id, in one query; ``NOT_SHOWN`` for those that this actor may not see.

    A row that is not there is not among them, unless a row rule tells nobody whether it is.
    """
    hidden = dict.fromkeys(ids, str(NOT_SHOWN))
    if not ids or not may_read(screen, actor):
        return hidden
    try:
        rules = gateway.allowed(screen, actor)
    except PluginTrouble:  # its rule fails, and these names stand on a page of somebody else
        return hidden
    table, name = gateway.table(screen), namer(screen, actor)
    columns = [table.c[screen.key], table.c[screen.label]] if isinstance(screen.label, str) else list(table.c)
    rows = db.execute(select(*columns).where(table.c[screen.key].in_(ids), *rules))
    return (hidden if rules else {}) | {getattr(row, screen.key): name(row) for row in rows}


def label(db: Session, screen: Screen, actor: Actor, row_id: Any) -> str:
    """What one row is called; its number when there is none."""
    return labels(db, screen, actor, [row_id]).get(row_id, str(row_id))


def seen(db: Session, screen: Screen, actor: Actor, ids: Collection[Any]) -> set[Any]:
    """Of these ids, those whose rows an actor may see. Without a row rule that is each of them, there or not."""
    if not may_read(screen, actor):
        return set()
    try:
        rules = gateway.allowed(screen, actor)
    except PluginTrouble:
        return set()
    if not rules or not ids:
        return set(ids)
    key = gateway.table(screen).c[screen.key]
    return set(db.scalars(select(key).where(key.in_(ids), *rules)))


def row_clauses(reader: Reader, resource: str) -> list[ColumnElement[bool]]:
    """What keeps rows of a screen from this reader, for a statement of one's own over its table; for who may see none, what finds none.

    A rule that fails refuses, as the list of the screen does.
    """
    from ..host import current_host

    screen = current_host().screens.get(resource)
    if screen is None or not may_read(screen, reader.actor):
        return [false()]
    return gateway.allowed(screen, reader.actor)


def lookup(db: Session, screen: Screen, actor: Actor, text: str, limit: int = 20) -> list[tuple[Any, str]]:
    """Rows to choose from in a form: at most ``limit``, under the same rules as the list."""
    name = namer(screen, actor)
    return [(getattr(row, screen.key), name(row)) for row in _found(db, screen, actor, text, limit)]


def find_rows(
    db: Session, reader: Reader, resource: str, text: str, limit: int, *, columns: Collection[str], sort: str = ""
) -> Sequence[Row[Any]]:
    """Rows of a screen that its search finds: for the search over everything, under the rules of the list.

    :param columns: of the table, those to be read beside the key; one that a field rule keeps from the reader is None.
    :param sort: one of them, ``-`` before it for descending, where the order of the list is not wanted.
    :raises Forbidden: for who may not list such rows.
    """
    from ..host import current_host

    return _found(db, current_host().screens[resource], reader.actor, text, limit, columns=columns, sort=sort) if text else ()


def row_labels(db: Session, reader: Reader, resource: str, ids: Collection[Any]) -> dict[Any, str]:
    """What rows of a screen are called, by id, in one query, for who reads: see :func:`labels`."""
    from ..host import current_host

    return labels(db, current_host().screens[resource], reader.actor, ids)


def _found(
    db: Session, screen: Screen, actor: Actor, text: str, limit: int, *, columns: Collection[str] | None = None, sort: str = ""
) -> Sequence[Row[Any]]:
    gateway.check(screen, actor, "can_list")
    c, hidden = gateway.table(screen).c, hidden_columns(screen, actor)
    clauses = gateway.allowed(screen, actor)
    if text and screen.search is not None:
        table = gateway.table(screen)
        if screen.search.index is not None:
            first = keys(screen, table, ways(screen, table, actor, text[:100]), clauses, most=limit, order=gateway.order(screen, actor, ListQuery(sort=sort)))
            clauses = [table.c[screen.key].in_(first)]
        else:
            clauses.append(gateway.searched(screen, actor, text[:100]))
    picked = list(c) if columns is None else [null().label(n) if n in hidden else c[n] for n in dict.fromkeys([screen.key, *columns])]
    order = gateway.order(screen, actor, ListQuery(sort=sort))
    statement = select(*picked).select_from(gateway.table(screen)).where(*clauses).order_by(*(e.desc() if down else e.asc() for e, down in order)).limit(limit)
    return db.execute(statement).all()
