"""A question, the same in Python, as JSON and in an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from zhanggui.api import BadRequest, Fact, _l, dimensions, facts

from .catalogue import BY_CUSTOMER, metric_of, parts
from .periods import COMPARED

TIMES = ("day", "week", "month", "quarter", "year", "weekday")
HOUR, CURRENCY = "hour", "currency"
MOST_METRICS, MOST_BY, MOST_ROWS = 12, 3, 1000
_KNOWN = ("metrics", "by", "period", "compare", "order", "limit", "currency", "from", "to")


@dataclass(frozen=True)
class Ask:
    """Figures of a period, taken apart by ``by``, narrowed by ``where`` (dimension -> values).

    ``order`` is a metric or ``by``, with "-" before it for the largest first; without one, time goes forward and everything else from
    the largest down. ``limit`` rows are named, the others are one row.
    """

    metrics: Sequence[str]
    period: str = "last_30_days"
    by: Sequence[str] = ()
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    compare: str = "none"
    order: str = ""
    limit: int = 100
    currency: str = ""

    @property
    def time(self) -> str:
        """The dimension of time among ``by``; "" without one."""
        return next((name for name in self.by if name in TIMES), "")

    def address(self, path: str = "/analytics/ask", **other: Any) -> str:
        """Where this question is answered."""
        ask = replace(self, **other)
        return f"{path}?{urlencode(ask.words(), safe=',.')}"

    def words(self) -> dict[str, str]:
        """What of an address makes this question."""
        given: dict[str, str] = {"metrics": ",".join(self.metrics), "by": ",".join(self.by), "period": self.period}
        given |= {"compare": self.compare} if self.compare != "none" else {}
        given |= {name: str(value) for name, value in (("order", self.order), ("currency", self.currency)) if value}
        given |= {"limit": str(self.limit)} if self.limit != usual_limit(self.by) else {}
        given |= {name: ",".join(values) for name, values in self.where.items()}
        return {name: value for name, value in given.items() if value}

    def of_parts(self) -> str:
        """Where stands what the one figure is made of."""
        words = {name: value for name, value in self.words().items() if name not in ("metrics", "limit")}
        return f"/analytics/parts/{self.metrics[0]}?{urlencode(words, safe=',.')}"


def usual_limit(by: Sequence[str]) -> int:
    """So many rows are named unless it is said: of times each, of other things those on top."""
    return MOST_ROWS if any(name in TIMES or name == HOUR for name in by) else 100


def read(given: Mapping[str, str]) -> Ask:
    """A question from an address. What stands there and is none of its words is a dimension that narrows it.

    :raises BadRequest: naming what cannot be answered.
    """
    metrics, by = (tuple(filter(None, given.get(name, "").split(","))) for name in ("metrics", "by"))
    try:
        limit = int(given.get("limit") or usual_limit(by))
    except ValueError:
        limit = 0
    if not 1 <= limit <= MOST_ROWS:
        raise BadRequest(_l("The limit is a number from 1 to %(most)s.", most=MOST_ROWS), field="limit")
    where = {name: tuple(value.split(",")) for name, value in given.items() if name not in _KNOWN and value}
    ask = Ask(metrics, period_of(given), by, where, given.get("compare") or "none", given.get("order", ""), limit, given.get("currency", ""))
    check(ask)
    return ask


def period_of(given: Mapping[str, str]) -> str:
    """The period of an address: its word, or the days that somebody chose himself."""
    if given.get("from") and given.get("to"):
        return f"{given['from']}..{given['to']}"
    return given.get("period") or "last_30_days"


def check(ask: Ask) -> None:
    """:raises BadRequest: naming the first thing that cannot be answered."""
    if not 1 <= len(ask.metrics) <= MOST_METRICS or len(set(ask.metrics)) != len(ask.metrics):
        raise BadRequest(_l("Name 1 to %(most)s figures, each once.", most=MOST_METRICS), field="metrics")
    if len(ask.by) > MOST_BY or len(set(ask.by)) != len(ask.by) or sum(name in TIMES for name in ask.by) > 1:
        raise BadRequest(_l("Figures are taken apart by at most %(most)s things, one of them a time.", most=MOST_BY), field="by")
    if ask.compare not in COMPARED:
        raise BadRequest(_l("“%(word)s” is no comparison.", word=ask.compare), field="compare")
    if ask.order and ask.order.removeprefix("-") not in (*ask.metrics, *ask.by):
        raise BadRequest(_l("Order by one of the figures or of what they are taken apart by."), field="order")
    for id in ask.metrics:
        for part in parts(metric_of(id)):
            for name in (*ask.by, *ask.where):
                if not can_be_by(facts()[part.fact], name):
                    raise BadRequest(_l("“%(metric)s” cannot be taken apart by “%(name)s”.", metric=id, name=name), field="by" if name in ask.by else name)
    if any(name in TIMES or name == HOUR for name in ask.where):
        raise BadRequest(_l("Narrow the time with the period."), field="period")


def ways(metric_ids: Sequence[str]) -> list[str]:
    """What figures can be taken apart by, all of them."""
    of = [facts()[part.fact] for id in metric_ids for part in parts(metric_of(id))]
    return [name for name in (*TIMES, HOUR, *dimensions()) if all(can_be_by(fact, name) for fact in of)]


def can_be_by(fact: Fact, name: str) -> bool:
    """Whether the rows of a fact know a dimension."""
    if name in TIMES or name in (HOUR, CURRENCY):
        return True
    if name in BY_CUSTOMER:
        return "customer" in fact.by
    known = dimensions().get(name)
    return known is not None and (known.through or name) in fact.by
