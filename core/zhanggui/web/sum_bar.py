"""From the figures of a list to what stands above it, and what a program is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from markupsafe import escape
from sqlalchemy.orm import Session

from ..config.days import shop_zone
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..kernel.actors import Actor
from . import context
from .describe import Column, Screen
from .figures import GroupBy, Measure
from .gateway import gateway
from .kinds import kind_of
from .page import FigureCell, Link, SumBar
from .query import ListQuery
from .strip import BOUND, Amounts, Figures, figures, grouping
from .urls import url


def ask(db: Session, screen: Screen, actor: Actor, query: ListQuery, *, bounded: bool = True) -> Figures | None:
    """The figures of a list for this request; None where it has none for this actor."""
    if not screen.measures:
        return None
    return figures(db, screen, actor, query, zone=shop_zone(), currency=context.currency(), bounded=bounded)


def written(m: Measure, amounts: Amounts) -> str:
    """A figure in the reader's language; the instance's currency stands before others, which are never added to it."""
    own = context.currency()
    if not amounts:
        return fmt.money(0, own) if m.kind == "money" and m.of == "sum" else fmt.number(0) if m.of == "sum" else "–"
    kind, places = kind_of("int" if m.of == "count" else "decimal" if m.of == "average" and m.kind == "int" else m.kind), m.decimals
    show = kind.cell(Column(m.name, m.label, m.kind, currency="currency", decimals=places), own, None)
    return " · ".join(
        escape(show(amounts[code], SimpleNamespace(currency=code or own))).striptags() for code in sorted(amounts, key=lambda code: (code != own, code))
    )


def sum_bar(screen: Screen, actor: Actor, query: ListQuery, plain: Mapping[str, str], found: Figures) -> SumBar:
    """What stands above the list: figures that open their rows, and the parts that they are taken apart into."""
    apart = [group for group in sorted(screen.group_by, key=lambda group: group.order) if grouping(screen, actor, group.filter)]
    groups = [_choice(screen, group, query, plain) for group in apart] if found.totals is not None else []
    if found.totals is None:
        note = _("More than %(rows)s rows: narrow the list to see what they add up to.", rows=fmt.number(BOUND))
        return SumBar([], note=note, all_href=url(screen.route, {**plain, "figures": "all"}))
    cells = [
        FigureCell(m.name, str(m.label), written(m, found.totals[m.name]), url(screen.route, {**plain, **m.only}) if m.only else "", f"{screen.resource}.{m.name}")
        for m in found.measures
    ]  # fmt: skip
    note = _("only what you may see") if gateway.allowed(screen, actor) else ""
    return SumBar(cells, groups, _parts(screen, actor, query, plain, found), note)


def _choice(screen: Screen, group: GroupBy, query: ListQuery, plain: Mapping[str, str]) -> Link:
    active = query.by == group.filter
    return Link(str(group.label), url(screen.route, {**plain, "by": "" if active else group.filter}), active=active)


def _parts(screen: Screen, actor: Actor, query: ListQuery, plain: Mapping[str, str], found: Figures) -> list[FigureCell]:
    """One cell a choice, in their order; what is no choice has no list of its own, and stands last."""
    group = grouping(screen, actor, query.by)
    if group is None:
        return []
    f, groups = group[1], dict(found.groups)
    main = next((m for m in found.measures if m.of == "sum" and not m.only), found.measures[0])
    number = next((m for m in found.measures if m.of == "count" and not m.only and m is not main), None)
    rest = {k: v for k, v in plain.items() if k != "by"}

    def cell(name: str, label: str, amounts: Mapping[str, Amounts], href: str) -> FigureCell:
        count = f" · {written(number, amounts[number.name])}" if number is not None else ""
        return FigureCell(name, f"{label}{count}", written(main, amounts[main.name]), href)

    known = [c for c in f.choices if c.value in groups]
    parts = [cell(str(c.value), str(c.label), groups[c.value], url(screen.route, {**rest, f.name: c.value})) for c in known]
    others = [amounts for value, amounts in groups.items() if all(c.value != value for c in f.choices)]
    return parts + [cell("", _("Others"), amounts, "") for amounts in others]


def for_programs(found: Figures) -> dict[str, Any]:
    """The figures by the name of their measure: money as a list, one a currency."""
    totals = found.totals or {}

    def plain(m: Measure, amounts: Amounts) -> Any:
        if m.kind == "money" and m.of != "count":
            return [{"amount": amount, "currency": code or context.currency()} for code, amount in sorted(amounts.items())]
        value = next(iter(amounts.values()), None if m.of == "average" else 0)
        return value if isinstance(value, int | None) else str(value)

    return {m.name: plain(m, totals[m.name]) for m in found.measures}
