"""An order that the staff takes, on the phone or over the counter: the form, and what it asks of the one service that places orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from marshmallow import fields as kinds
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Field, Fieldset, Invalid, _, _l, choice_schemas, read_choices, regions
from zhanggui_customers import facade as customers
from zhanggui_inventory import facade as inventory
from zhanggui_products import facade as products

from .contracts import CartLine
from .rules import MAX_QUANTITY
from .services.placement import place_order

GROUPS = (
    Fieldset("lines", _l("Products"), order=10),
    Fieldset("customer", _l("Customer"), help=_l("Choose one, or type name and phone: who is known by the phone is found, else a new customer is made."), order=20),
    Fieldset("address", _l("Delivery"), help=_l("Leave it empty for the customer's own address, or when the goods are fetched."), order=30),
    Fieldset("more", _l("More"), order=40),
)


def form_fields() -> Sequence[Field]:
    """What is asked. Prices are not: they come from the catalogue and the price steps, as in the web shop."""
    return (
        Field(
            "lines", _l("Products"), "rows", required=True, fieldset="lines", order=10,
            help=_l("Choose a product by its name, or scan or type its SKU or barcode."),
            rows=(
                Field("level", _l("Product"), "lookup", to="inventory.StockLevel"),
                Field("code", _l("SKU or barcode"), "code", max_length=64, scan=True),
                Field("quantity", _l("Pieces"), "int", minimum=1, maximum=MAX_QUANTITY),
            ),
        ),
        Field("customer_id", _l("Customer"), "lookup", to="customers.Customer", fieldset="customer", order=20),
        Field("name", _l("Full name"), max_length=100, fieldset="customer", order=30),
        Field("phone", _l("Phone"), max_length=32, fieldset="customer", autocomplete="off", order=40),
        Field("region", _l("Province, city, district"), max_length=120, fieldset="address", order=50),
        Field("detail", _l("Street and number"), max_length=200, fieldset="address", order=60),
        Field("note", _l("Note of the buyer"), "long_text", max_length=1000, fieldset="more", order=70),
        *_choices(),
    )  # fmt: skip


def _choices() -> list[Field]:
    """What plugins let a buyer choose for the whole order, where they say how it is called."""
    found = []
    for plugin, schema in choice_schemas("order").items():
        for name, field in schema().fields.items():
            kind = "bool" if isinstance(field, kinds.Boolean) else "text" if isinstance(field, kinds.String) else ""
            title = field.metadata.get("title")
            if kind and title:
                found.append(Field(f"{plugin}__{name}", title, kind, fieldset="more", order=80))
    return found


def take_order(
    db: Session, *, actor: Actor, now: datetime, lines: Sequence[Mapping[str, Any]] | None = None, customer_id: int | None = None,
    name: str | None = None, phone: str | None = None, region: str | None = None, detail: str | None = None, note: str | None = None, **chosen: Any,
) -> int:  # fmt: skip
    """Place an order for a customer, who pays later; answers its id. Stock is held and limits count as in the web shop.

    :raises Invalid: naming the line of a product that there is not, or what is missing of customer or address.
    :raises OutOfStock: (of inventory) naming the product of which there is not enough.
    """
    buyer = customer_id or _buyer(db, name, phone, actor, now)
    address_id = _address(db, buyer, name, phone, region, detail, actor, now)
    made: dict[str, dict[str, Any]] = {}
    for key, value in chosen.items():
        plugin, _sep, choice = key.partition("__")
        if value not in (None, "", False):
            made.setdefault(plugin, {})[choice] = value
    order = place_order(
        db, lines=_cart(db, lines or ()), customer_id=buyer, address_id=address_id, note=note or "", source="admin", buyer_name=(name or "").strip(),
        locale=customers.contact_of(db, buyer).locale, choices=read_choices("order", made), actor=actor, now=now,
    )  # fmt: skip
    return order.id


def _cart(db: Session, lines: Sequence[Mapping[str, Any]]) -> list[CartLine]:
    """The lines as a cart: three statements, however many there are."""
    by_level = inventory.variants_of_levels(db, [line["level"] for line in lines if line.get("level")])
    by_code = products.variant_ids_by_code(db, [line["code"] for line in lines if line.get("code") and not line.get("level")])
    wanted = [by_level.get(line.get("level")) or by_code.get(line.get("code") or "") for line in lines]
    found = products.variants_by_id(db, {i for i in wanted if i is not None})
    cart: list[CartLine] = []
    for number, (line, variant_id) in enumerate(zip(lines, wanted, strict=True)):
        if variant_id is None or variant_id not in found:
            missing = _l("Choose a product.") if not line.get("code") else _l("There is no product with the code %(code)s.", code=line["code"])
            raise Invalid(errors={f"lines-{number}-code": missing})
        cart.append(CartLine(found[variant_id].public_id, line.get("quantity") or 1))
    return cart


def _buyer(db: Session, name: str | None, phone: str | None, actor: Actor, now: datetime) -> int:
    if not (phone or "").strip():
        raise Invalid(errors={"phone": _l("Choose a customer, or type a phone number.")})
    return customers.find_or_create_by_phone(db, name=(name or "").strip(), phone=phone or "", actor=actor, now=now)


def _address(
    db: Session, buyer: int, name: str | None, phone: str | None, region: str | None, detail: str | None, actor: Actor, now: datetime
) -> str | None:
    known = customers.addresses_of(db, buyer)
    if not (region or "").strip() and not (detail or "").strip():
        return known[0].public_id if known else None
    parts = (region or "").replace("，", " ").replace(",", " ").split()
    if not parts:
        raise Invalid(errors={"region": _l("%(label)s is needed.", label=_("Province, city, district"))})
    if regions.lacks_district(parts):
        raise Invalid(errors={"region": _l("The district is missing.")})
    contact = customers.contact_of(db, buyer)
    who, number = (name or contact.name).strip(), phone or contact.phone or ""
    same = next((a for a in known if list(a.region) == parts and a.detail == (detail or "").strip() and a.name == who), None)
    if same is not None:
        return same.public_id
    made = customers.add_address(db, customer_id=buyer, name=who, phone=number, region=parts, detail=(detail or "").strip(), actor=actor, now=now)
    return made.public_id
