"""What payments add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import (
    Actor,
    Approvable,
    AuditWords,
    Dashboard,
    DemoData,
    Dimension,
    Fact,
    FirstStep,
    JobDef,
    Kind,
    MenuItem,
    MessageKind,
    Metric,
    Operation,
    Permission,
    PersonalData,
    PublicEvent,
    RolePreset,
    Schedule,
    Screen,
    SearchProvider,
    Slot,
    ThreePhases,
    Total,
    Widget,
    _l,
    hookimpl,
)
from zhanggui_orders.contracts import OrderFacts, PastPayment, RefundView

from . import (
    audit_words,
    case_screen,
    demo,
    events,
    finance,
    hookspecs,
    jobs,
    kinds,
    ledger_screen,
    messages,
    metrics,
    models,
    people,
    public_events,
    queries,
    rest,
    screens,
    slots,
    widgets,
)
from .permissions import ABOVE, PERMISSIONS
from .services import attempts, giving_back, refunds

APPROVALS = [
    Approvable(name, label, resource, ABOVE, ThreePhases(claim, refunds.send, refunds.write_down, jobs.ask_refunds), words=giving_back.in_words)
    for name, label, resource, claim in (
        ("refund", _l("Refund above the limit"), "orders.Order", giving_back.claim_approved),
        ("send", _l("Refund that is owed, above the limit"), "payments.Refund", giving_back.claim_requested_approved),
        ("case_refund", _l("Refund of a case, above the limit"), "payments.Case", giving_back.claim_case_approved),
    )
]


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Attempt, models.Refund, models.RefundLine, models.ProviderEvent, models.Entry, models.Case]


@hookimpl
def register_hookspecs() -> Sequence[ModuleType]:
    return [hookspecs]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.ATTEMPTS, screens.REFUNDS, case_screen.CASES, ledger_screen.ENTRIES]


@hookimpl
def register_kinds() -> Sequence[Kind]:
    return kinds.KINDS


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [finance.FinanceView]


@hookimpl
def register_slots() -> Sequence[Slot]:
    return slots.SLOTS


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return slots.MENU


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return slots.WIDGETS


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    return [SearchProvider("payments", _l("Payments"), slots.MAY_LIST, queries.search, order=30)]


@hookimpl
def register_events() -> Sequence[type[Any]]:
    return [events.PaymentCaptured, events.RefundSucceeded, events.CaseOpened]


@hookimpl
def register_public_events() -> Sequence[PublicEvent]:
    return public_events.PUBLIC


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.poll, jobs.ask_attempt, jobs.ask_refunds, jobs.close_attempts, jobs.take_over]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("poll", jobs.poll, seconds=15), Schedule("take_over", jobs.take_over, seconds=6 * 3600)]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return PERMISSIONS


@hookimpl
def register_approvals() -> Sequence[Approvable]:
    return APPROVALS


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    reading = ("list", "show")
    return [
        RolePreset(
            "clerk", _l("Clerk"),
            {
                "payments.Attempt": (*reading, "ask"), "payments.Refund": (*reading, "send"), "payments.Case": (*reading, "take"),
                "orders.Order": ("payments__refund",),
            },
        ),
        RolePreset(
            "viewer", _l("Viewer"),
            {"payments.Attempt": reading, "payments.Refund": reading, "payments.Case": reading, "payments.Entry": reading, "payments.Finance": ("index",)},
        ),
    ]  # fmt: skip


@hookimpl
def register_totals() -> Sequence[Total]:
    return [Total("payments.ledger", _l("Every entry of the ledger, added up"), queries.entered)]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [people.ANSWER]


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]


@hookimpl
def storefront_operations() -> Sequence[Operation]:
    return rest.OPERATIONS


@hookimpl
def orders_mark_paid(db: Session, order: OrderFacts, method: str, reference: str | None, actor: Actor, now: datetime) -> bool:
    attempts.take_offline(db, order, method=method, reference=reference, actor=actor, now=now)
    return True


@hookimpl
def orders_paid_before(db: Session, payments: Sequence[PastPayment], actor: Actor, now: datetime) -> None:
    attempts.book_past(db, payments, now=now)


@hookimpl
def orders_move_guards(db: Session, order: OrderFacts, verb: str, actor: Actor) -> None:
    if verb == "reprice":
        attempts.refuse_while_paying(db, order.id)


@hookimpl
def orders_closing(db: Session, order: OrderFacts, actor: Actor, now: datetime) -> bool:
    return jobs.close_for_order(db, order.id, now=now)


@hookimpl
def orders_released(db: Session, order: OrderFacts, actor: Actor, now: datetime) -> None:
    giving_back.owe(db, order, actor=actor, now=now)


@hookimpl
def orders_refunds(db: Session, order_ids: Sequence[int]) -> Mapping[int, Sequence[RefundView]]:
    return queries.refunds_for_buyers(db, order_ids)


@hookimpl
def register_first_steps() -> Sequence[FirstStep]:
    return [
        FirstStep(
            "way_to_pay", _l("Choose how customers pay"), _l("Connect a provider, or say in the settings that you take cash and transfers."), widgets.can_be_paid,
            ("can_manage", "core.Setting"), href="/system/settings/", order=40,
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
