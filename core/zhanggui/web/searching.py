"""What was typed into the search box of a list as the keys of rows: each way in which it can be meant is a walk of its own.

A condition that joined them by OR could use none of their indexes in the order of the list. So each way answers
with its own first rows, and the first of all of them are among these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, and_, func, inspect, select, union

from ..auth.lookups import look_up
from ..db import words
from ..db.types import BlindIndex
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import BadRequest
from .describe import Screen, TermIndex
from .kinds.texts import prefix
from .query import hidden_columns
from .statements import Order, beyond

_MOST_RUNS = 3  # of a number's digits


class Way(NamedTuple):
    """One thing that a text can mean: terms that all stand in the index, a condition on the row, or both."""

    terms: tuple[str, ...] = ()
    clause: ColumnElement[bool] | None = None


def ways(screen: Screen, table: Table, actor: Actor, text: str) -> list[Way]:
    """What a text can mean to this actor; columns that are kept from him are not looked at.

    :raises BadRequest: when this list cannot be searched.
    """
    search = screen.search
    if search is None:
        raise BadRequest(_l("This list cannot be searched."), field="q")
    hidden = hidden_columns(screen, actor)
    c = table.c
    exact = {name: convert for name, convert in search.exact.items() if name not in hidden}
    by_terms = search.index.numbers if search.index is not None and _needs_no_prefix(text) else ()
    clauses = [prefix(c[name], text) for name in search.prefix if name not in hidden and name not in by_terms]
    personal = {name: convert for name, convert in exact.items() if isinstance(c[name].type, BlindIndex)}
    values: dict[str, Any] = {name: convert(text) for name, convert in exact.items() if name not in personal}
    values |= look_up(text, personal, right=search.reveal or ("can_reveal", screen.resource), actor=actor)
    clauses += [c[name] == value for name, value in values.items() if value is not None]
    clauses += [words.found(c[name], text) for name in search.words if name not in hidden]
    clauses += [c[name].icontains(text, autoescape=True) for name in search.contains if name not in hidden]
    found = [Way(clause=clause) for clause in clauses]
    if search.index is not None:
        found += _by_terms(search.index, c, words.fold(text), hidden)
    return found


def _needs_no_prefix(text: str) -> bool:
    """Whether a number can begin with a text only where the index finds it as well: four digits of it are terms, and none has spaces or other signs.

    Planners think little of such a range: in the order of the list they read every row for one that is empty.
    """
    return not text.isascii() or any(ch.isspace() for ch in text) or (text.isdigit() and len(text) >= words.DIGITS)


def _by_terms(index: TermIndex, c: Any, folded: str, hidden: frozenset[str]) -> list[Way]:
    said = tuple(part[: words.LONGEST_TERM] for part in words.parts(folded))
    found = [Way(said)] if said else []
    if len(folded) > words.DIGITS and folded.isdigit():  # with four, they are a term themselves
        # The last runs, each beside the other: what stands between them is the clause's business.
        runs = tuple(words.digits(folded)[:: -words.DIGITS][:_MOST_RUNS][::-1])
        found += [Way(runs, c[name].contains(folded, autoescape=True)) for name in index.numbers if name not in hidden and runs]
    return found


def keys(
    screen: Screen, table: Table, found: Sequence[Way], clauses: Sequence[Any], *, most: int | None = None, order: Order = (),
    place: tuple[Any, ...] | None = None, backwards: bool = False,
) -> Select[Any]:  # fmt: skip
    """The keys of the rows that some way finds, under ``clauses``: at most ``most`` of each way, those that come first in ``order``."""
    parts = [_walk(screen, table, way, clauses, most, order, place, backwards) for way in found]
    if not parts:
        return select(table.c[screen.key]).where(table.c[screen.key].is_(None))
    one = parts[0].subquery() if len(parts) == 1 else union(*(select(part.subquery().c[0]) for part in parts)).subquery()
    return select(one.c[0])


def count(screen: Screen, table: Table, found: Sequence[Way], clauses: Sequence[Any], most: int) -> Select[Any]:
    """How many rows there are, at most one more than ``most``."""
    some = keys(screen, table, found, clauses, most=most + 1).limit(most + 1)
    return select(func.count()).select_from(some.subquery())


def _walk(
    screen: Screen, table: Table, way: Way, clauses: Sequence[Any], most: int | None, order: Order, place: tuple[Any, ...] | None, backwards: bool
) -> Select[Any]:  # fmt: skip
    wanted = [*clauses, *([way.clause] if way.clause is not None else [])]
    key = table.c[screen.key]
    if way.terms:
        statement, copies = _of_terms(screen, way.terms, key, bool(wanted), order)
    else:
        statement, copies = select(key), {}
    order = [(copies.get(_name(e), e), down) for e, down in order]
    if place is not None:
        wanted.append(beyond(order, place, backwards))
    statement = statement.where(*wanted)
    if most is not None:
        statement = statement.order_by(*(e.desc() if down != backwards else e.asc() for e, down in order)).limit(most)
    return statement


def _of_terms(
    screen: Screen, terms: tuple[str, ...], key: ColumnElement[Any], joined: bool, order: Order
) -> tuple[Select[Any], Mapping[str, ColumnElement[Any]]]:  # fmt: skip
    """A walk along the index, with its copies of the columns by which the list is ordered."""
    index = screen.search.index  # type: ignore[union-attr] # who has terms has an index
    assert index is not None
    source: Table = inspect(index.source).local_table
    t = source.alias("t")
    copies = {screen.key: t.c[index.row], **{name: t.c[name] for name in index.order}}
    # The longest says most; of runs of digits the last ones differ, the first are a date.
    lead = max(reversed(terms), key=len)
    statement = select(t.c[index.row]).where(t.c.term == lead)
    others = set(terms) - {lead}
    if others:  # counted, not joined: a planner looks at every order of so many joins, which takes longer than the answer
        o = source.alias("o")
        same = and_(*(o.c[name] == t.c[name] for name in index.order), o.c[index.row] == t.c[index.row])
        there = select(func.count()).select_from(o).where(o.c.term.in_(sorted(others)), same).correlate(t).scalar_subquery()
        statement = statement.where(there == len(others))
    if joined or any(_name(e) not in copies for e, _down in order):
        statement = statement.join_from(t, key.table, key == t.c[index.row])  # type: ignore[attr-defined] # a column has a table
    return statement, copies


def _name(expression: ColumnElement[Any]) -> str:
    return str(getattr(expression, "key", ""))
