"""What the provider adds to the shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields

from zhanggui.api import (
    Action,
    Block,
    Choice,
    Column,
    JobDef,
    MenuItem,
    Operation,
    Page,
    Schedule,
    SettingTest,
    Slot,
    ThreePhases,
    Webhook,
    WebhookReply,
    _l,
    hookimpl,
)

from . import models, provider, services

_PAY = ThreePhases(services.claim_payment, services.ask_for_payment, services.show_payment, services.ask_again)
_REFUND = ThreePhases(services.claim_refund, services.ask_for_refund, services.show_refund, services.ask_again)
_STATES = (
    Choice("asked", _l("being asked"), "info"), Choice("waiting", _l("waiting"), "warn"), Choice("paid", _l("paid"), "good"),
    Choice("refunding", _l("going back"), "warn"), Choice("refunded", _l("given back"), "neutral"),
)  # fmt: skip
PAYMENT = Schema.from_dict({"pay_url": fields.String(required=True)}, name="PandaPayment")


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Charge]


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [services.ask_again, services.poll, services.take_message]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("poll", services.poll, seconds=60)]


@hookimpl
def register_webhooks() -> Sequence[Webhook]:
    return [Webhook("pandapay", "", provider.verify, services.take_message, WebhookReply(body="ok"), cap=4000)]


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    return {provider.SECRET: SettingTest(_l("Try the secret"), provider.try_secret)}


@hookimpl
def register_slots() -> Sequence[Slot]:
    return [
        Slot("orders.Order", Column("state", _l("Panda Pay"), "status", choices=_STATES, load=services.states_of_orders)),
        Slot("orders.Order", Action("refund", _l("Give back by Panda Pay"), _REFUND, icon="receipt-refund", tone="danger", done=_l("The money goes back."))),
    ]


@hookimpl
def register_pages() -> Sequence[Page]:
    newest = Block("orders", "list", _l("Newest orders"), screen="orders.Order", filters={"payment_status": "paid"}, order=20)
    return [Page("pandapay.Report", "/pandapay", _l("Panda Pay"), [Block("by_day", "chart", _l("Paid by Panda Pay"), services.by_day, order=10), newest])]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [MenuItem("report", _l("Panda Pay"), "chart-bar", href="/pandapay/", permission=("can_show", "pandapay.Report"), group="money")]


@hookimpl
def storefront_operations() -> Sequence[Operation]:
    return [Operation("POST", "/orders/{number}/pay", _PAY, "Where to pay an order", answer=PAYMENT)]
