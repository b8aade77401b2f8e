"""What customers add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.api import (
    Audience,
    AuditWords,
    Dashboard,
    DemoData,
    Dimension,
    Exporter,
    Fact,
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
    _l,
    hookimpl,
)

from . import (
    audiences,
    audit_words,
    behaviour_figures,
    behaviour_pages,
    behaviour_screens,
    demo,
    events,
    exporting,
    funnel_pages,
    importing,
    jobs,
    messages,
    metrics,
    models,
    people,
    public_events,
    queries,
    screens,
)


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Customer, models.Identity, models.Address, models.VisitorLink, models.BehaviourEvent, models.Visit, models.Tally]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("can_import", "customers.Customer", _l("Import customers from a file")),
        Permission("can_show", behaviour_pages.RESOURCE, _l("See what a customer did"), _l("Footprints")),
        Permission("can_show", funnel_pages.RESOURCE, _l("See the way from coming to paying"), _l("Funnel")),
    ]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [behaviour_pages.FootprintsView, funnel_pages.FunnelView]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.CUSTOMERS, behaviour_screens.VISITS, behaviour_screens.TALLIES]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return screens.MENU


@hookimpl
def register_events() -> Sequence[type[Any]]:
    return [events.CustomerCreated, events.CustomerBlocked, events.CustomerErased, events.BehaviourCounted]


@hookimpl
def register_public_events() -> Sequence[PublicEvent]:
    return public_events.PUBLIC


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [
        jobs.count_paid_order, jobs.uncount_canceled_order, jobs.note_order_placed, jobs.note_order_paid, jobs.note_order_refunded, jobs.build_visits,
        jobs.prune_behaviour,
    ]  # fmt: skip


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("visits", jobs.build_visits, seconds=60), Schedule("prune_behaviour", jobs.prune_behaviour, cron="20 4 * * *")]


@hookimpl
def register_handlers() -> Mapping[str | type[Any], Sequence[JobDef]]:
    return {
        "orders.order.placed@1": [jobs.note_order_placed],
        "orders.order.paid@1": [jobs.count_paid_order, jobs.note_order_paid],
        "orders.order.refunded@1": [jobs.note_order_refunded],
        "orders.order.canceled@1": [jobs.uncount_canceled_order],
    }


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    return [SearchProvider("customers", _l("Customers"), ("can_list", "customers.Customer"), queries.search, order=20)]


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    reading = ("list", "show")
    return [
        RolePreset(
            "clerk", _l("Clerk"), {"customers.Customer": (*reading, "add", "edit", "reveal", "block", "unblock")}
        ),
        RolePreset("viewer", _l("Viewer"), {"customers.Customer": reading, "customers.Visit": reading, "customers.Tally": reading, "customers.Funnel": ("show",)}),
    ]


@hookimpl
def register_importers() -> Sequence[Importer]:
    return [importing.CUSTOMERS]


@hookimpl
def register_exporters() -> Sequence[Exporter]:
    return [exporting.CUSTOMERS]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [people.ANSWER]


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS


@hookimpl
def register_message_kinds() -> Sequence[MessageKind]:
    return messages.KINDS


@hookimpl
def register_facts() -> Sequence[Fact]:
    return (*metrics.FACTS, *behaviour_figures.FACTS)


@hookimpl
def register_metrics() -> Sequence[Metric]:
    return (*metrics.METRICS, *behaviour_figures.METRICS)


@hookimpl
def register_dimensions() -> Sequence[Dimension]:
    return (*metrics.DIMENSIONS, *behaviour_figures.DIMENSIONS)


@hookimpl
def register_dashboards() -> Sequence[Dashboard]:
    return [behaviour_figures.BOARD]


@hookimpl
def notifications_audiences() -> Sequence[Audience]:
    return audiences.AUDIENCES
