"""From a question to its answer: what is kept where it is right, the rows where it is not, formulas at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery

from zhanggui.api import (
    BadRequest,
    Fact,
    Forbidden,
    Metric,
    Reader,
    _l,
    current_runtime,
    dimensions,
    facts,
    formulas,
    metrics,
    row_clauses,
    shop_zone,
)

from ..asks import CURRENCY, HOUR, Ask, check
from ..catalogue import BUYER_KIND, BY_CUSTOMER, FIRST_MONTH, Base, base_of, formula, may_see, metric_of, offered, parts
from ..kept import Kept, fitting
from ..periods import Span, Step, compared, first_of, span_of, steps
from ..statements import MOST_PIECES, buyer_kind, firsts, of_cells, of_rows, one_table, pieces
from . import buckets

Key = tuple[str, ...]  # one value for each of ``by``; a time is the first day of its step
Figures = dict[Base, Fraction]
OTHERS = ("…",)
_ONE_DAY = timedelta(days=1)
_NEW = "customers.new"  # whose fact says when a customer bought first


class TooMuch(BadRequest):
    """More steps than anybody could look at."""

    message = _l("That is too long for steps as short as these. Choose a shorter period or longer steps.")


@dataclass
class Answer:
    """Rows in order, each with its figures by metric; ``was`` are those of the time it is compared with. Money is in minor units of ``currency``."""

    ask: Ask
    span: Span
    before: Span | None
    currency: str
    rows: list[Key] = field(default_factory=list)
    values: dict[Key, dict[str, Decimal | None]] = field(default_factory=dict)
    was: dict[Key, dict[str, Decimal | None]] = field(default_factory=dict)
    totals: dict[str, Decimal | None] = field(default_factory=dict)
    totals_were: dict[str, Decimal | None] = field(default_factory=dict)
    others: dict[str, Decimal | None] | None = None  # what lies beyond the limit, in one row
    currencies: list[str] = field(default_factory=list)  # others that there is money in
    limited: bool = False  # the reader sees some of the rows only
    running: bool = False  # the period is not over
    read_days: int = 0  # days that were read from their rows, and not from what is kept


@dataclass
class _Found:
    """Figures of one span: by key and currency, and for all keys together."""

    rows: dict[Key, dict[str, Figures]] = field(default_factory=dict)
    whole: dict[str, Figures] = field(default_factory=dict)


def answer(db: Session, reader: Reader, ask: Ask, *, totals: bool = True) -> Answer:
    """What somebody who may ask it gets.

    :param totals: whether the whole is wanted too: different people have to be counted for it once more.
    :raises BadRequest: for what cannot be answered.
    :raises Forbidden: for a figure that is not for this reader.
    """
    check(ask)
    wanted = [metric_of(id) for id in ask.metrics]
    for metric in wanted:
        if not may_see(reader, metric):
            raise Forbidden(_l("“%(name)s” is not for you: it needs the right to see it, and its list.", name=metric.label))
    zone = shop_zone()
    span = span_of(ask.period, reader.now, zone)
    before = compared(span, ask.compare, reader.now, zone)
    currency = ask.currency or str(current_runtime().config["instance.currency"])
    made = Answer(ask, span, before, currency, running=span.last >= reader.now.astimezone(zone).date())
    made.limited = any(row_clauses(reader, screen) for screen in {facts()[part.fact].screen for metric in wanted for part in parts(metric)})
    now = _find(db, reader, ask, wanted, span, made, totals)
    then = _find(db, reader, ask, wanted, before, made, totals) if before is not None else {}
    _fill(made, wanted, now, then)
    return made


def _is_money(metric: Metric) -> bool:
    """Whether a figure is of one currency: orders that money is divided by are then those in that currency, and of all currencies where they are counted."""
    return any(base_of(part).money for part in parts(metric))


def _find(db: Session, reader: Reader, ask: Ask, wanted: Sequence[Metric], span: Span, made: Answer, totals: bool) -> dict[bool, _Found]:
    """What is found of the figures with money, and of those without."""
    apart = {money: [metric for metric in wanted if _is_money(metric) == money] for money in (True, False)}
    return {money: _found_of(db, reader, ask, some, span, made, totals, money) for money, some in apart.items() if some}


def _found_of(db: Session, reader: Reader, ask: Ask, wanted: Sequence[Metric], span: Span, made: Answer, totals: bool, kept_apart: bool) -> _Found:
    found = _Found()
    groups: dict[tuple[str, str, str], list[Base]] = {}  # what one statement answers: sums of a fact; who is distinct, new and there before
    for base in dict.fromkeys(base_of(part) for metric in wanted for part in parts(metric)):
        groups.setdefault((base.fact, base.distinct, base.sum if base.distinct else ""), []).append(base)
    for (fact_id, distinct, _sum), bases in groups.items():
        # What adds up is taken apart once and added here; who is distinct has to be asked for the whole again.
        _ask_fact(db, reader, facts()[fact_id], bases, ask, span, found.rows, made, kept_apart)
        if not ask.by:
            found.whole = _merged(found.whole, found.rows.get((), {}))
        elif distinct and totals:
            whole: dict[Key, dict[str, Figures]] = {}
            _ask_fact(db, reader, facts()[fact_id], bases, Ask(ask.metrics, ask.period, (), ask.where, currency=ask.currency), span, whole, made, kept_apart)
            found.whole = _merged(found.whole, whole.get((), {}))
        else:
            for by_currency in found.rows.values():
                for currency, figures in by_currency.items():
                    sums = found.whole.setdefault(currency, {})
                    for base in bases:
                        sums[base] = sums.get(base, Fraction(0)) + figures.get(base, Fraction(0))
    return found


def _merged(one: dict[str, Figures], other: Mapping[str, Figures]) -> dict[str, Figures]:
    return {currency: {**one.get(currency, {}), **other.get(currency, {})} for currency in {*one, *other}}


def _ask_fact(
    db: Session, reader: Reader, fact: Fact, bases: Sequence[Base], ask: Ask, span: Span, into: dict[Key, dict[str, Figures]], made: Answer,
    kept_apart: bool,
) -> None:  # fmt: skip
    """The figures of one fact, in one statement; with ``kept_apart`` by currency."""
    needed = _needed(ask, bases[0])
    listed = steps(span, ask.time)
    sums = list(dict.fromkeys(base.sum for base in bases))
    table = _table(db, reader, fact, needed, listed, span, sums, made)
    if table is None:
        return
    columns: list[Any] = []
    told: dict[str, Any] = {}
    joined: Any = table
    known = dimensions()
    for name in ask.by:
        through = known[name] if name in known and known[name].through else None
        if through is not None and through.pairs is not None:
            pairs = through.pairs().subquery()
            joined = joined.outerjoin(pairs, pairs.c.key == table.c[through.through])
            columns.append(func.coalesce(pairs.c.value, ""))
        elif name in BY_CUSTOMER:
            since = _since(db, reader, listed, span, made)
            joined = joined.outerjoin(since, since.c.who == table.c.customer)
            columns.append(buyer_kind(table, "customer", since) if name == BUYER_KIND else since.c.since)
        else:
            columns.append(table.c.label if name == ask.time else table.c.currency if name == CURRENCY else table.c[name])
    where = []
    for name, values in ask.where.items():
        through = known[name] if name in known and known[name].through else None
        if through is not None and through.pairs is not None:
            pairs = through.pairs().subquery()
            where.append(table.c[through.through].in_(select(pairs.c.key).where(func.coalesce(pairs.c.value, "").in_(values))))
        elif name in BY_CUSTOMER:
            raise BadRequest(_l("Figures cannot be narrowed by “%(name)s”.", name=name), field=name)
        else:
            where.append(table.c[name].in_(values))
    if ask.currency:
        where.append(table.c.currency.in_((ask.currency, "")))
    names = [f"k{n}" for n in range(len(columns))]
    picked = [c.label(name) for c, name in zip(columns, names, strict=True)]
    if kept_apart:
        names, picked = [*names, "zg_currency"], [*picked, table.c.currency.label("zg_currency")]
    distinct = bases[0].distinct
    member = [table.c[distinct].label("who"), table.c.first.label("zg_first")] if distinct else []
    # A statement around it: what is grouped by is a column there, not an expression with parameters of its own.
    rows = select(*picked, *member, *(table.c[name].label(name) for name in sums)).select_from(joined).where(*where).subquery()
    keys = [rows.c[name] for name in names]
    if distinct:
        people = select(*keys, rows.c.who, func.max(rows.c.zg_first).label("zg_first")).where(rows.c.who != "", rows.c[sums[0]] > 0).group_by(*keys, rows.c.who).subquery()
        keys = [people.c[name] for name in names]
        joined = people
        if any(base.who for base in bases):
            since = _since(db, reader, listed, span, made)
            joined = people.join(since, since.c.who == people.c.who)
            told = {"new": since.c.since >= people.c.zg_first, "returning": since.c.since < people.c.zg_first}
        added = [func.sum(case((told[base.who], 1), else_=0)) if base.who else func.count() for base in bases]
        statement = select(*keys, *(one.label(f"m{n}") for n, one in enumerate(added))).select_from(joined)
    else:
        statement = select(*keys, *(func.sum(rows.c[base.sum]).label(f"m{n}") for n, base in enumerate(bases)))
    statement = statement.group_by(*keys) if keys else statement
    for row in db.execute(statement):
        key = tuple(_key(by, getattr(row, name)) for by, name in zip(ask.by, names, strict=False))
        figures = into.setdefault(key, {}).setdefault(row.zg_currency if kept_apart else "", {})
        for n, base in enumerate(bases):
            figures[base] = figures.get(base, Fraction(0)) + Fraction(int(getattr(row, f"m{n}") or 0))


def _key(by: str, value: Any) -> str:
    """A value of a dimension as it stands in an answer. The month of a first order may have begun before the period did: its steps are one."""
    if by != FIRST_MONTH:
        return str(value)
    return "" if value is None else first_of("month", value).isoformat()


def _needed(ask: Ask, base: Base) -> list[str]:
    known, needed = dimensions(), []
    for name in (*ask.by, *ask.where):
        if name == HOUR:
            needed.append(HOUR)
        elif name in BY_CUSTOMER:
            needed.append("customer")
        elif name in known:
            needed.append(known[name].through or name)
    if base.distinct:
        needed.append(base.distinct)
    return list(dict.fromkeys(needed))


def _table(
    db: Session, reader: Reader, fact: Fact, needed: Sequence[str], listed: Sequence[Step], span: Span, sums: Sequence[str], made: Answer
) -> Subquery | None:
    """Rows of what is kept and of what is not, one below the other."""
    zone, clauses = shop_zone(), row_clauses(reader, fact.screen)
    kept: Kept | None = None if clauses else fitting(fact, needed)
    days = set(span.each())
    clean: set[date] = set()
    if kept is not None:
        clean = once(db, ("clean", fact.id, span.first, span.last), lambda: buckets.clean_days(db, fact, span.first, span.last)) - {reader.now.astimezone(zone).date()} - ({span.last} if span.until is not None else set())
    if len(listed) > MOST_PIECES:
        raise TooMuch()
    open_days = days - clean
    made.read_days = max(made.read_days, len(open_days))
    parts_of: list[Any] = []
    if kept is not None and clean:
        parts_of.append(of_cells(kept, needed, listed, clean, sums=sums))
    if open_days:
        stretches = pieces(listed, open_days, zone, span.until, hours=HOUR in needed)
        for start in range(0, len(stretches), MOST_PIECES):
            some = stretches[start : start + MOST_PIECES]
            parts_of.append(of_rows(fact, needed, clauses, some, db.get_bind().dialect.name, sums=sums))
    return one_table(parts_of) if parts_of else None


def once(db: Session, key: tuple[Any, ...], find: Callable[[], Any]) -> Any:
    """What several tiles of a page ask alike, asked once in this reading: nothing changes in between."""
    known = db.info.setdefault("analytics", {})
    if key not in known:
        known[key] = find()
    return known[key]


def _since(db: Session, reader: Reader, listed: Sequence[Step], span: Span, made: Answer) -> Subquery:
    """When each customer bought first, in the steps of a question."""
    new = metrics()[_NEW]
    fact = facts()[new.fact]
    began = once(db, ("first", fact.id), lambda: buckets.first_day(db, fact)) or span.first
    by = "month" if FIRST_MONTH in made.ask.by else ""
    before = steps(Span(began, span.first - _ONE_DAY), by) if began < span.first else []
    whole = Span(min(began, span.first), span.last, span.until)
    table = _table(db, reader, fact, [new.distinct], [*before, *listed], whole, [new.sum], made)
    if table is None:
        raise TooMuch()
    return firsts(table, new.distinct, new.sum)


def _fill(made: Answer, wanted: Sequence[Metric], now: Mapping[bool, _Found], then: Mapping[bool, _Found]) -> None:
    """Formulas, totals, order and limit."""
    ask, currency = made.ask, made.currency

    def row(found: Mapping[bool, _Found], metric: Metric, key: Key) -> Figures:
        return _one(found[_is_money(metric)].rows.get(key, {}), currency)

    made.currencies = sorted({code for found in now.values() for by in found.rows.values() for code in by if code} - {currency, ""})
    every = {key for found in now.values() for key, by in found.rows.items() if any(_one(by, currency).values())}
    if ask.time and len(ask.by) == 1:
        every |= {(step.label,) for step in steps(made.span, ask.time)}
    values = {key: {m.id: _value(m, row(now, m, key)) for m in wanted} for key in every}
    made.totals = {m.id: _value(m, _one(now[_is_money(m)].whole, currency)) for m in wanted}
    made.rows = _ordered(ask, wanted, every, values)
    if len(made.rows) > ask.limit:
        beyond = made.rows[ask.limit :]
        made.rows = made.rows[: ask.limit]
        rest = {money: _together(_one(found.rows.get(key, {}), currency) for key in beyond) for money, found in now.items()}
        made.others = {m.id: _value(m, rest[_is_money(m)]) if not _counts_people(m) else None for m in wanted}
    made.values = {key: values[key] for key in made.rows}
    if made.before is not None:
        made.totals_were = {m.id: _value(m, _one(then[_is_money(m)].whole, currency)) for m in wanted}
        made.was = {
            key: {m.id: _value(m, row(then, m, old)) for m in wanted} for key, old in zip(made.rows, _old_keys(made), strict=True) if old is not None
        }  # fmt: skip


def _together(some: Iterable[Figures]) -> Figures:
    whole: Figures = {}
    for figures in some:
        for base, number in figures.items():
            whole[base] = whole.get(base, Fraction(0)) + number
    return whole


def _counts_people(metric: Metric) -> bool:
    return any(part.distinct for part in parts(metric))


def _old_keys(made: Answer) -> list[Key | None]:
    """For each row the key of its like in the time before: the same values, of a time the step in the same place."""
    ask = made.ask
    if not ask.time or ask.time == "weekday" or made.before is None:
        return list(made.rows)
    place = ask.by.index(ask.time)
    ours, theirs = ([step.label for step in steps(span, ask.time)] for span in (made.span, made.before))
    like = dict(zip(ours, theirs, strict=False))
    return [None if key[place] not in like else (*key[:place], like[key[place]], *key[place + 1 :]) for key in made.rows]


def _one(by_currency: Mapping[str, Figures], currency: str) -> Figures:
    """The figures in one currency, with those that have none."""
    return {**by_currency.get("", {}), **by_currency.get(currency, {})}


def _value(metric: Metric, figures: Figures) -> Decimal | None:
    exact = _exact(metric, figures)
    if exact is None:
        return None
    return formulas.rounded(exact, {"percent": 2, "decimal": 2}.get(metric.unit, 0))


def _exact(metric: Metric, figures: Figures) -> Fraction | None:
    if not metric.formula:
        return figures.get(base_of(metric), Fraction(0))
    known = metrics()

    def look(name: str) -> Fraction | None:
        return _exact(known[name], figures) if name in known and offered(known[name]) else Fraction(0)

    return formula(metric.formula).value(look)


def _ordered(ask: Ask, wanted: Sequence[Metric], keys: set[Key], values: Mapping[Key, Mapping[str, Decimal | None]]) -> list[Key]:
    first = sorted(keys, key=lambda key: [(len(part), part) if name == HOUR else (0, part) for name, part in zip(ask.by, key, strict=True)])
    order = ask.order or ("" if ask.time or HOUR in ask.by else f"-{wanted[0].id}")
    name, down = order.removeprefix("-"), order.startswith("-")
    if name in ask.by:
        return first[::-1] if down else first
    if not name:
        return first
    known, unknown = [key for key in first if values[key][name] is not None], [key for key in first if values[key][name] is None]
    return sorted(known, key=lambda key: values[key][name] or 0, reverse=down) + unknown


