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
    DemoData,
    JobDef,
    MenuItem,
    Operation,
    Permission,
    PersonalData,
    RolePreset,
    Schedule,
    Screen,
    SearchProvider,
    Slot,
    ThreePhases,
    Widget,
    _l,
    hookimpl,
)
from zhanggui_orders.contracts import OrderFacts, PastPayment, RefundView

from . import demo, events, finance, hookspecs, jobs, models, people, queries, rest, screens
from .services import attempts, refunds

ABOVE = ("can_refund_above_limit", "payments.Refund")
APPROVED = ThreePhases(refunds.claim_approved, refunds.send, refunds.write_down, jobs.ask_refunds)


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Attempt, models.Refund, models.RefundLine, models.ProviderEvent, models.Entry, models.Case]


@hookimpl
def register_hookspecs() -> Sequence[ModuleType]:
    return [hookspecs]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.ATTEMPTS, screens.REFUNDS, screens.CASES, screens.ENTRIES]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [finance.FinanceView]


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
def register_search() -> Sequence[SearchProvider]:
    return [SearchProvider("payments", _l("Payments"), screens.MAY_LIST, queries.search, order=30)]


@hookimpl
def register_events() -> Sequence[type[Any]]:
    return [events.PaymentCaptured, events.RefundSucceeded, events.CaseOpened]


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.poll, jobs.ask_attempt, jobs.ask_refunds, jobs.close_attempts]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("poll", jobs.poll, seconds=15)]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [Permission("can_refund_above_limit", "payments.Refund", _l("Agree to refunds above the limit"))]


@hookimpl
def register_approvals() -> Sequence[Approvable]:
    return [Approvable("refund", _l("Refund above the limit"), "orders.Order", ABOVE, APPROVED, words=refunds.in_words)]


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
def orders_closing(db: Session, order: OrderFacts, actor: Actor, now: datetime) -> bool:
    return jobs.close_for_order(db, order.id, now=now)


@hookimpl
def orders_released(db: Session, order: OrderFacts, actor: Actor, now: datetime) -> None:
    refunds.owe(db, order, actor=actor, now=now)


@hookimpl
def orders_refunds(db: Session, order_ids: Sequence[int]) -> Mapping[int, Sequence[RefundView]]:
    return queries.refunds_for_buyers(db, order_ids)
