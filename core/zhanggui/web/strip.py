"""The figures above a list: one statement for all of them, over the rows that the list finds, under its rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, func, literal, select
from sqlalchemy.orm import Session

from ..kernel.actors import Actor
from .describe import Filter, Screen
from .figures import GroupBy, Measure
from .gateway import answered, gateway
from .query import ListQuery, clean, hidden_columns, visible_filters
from .searching import keys, ways

BOUND = 10_000  # rows that are added up without being told to: beyond, the figures cost more than the page

Amounts = Mapping[str, Any]  # by currency; "" for what is no money, or money of the instance


@dataclass(frozen=True)
class Figures:
    """What a list adds up to: for each measure its amounts, in whole and by group.

    ``rows`` is their number; without rows, or with more than are added up without being told to, nothing is known.
    """

    measures: Sequence[Measure] = ()
    rows: int | None = None
    totals: Mapping[str, Amounts] | None = None
    groups: Sequence[tuple[Any, Mapping[str, Amounts]]] = ()  # (value of the filter, its figures)


def visible_measures(screen: Screen, actor: Actor, query: ListQuery) -> list[Measure]:
    """The measures that say something to this actor: none over a column or filter that is kept from him.

    One whose own filter is chosen in the list would say what the others say, and is left out.
    """
    hidden = hidden_columns(screen, actor)
    filters = {f.name for f in visible_filters(screen, actor)}
    shown = [
        m for m in screen.measures
        if (m.permission is None or actor.may(m.permission, screen.resource)) and not {m.column, m.currency} & hidden
        and filters.issuperset(m.only) and not set(m.only) & set(query.filters)
    ]  # fmt: skip
    return sorted(shown, key=lambda m: m.order)


def grouping(screen: Screen, actor: Actor, name: str) -> tuple[GroupBy, Filter] | None:
    """A grouping of this name with its filter, when this actor may use it."""
    filters = {f.name: f for f in visible_filters(screen, actor)}
    return next(((group, filters[name]) for group in screen.group_by if group.filter == name and name in filters), None)


def figures(
    db: Session, screen: Screen, actor: Actor, query: ListQuery, *, zone: ZoneInfo, currency: str, bounded: bool = True, keep: bool = True,
) -> Figures | None:  # fmt: skip
    """What all rows of a question add up to, in one statement; None where there is no figure for this actor.

    :param bounded: give up beyond ``BOUND`` rows.
    :param keep: the statement, for who asks again; not for a question of this very moment.
    """
    measures = visible_measures(screen, actor, query)
    if not measures:
        return None
    group = grouping(screen, actor, query.by)
    by = group[1] if group is not None else None
    question = ("figures", tuple(m.name for m in measures), query.by, BOUND if bounded else 0)

    def make() -> Select[Any]:
        return _statement(screen, actor, query, measures, by, zone, currency, bounded)

    dated = any(f.kind != "choice" for m in measures for f in screen.filters if f.name in m.only)  # a day that passes is no question to keep
    statement = make() if dated or not keep else gateway.kept(screen, actor, query, question, make)
    found = answered(screen, query, lambda: db.execute(statement).all())
    rows = sum(row.n for row in found)
    if bounded and not rows:
        return Figures(measures)
    values = list(dict.fromkeys(row.g for row in found)) if by is not None else []
    totals = {m.name: _amounts(found, n, m) for n, m in enumerate(measures)}
    parts = [(v, {m.name: _amounts([r for r in found if r.g == v], n, m) for n, m in enumerate(measures)}) for v in values]
    return Figures(measures, rows, totals, parts)


def _statement(
    screen: Screen, actor: Actor, query: ListQuery, measures: Sequence[Measure], by: Filter | None, zone: ZoneInfo, currency: str, bounded: bool
) -> Select[Any]:  # fmt: skip
    """One row for each group and currency: ``n`` rows; ``g`` the group; ``v0`` and ``w0`` the sum and number of the first measure, and so on."""
    filters = {f.name: f for f in screen.filters}
    table = gateway.table(screen)
    found = ways(screen, table, actor, query.q) if bounded and query.q and screen.search is not None and screen.search.index is not None else ()
    clauses = gateway.where(screen, actor, replace(query, q="") if found else query)
    apart = {f"c_{m.currency}": gateway.named(screen, m.currency) for m in measures if m.currency is not None}
    if by is not None:
        apart["g"] = table.c[by.column or by.name]
    shown: list[Any] = [func.count().label("n"), *(column.label(name) for name, column in apart.items())]
    for n, m in enumerate(measures):
        value: Any = gateway.named(screen, m.column) if m.column is not None else literal(1)
        if m.only:
            asked = {name: clean(filters[name], {name: text}, zone, currency) for name, text in m.only.items()}
            value = case((and_(*gateway.where(screen, actor, ListQuery(filters=asked))), value))
        number = func.count(value) if m.column is not None or m.only else func.count()
        shown.append(number.label(f"w{n}"))
        if m.of != "count":
            shown.append(func.sum(value).label(f"v{n}"))
    if found:  # what an index finds is told by its keys, of which no more are read than are added up
        some = keys(screen, table, found, clauses, most=BOUND + 1).limit(BOUND + 1).cte("some")
        many = select(func.count()).select_from(some).scalar_subquery()
        clauses = [table.c[screen.key].in_(select(some.c[0])), many <= BOUND]
    elif bounded:
        # Asked once and along an index; a limit around all rows would cost as much as adding them up.
        beyond = select(literal(1)).select_from(table).where(*clauses).limit(1).offset(BOUND)
        clauses = [*clauses, ~beyond.correlate(None).exists()]
    return select(*shown).select_from(table).where(*clauses).group_by(*apart)


def _amounts(rows: Iterable[Any], n: int, m: Measure) -> dict[str, Any]:
    """The amounts of a measure; a currency of which there is no row has none."""
    sums: dict[str, Any] = {}
    numbers: dict[str, int] = {}
    for row in rows:
        found = getattr(row, f"w{n}")
        if not found:
            continue
        key = getattr(row, f"c_{m.currency}") if m.currency else ""
        numbers[key] = numbers.get(key, 0) + found
        if m.of != "count":
            sums[key] = sums.get(key, 0) + getattr(row, f"v{n}")
    if m.of == "count":
        return {"": sum(numbers.values())}
    if m.of == "average":
        return {key: _mean(total, numbers[key], m) for key, total in sums.items()}
    whole = m.kind in ("int", "money")
    return {key: int(total) if whole else total for key, total in sums.items()}


def _mean(total: Any, number: int, m: Measure) -> Any:
    """Rounded once, halves away from zero; money to its smallest part."""
    places = 0 if m.kind == "money" else (1 if m.kind == "int" else 2) if m.decimals is None else m.decimals
    mean = (Decimal(total) / number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return int(mean) if m.kind == "money" else mean
