"""What people see of parcels: found by their number, and put right where it was typed wrong."""

from __future__ import annotations

from typing import Any

from zhanggui.api import Card, Column, Field, Filter, MenuItem, Screen, Search, Section, When, _l

from . import rules
from .models import Shipment
from .services import corrections


def _name(row: Any) -> Any:
    return row.tracking_number or rules.CARRIER_LABELS.get(row.carrier, row.carrier)


FIELDS = (
    Field("carrier", _l("Carrier"), "choice", required=True, choices=rules.CARRIERS, order=10),
    Field(
        "tracking_number", _l("Tracking number"), "code", required=True, max_length=40, scan=True, clean=rules.tracking_form,
        shown_when=When("carrier", rules.NUMBERED), order=20,
    ),
)  # fmt: skip

SHIPMENTS = Screen(
    resource="orders.Shipment",
    source=Shipment,
    route="/shipments",
    title=_l("Parcels"),
    singular=_l("Parcel"),
    icon="package",
    label=_name,
    columns=(
        Column("tracking_number", _l("Tracking number"), "code", order=10),
        Column("carrier", _l("Carrier"), "choice", choices=rules.CARRIERS, order=20),
        Column("order_id", _l("Order"), "lookup", to="orders.Order", order=30),
        Column("shipped_at", _l("Shipped at"), "datetime", order=40),
    ),
    card=Card(title="tracking_number", end="carrier", sub=("order_id", "shipped_at")),
    filters=(Filter("carrier", _l("Carrier"), choices=rules.CARRIERS, order=10),),
    search=Search(prefix=("tracking_number",), hint=_l("Tracking number")),
    fields=FIELDS,
    sections=(Section("parcel", _l("Parcel"), columns=("carrier", "tracking_number", "order_id", "shipped_at"), order=10),),
    update=corrections.correct_shipment,
    empty=_l("Nothing was shipped yet."),
)

MENU = (MenuItem("shipments", _l("Parcels"), "package", screen="orders.Shipment", order=24),)
