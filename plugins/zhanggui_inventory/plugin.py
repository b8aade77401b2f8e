"""What the stock adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import (
    AuditWords,
    Dashboard,
    DemoData,
    Fact,
    FirstStep,
    JobDef,
    MenuItem,
    MessageKind,
    Metric,
    PersonalData,
    RolePreset,
    Schedule,
    Screen,
    Slot,
    Total,
    Widget,
    _l,
    hookimpl,
)

from . import audit_words, demo, figures, jobs, messages, models, queries, screens
from .services.levels import forget_empty_levels


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [PersonalData("movements", [models.StockMovement], because="staff write why stock moved; no movement is about a person")]


@hookimpl
def register_totals() -> Sequence[Total]:
    return [Total("inventory.on_hand", _l("Pieces in stock"), queries.on_hand_of_all)]


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Location, models.StockLevel, models.StockMovement, models.StockReservation, models.Pace]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.LEVELS, screens.MOVEMENTS]


@hookimpl
def register_slots() -> Sequence[Slot]:
    return screens.SLOTS


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return screens.MENU


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return screens.WIDGETS


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.keep_levels, jobs.work_out_pace]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("pace", jobs.work_out_pace, cron="40 2 * * *")]


@hookimpl
def register_facts() -> Sequence[Fact]:
    return figures.FACTS


@hookimpl
def register_metrics() -> Sequence[Metric]:
    return figures.METRICS


@hookimpl
def register_dashboards() -> Sequence[Dashboard]:
    return [figures.BOARD]


@hookimpl
def register_handlers() -> Mapping[str | type[Any], Sequence[JobDef]]:
    return {"products.product.saved@1": [jobs.keep_levels], "products.product.imported@1": [jobs.keep_levels]}


@hookimpl
def products_removing(db: Session, variant_ids: Sequence[int]) -> None:
    forget_empty_levels(db, variant_ids)


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    reading = ("list", "show")
    working = (*reading, "restock", "count", "adjust", "warn")
    return [
        RolePreset("warehouse", _l("Warehouse"), {"inventory.StockLevel": working, "inventory.StockMovement": reading}),
        RolePreset("clerk", _l("Clerk"), {"inventory.StockLevel": reading, "inventory.StockMovement": reading}),
        RolePreset("viewer", _l("Viewer"), {"inventory.StockLevel": reading, "inventory.StockMovement": reading}),
    ]


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return demo.DEMO


@hookimpl
def register_first_steps() -> Sequence[FirstStep]:
    return [
        FirstStep(
            "stock", _l("Enter the stock"), _l("What is not in stock cannot be ordered."), queries.has_moved,
            ("can_restock", "inventory.StockLevel"), screen="inventory.StockLevel", order=30,
        ),
    ]  # fmt: skip


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS


@hookimpl
def register_message_kinds() -> Sequence[MessageKind]:
    return messages.KINDS
