"""Hooks for what a plugin stores."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from ..host.declare import DemoData, Exporter, Importer, PersonalData, Total
from . import hookspec


@hookspec
def register_models() -> Sequence[type[Any]]:
    """Mapped classes of this plugin, so that its tables are known to migrations and to erasure.

    Example: ``return [models.Order, models.OrderLine]``
    """
    return ()


@hookspec
def register_importers() -> Sequence[Importer]:
    """Kinds of rows that ``zhanggui import`` can read.

    Example: ``return [importing.PRODUCTS]``
    """
    return ()


@hookspec
def register_exporters() -> Sequence[Exporter]:
    """Kinds of rows that ``zhanggui export`` can write, beside the screens.

    Example: ``return [exporting.PRODUCTS]``
    """
    return ()


@hookspec
def register_personal_data() -> Sequence[PersonalData]:
    """How this plugin answers about a person: finds, writes out, erases. A table with personal text that nobody answers for is refused.

    Example: ``return [PersonalData("orders", [models.Order], people.find, people.export, people.erase)]``
    """
    return ()


@hookspec
def register_totals() -> Sequence[Total]:
    """Sums of money or pieces that stand in every backup and have to come out again when it is brought back.

    Example: ``return [Total("on_hand", _l("Pieces in stock"), queries.on_hand_of_all)]``
    """
    return ()


@hookspec
def register_demo() -> Sequence[DemoData]:
    """Rows for a demo shop.

    Example: ``return [DemoData("products", demo.fill)]``
    """
    return ()


@hookspec
def register_hookspecs() -> Sequence[ModuleType]:
    """Modules with hooks that this plugin offers to others; their names start with its short name.

    Example: ``return [hookspecs]``
    """
    return ()
