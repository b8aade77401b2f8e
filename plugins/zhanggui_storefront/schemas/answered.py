"""What clients are answered: these document what is sent, and tests hold every example to them."""

from __future__ import annotations

from typing import Any

from marshmallow import INCLUDE, Schema, fields, validate

from .fields import ExtraField


class Money(Schema):
    amount = fields.Integer(required=True, strict=True, metadata={"description": "In minor units: 1990 is 19.90."})
    currency = fields.String(required=True, validate=validate.Length(equal=3))


def money(**kwargs: Any) -> fields.Nested:
    return fields.Nested(Money, required=True, **kwargs)


def moment() -> fields.DateTime:
    return fields.DateTime(required=True, allow_none=True, format="iso")


def text(**kwargs: Any) -> fields.String:
    return fields.String(required=True, **kwargs)


class Session(Schema):
    token = text()
    expires_in = fields.Integer(required=True, strict=True, metadata={"description": "Seconds."})


class Picture(Schema):
    thumb = text(metadata={"description": "Address; relative to the server where the shop has no public one."})
    full = text()


class Variant(Schema):
    id = text()
    sku = text()
    option = text()
    attributes = fields.Dict(required=True)
    price = money()
    available = fields.Integer(required=True, strict=True)


class Product(Schema):
    id = text()
    name = text()
    description = text()
    category_id = text(allow_none=True)
    pictures = fields.List(fields.Nested(Picture), required=True)
    price = money(allow_none=True, metadata={"description": "Of the cheapest variant."})
    variants = fields.List(fields.Nested(Variant), required=True)
    extra = ExtraField("product")


class Me(Schema):
    id = text()
    name = text()
    extra = ExtraField("customer")


class Category(Schema):
    id = text()
    parent_id = text(allow_none=True)
    name = text()
    picture = fields.Nested(Picture, required=True, allow_none=True)


class LinePart(Schema):
    kind = text(validate=validate.OneOf(["discount", "freight", "fee", "tax", "manual"]))
    source = text()
    amount = money()


class QuoteLine(Schema):
    variant_id = text()
    sku = text()
    name = text()
    option = text()
    picture = fields.Nested(Picture, required=True, allow_none=True)
    unit_price = money()
    quantity = fields.Integer(required=True, strict=True)
    discount = money()
    total = money()
    available = fields.Integer(required=True, strict=True)
    parts = fields.List(fields.Nested(LinePart), required=True)


class PriceChange(Schema):
    label = text()
    kind = text(validate=validate.OneOf(["discount", "freight", "fee", "tax", "manual"]))
    step = text(metadata={"description": "What changed the price: `<plugin>.<step>`."})
    source = text(metadata={"description": "What it comes from there, such as `coupon:81`."})
    amount = money()


class PriceNote(Schema):
    source = text()
    applied = fields.Boolean(required=True)
    reason = text(metadata={"description": "Why not, for programs."})
    text = text(metadata={"description": "The same for people."})
    amount = money()
    missing = money(metadata={"description": "How much more would make it apply."})


class Quote(Schema):
    lines = fields.List(fields.Nested(QuoteLine), required=True)
    adjustments = fields.List(fields.Nested(PriceChange), required=True)
    notes = fields.List(fields.Nested(PriceNote), required=True)
    subtotal = money()
    discount = money()
    freight = money()
    fee = money()
    tax = money()
    total = money()
    extra = ExtraField("quote")


class OrderLine(Schema):
    variant_id = text(allow_none=True)
    sku = text()
    name = text()
    option = text()
    picture = fields.Nested(Picture, required=True, allow_none=True)
    unit_price = money()
    quantity = fields.Integer(required=True, strict=True)
    discount = money()
    total = money()


class OrderAddress(Schema):
    name = text()
    phone = text()
    region = fields.List(fields.String(), required=True)
    detail = text()


class Shipment(Schema):
    carrier = text()
    tracking_number = text()
    shipped_at = moment()


class Refund(Schema):
    amount = money()
    state = text(validate=validate.OneOf(["requested", "processing", "abnormal", "succeeded", "failed"]))
    at = moment()


class Order(Schema):
    number = text()
    status = text(validate=validate.OneOf(["open", "closing", "completed", "canceled"]))
    payment_status = text(
        validate=validate.OneOf(["unpaid", "partly_paid", "paid", "overpaid", "partly_refunded", "refunded"])
    )
    fulfillment_status = text(validate=validate.OneOf(["unfulfilled", "partly", "fulfilled", "received"]))
    stage = text(validate=validate.OneOf(["to_pay", "to_ship", "shipped", "done", "canceled"]))
    lines = fields.List(fields.Nested(OrderLine), required=True)
    subtotal = money()
    discount = money()
    freight = money()
    fee = money()
    tax = money()
    total = money()
    adjustments = fields.List(fields.Nested(PriceChange), required=True)
    extra = ExtraField("order")
    address = fields.Nested(OrderAddress, required=True, allow_none=True)
    note = text()
    shipments = fields.List(fields.Nested(Shipment), required=True)
    refunds = fields.List(fields.Nested(Refund), required=True)
    placed_at = moment()
    paid_at = moment()
    shipped_at = moment()
    completed_at = moment()
    canceled_at = moment()
    cancel_reason = text()


class Address(Schema):
    id = text()
    name = text()
    phone = text()
    region = fields.List(fields.String(), required=True)
    detail = text()
    is_default = fields.Boolean(required=True)


class Problem(Schema):
    """RFC 9457; a refusal may say more than what stands here."""

    class Meta:
        unknown = INCLUDE

    type = text()
    title = text()
    status = fields.Integer(required=True)
    code = text(metadata={"description": "Stable, for programs."})
    detail = text(metadata={"description": "A sentence in the reader's language."})
    correlation = text()
    errors = fields.Dict(keys=fields.String(), values=fields.String())
    quote = fields.Nested(Quote, metadata={"description": "Of `price_changed`: what it costs now."})


def listed(entry: type[Schema]) -> type[Schema]:
    """A page of these."""
    items = fields.List(fields.Nested(entry), required=True)
    return type(f"{entry.__name__}List", (Schema,), {"items": items, "next": text(allow_none=True)})


class CartLine(Schema):
    variant_id = text()
    product_id = text()
    sku = text()
    name = text()
    option = text()
    picture = fields.Nested(Picture, required=True, allow_none=True)
    unit_price = money()
    quantity = fields.Integer(required=True, strict=True)
    available = fields.Integer(required=True, strict=True)
    sellable = fields.Boolean(required=True, metadata={"description": "false: it is not on sale now, and no order takes it."})
    choices = fields.Dict(required=True)


class Cart(Schema):
    lines = fields.List(fields.Nested(CartLine), required=True)
    changed_at = moment()


class Liked(Schema):
    product_id = text()


class Favourite(Schema):
    added_at = moment()
    product = fields.Nested(Product, required=True)


PRODUCTS, CATEGORIES, ORDERS, ADDRESSES = listed(Product), listed(Category), listed(Order), listed(Address)
FAVOURITES = listed(Favourite)


class Taken(Schema):
    accepted = fields.Integer(required=True, strict=True)
    refused = fields.Integer(required=True, strict=True, metadata={"description": "Events without a meaning, and those beyond what one visitor may send a day."})
    dropped = fields.Integer(required=True, strict=True, metadata={"description": "Props without a meaning."})
