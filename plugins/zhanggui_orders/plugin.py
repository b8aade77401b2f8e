"""What orders add."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from zhanggui.api import (
    DemoData,
    Exporter,
    Importer,
    JobDef,
    MenuItem,
    PersonalData,
    RolePreset,
    Schedule,
    Screen,
    SearchProvider,
    Slot,
    Widget,
    _l,
    hookimpl,
)

from . import demo, events, exporting, hookspecs, importing, jobs, line_screen, models, people, queries, screens


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [
        models.Order, models.OrderLine, models.PriceAdjustment, models.LineAdjustment, models.Shipment,
        models.ShipmentLine, models.Day,
    ]  # fmt: skip


@hookimpl
def register_hookspecs() -> Sequence[ModuleType]:
    return [hookspecs]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.ORDERS, line_screen.ORDER_LINES]


@hookimpl
def register_slots() -> Sequence[Slot]:
    return screens.SLOTS


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [*screens.MENU, *line_screen.MENU]


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return screens.WIDGETS


@hookimpl
def register_events() -> Sequence[type[Any]]:
    return [
        events.OrderPlaced, events.OrderPaid, events.OrderShipped, events.OrderReceived, events.OrderCanceled,
        events.OrderRefunded, events.OrdersImported,
    ]  # fmt: skip


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.close_unpaid_orders, jobs.receive_shipped_orders]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [
        Schedule("close_unpaid", jobs.close_unpaid_orders, seconds=60),
        Schedule("receive_shipped", jobs.receive_shipped_orders, seconds=3600),
    ]


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    return [SearchProvider("orders", _l("Orders"), ("can_list", "orders.Order"), queries.search, order=10)]


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    reading = ("list", "show")
    selling = (*reading, "ship", "mark_paid", "receive", "cancel", "write_note")
    return [
        RolePreset("clerk", _l("Clerk"), {"orders.Order": selling, "orders.OrderLine": reading}),
        RolePreset("warehouse", _l("Warehouse"), {"orders.Order": (*reading, "ship", "write_note")}),
        RolePreset("viewer", _l("Viewer"), {"orders.Order": reading, "orders.OrderLine": reading}),
    ]


@hookimpl
def register_importers() -> Sequence[Importer]:
    return [importing.ORDERS]


@hookimpl
def register_exporters() -> Sequence[Exporter]:
    return [exporting.ORDERS]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [people.ANSWER]


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]
