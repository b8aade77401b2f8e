"""What orders add."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from zhanggui.api import (
    Audience,
    AuditWords,
    Dashboard,
    DemoData,
    Dimension,
    Exporter,
    Fact,
    FirstStep,
    Importer,
    JobDef,
    MenuItem,
    MessageKind,
    Metric,
    Permission,
    PersonalData,
    PublicEvent,
    RolePreset,
    Schedule,
    Screen,
    SearchProvider,
    Slot,
    Total,
    Widget,
    _l,
    hookimpl,
)

from . import (
    audiences,
    audit_words,
    demo,
    events,
    exporting,
    hookspecs,
    importing,
    jobs,
    line_screen,
    messages,
    metrics,
    models,
    people,
    public_events,
    queries,
    screens,
    shipment_screen,
)


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [
        models.Order, models.OrderLine, models.PriceAdjustment, models.LineAdjustment, models.Shipment,
        models.ShipmentLine, models.Day, models.OrderTerm,
    ]  # fmt: skip


@hookimpl
def register_hookspecs() -> Sequence[ModuleType]:
    return [hookspecs]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [Permission("can_import", "orders.Order", _l("Import orders from a file"))]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.ORDERS, line_screen.ORDER_LINES, shipment_screen.SHIPMENTS]


@hookimpl
def register_slots() -> Sequence[Slot]:
    return screens.SLOTS


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [*screens.MENU, *shipment_screen.MENU, *line_screen.MENU]


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return screens.WIDGETS


@hookimpl
def register_events() -> Sequence[type[Any]]:
    return [
        events.OrderPlaced, events.OrderPaid, events.OrderShipped, events.OrderReceived, events.OrderCanceled,
        events.OrderRefunded, events.OrdersImported, events.ShipmentCorrected, events.OrderRepriced,
    ]  # fmt: skip


@hookimpl
def register_public_events() -> Sequence[PublicEvent]:
    return public_events.PUBLIC


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
    selling = (*reading, "add", "ship", "mark_paid", "receive", "cancel", "write_note", "change_address")  # not the price: that is the owner's
    parcels = {"orders.Shipment": (*reading, "edit")}
    return [
        RolePreset("clerk", _l("Clerk"), {"orders.Order": selling, "orders.OrderLine": reading, **parcels}),
        RolePreset("warehouse", _l("Warehouse"), {"orders.Order": (*reading, "ship", "write_note"), **parcels}),
        RolePreset("viewer", _l("Viewer"), {"orders.Order": reading, "orders.OrderLine": reading, "orders.Shipment": reading}),
    ]


@hookimpl
def register_importers() -> Sequence[Importer]:
    return [importing.ORDERS]


@hookimpl
def register_exporters() -> Sequence[Exporter]:
    return [exporting.ORDERS]


@hookimpl
def register_totals() -> Sequence[Total]:
    return [Total("orders.kept", _l("Paid for orders, less what was given back"), queries.kept_of_all)]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [people.ANSWER]


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]


@hookimpl
def register_first_steps() -> Sequence[FirstStep]:
    return [
        FirstStep(
            "first_order", _l("Try an order"), _l("Order one piece yourself and follow it until it is shipped."), queries.has_orders,
            ("can_add", "orders.Order"), href="/orders/add", order=60,
        ),
    ]  # fmt: skip


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS


@hookimpl
def register_message_kinds() -> Sequence[MessageKind]:
    return messages.KINDS


@hookimpl
def register_facts() -> Sequence[Fact]:
    return metrics.FACTS


@hookimpl
def register_metrics() -> Sequence[Metric]:
    return metrics.METRICS


@hookimpl
def register_dimensions() -> Sequence[Dimension]:
    return metrics.DIMENSIONS


@hookimpl
def register_dashboards() -> Sequence[Dashboard]:
    return metrics.DASHBOARDS


@hookimpl
def notifications_audiences() -> Sequence[Audience]:
    return audiences.AUDIENCES
