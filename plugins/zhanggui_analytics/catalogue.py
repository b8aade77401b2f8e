"""The figures that are offered now: what each is made of, and who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from zhanggui.api import BadRequest, Metric, Reader, _l, facts, formulas, metrics

BUYER_KIND, FIRST_MONTH = "buyer_kind", "first_month"
BY_CUSTOMER = (BUYER_KIND, FIRST_MONTH)  # told by when a customer bought first


@dataclass(frozen=True)
class Base:
    """What is asked of a fact: one sum, or how many different ones have it."""

    fact: str
    sum: str
    distinct: str = ""
    who: str = ""
    money: bool = False


@lru_cache(maxsize=1024)
def formula(text: str) -> formulas.Formula:
    """A formula, read once."""
    return formulas.parse(text)


def metric_of(id: str) -> Metric:
    """:raises BadRequest: for a figure that nobody offers."""
    found = metrics().get(id)
    if found is None or not offered(found):
        raise BadRequest(_l("There is no figure “%(name)s” here.", name=id), field="metrics")
    return found


def offered(metric: Metric) -> bool:
    """Whether everything that a figure is made of is here."""
    if metric.formula:
        known = metrics()
        return all((name in known and offered(known[name])) or may_miss for name, may_miss in formula(metric.formula).names())
    return metric.fact in facts()


def parts(metric: Metric) -> Iterator[Metric]:
    """The figures without a formula that it is made of."""
    if not metric.formula:
        yield metric
        return
    known = metrics()
    for name, _may_miss in formula(metric.formula).names():
        if name in known and offered(known[name]):
            yield from parts(known[name])


def base_of(metric: Metric) -> Base:
    """What is asked for a figure without a formula."""
    return Base(metric.fact, metric.sum, metric.distinct, metric.who, metric.unit == "money")


def adds_up(metric: Metric) -> bool:
    """Whether its parts in a breakdown add up to the whole."""
    if not metric.formula:
        return not metric.distinct
    known = metrics()
    return formula(metric.formula).adds_up and all(adds_up(known[name]) for name, _missing in formula(metric.formula).names() if name in known)


def may_see(reader: Reader, metric: Metric) -> bool:
    """The right of its area, and the lists of all that it is made of."""
    if not reader.may("can_see", f"analytics.{metric.area.capitalize()}"):
        return False
    for part in parts(metric):
        screen = facts()[part.fact].screen
        if not reader.may("can_list", screen) or (part.permission and not reader.may(part.permission, screen)):
            return False
        if not reader.may("can_see", f"analytics.{part.area.capitalize()}"):
            return False
    return True
