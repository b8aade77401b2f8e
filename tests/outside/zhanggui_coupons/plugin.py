"""What coupons add: a choice of the cart, a price, a screen, and their place on the screens of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from zhanggui.api import (
    Card,
    CartChoice,
    Column,
    Field,
    MenuItem,
    Operation,
    RolePreset,
    Screen,
    Search,
    Section,
    Slot,
    Widget,
    _l,
    hookimpl,
)
from zhanggui_orders.contracts import OrderFacts, PriceStep, Quote

from . import models, services

COUPONS = Screen(
    resource="coupons.Coupon",
    source=models.Coupon,
    route="/coupons",
    title=_l("Coupons"),
    singular=_l("Coupon"),
    icon="receipt",
    columns=(
        Column("code", _l("Code"), "code", order=10),
        Column("name", _l("Name"), order=20),
        Column("amount", _l("Takes off"), "money", order=30),
        Column("least", _l("From"), "money", order=40),
        Column("taken", _l("Used"), "int", sortable=True, order=50),
        Column("most", _l("At most"), "int", order=60),
        Column("last_day", _l("Last day"), "date", order=70),
    ),
    card=Card(title="name", end="amount", sub=("code", "taken")),
    search=Search(prefix=("code",), contains=("name",), hint=_l("Code or name")),
    fields=(
        Field("code", _l("Code"), "code", required=True, max_length=32, clean=services.read_code, order=10),
        Field("name", _l("Name"), required=True, max_length=120, order=20),
        Field("amount", _l("Takes off"), "money", required=True, minimum=1, order=30),
        Field("least", _l("From"), "money", required=True, default=0, minimum=0, help=_l("What the goods must cost."), order=40),
        Field("most", _l("At most"), "int", minimum=1, help=_l("Orders that may have it. Empty: any number."), order=50),
        Field("last_day", _l("Last day"), "date", order=60),
    ),
    create="generic",
    update="generic",
    empty=_l("No coupons yet. Add the first one."),
)


_SUM = fields.Nested(Schema.from_dict({"amount": fields.Integer(required=True), "currency": fields.String(required=True)}, name="CouponSum"))
_TEXT = fields.String(required=True)
_OFFER = Schema.from_dict({"code": _TEXT, "name": _TEXT, "amount": _SUM, "least": _SUM}, name="Coupon")
OFFERS = Schema.from_dict({"items": fields.List(fields.Nested(_OFFER), required=True)}, name="Coupons")


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Coupon, models.Claim]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [COUPONS]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [MenuItem("coupons", _l("Coupons"), "receipt", screen="coupons.Coupon", order=60)]


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    return [RolePreset("clerk", _l("Clerk"), {"coupons.Coupon": ("list", "show", "add", "edit")})]


@hookimpl
def register_choices() -> Sequence[CartChoice]:
    return [CartChoice("code", fields.String(validate=validate.Length(max=32)))]


@hookimpl
def orders_price_steps() -> Sequence[PriceStep]:
    return [PriceStep("code", services.take_off, order=400)]


@hookimpl
def orders_placing(db: Session, quote: Quote, order: OrderFacts, now: datetime) -> None:
    services.claim(db, quote, order, now)


@hookimpl
def orders_released(db: Session, order: OrderFacts, now: datetime) -> None:
    services.give_back(db, order, now)


@hookimpl
def register_slots() -> Sequence[Slot]:
    used = Section("coupons", _l("Coupons used"), template="coupons/used.html", load=services.of_customer, order=60)
    return [
        Slot("orders.Order", Column("coupon", _l("Coupon"), "code", load=services.codes_of_orders)),
        Slot("customers.Customer", used),
    ]


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return [Widget("given_today", _l("Coupons today"), "number", services.given_today, ("can_list", "coupons.Coupon"), order=80)]


@hookimpl
def storefront_operations() -> Sequence[Operation]:
    return [Operation("GET", "/coupons", offers, _l("Coupons that can be used now"), auth="public", answer=OFFERS)]


def offers(request: Any) -> dict[str, Any]:
    """What a customer may type into the cart."""
    return {"items": services.on_offer(request.db, request.now)}
