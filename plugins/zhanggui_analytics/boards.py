"""Dashboards: tiles of one period, each a question whose figures open what they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import (
    Band,
    Block,
    Calendar,
    Chart,
    Dashboard,
    DomainError,
    Metric,
    Question,
    Reader,
    Series,
    Tile,
    _,
    _l,
    added_up,
    address_of,
    dashboards,
    facts,
    fmt,
    metrics,
    row_clauses,
    shop_zone,
)

from . import asks, customer_slots, drill, wording
from .asks import MOST_METRICS, Ask, can_be_by
from .catalogue import FIRST_MONTH, may_see, offered, parts
from .periods import COMPARED, WORDS, Span, compared, first_of, span_of
from .segments import SCORES, SEGMENTS, segment_of
from .services import scoring
from .services.asking import Answer, answer

TODAY, SAVED, SEGMENTED = "today", "saved", "segments"
STEPS = {"": _l("As it fits"), "day": _l("By day"), "week": _l("By week"), "month": _l("By month")}
_BARS = ("day", "week", "month", "quarter", "year")
_COHORTS = 13  # months down and across
_LONG = 92  # days that a chart by day can show side by side
MOST_STEPS = 400  # steps of a chart


@dataclass(frozen=True)
class Chosen:
    """What is chosen on top of a dashboard."""

    board: str
    period: str = "last_30_days"
    compare: str = "previous"
    step: str = ""  # one of STEPS


def boards(reader: Reader) -> list[Dashboard]:
    """Those with a tile for this reader."""
    return [board for board in [_today(), *dashboards()] if any(shown(reader, tile) for tile in board.tiles)]


def _today() -> Dashboard:
    """How it is going now: the first figures of every plugin, against the same time of the day before."""
    wanted = [id for id in ("sales.net", "orders.placed", "orders.paid", "sales.aov", "customers.buyers", "customers.registered", "cash.in") if id in metrics()]
    tiles = [Tile(id.replace(".", "_"), metrics()[id].label, (id,), order=place) for place, id in enumerate(wanted)]
    hours = [Tile("hours", _l("Orders by hour"), ("orders.placed",), "bars", ("hour",), order=90)] if "orders.placed" in metrics() else []
    return Dashboard(TODAY, _l("Today"), (*tiles, *hours), order=0)


def shown(reader: Reader, tile: Tile) -> bool:
    """Whether all that a tile shows is offered here and for this reader."""
    known = metrics()
    if not all(id in known and offered(known[id]) and may_see(reader, known[id]) for id in tile.metrics):
        return False
    return all(can_be_by(facts()[part.fact], name) for id in tile.metrics for part in parts(known[id]) for name in tile.by)


def blocks(reader: Reader, board: Dashboard, chosen: Chosen) -> Iterator[Block]:
    """What stands on the page of a dashboard."""
    yield tabs(reader, chosen)
    if board.id != TODAY:
        yield Block("period", "choose", _("Period"), lambda db, reader: choices(reader, chosen), order=1)
    tiles = [tile for tile in board.tiles if shown(reader, tile)]
    numbers = Numbers(reader, [tile.metrics[0] for tile in tiles if tile.kind == "number"], chosen)
    for tile in tiles:
        if tile.kind == "number":
            yield Block(tile.id, "number", tile.title, partial(_number, numbers=numbers, metric=metrics()[tile.metrics[0]]), order=10 + tile.order)
        else:
            ask = _ask(tile, chosen, reader)
            yield Block(tile.id, "chart", tile.title, partial(_chart, tile=tile, ask=ask), order=200 + tile.order, href=ask.address())
    if board.more is not None:
        span = span_of(chosen.period, reader.now, shop_zone())
        yield from board.more(reader, span.first, span.last)


def tabs(reader: Reader, chosen: Chosen) -> Block:
    """The ways to the other pages of figures."""
    links = [(str(one.title), address(Chosen(one.id, chosen.period, chosen.compare, chosen.step)), one.id == chosen.board) for one in boards(reader)]
    if may_see_segments(reader):
        links.append((_("Segments"), "/analytics/segments", chosen.board == SEGMENTED))
    links.append((_("Saved questions"), "/analytics/saved", chosen.board == SAVED))
    return Block("boards", "links", _("Dashboards"), lambda db, reader: links, order=0)


def may_see_segments(reader: Reader) -> bool:
    """Whether this reader sees figures of customers, and may list them."""
    return reader.may(*customer_slots.MAY_SEE) and reader.may("can_list", customer_slots.CUSTOMERS) and scoring.can_score()


def segments(reader: Reader) -> Iterator[Block]:
    """How many customers are in each segment, each leading to them, and in each pair of scores."""
    yield tabs(reader, Chosen(SEGMENTED))
    yield Block("segments", "list", _("Segments"), _segment_rows, order=10)
    if not row_clauses(reader, customer_slots.CUSTOMERS):
        yield Block("scores", "chart", _("How recently and how often"), _scores, order=20)
        yield Block("repeat", "list", _("Who buys again"), _repeat, order=30)


def _segment_rows(db: Session, reader: Reader) -> Mapping[str, Any]:
    rows = []
    for segment in SEGMENTS:
        asked = Question(customer_slots.CUSTOMERS, {customer_slots.SEGMENT: segment.value}, "customers")
        count = sum((added_up(db, reader, asked).totals or {}).get("customers", {}).values())
        cells = [f"{recent}·{often}" for recent in SCORES for often in SCORES if segment_of(recent, often) == segment.value]
        said = _("How recently · how often: %(scores)s", scores=", ".join(cells))
        rows.append({"title": segment.label, "sub": said, "end": fmt.number(count), "href": address_of(asked, reader)})
    return {"rows": rows}


def _repeat(db: Session, reader: Reader) -> Mapping[str, Any]:
    found = scoring.repeat(db)

    def share(many: int) -> str:
        return f"{fmt.percent(round(Decimal(many * 100) / found.buyers, 2))}" if found.buyers else "–"

    rows = [{"title": _("Bought more than once"), "sub": _("of %(count)s buyers", count=fmt.number(found.buyers)), "end": f"{fmt.number(found.again)} · {share(found.again)}"}]
    for days, many in found.within.items():
        title = _("Bought again on the same day") if not days else _("Bought again within %(days)s days", days=days)
        rows.append({"title": title, "end": f"{fmt.number(many)} · {share(many)}"})
    if found.median is not None:
        rows.append({"title": _("Days from the first to the second order"), "sub": _("the one in the middle"), "end": fmt.number(Decimal(found.median.numerator) / found.median.denominator)})
    return {"rows": rows}


def _scores(db: Session, reader: Reader) -> Chart:
    found = scoring.counts(db)
    series = [Series(_("How often: %(score)s", score=often), [found.get((recent, often)) for recent in SCORES[::-1]]) for often in SCORES]
    labels = [str(recent) for recent in SCORES[::-1]]
    said = _("5 is the fifth of all buyers who bought last, or most often. Equal customers have equal scores. As of yesterday.")
    return Chart("heat", labels, series, _("How recently"), "int", None, said)


def address(chosen: Chosen) -> str:
    """Where a dashboard stands under a period."""
    if chosen.board == TODAY:
        return "/analytics/"
    return f"/analytics/board/{chosen.board}?period={chosen.period}&compare={chosen.compare}" + (f"&step={chosen.step}" if chosen.step else "")


class Numbers:
    """The single figures of a page, asked together when the first of them is wanted."""

    def __init__(self, reader: Reader, ids: Sequence[str], chosen: Chosen) -> None:
        period, compare = (TODAY, "previous") if chosen.board == TODAY else (chosen.period, chosen.compare)
        wanted = list(dict.fromkeys(ids))
        self._asks = [Ask(tuple(wanted[n : n + MOST_METRICS]), period, compare=compare) for n in range(0, len(wanted), MOST_METRICS)]
        self._found: dict[Sequence[str], Answer | None] = {}

    def of(self, db: Session, reader: Reader, metric: Metric) -> Answer:
        """The answer in which a figure stands."""
        ask = next(ask for ask in self._asks if metric.id in ask.metrics)
        if ask.metrics not in self._found:
            try:
                self._found[ask.metrics] = answer(db, reader, ask)
            except DomainError:
                self._found[ask.metrics] = None
        # Where one of them fails, each is asked by itself: it alone is not there then.
        return self._found[ask.metrics] or answer(db, reader, replace(ask, metrics=(metric.id,)))


def choices(reader: Reader, chosen: Chosen) -> Mapping[str, Any]:
    """Period and comparison, each with its days."""
    zone = shop_zone()

    def days(span: Span) -> str:
        return _day(span.first) if span.first == span.last else f"{_day(span.first)} – {_day(span.last)}"

    span = span_of(chosen.period, reader.now, zone)
    before = compared(span, chosen.compare, reader.now, zone)
    periods = [(word, label) for word, label in WORDS.items() if word != TODAY]
    periods += [(chosen.period, WORDS.get(chosen.period) or days(span))] if chosen.period not in WORDS or chosen.period == TODAY else []
    return {
        "action": f"/analytics/board/{chosen.board}",
        "selects": [
            ("period", _("Period"), periods, chosen.period, days(span)),
            ("compare", _("Compared"), list(COMPARED.items()), chosen.compare, days(before) if before is not None else ""),
            ("step", _("Steps"), list(STEPS.items()), chosen.step, ""),
        ],
        "dates": [("from", _("From"), span.first.isoformat()), ("to", _("To"), span.last.isoformat())],
    }


def question(reader: Reader, found: Answer) -> Mapping[str, Any]:
    """Period, comparison and what a question is taken apart by."""
    ask = found.ask
    board = choices(reader, Chosen("", ask.period, ask.compare))
    ways = [("", _("Nothing")), *((name, wording.name_of(name)) for name in asks.ways(ask.metrics))]
    by = ",".join(ask.by)
    if len(ask.by) > 1:
        ways.append((by, " · ".join(wording.name_of(name) for name in ask.by)))
    hidden = {name: value for name, value in ask.words().items() if name not in ("period", "compare", "by", "limit", "order")}
    return {**board, "action": "/analytics/ask", "hidden": hidden, "selects": [*board["selects"][:2], ("by", _("Taken apart by"), ways, by, "")]}


def lines(db: Session, reader: Reader, found: Answer) -> list[dict[str, Any]]:
    """The rows of an answer one below the other, each with what it was."""
    wanted, names = [metrics()[id] for id in found.ask.metrics], wording.labels(db, reader, found)
    rows = []
    for key in found.rows[:_LONG]:
        title = " · ".join(names[name].get(value, value) or _("None") for name, value in zip(found.ask.by, key, strict=True))
        figures, was = found.values[key], found.was.get(key, {})
        sub = [f"{m.label} {wording.written(m, figures[m.id], found.currency)}" for m in wanted[1:]]
        if found.before is not None:
            sub = [wording.beside(wanted[0], figures[wanted[0].id], was.get(wanted[0].id), found.currency), *sub]
        end = wording.written(wanted[0], figures[wanted[0].id], found.currency)
        rows.append({"title": title, "sub": sub, "end": end, "href": drill.address(reader, found.ask, found.span, wanted[0], key)})
    return rows


def _day(day: date) -> str:
    return str(fmt.date(day))


def _ask(tile: Tile, chosen: Chosen, reader: Reader) -> Ask:
    by = tuple(tile.by)
    period, compare = (TODAY, "previous") if chosen.board == TODAY else (chosen.period, chosen.compare)
    span = span_of(period, reader.now, shop_zone())
    if tile.kind in ("line", "bars") and by[0] in _BARS:
        if chosen.step and not (chosen.step == "day" and span.days > MOST_STEPS):
            by = (chosen.step,)
        elif by[0] == "day" and span.days > _LONG:
            by = ("month" if span.days > 7 * _LONG else "week",)
    if FIRST_MONTH in by:  # cohorts are of the last year, whatever month is looked at
        end = span.last
        period = f"{first_of('month', end - timedelta(days=365)).isoformat()}..{end.isoformat()}"
    return Ask(tile.metrics, period, by, compare=compare if tile.kind in ("number", "line") else "none", limit=tile.limit if tile.kind == "ranked" else 1000)


def _number(db: Session, reader: Reader, *, numbers: Numbers, metric: Metric) -> Mapping[str, Any]:
    found = numbers.of(db, reader, metric)
    value, was = found.totals[metric.id], found.totals_were.get(metric.id)
    data: dict[str, Any] = {"value": _shown(value), "kind": metric.unit, "href": drill.address(reader, found.ask, found.span, metric), "fewer": metric.good == "down"}
    if metric.unit == "money":
        data["currency"] = found.currency
    if value is None:
        return {**data, "words": _("none")}
    if was is not None and found.before is not None:
        data |= {"was": _shown(was), "before": True}
    return data


def _shown(value: Decimal | None) -> Any:
    return 0 if value is None else int(value) if value.as_tuple().exponent == 0 else value


def _chart(db: Session, reader: Reader, *, tile: Tile, ask: Ask) -> Chart:
    return chart(db, reader, answer(db, reader, ask, totals=FIRST_MONTH not in tile.by), tile.kind)


def chart(db: Session, reader: Reader, found: Answer, kind: str) -> Chart:
    """An answer as a picture; every number leads to what it is made of."""
    wanted = [metrics()[id] for id in found.ask.metrics]
    names = wording.labels(db, reader, found)
    if kind == "heat":
        return _heat(reader, found, wanted[0], names)
    head = wording.name_of(found.ask.by[0])
    rows = [key for key in found.rows if kind != "ranked" or found.values[key][wanted[0].id]]
    labels = [date.fromisoformat(key[0]) if found.ask.by[0] == "day" else names[found.ask.by[0]].get(key[0], key[0] or _("None")) for key in rows]
    series = [_series(reader, found, metric, rows) for metric in wanted[: 1 if kind == "ranked" else 4]]
    if kind == "ranked" and found.others is not None and found.others[wanted[0].id]:
        labels, series = [*labels, _("All others")], [_with(series[0], found.others[wanted[0].id])]
    if kind == "line" and found.before is not None and len(wanted) == 1:
        was = [found.was.get(key, {}).get(wanted[0].id) for key in rows]
        series.append(Series(_("Before"), [None if value is None else _shown(value) for value in was], dashed=True))
    running = found.running and found.ask.by[0] in _BARS
    bands = _festivals(db, labels) if kind in ("line", "bars") and found.ask.by[0] == "day" else ()
    return Chart(kind, labels, series, head, wanted[0].unit, found.currency, _summary(found, wanted[0], rows), running=running, bands=bands)


def _festivals(db: Session, days: Sequence[Any]) -> list[Band]:
    """Festivals and days of trade of these days, as bands; of a long time only those with days off."""
    if not days:
        return []
    place = {day: n for n, day in enumerate(days)}
    found = []
    for one in Calendar.load(db, days[0], days[-1]).festivals():
        if len(days) > _LONG and one.first == one.last and one.id != "own":
            continue
        name = _("%(name)s (estimated)", name=one.label) if one.estimated else one.label
        found.append(Band(name, place.get(max(one.first, days[0]), 0), place.get(min(one.last, days[-1]), len(days) - 1)))
    return found


def _series(reader: Reader, found: Answer, metric: Metric, rows: Sequence[tuple[str, ...]]) -> Series:
    values = [found.values[key][metric.id] for key in rows]
    links = [drill.address(reader, found.ask, found.span, metric, key) for key in rows]
    return Series(metric.label, [None if value is None else _shown(value) for value in values], links if any(links) else ())


def _with(series: Series, value: Decimal | None) -> Series:
    return Series(series.label, [*series.values, _shown(value)], [*series.links, ""] if series.links else ())


def _summary(found: Answer, metric: Metric, rows: Sequence[tuple[str, ...]]) -> str:
    total = found.totals.get(metric.id)
    said = _("%(metric)s: %(total)s", metric=metric.label, total=wording.written(metric, total, found.currency))
    if found.currencies:
        said = _("%(sentence)s. Amounts in %(currencies)s are not in it.", sentence=said, currencies=", ".join(found.currencies))
    return _("%(sentence)s. Only what you may see is counted.", sentence=said) if found.limited else said


def _heat(reader: Reader, found: Answer, metric: Metric, names: Mapping[str, Mapping[str, str]]) -> Chart:
    """Weekdays across, hours down, every hour between the first and the last with a number; or any other two."""
    if found.ask.by[0] != "weekday":
        return _triangle(found, metric, names)
    down = found.ask.by[1]
    columns = [str(n) for n in range(1, 8)]
    hours = sorted({int(key[1]) for key in found.rows})
    rows = [str(hour) for hour in range(hours[0], hours[-1] + 1)] if hours else []
    series = [
        Series(wording.SHORT_WEEKDAYS[column], [_shown(found.values.get((column, row), {}).get(metric.id)) or None for row in rows]) for column in columns
    ]
    labels = [names[down].get(row, f"{int(row):02d}:00") for row in rows]
    return Chart("heat", labels, series, wording.name_of(down), metric.unit, found.currency, _summary(found, metric, found.rows))


def _triangle(found: Answer, metric: Metric, names: Mapping[str, Mapping[str, str]]) -> Chart:
    """Who came in a month, over the months after it: 0 is the first; what is not reached yet is empty."""
    down = found.ask.by[0]
    rows = sorted({key[0] for key in found.rows if key[0]})[-_COHORTS:]
    columns = sorted({key[1] for key in found.rows})
    place = {column: n for n, column in enumerate(columns)}
    series = []
    for after in range(min(len(columns), _COHORTS)):
        cells: list[Any] = []
        for row in rows:
            at = place.get(row, -1) + after
            cells.append(_shown(found.values.get((row, columns[at]), {}).get(metric.id)) if row in place and at < len(columns) else None)
        series.append(Series(f"+{after}", cells))
    said = _("%(metric)s by month of their first order; across the months after it.", metric=metric.label)
    return Chart("heat", [names[down][row] for row in rows], series, wording.name_of(down), metric.unit, found.currency, said)
