"""Hooks for what a plugin counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import hookspec

if TYPE_CHECKING:
    from ..host.measuring import Dashboard, Dimension, Fact, Metric


@hookspec
def register_facts() -> Sequence[Fact]:
    """Rows of this plugin that figures are made of; see ``docs/guides/metrics.md``.

    Example: ``return [Fact("orders.placed", _l("Orders placed"), rows, ["orders"], {"source": "source"}, "orders.Order")]``
    """
    return ()


@hookspec
def register_metrics() -> Sequence[Metric]:
    """Figures, each with its one meaning.

    Example: ``return [Metric("orders.placed", _l("Orders"), _l("Orders by the day they were placed."), "orders.placed", "orders")]``
    """
    return ()


@hookspec
def register_dimensions() -> Sequence[Dimension]:
    """Ways to take figures apart.

    Example: ``return [Dimension("source", _l("Source"), choices=SOURCES)]``
    """
    return ()


@hookspec
def register_dashboards() -> Sequence[Dashboard]:
    """Pages of figures under one period.

    Example: ``return [Dashboard("sales", _l("Sales"), [Tile("net", _l("Net sales"), ["sales.net"])])]``
    """
    return ()
