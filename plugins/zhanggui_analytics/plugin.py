"""What analytics add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.api import (
    Audience,
    AuditWords,
    Command,
    Dimension,
    JobDef,
    MenuItem,
    Permission,
    RolePreset,
    Schedule,
    Slot,
    Widget,
    _l,
    hookimpl,
)

from . import audit_words, commands, customer_slots, events, jobs, models, rest, views, widgets
from .catalogue import BUYER_KIND, FIRST_MONTH


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Bucket, models.Cell, models.Buyer, models.Repair]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [views.ReportView]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [MenuItem("analytics", _l("Analytics"), "chart-bar", href="/analytics/", permission=("can_show", views.RESOURCE), order=15)]


@hookimpl
def register_slots() -> Sequence[Slot]:
    return customer_slots.SLOTS


@hookimpl
def register_events() -> Sequence[type[Any]]:
    return [events.CustomerMoved]


@hookimpl
def notifications_audiences() -> Sequence[Audience]:
    return customer_slots.AUDIENCES


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return widgets.WIDGETS


@hookimpl
def register_apis() -> Sequence[type[Any]]:
    return [rest.QueryApi]


@hookimpl
def register_handlers() -> Mapping[str | type[Any], Sequence[JobDef]]:
    return {"*": [jobs.hear]}


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.recompute, jobs.look, jobs.prove, jobs.tidy, jobs.score, jobs.print_figures]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [
        Schedule("recompute", jobs.recompute, seconds=10), Schedule("look", jobs.look, seconds=60), Schedule("prove", jobs.prove, cron="10 3 * * *"),
        Schedule("tidy", jobs.tidy, cron="50 3 * * *"), Schedule("score", jobs.score, cron="30 3 * * *"),
    ]  # fmt: skip


@hookimpl
def register_commands() -> Sequence[Command]:
    return commands.COMMANDS


@hookimpl
def register_dimensions() -> Sequence[Dimension]:
    return [Dimension(BUYER_KIND, _l("New or returning")), Dimension(FIRST_MONTH, _l("Month of the first order")), customer_slots.DIMENSION]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("can_show", "analytics.Report", _l("Ask for figures"), _l("Analytics")),
        Permission("can_export", "analytics.Report", _l("Take figures away as a file")),
        Permission("can_see", "analytics.Sales", _l("See what was sold"), _l("Figures of sales")),
        Permission("can_see", "analytics.Money", _l("See what money moved"), _l("Figures of money")),
        Permission("can_see", "analytics.Customers", _l("See how many customers bought"), _l("Figures of customers")),
        Permission("can_see", "analytics.Products", _l("See what products did"), _l("Figures of products")),
        Permission("can_see", "analytics.Cost", _l("See cost and margin"), _l("Figures of cost")),
        Permission("can_see", "analytics.Stock", _l("See what stock is worth"), _l("Figures of stock")),
        Permission("can_see", "analytics.Behaviour", _l("See what visitors did"), _l("Figures of visits")),
    ]


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    seen = {f"analytics.{area}": ("see",) for area in ("Sales", "Customers", "Products", "Stock", "Behaviour")}
    return [
        RolePreset("clerk", _l("Clerk"), {"analytics.Report": ("show",), **seen}),
        RolePreset("viewer", _l("Viewer"), {"analytics.Report": ("show",), **seen}),
    ]


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS
