"""What is checked of facts, metrics, dimensions and dashboards before any of them is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel import formulas
from ..kernel.errors import WiringError
from .checks import called, is_name, step
from .measuring import AREAS, GOOD, TILES, TIMES, UNITS, Dashboard, Dimension, Fact, Metric, Tile

_FIGURE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z")
MOST_SUMS, MOST_KEPT = 8, 3  # columns of a kept row


def check_figures(plugin_id: str, facts: Sequence[Fact], metrics: Sequence[Metric], dimensions: Sequence[Dimension], boards: Sequence[Dashboard]) -> None:
    """:raises WiringError: for the first that could not be asked."""
    for fact in facts:
        _check_fact(plugin_id, fact)
    for metric in metrics:
        _check_metric(metric)
    for dimension in dimensions:
        if not is_name(dimension.id) or dimension.id in (*TIMES, "currency"):
            raise _wrong(dimension, _l("a name is made of letters, digits and underscores"))
        if bool(dimension.through) != (dimension.pairs is not None):
            raise _wrong(dimension, _l("through and pairs go together"))
    for board in boards:
        for tile in board.tiles:
            _check_tile(board, tile)


def _check_fact(plugin_id: str, fact: Fact) -> None:
    if not fact.id.startswith(f"{plugin_id}.") or not _FIGURE.match(fact.id):
        raise _wrong(fact, _l("it must be named %(prefix)s<name>", prefix=f"{plugin_id}."))
    if not 1 <= len(fact.sums) <= MOST_SUMS:
        raise _wrong(fact, _l("it adds up 1 to %(most)s columns", most=MOST_SUMS))
    if fact.screen.partition(".")[0] != plugin_id:
        raise _wrong(fact, _l("the screen “%(screen)s” must be named %(prefix)s<Model>", screen=fact.screen, prefix=f"{plugin_id}."))
    for kept in fact.kept:
        for name in kept:
            if name != "hour" and name not in fact.by:
                raise _wrong(fact, _l("it cannot be taken apart by “%(name)s”", name=name))
        if len([name for name in kept if name != "hour"]) > MOST_KEPT:
            raise _wrong(fact, _l("at most %(most)s dimensions are kept together", most=MOST_KEPT))


def _check_metric(metric: Metric) -> None:
    if not _FIGURE.match(metric.id):
        raise _wrong(metric, _l("it must be named like sales.net"))
    for value, known in ((metric.unit, UNITS), (metric.good, GOOD), (metric.area, AREAS), (metric.who, ("", "new", "returning"))):
        if value not in known:
            raise _wrong(metric, _l("%(what)s must be one of %(choices)s", what=value, choices=", ".join(filter(None, known))))
    if bool(metric.formula) == bool(metric.fact and metric.sum):
        raise _wrong(metric, _l("it needs a fact and a sum, or a formula"))
    if metric.who and not metric.distinct:
        raise _wrong(metric, _l("who is new can only be told of what is distinct"))
    if metric.formula:
        try:
            formulas.parse(metric.formula)
        except ValueError as error:
            raise _wrong(metric, _l("its formula cannot be read: %(why)s", why=str(error))) from error


def _check_tile(board: Dashboard, tile: Tile) -> None:
    if tile.kind not in TILES:
        raise _wrong(board, _l("there is no kind %(kind)s", kind=repr(tile.kind)))
    wanted = {"number": 0, "line": 1, "bars": 1, "ranked": 1, "heat": 2}[tile.kind]
    if len(tile.by) != wanted or not tile.metrics or (tile.kind != "line" and len(tile.metrics) > 1 and tile.kind != "bars"):
        raise _wrong(board, _l("the tile “%(tile)s” needs metrics, and %(many)s dimensions", tile=tile.id, many=wanted))


def _wrong(thing: Any, what: Any) -> WiringError:
    return WiringError(_l("%(where)s: %(what)s", where=called(thing), what=what), at=(step(thing),))
